"""Tables of measured figures, as text for a person and as JSON for a machine."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One figure: the median of `runs`, and how it stands to the row it is compared with."""

    name: str
    median: float
    unit: str
    runs: int
    low: float
    high: float
    ratio: float | None = None
    of: str | None = None


@dataclass
class Report:
    """The figures of one benchmark, with what they depend on: weights, device, data."""

    title: str
    context: dict[str, str]
    rows: list[Row] = field(default_factory=list)

    def add(
        self, name: str, values: Sequence[float], unit: str, compared_with: str | None = None
    ) -> Row:
        """Add the median of `values`, as a ratio to an earlier row where one is named."""
        median = statistics.median(values)
        reference = self.find(compared_with) if compared_with else None
        row = Row(
            name,
            median,
            unit,
            len(values),
            min(values),
            max(values),
            median / reference.median if reference and reference.median else None,
            compared_with if reference else None,
        )
        self.rows.append(row)
        return row

    def find(self, name: str) -> Row:
        """The row of this name. Raises KeyError."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def add_ratio(self, name: str, values: Sequence[float], references: Sequence[float]) -> Row:
        """Add the median of `values` over `references`, each pair of one run."""
        pairs = zip(values, references, strict=True)
        return self.add(name, [value / reference for value, reference in pairs], "ratio")

    def show(self) -> None:
        """Print the table."""
        table = Table(title=self.title, title_justify="left", title_style="bold")
        for column in ("what", "median", "unit", "runs", "min to max", "ratio"):
            table.add_column(column, justify="left" if column in ("what", "unit") else "right")
        for row in self.rows:
            ratio = f"{row.ratio:.2f} x {row.of}" if row.ratio is not None else ""
            spread = f"{row.low:.4g} to {row.high:.4g}"
            table.add_row(row.name, f"{row.median:.4g}", row.unit, str(row.runs), spread, ratio)
        console = Console(width=120)
        console.print(table)
        console.print(", ".join(f"{k}: {v}" for k, v in self.context.items()), style="dim")


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
        processor = names[0] if names else processor
    return {
        "processor": processor,
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
    }


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def write_json(reports: Sequence[Report], path: Path) -> None:
    """Write every report, with the machine they were measured on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {"machine": machine(), "reports": [asdict(report) for report in reports]}
    path.write_text(json.dumps(data, indent=2) + "\n")
