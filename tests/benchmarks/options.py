"""The options of a benchmark's command line."""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.benchmarks import store

Options = argparse.Namespace
#: Rows searched, unless others are given.
ROWS = [1000, 20_000, 100_000]


def parse(arguments: Sequence[str], names: Iterable[str], description: str | None) -> Options:
    """The options of a command line; `names` are those of the benchmarks."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=description)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(names))
    parser.add_argument("--runs", type=int, default=5, help="counted runs; medians are shown")
    parser.add_argument("--photos", type=int, default=713, help="pictures of a load")
    parser.add_argument("--files", type=int, default=1_000_000, help="files of a scan")
    parser.add_argument("--jobs", type=int, default=10_000, help="jobs that are listed")
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS, help="rows searched")
    parser.add_argument(
        "--stores", nargs="+", choices=store.NAMES, default=list(store.NAMES), help="of bench-store"
    )
    parser.add_argument(
        "--server", action="store_true", help="search: in the Milvus server of the wheel"
    )
    parser.add_argument("--minutes", type=float, default=10, help="how long to serve")
    parser.add_argument("--clients", type=int, default=12, help="clients at once, of serve")
    parser.add_argument("--searches", type=int, default=60, help="searches for each figure")
    parser.add_argument("--weights", default="imagenet", help="imagenet, untrained or a file")
    parser.add_argument("--precision", default="auto", help="as LOOKALIKE_PRECISION")
    parser.add_argument("--variants", action="store_true", help="quality: other descriptors too")
    parser.add_argument("--json", type=Path, default=Path("build/benchmarks.json"))
    return parser.parse_args(arguments)
