"""Plots of measured figures, as SVG beside the JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot
from matplotlib.figure import Figure

from tests.benchmarks.report import Report

mpl.use("Agg")
# The same figures make the same file.
mpl.rcParams["svg.hashsalt"] = "lookalike"
FOLDER = Path("build/plots")
_COLOURS = ("#1a6fb5", "#d9822b", "#3c8c5a", "#8b5fa8", "#c2485a", "#5f6b7a")
_SIZE = (8.0, 4.5)

Points = Sequence[tuple[float, float]]


def lines(
    name: str, title: str, across: str, up: str, series: Mapping[str, Points], *, log: bool = False
) -> Path:
    """Lines through points, one for each series; with `log` each doubling is as far as the last."""
    figure, axes = pyplot.subplots(figsize=_SIZE, layout="constrained")
    for (label, points), colour in zip(series.items(), _COLOURS, strict=False):
        xs, ys = zip(*points, strict=True)
        axes.plot(xs, ys, label=label, color=colour, marker="o" if len(points) < 20 else "")
    if log:
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter("{x:g}")
    axes.set_ylim(bottom=0)
    axes.set(title=title, xlabel=across, ylabel=up)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    return _save(figure, name)


def reliability(name: str, title: str, series: Mapping[str, Points]) -> Path:
    """What was foretold, 0 to 1, and what came true; the dashed line is where they agree."""
    figure, axes = pyplot.subplots(figsize=(_SIZE[1] + 1, _SIZE[1] + 1), layout="constrained")
    axes.plot((0, 1), (0, 1), color="#888888", linestyle="--", linewidth=1)
    for (label, points), colour in zip(series.items(), _COLOURS, strict=False):
        xs, ys = zip(*points, strict=True)
        axes.plot(xs, ys, label=label, color=colour, marker="o")
    axes.set(
        title=title,
        xlabel="match of first hits",
        ylabel="share of originals",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    return _save(figure, name)


def bars(name: str, report: Report, unit: str) -> Path:
    """A report's rows of one unit as bars, with their ranges."""
    rows = [row for row in report.rows if row.unit == unit][::-1]
    figure, axes = pyplot.subplots(figsize=(_SIZE[0], 0.8 + 0.42 * len(rows)), layout="constrained")
    medians = [row.median for row in rows]
    spread = (
        [row.median - row.low for row in rows],
        [row.high - row.median for row in rows],
    )
    drawn = axes.barh([row.name for row in rows], medians, xerr=spread, color=_COLOURS[0])
    axes.bar_label(drawn, labels=[f" {median:.3g}" for median in medians])
    axes.set(title=report.title, xlabel=f"{unit} (median; whiskers: all runs)")
    axes.spines[["top", "right"]].set_visible(False)
    return _save(figure, name)


def _save(figure: Figure, name: str) -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / name
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return path
