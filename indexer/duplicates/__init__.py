"""Duplicates of a collection: ties between its images, and the groups that these make."""
