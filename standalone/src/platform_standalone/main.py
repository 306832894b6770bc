"""The command `platform`: the whole Member Platform on one machine."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from platform_standalone.errors import PlatformError
from platform_standalone.state import StateFolder

CHECKOUT = Path(__file__).resolve().parents[3]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 1, and one sentence, for what a person has to see to."""
    options = _parser().parse_args(arguments)
    state = StateFolder(Path(options.state or os.environ.get("PLATFORM_STATE") or CHECKOUT / ".platform").absolute())
    if state.root.exists() and not state.root.is_dir():
        return _refuse(f"{state.root} is not a folder; name one: PLATFORM_STATE=<folder>.")
    try:
        return _run(options, state)
    except PlatformError as refusal:
        return _refuse(str(refusal))
    except BrokenPipeError:
        # The reader (`head`, a pager) has seen enough. Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except PermissionError as error:
        return _refuse(f"{error.filename or state.root} belongs to another user; run this command as that user.")
    except OSError as error:
        return _refuse(f"{error.filename or state.root}: {error.strerror}.")
    except KeyboardInterrupt:
        return 130


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 (the command's answer)
    return 1


def _run(options: argparse.Namespace, state: StateFolder) -> int:
    code = _command(options, state)
    # Here, so that a reader who has closed the pipe is noticed while it can be handled.
    sys.stdout.flush()
    return code


def _command(options: argparse.Namespace, state: StateFolder) -> int:
    # Imported where needed: `status` and `admin` are to answer at once.
    match options.command:
        case "up":
            return _up(options, state)
        case "supervise":
            return _supervise(options, state)
        case "down":
            from platform_standalone.commands.down import down

            return down(state)
        case "status":
            from platform_standalone.commands.status import print_status

            return print_status(CHECKOUT, state, as_json=options.json)
        case "join":
            from platform_standalone.commands.join import join

            return join(CHECKOUT, state, options.manifest)
        case "leave":
            from platform_standalone.commands.join import leave

            return leave(CHECKOUT, state, options.service)
        case "logs":
            from platform_standalone.commands.logs import follow

            return follow(state, options.part, options.lines)
        case "dev":
            from platform_standalone.commands.dev import dev

            return dev(state, options.part)
        case "admin":
            from platform_standalone.commands.admin import print_administrator

            return print_administrator(state)
        case "demo-data":
            from platform_standalone.commands.demo_data import fill_shop

            return fill_shop(state)
        case _:
            from platform_standalone.commands.reset import reset

            return reset(state, confirmed=options.yes)


def _up(options: argparse.Namespace, state: StateFolder) -> int:
    from platform_standalone.commands.up import up
    from platform_standalone.ports import free_ports, resolve_ports

    port = {} if options.port is None else {"PORT": options.port}
    environment = os.environ | port
    ports = free_ports() if options.free_ports else resolve_ports(environment)
    edge_host = options.edge_host or os.environ.get("EDGE_HOST") or "127.0.0.1"
    port_given = options.free_ports or bool(environment.get("PORT"))
    return up(CHECKOUT, state, ports, edge_host, environment, port_given=port_given)


def _supervise(options: argparse.Namespace, state: StateFolder) -> int:
    from platform_standalone import daemon
    from platform_standalone.ports import Ports

    return daemon.main(CHECKOUT, state, Ports(**json.loads(options.ports)), options.edge_host, os.environ)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="member-platform", description="The whole Member Platform on one machine.")
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
    command("join", "put a service of another team behind the platform").add_argument("manifest", help="its manifest")
    command("leave", "remove a joined service").add_argument("service", help="its name")
    command("admin", "print the first administrator as JSON")
    command("demo-data", "fill the running shop with goods for demonstration; a second call adds nothing")
    command("reset", "clear the state folder").add_argument("--yes", action="store_true", help="without asking")
    supervise = command("supervise", None)
    supervise.add_argument("--ports", required=True)
    supervise.add_argument("--edge-host", required=True)
    return parser
