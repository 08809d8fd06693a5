"""Pictures fetched from addresses that users name, which may lead anywhere."""
