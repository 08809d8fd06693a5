"""A chunk of a load: read, decoded, encoded, written, reported."""
