"""What stops a worker: from starting, or from going on."""


class StartupError(Exception):
    """The worker cannot start as it is set up; the message names cause and remedy."""


class EncoderFailed(Exception):
    """The forward pass failed, or no decoder starts: this process can encode no more pictures."""
