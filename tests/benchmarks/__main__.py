"""Run benchmarks by name, print their tables, and write all figures as JSON and plots as SVG."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from encoder_worker.model.weights import find_weights
from shared.log import configure
from shared.settings import Settings
from tests.benchmarks import (
    corpus,
    cuda,
    duplicates,
    encoder,
    filters,
    hostile,
    large,
    ledger,
    ledger_scale,
    load,
    match,
    precision,
    quality,
    recall,
    regions,
    scaling,
    scan,
    search,
    store,
    stored_rows,
)
from tests.benchmarks import truth as truths
from tests.benchmarks.options import ROWS, Options, parse
from tests.benchmarks.plot import FOLDER, bars
from tests.benchmarks.report import Report, machine, write_json
from tests.stack import Stack, running_stack

OnStack = Callable[[Stack, Settings, dict[str, str]], Report]


def main(arguments: list[str]) -> int:
    """Run what the command line names; all of it without a name."""
    options = parse(arguments, BENCHMARKS, __doc__)
    configure(Settings(log_level="warning"), "benchmarks")
    reports = []
    everywhere = [name for name in BENCHMARKS if name != "cuda" or torch.cuda.is_available()]
    for name in options.names or everywhere:
        report = BENCHMARKS[name](options)
        report.show()
        reports.append(report)
    write_json(reports, options.json)
    facts = ", ".join(machine().values())
    print(f"\nThe same as JSON: {options.json}; plots: {FOLDER}  ({facts})")  # noqa: T201 - asked
    return 0


def _encoder(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        photos = corpus.photos(Path(folder) / "photos", 32)
        report = encoder.measure(photos, _settings(folder, options), runs=options.runs)
        bars("encoder.svg", report, "images/s")
        return report


def _quality(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        truth = _truth(folder, options)
        settings = _settings(folder, options)
        return quality.measure(truth, settings, variants=options.variants)


def _precision(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        return precision.measure(_truth(folder, options), _settings(folder, options))


def _match(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        photos = corpus.photos(Path(folder) / "photos", options.photos)
        return match.measure(photos, _settings(folder, options))


def _truth(folder: str, options: Options) -> truths.Truth:
    photos = corpus.photos(Path(folder) / "photos", options.photos)
    return truths.gather(photos, corpus.scene_photos())


def _load(options: Options) -> Report:
    def measure(stack: Stack, settings: Settings, context: dict[str, str]) -> Report:
        size = {"count": options.photos, "runs": options.runs}
        return load.measure(stack, settings, **size, context=context)

    return _on_a_stack(options, measure)


def _scan(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        return scan.measure(Path(folder), files=options.files, runs=options.runs)


def _ledger(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        size = {"files": options.files, "jobs": options.jobs, "runs": options.runs}
        return ledger.measure(Path(folder), **size)


def _ledger_scale(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        return ledger_scale.measure(Path(folder), files=options.files)


def _search(options: Options) -> Report:
    def measure(stack: Stack, settings: Settings, context: dict[str, str]) -> Report:
        size = {"rows": options.rows, "searches": options.searches, "runs": options.runs}
        return search.measure(stack, settings, **size, context=context)

    return _on_a_stack(options, measure, lambda folder, own: search.fill(folder, own, options.rows))


def _store(options: Options) -> Report:
    size = {"rows": options.rows, "searches": options.searches, "runs": options.runs}
    return store.measure(**size, stores=options.stores)


def _filters(options: Options) -> Report:
    return filters.measure(rows=options.rows, searches=options.searches)


def _recall(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        photos = corpus.photos(Path(folder) / "photos", options.photos)
        return recall.measure(photos, _settings(folder, options))


def _large(options: Options) -> Report:
    report = Report("Large collections", {})
    for rows in options.rows:

        def prepare(folder: Path, settings: Settings, rows: int = rows) -> None:
            weights = find_weights(settings).name
            vectors = stored_rows.random_vectors(rows)
            stored_rows.write(folder / "milvus", large.COLLECTION, vectors, weights=weights)

        def measure(stack: Stack, _: Settings, context: dict[str, str], rows: int = rows) -> Report:
            report.context.update(context)
            return large.measure(report, stack, rows, count=options.photos, runs=options.runs)

        _on_a_stack(options, measure, prepare)
    return report


def _duplicates(options: Options) -> Report:
    (rows,) = options.rows if options.rows != ROWS else [5000]
    return _on_a_stack(options, lambda stack, _, facts: duplicates.measure(stack, rows, facts))


def _regions(options: Options) -> Report:
    def measure(stack: Stack, _: Settings, context: dict[str, str]) -> Report:
        return regions.measure(stack, count=options.photos, context=context)

    return _on_a_stack(options, measure)


def _hostile(options: Options) -> Report:
    def measure(stack: Stack, _: Settings, context: dict[str, str]) -> Report:
        return hostile.measure(stack, searches=options.searches, context=context)

    return _on_a_stack(options, measure)


def _scaling(options: Options) -> Report:
    def measure(stack: Stack, _: Settings, context: dict[str, str]) -> Report:
        size = {"count": options.photos // 2, "runs": options.runs}
        return scaling.measure(stack, **size, context=context)

    return _on_a_stack(options, measure)


def _cuda(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        photos = corpus.photos(Path(folder) / "photos", options.photos)
        settings = _settings(folder, options)
        return cuda.measure(photos, settings, runs=options.runs, pictures=_GPU_PICTURES)


BENCHMARKS: dict[str, Callable[[Options], Report]] = {
    "encoder": _encoder,
    "quality": _quality,
    "precision": _precision,
    "match": _match,
    "duplicates": _duplicates,
    "regions": _regions,
    "load": _load,
    "scan": _scan,
    "ledger": _ledger,
    "ledger-scale": _ledger_scale,
    "search": _search,
    "store": _store,
    "filters": _filters,
    "large": _large,
    "recall": _recall,
    "hostile": _hostile,
    "scaling": _scaling,
    "cuda": _cuda,
}
#: Pictures of one run on a GPU, which takes them by the thousand a second.
_GPU_PICTURES = 16_384


def _on_a_stack(
    options: Options, measure: OnStack, fill: Callable[[Path, Settings], None] | None = None
) -> Report:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "pictures"
        root.mkdir()
        settings = _settings(name, options)
        if fill is not None:
            fill(Path(name), settings)
        own: dict[str, Any] = {
            "weights": settings.weights,
            "precision": settings.precision,
            "chunk_size": str(settings.chunk_size),
            "max_pending_chunks": str(settings.max_pending_chunks),
            "lease_seconds": str(settings.lease_seconds),
            "log_level": settings.log_level,
        }
        with running_stack(Path(name), root, **own) as stack:
            (worker,) = stack.wait_encoders(1)
            weights = stack.client.get("/api/v2/system").json()["weights"]
            facts = {name: str(worker[name]) for name in ("device", "runtime", "precision")}
            context = {"weights": weights, **facts, "store": "milvus-lite"}
            return measure(stack, settings, context)


def _settings(folder: str, options: Options) -> Settings:
    return Settings(
        data_dir=Path(folder) / "data", weights=options.weights, precision=options.precision
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
