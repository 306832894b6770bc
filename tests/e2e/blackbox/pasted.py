"""Shell lines of a document, run as a reader pastes them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[3]

# Status, headers, body.
Response = tuple[int, dict[str, str], str]


def shell_block(document: str, marker: str) -> str:
    """Return the shell block that follows `marker`."""
    after = (ROOT / document).read_text().split(marker, 1)[1]
    found = re.match(r"\s*```(?:sh|bash)\n(.*?)```", after, re.DOTALL)
    assert found, f"no shell block follows the marker in {document}"
    return found[1]


def run(script: str, base_url: str, environment: Mapping[str, str] = os.environ) -> list[Response]:
    """Run `script` by bash in the checkout, and return the responses that it printed.

    What it runs in the background ends with it, also where it fails.
    """
    result = subprocess.run(
        ["bash", "-eu", "-c", f"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}"],
        cwd=ROOT,
        env={**environment, "PORT": str(urlsplit(base_url).port)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert result.returncode == 0, result.stderr
    responses = []
    for printed in re.split(r"(?=HTTP/1\.1 \d{3})", result.stdout.replace("\r\n", "\n"))[1:]:
        head, _, body = printed.partition("\n\n")
        lines = [line.partition(": ") for line in head.splitlines()[1:]]
        responses.append((int(printed.split()[1]), {name.lower(): value for name, _, value in lines}, body))
    return responses
