"""The HTTP service: it checks, queues, asks and answers; it never runs the encoder itself."""

__version__ = "0.1.0"
