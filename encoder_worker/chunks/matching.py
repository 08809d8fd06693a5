"""The files of a chunk, compared with what the collection has of their contents.

Where duplicates are skipped, a chunk holds the claim of a content while it asks and until it has
written, and of equal files that would be written only one is at a time: the others are `later`,
and find its row then.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from encoder_worker.chunks.reading import FileContent
from encoder_worker.chunks.row_files import RowFiles
from encoder_worker.chunks.rules import Candidates, Kind, choose
from encoder_worker.chunks.stores import Stores
from shared.domain.chunk import ChunkClaim
from shared.domain.image import ImageRow, IndexedFile, StoredImage
from shared.ledger import MoveRequest


class Match(NamedTuple):
    """What is to be done with a file.

    `own` is its row as it is, `source` the row that it takes over or whose vector it takes,
    `replaced` its own row with its vector where another content is about to replace it.
    """

    content: FileContent
    kind: Kind
    own: ImageRow | None = None
    source: StoredImage | None = None
    replaced: StoredImage | None = None
    #: The file of a row that was moved, and whose row is to be deleted.
    left: IndexedFile | None = None


class Matcher:
    """Matches the files of one chunk. Methods raise JobEnded, ShuttingDown, NotFound."""

    def __init__(self, claim: ChunkClaim, stores: Stores, files: RowFiles) -> None:
        self._job = claim.spec.id
        self._chunk = claim.chunk_id
        self._collection = claim.spec.collection
        self._skip = claim.spec.on_duplicate == "skip"
        self._stores = stores
        self._files = files
        self._held: set[str] = set()
        #: Contents that a file of this round is to be written with.
        self._taken: set[str] = set()
        self._awaited: set[str] = set()

    def match(self, contents: Sequence[FileContent]) -> list[Match]:
        """Match some files that were read."""
        held = self._claim({content.sha256 for content in contents})
        matches = [Match(content, "later") for content in contents if content.sha256 not in held]
        contents = [content for content in contents if content.sha256 in held]
        return matches + self._match(contents) if contents else matches

    def end_round(self) -> None:
        """Let others have the contents of this round, whose rows are written."""
        if self._skip:
            self._stores.content_claims.release(
                self._collection, self._job, self._chunk, self._held
            )
        self._held.clear()
        self._taken.clear()

    def claim_awaited(self) -> bool:
        """Claim the contents that other chunks held; returns whether one of them is free now."""
        awaited, self._awaited = self._awaited, set()
        return bool(self._claim(awaited))

    def _claim(self, sha256s: Collection[str]) -> set[str]:
        if not self._skip:
            return set(sha256s)
        held = self._stores.content_claims.claim(self._collection, self._job, self._chunk, sha256s)
        self._held |= held
        self._awaited |= set(sha256s) - held
        return held

    def _match(self, contents: Sequence[FileContent]) -> list[Match]:
        sha256s = sorted({content.sha256 for content in contents if self._may_be_known(content)})
        found = self._stores.writer.find_by_hash(self._collection, sha256s)
        # After that look-up, which was a strong one, others see as much.
        own = self._stores.images.get_many(self._collection, [c.ref.id for c in contents])
        unchanged = [c for c in contents if _is_unchanged(c, own)]
        others = [c for c in contents if not _is_unchanged(c, own)]
        matches = self._unchanged(unchanged, own)
        return matches + self._changed(others, found, own) if others else matches

    def _may_be_known(self, content: FileContent) -> bool:
        """Whether it matters if a row has a content; milvus-lite reads all rows to tell."""
        as_scanned = content.ref.size == len(content.data)
        return self._skip or not (content.ref.not_moved and as_scanned)

    def _unchanged(
        self, contents: Sequence[FileContent], own: Mapping[str, ImageRow]
    ) -> list[Match]:
        """Files whose own row has their content, if only since an earlier try at this chunk."""
        moves = self._stores.moves.claimed(self._job, [content.ref.id for content in contents])
        sources = self._stores.images.get_many(self._collection, list(moves.values()))
        matches = []
        for content in contents:
            source = sources.get(moves.get(content.ref.id, ""))
            kind: Kind = "moved" if content.ref.id in moves else "unchanged"
            left = IndexedFile.of(source) if source and source.sha256 == content.sha256 else None
            matches.append(Match(content, kind, own[content.ref.id], left=left))
        return matches

    def _changed(
        self,
        contents: Sequence[FileContent],
        found: Mapping[str, Sequence[IndexedFile]],
        own: Mapping[str, ImageRow],
    ) -> list[Match]:
        kept = self._stores.moves.kept(self._job, sorted({c.sha256 for c in contents}))
        candidates = {
            content.ref.id: self._candidates(content, found, kept) for content in contents
        }
        movers = [content for content in contents if self._files.can_move(content.ref.uri)]
        moves = self._stores.moves.claim(self._job, _requests(movers, candidates))
        kinds = {
            image: choose(each, moved=image in moves, skip=self._skip)
            for image, each in candidates.items()
        }
        sources = {
            image: [moves[image]] if image in moves else candidates[image].one_of_each
            for image, kind in kinds.items()
            if kind in ("moved", "copied")
        }
        wanted = {*(image for ids in sources.values() for image in ids), *kinds.keys() & own}
        rows = self._stores.writer.stored(self._collection, sorted(wanted))
        # A row that was replaced since it was found was kept before.
        kept = self._stores.moves.kept(self._job, sorted({c.sha256 for c in contents}))
        matches = []
        for content in contents:
            image = content.ref.id
            source = _source(content.sha256, sources.get(image, ()), rows, kept)
            left = next((f for f in candidates[image].gone if f.id == moves.get(image)), None)
            match = Match(content, kinds[image], own.get(image), source, rows.get(image), left)
            matches.append(self._one_at_a_time(match))
        return matches

    def _one_at_a_time(self, match: Match) -> Match:
        if match.kind in ("moved", "copied") and match.source is None:
            match = match._replace(kind="new")  # The row was deleted meanwhile.
        sha256 = match.content.sha256
        if self._skip and match.kind in ("copied", "new") and sha256 in self._taken:
            return Match(match.content, "later")
        if match.kind != "duplicate":
            self._taken.add(sha256)
        return match

    def _candidates(
        self,
        content: FileContent,
        found: Mapping[str, Sequence[IndexedFile]],
        kept: Mapping[str, Sequence[StoredImage]],
    ) -> Candidates:
        states: dict[str, list[IndexedFile]] = {name: [] for name in Candidates._fields}
        for file in found.get(content.sha256, ()):
            if file.id != content.ref.id:
                states[self._files.state(file)].append(file)
        known = {file.id for files in states.values() for file in files}
        states["replaced"] += [
            IndexedFile.of(image.row)
            for image in kept.get(content.sha256, ())
            if image.row.id != content.ref.id and image.row.id not in known
        ]
        if states["standing"] and states["replaced"]:
            fresh = self._fresh(states["standing"])
            states["standing"] = [file for file in states["standing"] if file not in fresh]
            states["fresh"] = fresh
        return Candidates(**states)

    def _fresh(self, standing: Sequence[IndexedFile]) -> list[IndexedFile]:
        """Those of some rows that this job wrote or moved."""
        moved = self._stores.moves.claimed(self._job, [file.id for file in standing])
        return [file for file in standing if file.job == self._job or file.id in moved]


def _is_unchanged(content: FileContent, own: Mapping[str, ImageRow]) -> bool:
    row = own.get(content.ref.id)
    return row is not None and row.sha256 == content.sha256


def _requests(
    contents: Sequence[FileContent], candidates: Mapping[str, Candidates]
) -> list[MoveRequest]:
    """The moves to ask for."""
    targets: dict[str, list[str]] = {}
    sources: dict[str, list[str]] = {}
    for content in contents:
        movable = candidates[content.ref.id].movable
        if movable:
            targets.setdefault(content.sha256, []).append(content.ref.id)
            sources.setdefault(content.sha256, movable)
    return [MoveRequest(targets[sha256], sources[sha256]) for sha256 in targets]


def _source(
    sha256: str,
    names: Sequence[str],
    rows: Mapping[str, StoredImage],
    kept: Mapping[str, Sequence[StoredImage]],
) -> StoredImage | None:
    """The first of the named rows that has a content, or had it before this job replaced it."""
    images = [rows[name] for name in names if name in rows]
    images += [image for image in kept.get(sha256, ()) if image.row.id in names]
    return next((image for image in images if image.row.sha256 == sha256), None)
