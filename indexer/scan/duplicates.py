"""A job that finds a collection's duplicates, instead of loading any images."""

from collections.abc import Iterator, Sequence

from indexer.duplicates.contents import Contents
from indexer.duplicates.grouping import Bounds, cluster, mutual
from indexer.duplicates.neighbourhoods import BATCH, Neighbourhoods
from indexer.scan.context import ScanContext, require_edition
from shared.domain.collection import CollectionIdentity
from shared.domain.duplicates import (
    SIMILAR_MATCH,
    Computed,
    Dismissals,
    DuplicateGroup,
    Grade,
    all_apart,
)
from shared.domain.job import DuplicatesSource
from shared.domain.match import MatchCurve, curve_of
from shared.ledger import DismissalsChanged, Looked, Ties
from shared.log import get_logger

_log = get_logger(__name__)


class FindDuplicates:
    """One try of such a job. A repeated one goes on after the last image that was looked at."""

    def __init__(self, context: ScanContext, source: DuplicatesSource) -> None:
        self._context = context
        self._stores = context.stores
        self._job, self._collection = context.spec.id, context.spec.collection
        self._copy_match = source.min_match

    def run(self) -> None:
        """Find them to the end.

        Raises NotFound, JobFailed, TiesLost, ScanSuperseded, ScanSuspended, JobEnded, ShuttingDown.
        """
        identity = self._stores.collections.identity(self._collection)
        identity.require_generation(self._context.spec.generation)
        require_edition(self._context, identity)
        curve = curve_of(identity.fingerprint)
        if curve is None:
            _log.info("match_curve_missing", fingerprint=identity.fingerprint)
        else:
            self._look(identity, curve)
        found = self._group(identity, curve)
        _log.info("duplicates_found", groups=found)

    def _look(self, identity: CollectionIdentity, curve: MatchCurve) -> None:
        """Note the ties of all images."""
        neighbours, ties = self._stores.neighbours, self._stores.duplicate_ties
        bounds = self._bounds(curve)
        near = Neighbourhoods(neighbours, self._collection, identity.generation, *bounds)
        # After a strong count, the look-ups that follow see every write before it.
        expected = self._stores.collections.count(self._collection)
        before = ties.looked(self._job)
        generation = self._context.generation
        while (images := neighbours.vectors_after(self._collection, before.image, BATCH)).ids:
            self._context.wait_while_paused()
            now = Looked(images.ids[-1], before.images + len(images.ids))
            found = list(near.ties(images))
            ties.record(self._job, generation, expected, before, now, found)
            before = now

    def _group(self, identity: CollectionIdentity, curve: MatchCurve | None) -> int:
        """Make the groups, and publish them."""
        store = self._stores.duplicate_ties
        dismissed = store.dismissals(self._collection, identity.generation)
        contents = Contents.read(
            self._stores.neighbours, self._collection, self._context.wait_while_paused
        )
        apart = Dismissals(dismissed)
        groups = [
            *_identical(contents, apart),
            *self._alike(contents, store.read(self._job), apart, curve),
        ]
        computed = Computed(
            job=self._job,
            generation=identity.generation,
            computed_at=self._stores.jobs.now(),
            images=contents.images,
            copy_match=None if curve is None else self._copy_match,
            similar_match=None if curve is None else SIMILAR_MATCH,
        )
        # What was read before and after another edition was put in place does not fit together.
        require_edition(self._context, self._stores.collections.identity(self._collection))
        while True:
            known = len(dismissed)
            scan = self._context.generation
            try:
                return store.publish(self._job, scan, self._collection, computed, groups, known)
            except DismissalsChanged:
                # Making them anew would take so long that more may be dismissed meanwhile.
                dismissed = store.dismissals(self._collection, identity.generation)
                groups = all_apart(groups, Dismissals(dismissed))

    def _alike(
        self,
        contents: Contents,
        directed: Ties,
        dismissals: Dismissals,
        curve: MatchCurve | None,
    ) -> Iterator[DuplicateGroup]:
        if curve is None:
            return
        ones, others = (contents.numbers(directed[end]) for end in ("image", "neighbour"))
        # Those of images that were deleted meanwhile are nothing.
        there = (ones >= 0) & (others >= 0)
        ties = mutual(ones[there], others[there], directed["score"][there], contents.name)
        grades: list[Grade] = ["copy", "similar"]
        levels = self._bounds(curve)
        found = cluster(ties, levels, dismissals, lambda names: self._read(contents, names))
        stricter: set[tuple[str, ...]] = set()
        for grade, clusters in zip(grades, found, strict=True):
            for made in clusters:
                # One that no looser tie has joined with anything is listed once.
                if made.contents not in stricter:
                    members = sorted(contents.members(made.contents))
                    for group in dismissals.split(members):
                        if len({member.content for member in group}) > 1:
                            yield DuplicateGroup.of(grade, curve.match(made.score), group)
            stricter |= {made.contents for made in clusters}

    def _bounds(self, curve: MatchCurve) -> tuple[Bounds, Bounds]:
        return Bounds.of(self._copy_match, curve), Bounds.of(SIMILAR_MATCH, curve)

    def _read(self, contents: Contents, names: Sequence[str]) -> dict[str, Sequence[float]]:
        self._context.wait_while_paused()
        firsts = {contents.members([content])[0].image: content for content in names}
        found = self._stores.neighbours.vectors_of(self._collection, list(firsts))
        return {firsts[image]: vector for image, vector in found.items()}


def _identical(contents: Contents, dismissals: Dismissals) -> Iterator[DuplicateGroup]:
    for members in contents.shared():
        for group in dismissals.split(members):
            if len(group) > 1:
                yield DuplicateGroup.of("identical", 1.0, group)
