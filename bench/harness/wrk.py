"""Load by wrk, one thread on one core; its figures as JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.cores import on_core

# wrk runs this at its end: what it counted, times in microseconds.
_REPORT = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.stderr:write(string.format(
    '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"max":%d,' ..
    '"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    e.connect, e.read, e.write, e.status, e.timeout))
end
"""


class WrkFailed(RuntimeError):
    """wrk is missing, or did not report."""


@dataclass(frozen=True)
class Load:
    """One run. Times are in milliseconds."""

    requests: int
    rps: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    errors: int


def run(url: str, script: str, connections: int, seconds: int, core: int) -> Load:
    """Load `url` from `core`; `script` (Lua) makes the requests. Raises WrkFailed."""
    if shutil.which("wrk") is None:
        raise WrkFailed("wrk is missing: apt-get install wrk")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script + _REPORT)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "5s", "-s", file.name, url]
        result = subprocess.run(on_core(core, *command), capture_output=True, text=True, check=False)
    try:
        said = json.loads(result.stderr.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise WrkFailed(f"wrk did not report: {result.stdout} {result.stderr}") from None
    return Load(
        requests=said["requests"],
        rps=said["requests"] / (said["microseconds"] / 1e6),
        p50_ms=said["p50"] / 1e3,
        p99_ms=said["p99"] / 1e3,
        max_ms=said["max"] / 1e3,
        errors=sum(said[kind] for kind in ("connect", "read", "write", "status", "timeout")),
    )


def bearer_script(tokens: Path, path: str) -> str:
    """Return a script that requests `path` with each line of `tokens` in rotation."""
    return f"""
local requests, i = {{}}, 0
init = function()
  for token in io.lines("{tokens}") do
    requests[#requests + 1] = wrk.format("GET", "{path}", {{["Authorization"] = "Bearer " .. token}})
  end
end
request = function()
  i = i % #requests + 1
  return requests[i]
end
"""
