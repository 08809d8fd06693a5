"""What stops a worker from starting."""


class StartupError(Exception):
    """The worker cannot start as it is set up; the message names cause and remedy."""
