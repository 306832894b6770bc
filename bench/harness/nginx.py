"""What stands behind a server under test: nginx with constant answers, so that it never is what limits."""

from __future__ import annotations

import os
from pathlib import Path

from harness import servers
from standalone.nginx.program import find_nginx


def start(folder: Path, core: int, locations: str) -> servers.Server:
    """Start nginx on `core` with `locations` (its own language). Raises ServerDidNotStart."""
    port, home = servers.free_port(), folder / "service"
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
