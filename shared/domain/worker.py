"""A process, as its heartbeat describes it."""

from shared.domain.base import Frozen


class GpuState(Frozen):
    """A GPU as its driver sees it: the share of time in which it worked, and bytes of memory.

    All processes on the GPU are in these, of other programs, too.
    """

    uuid: str
    utilisation: float
    memory_used: int
    memory_total: int


class WorkerInfo(Frozen):
    """A process, as its heartbeat describes it. `weights` names the exact weights it loaded.

    `started_at` is by the clock of its host and for show only. `seen_at` (Unix seconds) and `age`
    (seconds since then) are of the last heartbeat, by the clock of Redis.
    """

    id: str
    name: str
    queue: str
    device: str = "cpu"
    runtime: str = ""
    precision: str = ""
    weights: str = ""
    images_per_second: float = 0.0
    #: None on a CPU, and where the driver does not tell.
    gpu: GpuState | None = None
    started_at: float
    seen_at: float = 0.0
    age: float = 0.0


class Lease(Frozen):
    """A chunk that a worker has claimed by `token`.

    `number` counts what happened to the chunk's lease before: of two leases of a chunk, the one
    with the greater number is the newer one.
    """

    job: str
    chunk: str
    token: str
    number: int
    attempt: int


class HeldLeases(Frozen):
    """What a worker holds: `leases`, and the `tokens` of these and of claims without an answer.

    Tokens are numbers in the order of the claims, `last` the newest: a token up to `last` that is
    not in `tokens` is not held any more, whatever the ledger says.
    """

    last: int = 0
    tokens: tuple[str, ...] = ()
    leases: tuple[Lease, ...] = ()
