"""The frozen words that all processes share."""
