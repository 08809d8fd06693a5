"""What becomes of the images of loads at random: moves, deletions, and scans that look again."""

import uuid

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from shared.ledger import MoveRequest, Moves, Scans
from tests.integration.shared.ledger.ledger_machine import INDEXERS, LedgerMachine
from tests.integration.shared.ledger.model import JobModel
from tests.integration.shared.ledger.scan_rules import refusal

#: Rows whose files are gone, by image id: few, so that several files ask for one.
OLD_ROWS = tuple(f"{n:032x}" for n in range(4))


class ImageRules(LedgerMachine):
    """Each file of a job counts once, and each row is moved to one file."""

    @invariant()
    def what_is_accounted_for_is_remembered(self) -> None:
        for model in self.models.values():
            if not model.ended:
                ids = list(model.files)
                known = Scans(self.client, INDEXERS[0]).accounted(model.id, ids)
                found = {image for image, is_known in zip(ids, known, strict=True) if is_known}
                assert found == model.accounted

    @precondition(lambda self: any(model.chunks for model in self.models.values()))
    @rule(data=st.data(), sources=st.lists(st.sampled_from(OLD_ROWS), unique=True))
    def move_files(self, data: st.DataObject, sources: list[str]) -> None:
        """The files of a chunk have contents of these rows; asked for twice, it is as before."""
        model, name = self.any_chunk(data)
        targets = [file.id for file in model.chunks[name].files]
        moves, request = Moves(self.client), MoveRequest(targets, sources)
        expected = model.move(targets, sources)
        for _ in range(2):
            assert moves.claim(model.id, [request]) == expected
        assert moves.claimed(model.id, list(model.files)) == model.moves
        assert len(set(model.moves.values())) == len(model.moves)

    @precondition(lambda self: any(model.rows for model in self.models.values()))
    @rule(data=st.data(), times=st.integers(1, 2))
    def delete_images(self, data: st.DataObject, times: int) -> None:
        """A client deletes some of the images that loads have written."""
        owners = {image: model for model in self.models.values() for image in sorted(model.rows)}
        images = data.draw(st.lists(st.sampled_from(list(owners)), min_size=1, unique=True))
        by_job: dict[str, list[str]] = {}
        for image in images:
            by_job.setdefault(owners[image].id, []).append(image)
        for _ in range(times):
            self.jobs.account(by_job)
        for image in images:
            owners[image].delete_image(image)

    @precondition(lambda self: self.models)
    @rule(data=st.data(), count=st.integers(1, 3), late=st.booleans(), ends=st.integers(0, 2))
    def remove_images(self, data: st.DataObject, count: int, late: bool, ends: int) -> None:
        """A scan removes rows, and may be lost before it has counted them."""
        model, scans = self.any_job(data), Scans(self.client, INDEXERS[0])
        generation = model.generation - 1 if late else model.generation
        refused = model.ended or late or not model.generation
        ids = [uuid.uuid4().hex for _ in range(count)]
        with refusal(model, refused):
            scans.begin_removal(model.id, generation, ids)
        if not refused:
            model.removing = ids
        assert scans.removal_begun(model.id) == model.removing
        for _ in range(ends):
            removed = len(model.removing)
            with refusal(model, refused):
                scans.end_removal(model.id, generation, removed)
            if not refused:
                model.removed, model.removing = model.removed + removed, []

    @precondition(lambda self: self.models)
    @rule(data=st.data(), indexer=st.sampled_from(INDEXERS))
    def scan_all_again(self, data: st.DataObject, indexer: str) -> None:
        """An indexer lists all files of a job anew, and each of them counts once."""
        model = self.any_job(data)
        before = model.generation
        self.begin(model, indexer)
        if model.generation == before:
            return
        found = self._left_to_count(model)
        assert set(found) == model.not_remembered
        if found:
            chunk = {uuid.uuid4().hex: tuple(model.files[image] for image in found)}
            Scans(self.client, indexer).add_chunks(model.id, model.generation, chunk)
            model.add(chunk)
        assert model.chunk_total == len(model.files)

    def _left_to_count(self, model: JobModel) -> list[str]:
        """The files that an indexer takes for not counted (`FileClassifier`)."""
        pending = {file.id for chunk in model.chunks.values() for file in chunk.files}
        ids = [image for image in model.files if image not in pending and image not in model.rows]
        known = Scans(self.client, INDEXERS[0]).accounted(model.id, ids)
        return [image for image, is_known in zip(ids, known, strict=True) if not is_known]
