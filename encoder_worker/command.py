"""`lookalike evaluate FOLDER [--weights imagenet|FILE] [--at 1 10]`.

The command `lookalike` itself is the client's (client/); it finds `run` by an entry point.
"""

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from encoder_worker.errors import StartupError
from encoder_worker.evaluation.evaluate import Evaluation, evaluate
from encoder_worker.evaluation.ground_truth import NoGroundTruth
from encoder_worker.model.weights import find_weights
from shared.errors import DecoderUnavailable
from shared.log import configure
from shared.settings import Settings, WeightsInput

#: Unreadable files that are named.
_NAMED = 10


def run(arguments: Sequence[str] | None = None) -> int:
    """As `main`; the answer alone is on stdout, what is logged on stderr."""
    configure(Settings(log_level="warning"), "lookalike")
    return main(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line names; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _evaluate(options)
    except (NoGroundTruth, StartupError, DecoderUnavailable) as error:
        print(f"lookalike: {error}", file=sys.stderr)  # noqa: T201 - a command's answer
        return 1


def _evaluate(options: argparse.Namespace) -> int:
    if not options.folder.is_dir():
        raise NoGroundTruth(f"There is no folder {options.folder}.")
    given = {"weights": options.weights} if options.weights else {}
    settings = Settings(**given, weights_input=options.input)
    weights = find_weights(settings)
    depths = sorted(set(options.at))
    found = evaluate(options.folder, weights, settings, depths)
    print(table(found, weights.name))  # noqa: T201 - asked for
    for path, reason in list(found.unreadable.items())[:_NAMED]:
        print(f"left out: {path}: {reason}", file=sys.stderr)  # noqa: T201 - asked for
    if len(found.unreadable) > _NAMED:
        print(f"left out: {len(found.unreadable) - _NAMED} more", file=sys.stderr)  # noqa: T201 - asked for
    return 0


def table(found: Evaluation, weights: str) -> str:
    """The figures as a table of Markdown, and below it what they depend on."""
    truth = found.truth
    depths = list(next(iter(found.scores.values())).precisions)
    heads = ["descriptor", *(f"P@{depth}" for depth in depths), "mAP"]
    heads += ["N-S"] if truth.of_fours else []
    rows = [heads, ["---"] * len(heads)]
    for name, scores in found.scores.items():
        figures = [*scores.precisions.values(), scores.mean_average_precision]
        shown = [f"{figure:.3f}" for figure in figures]
        rows.append([name, *shown, *([f"{scores.n_s:.2f}"] if scores.n_s is not None else [])])
    groups = len(set(truth.labels.tolist()))
    about = (
        f"{truth.name}: {len(truth.queries):,} queries among {len(truth.rows):,} pictures of "
        f"{groups:,} groups; {len(found.unreadable):,} left out. Weights {weights}, "
        f"{found.precision}, on {_machine()}."
    )
    return "\n".join([*(f"| {' | '.join(row)} |" for row in rows), "", about])


def _machine() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lookalike", description="Reverse image search.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser(
        "evaluate",
        help="how well each descriptor finds what belongs together in a folder",
        description="Prints P@k, mAP and, for UKBench, the N-S score of each descriptor. Folders "
        "are classes; UKBench, INRIA Holidays and Copydays are known by the names of their files.",
    )
    command.add_argument("folder", type=Path)
    command.add_argument("--weights", help="`imagenet` for the bundled ones, or a file")
    command.add_argument(
        "--input", choices=get_args(WeightsInput), help="as `make calibrate` has it"
    )
    command.add_argument(
        "--at", type=_depth, nargs="+", default=[1, 10], metavar="K", help="depths of P@k: 1 10"
    )
    return parser


def _depth(given: str) -> int:
    depth = int(given)
    if not 1 <= depth <= 1000:
        raise argparse.ArgumentTypeError("must lie in 1 to 1000")
    return depth


if __name__ == "__main__":
    sys.exit(run())
