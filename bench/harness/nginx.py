"""nginx as the service behind a server under test (constant responses) and as the server itself."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil

from harness import servers
from platform_standalone.nginx.program import find_nginx
from platform_standalone.ports import reserve_port


def start(folder: Path, core: int, locations: str) -> servers.Server:
    """Start nginx on `core` with `locations` (its own language). Raises ServerDidNotStart."""
    port, home = reserve_port(), folder / "service"
    (home / "temp").mkdir(parents=True)
    temp = "".join(f"{kind}_temp_path temp/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (home / "nginx.conf").write_text(
        "daemon off; worker_processes 1; pid nginx.pid; error_log stderr warn;\n"
        f"{'user root;' if os.geteuid() == 0 else ''}\n"
        "events { worker_connections 4096; }\n"
        f"http {{ access_log off; {temp} keepalive_requests 1000000000; default_type application/json;\n"
        f"  server {{ listen 127.0.0.1:{port};\n    {locations} }} }}\n"
    )
    command = [find_nginx(), "-p", str(home), "-c", str(home / "nginx.conf"), "-e", "stderr"]
    return servers.start("service", command, port, core, {}, folder / "service.log", home)


def worker(pid: int) -> int:
    """Return the one worker of the nginx that the process `pid` is, or has started; its helpers do not count.

    Raises ServerDidNotStart when there is none after 10 s, or more than one.
    """
    deadline = time.monotonic() + 10
    while True:
        # the master listens before it has its worker, and one that has just begun still has its master's title
        children = psutil.Process(pid).children(recursive=True)
        found = [child.pid for child in children if "nginx: worker process" in " ".join(child.cmdline())]
        if len(found) == 1:
            return found[0]
        if time.monotonic() > deadline:
            raise servers.ServerDidNotStart(f"nginx was asked for one worker, {len(found)} run")
        time.sleep(0.02)
