"""What all calls have in common: errors, access, limits, caching."""
