"""Image files on disk: their formats, names and places."""
