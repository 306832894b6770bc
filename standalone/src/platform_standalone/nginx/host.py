"""`python -m platform_standalone.nginx.host`: the gateway alone with any route file, for a plugin's specs."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from pydantic import ValidationError

from platform_standalone.nginx.gateway import PLUGIN_FOLDER, HostSettings, render_host
from platform_standalone.nginx.program import NginxMissing, Program, start_failure
from platform_standalone.ports import reserve_port

READY_SECONDS = 10
# Kong has one named `kong`, which plugins may use.
SHARED_DICTS = {"idempotency_metrics": "1m", "kong": "5m"}


def main(arguments: list[str] | None = None) -> int:
    """Run until a signal. Returns the exit code: 2 for invalid arguments, 1 if nginx exited by itself."""
    options = _parser().parse_args(arguments)
    try:
        settings = _settings(options)
        program = render_host(settings, options.routes)
    except (ValidationError, NginxMissing) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    program.write()
    return _serve(program, settings)


def _serve(program: Program, settings: HostSettings) -> int:
    child = subprocess.Popen(program.argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, pass_on)

    assert child.stderr is not None  # noqa: S101 (it is a pipe)
    said = child.stderr.read()
    if not _is_ready(settings, child):
        child.terminate()
        child.wait()
        sys.stderr.write(f"{start_failure(said)}\n")
        return 2
    announcement = {
        "port": settings.port,
        "status_port": settings.status_port,
        "pid": child.pid,
        "error_log": str(settings.state.absolute() / "logs" / "gateway.error.log"),
    }
    sys.stdout.write(json.dumps(announcement) + "\n")
    sys.stdout.flush()
    return 0 if child.wait() == 0 else 1


def _is_ready(settings: HostSettings, child: subprocess.Popen[str]) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{settings.host}:{settings.status_port}/ready", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    return False


def _settings(options: argparse.Namespace) -> HostSettings:
    port, status_port = (given or reserve_port() for given in (options.port, options.status_port))
    return HostSettings(
        state=options.state,
        port=port,
        status_port=status_port,
        plugins=tuple(options.plugins or [PLUGIN_FOLDER]),
        plugin_host=options.plugin_host,
        shared_dicts=SHARED_DICTS,
        trusted=tuple(options.trusted or ["127.0.0.1/32"]),
        workers=options.workers,
        max_body_bytes=options.max_body,
        body_buffer_bytes=options.body_buffer,
        next_upstream=options.next_upstream,
        log_level=options.log_level,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m platform_standalone.nginx.host", description=__doc__)
    parser.add_argument("--routes", type=Path, required=True, help="the route file; a change is taken within a second")
    parser.add_argument("--state", type=Path, required=True, help="folder for configuration, temporary files and logs")
    parser.add_argument("--port", type=int, default=0, help="0 (default) picks a free one")
    parser.add_argument("--status-port", type=int, default=0, help="0 (default) picks a free one")
    parser.add_argument(
        "--plugins", type=Path, action="append", help="folder that holds kong/plugins/<name>; repeatable"
    )
    parser.add_argument("--plugin-host", default="gateway.idempotency", help="Lua module that runs the plugins")
    parser.add_argument("--trusted", action="append", help="CIDR whose X-Forwarded-For is believed; repeatable")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--max-body", type=int, default=1048576, help="bytes; 0 means any size")
    parser.add_argument("--body-buffer", type=int, default=65536, help="bytes; a larger body goes to a file")
    parser.add_argument("--next-upstream", default="off", help="nginx's proxy_next_upstream: off, or 'error timeout'")
    parser.add_argument("--log-level", default="notice")
    return parser


if __name__ == "__main__":
    sys.exit(main())
