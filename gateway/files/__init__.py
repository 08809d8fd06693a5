"""Files that the gateway stores, reads and generates."""
