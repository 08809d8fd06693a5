"""A process, as its heartbeat describes it."""

from shared.domain.base import Frozen


class WorkerInfo(Frozen):
    """A process, as its heartbeat describes it. `weights` names the exact weights it loaded."""

    id: str
    name: str
    queue: str
    device: str = "cpu"
    runtime: str = ""
    precision: str = ""
    weights: str = ""
    images_per_second: float = 0.0
    started_at: float
    seen_at: float = 0.0
