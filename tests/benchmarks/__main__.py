"""Run benchmarks by name, print their tables, and write all figures as JSON."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from shared.settings import Settings
from tests.benchmarks import corpus, encoder, load, quality, search
from tests.benchmarks.report import Report, machine, write_json
from tests.stack import Stack, running_stack


def main(arguments: list[str]) -> int:
    """Run what the command line names; all of it without a name."""
    options = _options(arguments)
    reports = []
    for name in options.names or BENCHMARKS:
        report = BENCHMARKS[name](options)
        report.show()
        reports.append(report)
    write_json(reports, options.json)
    facts = ", ".join(machine().values())
    print(f"\nThe same as JSON: {options.json}  ({facts})")  # noqa: T201 - a command's answer
    return 0


def _encoder(options: argparse.Namespace) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        photos = corpus.photos(Path(folder) / "photos", 64)
        return encoder.measure(photos, _settings(folder, options), runs=options.runs)


def _quality(options: argparse.Namespace) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        photos = corpus.photos(Path(folder) / "photos", options.photos)
        return quality.measure(photos, _settings(folder, options))


def _load(options: argparse.Namespace) -> Report:
    return _on_a_stack(
        options,
        lambda stack, context: load.measure(
            stack, count=options.photos, runs=options.runs, context=context
        ),
    )


def _search(options: argparse.Namespace) -> Report:
    return _on_a_stack(
        options,
        lambda stack, context: search.measure(
            stack, rows=tuple(options.rows), searches=options.searches, context=context
        ),
    )


BENCHMARKS: dict[str, Callable[[argparse.Namespace], Report]] = {
    "encoder": _encoder,
    "quality": _quality,
    "load": _load,
    "search": _search,
}


def _on_a_stack(
    options: argparse.Namespace, measure: Callable[[Stack, dict[str, str]], Report]
) -> Report:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "pictures"
        root.mkdir()
        own = {"weights": options.weights, "chunk_size": "32", "lease_seconds": "10"}
        with running_stack(Path(name), root, **own) as stack:
            system = stack.client.get("/api/v2/system").json()
            (worker,) = (w for w in system["workers"] if w["queue"] == "encode")
            facts = ("weights", "device", "runtime", "precision")
            context = {name: str(worker[name]) for name in facts if name in worker}
            return measure(stack, context | {"store": "milvus-lite"})


def _settings(folder: str, options: argparse.Namespace) -> Settings:
    return Settings(data_dir=Path(folder) / "data", weights=options.weights)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--runs", type=int, default=5, help="counted runs; medians are shown")
    parser.add_argument("--photos", type=int, default=713, help="pictures of a load")
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 20_000], help="rows searched")
    parser.add_argument("--searches", type=int, default=60, help="searches for each figure")
    parser.add_argument("--weights", default="untrained", help="imagenet, untrained or a file")
    parser.add_argument("--json", type=Path, default=Path("build/benchmarks.json"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
