"""A supervisor whose components are small: each responses HTTP on one of the platform's ports."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from platform_standalone import daemon
from platform_standalone.ports import Ports
from platform_standalone.probes import http_answers
from platform_standalone.settings import PlatformSettings
from platform_standalone.state import StateFolder
from platform_standalone.steps import Component, Job, Step

SERVE = """
import http.server, os, subprocess, sys
name, port = sys.argv[1], int(sys.argv[2])
if name == os.environ.get("BROKEN"):
    sys.exit(f"{name} does not want to")
subprocess.Popen(["sleep", "600"])  # a worker, which outlives its leader unless someone sees to it
http.server.HTTPServer(("127.0.0.1", port), http.server.BaseHTTPRequestHandler).serve_forever()
"""


def component(name: str, port: int, after: Sequence[str], broken: str, *, source: Path | None = None) -> Component:
    """A component that serves `port`, and has one worker."""
    return Component(
        name=name,
        command=[sys.executable, "-c", SERVE, name, str(port)],
        probe=http_answers(f"http://127.0.0.1:{port}/"),
        address=f"127.0.0.1:{port}",
        after=after,
        environment={"PATH": os.environ["PATH"], "BROKEN": broken},
        sources=[source] if source else [],
    )


def main(root: str, ports_text: str, broken: str) -> int:
    """Run it."""
    ports = Ports(**json.loads(ports_text))
    state = StateFolder(Path(root))
    source = state.root.parent

    async def make_administrator() -> str:
        state.administrator.write_text(json.dumps({"id": "1", "email": "a@example.com", "password": "p"}))
        return "done"

    def plan(_: PlatformSettings) -> list[Step]:
        return [
            component("postgres", ports.postgres, [], broken),
            Job("first administrator", make_administrator, after=["postgres"]),
            component("member", ports.member, ["postgres"], broken, source=source),
            component("edge", ports.edge, ["member", "first administrator"], broken),
        ]

    return daemon.main(Path(root), state, ports, "127.0.0.1", os.environ, planner=plan)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
