"""Glob patterns of loads, matched against paths relative to the source."""

import fnmatch
import re
from collections.abc import Sequence


class Pattern:
    """A pattern such as `2020/**/*.jpg`, whatever the case of its letters.

    `*`, `?` and `[…]` stay within one name, `**` stands for any number of folders. A pattern
    without a slash is matched against the name alone, at any depth.
    """

    def __init__(self, text: str) -> None:
        parts = [part for part in text.split("/") if part not in ("", ".")]
        if "/" not in text:
            parts.insert(0, "**")
        # None stands for `**`.
        self._parts = [
            None if part == "**" else re.compile(fnmatch.translate(part), re.IGNORECASE)
            for part in parts
        ]

    def matches(self, relative: str) -> bool:
        """Whether a path, its parts joined by slashes, is meant."""
        return _match(self._parts, relative.split("/"))


def _match(parts: Sequence[re.Pattern[str] | None], names: Sequence[str]) -> bool:
    """Match in time O(parts · names): only the last `**` is ever tried again."""
    part = name = 0
    retry_part, retry_name = -1, 0
    while name < len(names):
        expected = parts[part] if part < len(parts) else None
        if part < len(parts) and expected is None:
            retry_part, retry_name = part, name
            part += 1
        elif expected is not None and expected.match(names[name]):
            part, name = part + 1, name + 1
        elif retry_part >= 0:
            retry_name += 1
            part, name = retry_part + 1, retry_name
        else:
            return False
    return all(rest is None for rest in parts[part:])


class Selection:
    """Which files of a source are meant: those of a pattern, if there is one, and not excluded."""

    def __init__(self, pattern: str | None, exclude: Sequence[str]) -> None:
        self._pattern = Pattern(pattern) if pattern else None
        self._exclude = [Pattern(text) for text in exclude]

    @property
    def everything(self) -> bool:
        """Whether no file is left out."""
        return self._pattern is None and not self._exclude

    def excludes(self, relative: str) -> bool:
        """Whether a file or folder, or a folder that it lies in, is excluded."""
        if not self._exclude:
            return False
        names = relative.split("/")
        paths = ["/".join(names[: end + 1]) for end in range(len(names))]
        return any(pattern.matches(path) for pattern in self._exclude for path in paths)

    def matches(self, relative: str) -> bool:
        """Whether a file is meant."""
        if self._pattern is not None and not self._pattern.matches(relative):
            return False
        return not self.excludes(relative)
