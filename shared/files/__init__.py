"""Image files on disk: their formats, uris and paths."""
