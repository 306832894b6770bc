"""The command `platform`: the whole Member Platform on one machine."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from standalone.errors import PlatformError
from standalone.state import StateFolder

CHECKOUT = Path(__file__).resolve().parents[3]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 1, and one sentence, for what a person has to see to."""
    options = _parser().parse_args(arguments)
    state = StateFolder(Path(options.state or os.environ.get("PLATFORM_STATE") or CHECKOUT / ".platform").absolute())
    try:
        return _run(options, state)
    except PlatformError as refusal:
        print(refusal, file=sys.stderr)  # noqa: T201 (the command's answer)
        return 1
    except PermissionError as error:
        print(f"{error.filename or state.root} is another user's; run this as that one.", file=sys.stderr)  # noqa: T201 (the same)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(options: argparse.Namespace, state: StateFolder) -> int:
    # Imported where needed: `status` and `admin` are to answer at once.
    match options.command:
        case "up":
            return _up(options, state)
        case "supervise":
            return _supervise(options, state)
        case "down":
            from standalone.commands.down import down

            return down(state)
        case "status":
            from standalone.commands.status import print_status

            return print_status(state, as_json=options.json)
        case "logs":
            from standalone.commands.logs import follow

            return follow(state, options.part, options.lines)
        case "dev":
            from standalone.commands.dev import dev

            return dev(state, options.part)
        case "admin":
            from standalone.commands.admin import print_administrator

            return print_administrator(state)
        case "demo-data":
            from standalone.commands.demo_data import fill_shop

            return fill_shop(state)
        case _:
            from standalone.commands.reset import reset

            return reset(state)


def _up(options: argparse.Namespace, state: StateFolder) -> int:
    from standalone.commands.up import up
    from standalone.ports import free_ports, resolve_ports

    port = {} if options.port is None else {"PORT": options.port}
    ports = free_ports() if options.free_ports else resolve_ports(os.environ | port)
    edge_host = options.edge_host or os.environ.get("EDGE_HOST") or "127.0.0.1"
    return up(CHECKOUT, state, ports, edge_host, os.environ)


def _supervise(options: argparse.Namespace, state: StateFolder) -> int:
    from standalone import daemon
    from standalone.ports import Ports

    return daemon.main(CHECKOUT, state, Ports(**json.loads(options.ports)), options.edge_host, os.environ)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="platform", description="The whole Member Platform on one machine.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def command(name: str, help_text: str | None) -> argparse.ArgumentParser:
        # Without a help text argparse leaves the command out of its list.
        added = commands.add_parser(name, help=help_text) if help_text else commands.add_parser(name)
        added.add_argument("--state", help="state folder (default: PLATFORM_STATE, or .platform in the checkout)")
        return added

    up = command("up", "start everything; a second call changes nothing")
    up.add_argument("--port", help="the edge's port; the others follow it (default: PORT, or 8080)")
    up.add_argument("--free-ports", action="store_true", help="take ports that are free now")
    up.add_argument("--edge-host", help="the address that the edge listens on (default: EDGE_HOST, or 127.0.0.1)")
    command("down", "stop everything")
    command("status", "show the parts").add_argument("--json", action="store_true", help="for programs")
    logs = command("logs", "follow a part's log, or all")
    logs.add_argument("part", nargs="?", default="")
    logs.add_argument("--lines", type=int, default=40, help="how many of the last lines to begin with")
    command("dev", "run one service here, with reload, against the rest").add_argument("part")
    command("admin", "print the first administrator as JSON")
    command("demo-data", "fill the running shop with goods for demonstration; a second call adds nothing")
    command("reset", "clear the state folder")
    supervise = command("supervise", None)
    supervise.add_argument("--ports", required=True)
    supervise.add_argument("--edge-host", required=True)
    return parser
