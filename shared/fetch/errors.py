"""Why a picture was not fetched."""

from shared.errors import PictureError


class FetchFailed(PictureError):
    """A picture that cannot be fetched from its address.

    Codes: `fetch_forbidden` (its host is on no network that may be reached), `fetch_refused` (it is
    not for machines), `fetch_timeout`, `fetch_failed`, and `http_404` and the like for the status
    that a server answers with.
    """

    title = "Not fetched"
