"""The tables of docs/scale.md, made of `tests.benchmarks.sizes`.

Usage: `python -m tests.benchmarks.sizes_tables`: writes them between their marks in the document.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks import sizes
from tests.benchmarks.sizes import GIB, INDEXES, LEDGER, MIB, PICTURES

DOCUMENT = Path(__file__).parents[2] / "docs" / "scale.md"
_NAMES = {10**6: "1M", 10**7: "10M", 10**8: "100M", 10**9: "1B"}
#: The index that fits each size best, by this document.
CHOSEN = {
    10**6: "HNSW",
    10**7: "HNSW",
    10**8: "IVF_RABITQ, refine SQ8",
    10**9: "IVF_RABITQ, refine SQ8",
}
_NIGHT_HOURS = 12


def summary() -> str:
    """For each size what it needs in all."""
    rows = []
    for pictures in PICTURES:
        [index] = [index for index in INDEXES if index.name == CHOSEN[pictures]]
        gpus = math.ceil(sizes.hours(pictures, sizes.gpu_rate()) / _NIGHT_HOURS)
        rows.append(
            [
                _NAMES[pictures],
                index.name,
                f"{_number(sizes.memory(index, pictures) / GIB)} GiB",
                str(sizes.query_nodes(index, pictures)),
                f"{_number(sizes.job_memory(pictures) / MIB)} MiB",
                f"{_number(sizes.hours(pictures, sizes.INT8_RATE))} h",
                f"{gpus}: {_number(sizes.hours(pictures, gpus * sizes.gpu_rate()))} h",
            ]
        )
    head = ["pictures", "index", "its memory", f"query nodes of {sizes.NODE_GIB} GiB"]
    head += ["a load's job in Redis", "load, 2 cores, int8", "load, so many GPUs (assumed)"]
    return _table(head, rows)


def milvus() -> str:
    """Memory and query nodes by index type."""
    rows = []
    for index in INDEXES:
        cells = [
            f"{_number(sizes.memory(index, pictures) / GIB)} GiB, "
            f"{sizes.query_nodes(index, pictures)}"
            for pictures in PICTURES
        ]
        rows.append([index.name, f"{index.memory:.0f}", *cells])
    return _table(["index", "bytes of a vector", *_NAMES.values()], rows)


def storage() -> str:
    """What lies on disks."""
    rows = []
    for index in INDEXES:
        if index.name in {*CHOSEN.values(), "DISKANN"}:
            cells = [
                f"{_number(sizes.object_storage(index, pictures) / GIB)} GiB"
                for pictures in PICTURES
            ]
            rows.append([f"object storage, {index.name}", *cells])
    [diskann] = [index for index in INDEXES if index.disk]
    cells = [f"{_number(pictures * diskann.disk / GIB)} GiB" for pictures in PICTURES]
    rows.append(["the query nodes' own NVMe, DISKANN", *cells])
    return _table(["what", *_NAMES.values()], rows)


def hours() -> str:
    """How long a load takes."""
    gpu = sizes.gpu_rate()
    ways = {
        "2 cores, bfloat16: measured": sizes.BFLOAT16_RATE,
        "2 cores, int8: measured": sizes.INT8_RATE,
        "32 such machines: assumed to add up": 32 * sizes.INT8_RATE,
        **{f"{n} GPU{'s' if n > 1 else ''}: assumed": n * gpu for n in (1, 4, 16, 64)},
        "the scan, one indexer: measured": sizes.SCAN_RATE,
        "again, all unchanged: measured": sizes.UNCHANGED_RATE,
    }
    rows = [
        [way, _number(rate), *(f"{_number(sizes.hours(n, rate))} h" for n in PICTURES)]
        for way, rate in ways.items()
    ]
    return _table(["way", "files/s", *_NAMES.values()], rows)


def redis() -> str:
    """What is in Redis, at most."""
    size = max(LEDGER)
    rows = [
        ["one job, kept", *(_mib(sizes.job_memory(n)) for n in PICTURES)],
        *(
            [f"its chunks of {n:,} that wait", *[_mib(sizes.waiting_memory(n))] * len(PICTURES)]
            for n in LEDGER
        ),
        ["searches that wait", *[_mib(sizes.QUERY_QUEUE_BYTES)] * len(PICTURES)],
        [
            f"all of it, chunks of {size:,}",
            *(
                _mib(sizes.job_memory(n) + sizes.waiting_memory(size) + sizes.QUERY_QUEUE_BYTES)
                for n in PICTURES
            ),
        ],
        ["beside it, were every file moved", *(_mib(n * sizes.MOVE_BYTES) for n in PICTURES)],
    ]
    return _table(["what", *_NAMES.values()], rows)


def ledger() -> str:
    """What a chunk costs Valkey, and what that is at a billion files."""
    rows = []
    for size, cost in LEDGER.items():
        shares = [f"{sizes.valkey_share(10**9 / 3600 / n, size):.0%}" for n in (24, 8)]
        rows.append(
            [
                f"{size:,}",
                f"{cost.processor * 1e6:,.0f} µs",
                f"{size / cost.processor:,.0f} files/s",
                *shares,
                f"{cost.log * 10**9 / GIB:,.0f} GiB",
                f"{cost.waiting:.0f} bytes",
            ]
        )
    head = ["files of a chunk", "Valkey's processor, a chunk", "one core of it could take"]
    head += ["of it, 1B in 24 h", "1B in 8 h", "written to its log, 1B", "a file that waits"]
    return _table(head, rows)


def chunks() -> str:
    """Where autoscaling ends up, by the seconds that a chunk takes one encoder."""
    rows = []
    for seconds in (0.5, 1.0, 2.0, 4.0, 8.0):
        cells = [str(sizes.encoders_reached(seconds, waiting, 64)) for waiting in (2, 4, 8)]
        rows.append([f"{seconds:g} s", str(sizes.waiting_chunks(1, seconds)), *cells])
    head = ["a chunk takes", "wait behind one encoder"]
    return _table([*head, *(f"encoders, {n} waiting a pod" for n in (2, 4, 8))], rows)


TABLES: dict[str, Callable[[], str]] = {
    "summary": summary,
    "milvus": milvus,
    "storage": storage,
    "hours": hours,
    "redis": redis,
    "ledger": ledger,
    "chunks": chunks,
}


def filled(document: str) -> str:
    """The document with each table between its marks. Raises ValueError if a mark is missing."""
    for name, table in TABLES.items():
        before, mark, rest = document.partition(f"<!-- table: {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not (mark and end):
            raise ValueError(f"the document has no marks for the table {name}")
        document = f"{before}{mark}{table()}{end}{after}"
    return document


def _number(value: float) -> str:
    """Two digits that count, three from a hundred on, and all of larger ones' thousands."""
    if value >= 1000:
        return f"{round(value, -1 if value < 10_000 else -2):,.0f}"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.2g}"


def _mib(size: float) -> str:
    return f"{_number(size / MIB)} MiB"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    DOCUMENT.write_text(filled(DOCUMENT.read_text()))
