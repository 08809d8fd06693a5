"""Helm in a process of its own: its library brings Go's threads and signals along.

Usage: `python -m tests.unit.deploy.repository.chart_renderer CHART < values.json`. For each set of
values in a JSON list it prints the rendered files, or why it was refused.
"""

import json
import sys
from typing import Any

import helm_python


def render(chart: helm_python.Chart, values: dict[str, Any]) -> dict[str, Any]:
    """The files by name, as `files`; or the sentence of a refusal, as `error`."""
    try:
        return {"files": chart.render(values, name="demo", namespace="pictures")}
    except helm_python.HelmError as error:
        return {"error": str(error)}


def main(path: str) -> None:
    """Render the chart at `path` with all values that standard input holds, and lint it."""
    with helm_python.Chart.load(path) as chart:
        results = [render(chart, values) for values in json.load(sys.stdin)]
    findings = helm_python.lint(path, {"secrets": {"REDIS_PASSWORD": {"value": "x"}}}, strict=True)
    json.dump({"results": results, "lint": findings}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
