"""milvus-lite with reads whose time does not grow with the rows of a collection."""
