"""A load, from POST to searchable: images a second, memory, and what loading it again costs."""

from pathlib import Path

from encoder_worker.decode.decoder import decode
from encoder_worker.model.weights import find_weights
from shared.settings import Settings
from tests.benchmarks import corpus
from tests.benchmarks.cpu import CpuTimes
from tests.benchmarks.encoder import bare_loop, rate
from tests.benchmarks.jobs import OFTEN, load
from tests.benchmarks.memory import MemoryWatch
from tests.benchmarks.plot import lines
from tests.benchmarks.report import Report
from tests.stack import Stack

#: Pictures of one run of the bare queue, about ten seconds' worth.
_BARE = 256


def measure(
    stack: Stack, settings: Settings, *, count: int, runs: int, context: dict[str, str]
) -> Report:
    """Load `count` pictures `runs` times, each into a new collection, and each once more.

    Before and after each load, while the system rests, OpenVINO's bare queue runs over the same
    pictures.
    """
    report = Report(f"Load of {count:,} {corpus.source_of_photos()}", context)
    folder = stack.image_root / "load"
    photos = corpus.photos(folder, count)
    pixels = [decode(path.read_bytes(), settings.max_pixels).pixels for path in photos[:_BARE]]
    bare = bare_loop(find_weights(settings), context["precision"])
    rate(bare, pixels)
    first, again, alone = [], [], []
    times = CpuTimes(stack)
    with MemoryWatch(stack.processes["encoder1"].pid) as memory:
        for run in range(runs):
            collection = f"load_{run}"
            before = rate(bare, pixels)
            times.start()
            first.append(_first(stack, collection, folder, count, memory))
            times.stop(count)
            # A machine's speed drifts over the minutes of a load: the mean of before and after.
            alone.append((before + rate(bare, pixels)) / 2)
            again.append(_again(stack, collection, folder, count))
            stack.client.delete(f"/api/v2/collections/{collection}").raise_for_status()
    name = f"bare OpenVINO queue, {context['precision']}"
    report.add(name, alone, "images/s")
    report.add("first load", first, "images/s", name)
    report.add_ratio("first load / bare queue, run by run", first, alone)
    report.add("load again, unchanged", again, "images/s", "first load")
    memory.report(report, "encoder's memory")
    times.report(report, "processor time of a picture")
    lines(
        "memory.svg",
        "The encoder's memory over its loads",
        "pictures encoded",
        "MiB resident",
        {"encoder": memory.samples},
    )
    return report


def _first(stack: Stack, collection: str, folder: Path, count: int, memory: MemoryWatch) -> float:
    before = memory.done

    def progress(done: int) -> None:
        memory.done = before + done

    expected = {"indexed": count}
    _, seconds = load(stack, collection, folder, expected=expected, progress=progress)
    return count / seconds


def _again(stack: Stack, collection: str, folder: Path, count: int) -> float:
    expected = {"unchanged": count}
    _, seconds = load(stack, collection, folder, expected=expected, poll=OFTEN)
    return count / seconds
