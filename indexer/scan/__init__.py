"""A scan: a job's source cut into chunks."""
