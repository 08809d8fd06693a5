"""Run benchmarks by name, print their tables, and write all figures as JSON and plots as SVG."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

from encoder_worker.model.weights import find_weights
from shared.log import configure
from shared.settings import Settings
from tests.benchmarks import (
    bucket,
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
    serve,
    store,
    stored_rows,
    watching,
)
from tests.benchmarks import truth as truths
from tests.benchmarks.options import ROWS, Options, parse
from tests.benchmarks.plot import FOLDER, bars
from tests.benchmarks.report import Report, machine, write_json
from tests.benchmarks.stacks import on_a_stack, settings_of
from tests.stack import Stack


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
        report = encoder.measure(photos, settings_of(folder, options), runs=options.runs)
        bars("encoder.svg", report, "images/s")
        return report


def _quality(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        truth = _truth(folder, options)
        settings = settings_of(folder, options)
        return quality.measure(truth, settings, variants=options.variants)


def _precision(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        return precision.measure(_truth(folder, options), settings_of(folder, options))


def _match(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        photos = corpus.photos(Path(folder) / "photos", options.photos)
        return match.measure(photos, settings_of(folder, options))


def _truth(folder: str, options: Options) -> truths.Truth:
    photos = corpus.photos(Path(folder) / "photos", options.photos)
    return truths.gather(photos, corpus.scene_photos())


def _load(options: Options) -> Report:
    def measure(stack: Stack, settings: Settings, context: dict[str, str]) -> Report:
        size = {"count": options.photos, "runs": options.runs}
        return load.measure(stack, settings, **size, context=context)

    return on_a_stack(options, measure)


def _bucket(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder, bucket.running_server(Path(folder)) as server:
        name, s3 = server

        def measure(stack: Stack, _: Settings, context: dict[str, str]) -> Report:
            size = {"count": options.photos, "runs": options.runs}
            return bucket.measure(stack, s3, **size, context=context | {"server": name})

        return on_a_stack(options, measure, settings=s3.settings)


def _watching(options: Options) -> Report:
    def measure(stack: Stack, _: Settings, context: dict[str, str]) -> Report:
        return watching.measure(stack, count=options.photos, context=context)

    return on_a_stack(options, measure)


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
    def fill(folder: Path, own: Settings) -> None:
        search.fill(folder, own, options.rows)

    def measure(stack: Stack, settings: Settings, context: dict[str, str]) -> Report:
        if options.server:
            search.fill_server(stack, settings, options.rows)
        size = {"rows": options.rows, "searches": options.searches, "runs": options.runs}
        return search.measure(stack, settings, **size, context=context)

    return on_a_stack(options, measure, None if options.server else fill)


def _serve(options: Options) -> Report:
    def measure(stack: Stack, _: Settings, context: dict[str, str]) -> Report:
        size = {"clients": options.clients, "count": options.photos}
        return serve.measure(stack, minutes=options.minutes, **size, context=context)

    return on_a_stack(options, measure)


def _store(options: Options) -> Report:
    size = {"rows": options.rows, "searches": options.searches, "runs": options.runs}
    return store.measure(**size, stores=options.stores)


def _filters(options: Options) -> Report:
    return filters.measure(rows=options.rows, searches=options.searches)


def _recall(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        photos = corpus.photos(Path(folder) / "photos", options.photos)
        return recall.measure(photos, settings_of(folder, options))


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

        on_a_stack(options, measure, prepare)
    return report


def _duplicates(options: Options) -> Report:
    (rows,) = options.rows if options.rows != ROWS else [5000]
    return on_a_stack(options, lambda stack, _, facts: duplicates.measure(stack, rows, facts))


def _regions(options: Options) -> Report:
    def measure(stack: Stack, _: Settings, context: dict[str, str]) -> Report:
        return regions.measure(stack, count=options.photos, context=context)

    return on_a_stack(options, measure)


def _hostile(options: Options) -> Report:
    def measure(stack: Stack, _: Settings, context: dict[str, str]) -> Report:
        return hostile.measure(stack, searches=options.searches, context=context)

    return on_a_stack(options, measure)


def _scaling(options: Options) -> Report:
    def measure(stack: Stack, _: Settings, context: dict[str, str]) -> Report:
        size = {"count": options.photos // 2, "runs": options.runs}
        return scaling.measure(stack, **size, context=context)

    return on_a_stack(options, measure)


def _cuda(options: Options) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        photos = corpus.photos(Path(folder) / "photos", options.photos)
        settings = settings_of(folder, options)
        return cuda.measure(photos, settings, runs=options.runs, pictures=_GPU_PICTURES)


BENCHMARKS: dict[str, Callable[[Options], Report]] = {
    "encoder": _encoder,
    "quality": _quality,
    "precision": _precision,
    "match": _match,
    "duplicates": _duplicates,
    "regions": _regions,
    "load": _load,
    "bucket": _bucket,
    "watching": _watching,
    "scan": _scan,
    "ledger": _ledger,
    "ledger-scale": _ledger_scale,
    "search": _search,
    "serve": _serve,
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
