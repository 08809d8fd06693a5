"""A folder that was loaded and then rearranged in every way: a second load finds two chunks."""

from typing import Any

from shared.domain.job import Job
from tests.folders import Counts
from tests.integration.library import Library, counts

_NAMES = ("0.png", "1.png", "2.png", "3.png", "4.png", "gone.png", "same.png")
_TAGS = {
    "0.png": "of 1.png",
    "1.png": "of 0.png",
    "renamed.png": "of 2.png",
    "4.png": "of 4.png",
    "same.png": "of same.png",
}
SPECS: dict[str, dict[str, Any]] = {
    mode: {"on_duplicate": mode, "sync": True} for mode in ("skip", "keep")
}
_COUNTS = {"skip": Counts(1, 5, 1, 0, 3, 1), "keep": Counts(2, 5, 0, 0, 3, 1)}


class Rearranged:
    """Seven pictures, each with a tag, as they were loaded once."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._write()
        assert counts(library.load()) == Counts(indexed=len(_NAMES))
        for name in _NAMES:
            library.tag(name, f"of {name}")
        ids = [row.id for row in library.rows().values()]
        self.stored = list(library.writer.stored(library.collection, ids).values())

    def arrange(self) -> None:
        """The same rows again, and a folder in which a second load finds two chunks.

        Two files exchanged names, one was renamed, one has another content, one another time
        alone, one is new and equal to another, one is gone.
        """
        library = self.library
        for path in library.root.iterdir():
            path.unlink()
        self._write()
        rows = library.rows().values()
        library.images.delete(library.collection, [row.id for row in rows])
        library.writer.upsert(
            library.collection,
            [image.row for image in self.stored],
            [image.vector for image in self.stored],
        )
        library.rotate(["0.png", "1.png"])
        library.rename("2.png", "renamed.png")
        library.write("3.png", 3 + len(_NAMES))
        library.touch("4.png")
        library.write("copy.png", _NAMES.index("same.png"))
        (library.root / "gone.png").unlink()

    def check(self, job: Job, told: str) -> None:
        """Check what the second load counted, the rows that it left, and their tags."""
        library, mode = self.library, job.spec.on_duplicate
        assert counts(job) == _COUNTS[mode], told
        contents = library.contents()
        if mode == "skip":
            del contents["copy.png"]
        assert library.indexed_contents() == contents, told
        tags = library.tags()
        assert {n: tags[n] for n in _TAGS} == {n: (tag,) for n, tag in _TAGS.items()}, told

    def _write(self) -> None:
        self.library.clock = 0
        for index, name in enumerate(_NAMES):
            self.library.write(name, index)
