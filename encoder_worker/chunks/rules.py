"""What the collection has of a file's content: which files need no encoding, and why.

In the order in which the rules are tried:

1. The file's own row has its content: `unchanged`.
2. A row has it whose file is gone: the file was renamed, and takes the row over: `moved`.
3. A row has it, or had it before this load replaced it, whose file has another content now, and
   before this load no other row had it rightly: names were exchanged, and the file is `moved`.
4. A row has it whose file still has it: a `duplicate` where the load skips those; otherwise the
   row's vector is `copied`.
5. A row has it whose file cannot be looked at: `copied`.
6. Otherwise the file is `new`.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from shared.domain.image import IndexedFile

#: `later`: another file or chunk is at work on the same content.
Kind = Literal["unchanged", "moved", "copied", "duplicate", "new", "later"]


class Candidates(NamedTuple):
    """The rows of one content but the file's own, by what became of their files.

    Those `standing` whose rows this job wrote or moved are `fresh`.
    """

    gone: Sequence[IndexedFile] = ()
    standing: Sequence[IndexedFile] = ()
    fresh: Sequence[IndexedFile] = ()
    replaced: Sequence[IndexedFile] = ()
    unknown: Sequence[IndexedFile] = ()

    @property
    def movable(self) -> list[str]:
        """The ids of rows that a file of this content may take over, the best first."""
        left = () if self.standing else self.replaced
        return [file.id for file in (*self.gone, *left)]

    @property
    def one_of_each(self) -> list[str]:
        """Ids of rows to take a vector from: one in each state, as a row may be gone by then."""
        return [file.id for files in self for file in files[:1]]


def choose(candidates: Candidates, *, moved: bool, skip: bool) -> Kind:
    """What to do with a file whose own row has another content, or that has none.

    `moved` says that one of the candidates' rows was given to it, `skip` that the load skips
    duplicates.
    """
    if moved:
        return "moved"
    if candidates.standing or candidates.fresh:
        return "duplicate" if skip else "copied"
    return "copied" if candidates.unknown or candidates.replaced or candidates.gone else "new"
