"""Medians of the rounds, a table to print, and the results file."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).parents[1] / "results"


def medians(samples: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the median of each figure; of errors the sum, since none may hide behind a median."""
    names = samples[0].keys()
    return {
        name: sum(sample[name] for sample in samples) if name == "errors" else median(s[name] for s in samples)
        for name in names
    }


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the rows in columns: the first to the left, figures to the right."""
    widths = [max(len(line[i]) for line in (header, *rows)) for i in range(len(header))]
    lines = []
    for line in (header, *rows):
        first, *others = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        lines.append("  ".join([first.strip().ljust(widths[0]), *others]))
    return "\n".join(line.rstrip() for line in (lines[0], "-" * len(lines[0]), *lines[1:]))


def write(name: str, document: Mapping[str, Any]) -> Path:
    """Write bench/results/<name>.json, with when and on what it was measured."""
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    whole = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), **document}
    path.write_text(json.dumps(whole, indent=2) + "\n")
    return path


def machine() -> dict[str, str]:
    """Return what the figures depend on."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {"processor": model, "kernel": platform.release(), "python": platform.python_version()}
