"""What clients do with jobs, at random."""

from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
)

from shared.domain.job import JobError
from tests.integration.shared.ledger.ledger_machine import LedgerMachine


class JobRules(LedgerMachine):
    """Requests of clients, some of them twice."""

    @precondition(lambda self: len(self.models) < 3)
    @rule(collection=st.sampled_from(["shoes", "hats"]))
    def create(self, collection: str) -> None:
        self.new_job(collection)

    @precondition(lambda self: self.models)
    @rule(data=st.data())
    def create_again(self, data: st.DataObject) -> None:
        """As a client of Redis does that lost the first answer."""
        model = self.any_job(data)
        spec = self.jobs.get(model.id).spec
        self.jobs.create(spec)

    @precondition(lambda self: self.models)
    @rule(data=st.data(), action=st.sampled_from(["pause", "resume", "cancel", "fail"]))
    def steer(self, data: st.DataObject, action: str) -> None:
        model = self.any_job(data)
        if action == "fail":
            self.jobs.fail(model.id, JobError(code="source_missing", detail="Gone."))
        else:
            getattr(self.jobs, action)(model.id)
        if model.ended:
            return
        if action in ("pause", "resume"):
            model.due = model.due or (model.paused and action == "resume" and model.owner is None)
            model.paused = action == "pause"
        else:
            model.end("cancelled" if action == "cancel" else "failed")

    @precondition(lambda self: self.models)
    @rule(data=st.data())
    def drop_collection(self, data: st.DataObject) -> None:
        collection = self.any_job(data).collection
        self.jobs.forget_collection(collection)
        self.models = {k: m for k, m in self.models.items() if m.collection != collection}
