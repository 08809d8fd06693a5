"""Writes the generated files of `lookalike_client` from the OpenAPI document."""
