"""Pixels encoded to vectors: runtimes, devices, batching."""
