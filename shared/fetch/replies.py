"""What the headers of a reply say: when to come again, and that a picture is not for machines."""

import re
import time
from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime

#: How this program calls itself, also in rules that name a program.
AGENT = "lookalike"

_NO_AI = frozenset({"noai", "noimageai"})
#: `otherbot: noindex, noai` is for that program alone; these directives have a colon of their own.
_FOR_AGENT = re.compile(
    r"^\s*(?!unavailable_after|max-snippet|max-image-preview|max-video-preview)([\w.-]+|\*)\s*:\s*"
)


class Headers:
    """The headers of a reply. A name may be there more than once."""

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in raw:
            self._values.setdefault(name.decode("latin-1").lower(), []).append(_text(value))

    def get(self, name: str) -> str | None:
        """The first value of a header, by its name in lower case."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> Iterator[str]:
        """All values of a header."""
        return iter(self._values.get(name, ()))

    @property
    def length(self) -> int | None:
        """The body's bytes as announced, if they are."""
        text = self.get("content-length") or ""
        return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the server wants to be asked again, if it says so."""
        text = (self.get("retry-after") or "").strip()
        if re.fullmatch(r"[0-9]{1,9}", text):
            return float(text)
        try:
            moment = parsedate_to_datetime(text).timestamp()
        except (ValueError, OverflowError):
            return None
        return max(0.0, moment - time.time())

    @property
    def refuses_machines(self) -> bool:
        """Whether `X-Robots-Tag` has `noai` or `noimageai` for every program, or for this one."""
        return any(_refuses(value) for value in self.all("x-robots-tag"))


def _refuses(value: str) -> bool:
    value = value.lower()
    if agent := _FOR_AGENT.match(value):
        if agent[1] not in (AGENT, "*"):
            return False
        value = value[agent.end() :]
    return bool(_NO_AI & {part.strip() for part in value.split(",")})


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
