"""The scans of jobs: a source is listed, compared with its collection, and cut into chunks."""
