"""What a client's errors mean, and which of them may pass."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore2

from shared.fetch.errors import FetchFailed


class Passing(Exception):
    """A failure that may pass: `wait` is when to try again, if the server says so."""

    def __init__(self, error: FetchFailed, wait: float | None = None) -> None:
        super().__init__(error.detail)
        self.error = error
        self.wait = wait


@contextmanager
def as_failures() -> Iterator[None]:
    """The client's errors as failures of the picture, most of which may pass."""
    try:
        yield
    except TimeoutError as error:
        raise FetchFailed(
            "fetch_timeout", "The host is busy with others, or asked for a pause."
        ) from error
    except httpcore2.TimeoutException as error:
        raise Passing(
            FetchFailed("fetch_timeout", "The server did not send the picture in time.")
        ) from error
    except httpcore2.ConnectError as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            raise FetchFailed("fetch_failed", "The server's certificate is not valid.") from error
        raise Passing(FetchFailed("fetch_failed", "The server cannot be connected to.")) from error
    except (httpcore2.NetworkError, httpcore2.RemoteProtocolError) as error:
        raise Passing(
            FetchFailed("fetch_failed", "The connection was lost, or is not HTTP.")
        ) from error
    except (httpcore2.LocalProtocolError, httpcore2.UnsupportedProtocol) as error:
        raise FetchFailed("fetch_failed", "The address cannot be asked for.") from error
