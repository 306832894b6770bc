"""The command `member-platform`: the whole Member Platform on one machine."""

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
    """Run the command line and return its exit code: 1, with one sentence, for an error that the user can fix."""
    options = _parser().parse_args(arguments)
    state = StateFolder(Path(options.state or os.environ.get("PLATFORM_STATE") or CHECKOUT / ".platform").absolute())
    try:
        return _run(options, state)
    except PlatformError as refusal:
        return _refuse(str(refusal))
    except BrokenPipeError:
        # The reader (`head`, a pager) has seen enough. Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except PermissionError as error:
        return _refuse(f"{error.filename or state.root} is owned by another user; run this command as that user.")
    except OSError as error:
        return _refuse(f"{error.filename or state.root}: {error.strerror}.")
    except KeyboardInterrupt:
        return 130


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 (the command's output)
    return 1


def _run(options: argparse.Namespace, state: StateFolder) -> int:
    if state.root.exists() and not state.root.is_dir():
        raise PlatformError(f"{state.root} is not a folder; name one: PLATFORM_STATE=<folder>.")
    code = _command(options, state)
    # Here, so that a reader who has closed the pipe is noticed while it can be handled.
    sys.stdout.flush()
    return code


def _command(options: argparse.Namespace, state: StateFolder) -> int:
    # Imported where needed, so that `status` and `admin` start fast.
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

            return follow(state, options.component, options.lines)
        case "dev":
            from platform_standalone.commands.dev import dev

            return dev(state, options.component)
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

    up = command("up", "start everything; does nothing if it is already running")
    up.add_argument("--port", help="the edge's port; the other components use the next ones (default: PORT, or 8080)")
    up.add_argument("--free-ports", action="store_true", help="use free ports")
    up.add_argument("--edge-host", help="address that the edge binds to (default: EDGE_HOST, or 127.0.0.1)")
    command("down", "stop everything")
    command("status", "show the components").add_argument("--json", action="store_true", help="print JSON")
    logs = command("logs", "follow the logs of one component or of all")
    logs.add_argument("component", nargs="?", default="")
    logs.add_argument("--lines", type=int, default=40, help="number of previous lines to show")
    command("dev", "run one service in the foreground with reload").add_argument("component")
    command("join", "put another team's service behind the platform").add_argument(
        "manifest", help="path of its manifest"
    )
    command("leave", "remove a joined service").add_argument("service", help="its name")
    command("admin", "print the first administrator as JSON")
    command("demo-data", "fill the running shop with sample products (idempotent)")
    command("reset", "delete the contents of the state folder").add_argument(
        "--yes", action="store_true", help="skip the confirmation"
    )
    supervise = command("supervise", None)
    supervise.add_argument("--ports", required=True)
    supervise.add_argument("--edge-host", required=True)
    return parser
