"""Where the files of a job come from."""
