"""The health check of the containers."""
