"""A load from a bucket beside the same load from disk: images a second, and their ratio."""

import shutil
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks import corpus
from tests.benchmarks.cpu import CpuTimes
from tests.benchmarks.jobs import load
from tests.benchmarks.report import Report
from tests.s3 import S3, request
from tests.services import Process, free_port, wait_until
from tests.stack import Stack

BUCKET = "pictures"


def measure(stack: Stack, server: S3, *, count: int, runs: int, context: dict[str, str]) -> Report:
    """Load `count` pictures `runs` times from each, in turn, each time into a new collection.

    Which is first changes with each run, so that a machine that slows down slows both.
    """
    report = Report(f"Bucket and disk: load of {count:,} {corpus.source_of_photos()}", context)
    folder = stack.image_root / "bucket"
    for path in corpus.photos(folder, count):
        server.put(str(path.relative_to(folder)), path.read_bytes())
    sources: Mapping[str, dict[str, Any]] = {
        "disk": {"kind": "directory", "path": str(folder)},
        "bucket": {"kind": "bucket", "url": f"s3://{BUCKET}"},
    }
    rates: dict[str, list[float]] = {name: [] for name in sources}
    times = {name: CpuTimes(stack) for name in sources}
    for name in sources:
        # The first load of a process is slower: its network is compiled, its caches are filled.
        _rate(stack, f"warm_{name}", sources[name], count)
    for run in range(runs):
        for name in sorted(sources, reverse=run % 2 == 0):
            times[name].start()
            rates[name].append(_rate(stack, f"{name}_{run}", sources[name], count))
            times[name].stop(count)
    report.add("from disk", rates["disk"], "images/s")
    report.add("from a bucket", rates["bucket"], "images/s", "from disk")
    report.add_ratio("bucket / disk, run by run", rates["bucket"], rates["disk"])
    # A busy machine slows a load, and takes no processor time of it.
    of_disk = report.add("processor time of a picture, from disk", times["disk"].sums, "ms")
    name = "processor time of a picture, from a bucket, but for its server's"
    report.add(name, times["bucket"].sums, "ms", of_disk.name)
    return report


def _rate(stack: Stack, collection: str, source: dict[str, Any], count: int) -> float:
    _, seconds = load(stack, collection, source, expected={"indexed": count})
    stack.client.delete(f"/api/v2/collections/{collection}").raise_for_status()
    return count / seconds


@contextmanager
def running_server(folder: Path) -> Iterator[tuple[str, S3]]:
    """An S3 server in a process of its own, and its name: SeaweedFS where `weed` is, else moto."""
    port = free_port()
    if weed := shutil.which("weed"):
        name, command = "SeaweedFS", [weed, "server", *_weed(folder / "weed", port)]
    else:
        name, command = "moto", [sys.executable, "-m", "moto.server", "-H", "127.0.0.1"]
        command += ["-p", str(port)]
    server = S3(f"http://127.0.0.1:{port}", BUCKET)
    process = Process(command, folder / "s3.log")
    try:
        wait_until(lambda: _has_bucket(server), 60, "the S3 server")
        yield name, server
    finally:
        process.stop()


def _weed(folder: Path, port: int) -> Iterator[str]:
    folder.mkdir()
    yield from (f"-dir={folder}", "-ip=127.0.0.1", "-filer", "-s3", f"-s3.port={port}")
    yield from ("-volume.max=8", "-master.volumeSizeLimitMB=256", "-s3.port.iceberg=0")
    yield from ("-master.telemetry=false", "-s3.port.lance=0", f"-debug.port={free_port()}")
    for part in ("master", "volume", "filer"):
        yield f"-{part}.port={free_port()}"
    for part in ("master", "volume", "filer", "s3"):
        yield f"-{part}.port.grpc={free_port()}"


def _has_bucket(server: S3) -> bool:
    request(f"{server.endpoint}/{server.bucket}", "PUT")
    with urllib.request.urlopen(f"{server.endpoint}/{server.bucket}?list-type=2") as reply:
        return bool(reply.status == 200)
