"""The components' TCP ports, and checks that they are free."""

from __future__ import annotations

import errno
import secrets
import socket
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, fields
from ipaddress import ip_address

import psutil

from platform_standalone.errors import PlatformError

DEFAULT_EDGE_PORT = 8080
# Below it only root may listen, and the databases never run as root.
FIRST_UNPRIVILEGED_PORT = 1024
LOOPBACK = "127.0.0.1"

_UNLENT = range(10240, 32768)


@dataclass(frozen=True)
class Ports:
    """One port a listener, in the order of their distance from the edge's (0, 1, 2, …)."""

    edge: int
    gateway: int
    member: int
    auth: int
    member_metrics: int
    auth_metrics: int
    postgres: int
    valkey: int
    gateway_status: int
    shop: int
    shop_metrics: int
    web: int
    web_metrics: int
    valkey_idempotency: int
    mailbox: int
    smtp: int
    mail_worker: int
    mail_worker_metrics: int


NAMES = tuple(field.name for field in fields(Ports))


def variable(name: str) -> str:
    """Return the environment variable that sets the port `name`."""
    return "PORT" if name == "edge" else f"{name.upper()}_PORT"


def resolve_ports(environment: Mapping[str, str]) -> Ports:
    """Read the ports from the environment: `PORT` moves all of them, `MEMBER_PORT` and so on one each.

    A privileged `PORT` (80) moves only the edge; the internal ports stay at their defaults.
    Raises PlatformError when one is no port, or two are the same.
    """
    edge = _number("PORT", environment.get("PORT") or str(DEFAULT_EDGE_PORT), highest=65535 - len(NAMES) + 1)
    first = edge if edge >= FIRST_UNPRIVILEGED_PORT else DEFAULT_EDGE_PORT
    chosen = {"edge": edge} | {
        name: _number(variable(name), environment.get(variable(name)) or str(first + distance), FIRST_UNPRIVILEGED_PORT)
        for distance, name in enumerate(NAMES)
        if name != "edge"
    }
    names_by_port: dict[int, str] = {}
    for name, port in chosen.items():
        if other := names_by_port.get(port):
            raise PlatformError(f"{variable(other)} and {variable(name)} are both {port}; give each a port of its own.")
        names_by_port[port] = name
    return Ports(**chosen)


def free_ports() -> Ports:
    """Return ports that no one uses now, drawn at random: for tests, which may run next to one another.

    They lie below those that the kernel lends to outgoing connections (32768 and up, by default),
    so that none is taken before the last component has started.
    """
    with ExitStack() as stack:
        ports: dict[str, int] = {}
        while len(ports) < len(NAMES):
            port = secrets.choice(_UNLENT)
            probe = stack.enter_context(socket.socket())
            with suppress(OSError):
                probe.bind((LOOPBACK, port))
                ports[NAMES[len(ports)]] = port
        return Ports(**ports)


def check_free(ports: Ports, edge_host: str) -> None:
    """Raise PlatformError when a port is in use, or the edge's address is none of this machine's."""
    for name in NAMES:
        port: int = getattr(ports, name)
        host = edge_host if name == "edge" else LOOPBACK
        try:
            _bind(host, port)
        except ValueError:
            raise PlatformError(
                f"EDGE_HOST is {edge_host!r}; it must be an IP address: 127.0.0.1, or 0.0.0.0 for every one."
            ) from None
        except PermissionError:
            raise PlatformError(
                f"Port {port} ({name}) requires root; choose one above 1023: PORT={DEFAULT_EDGE_PORT} make up."
            ) from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise PlatformError(f"Cannot listen on {host} port {port} ({name}): {error.strerror}.") from None
            raise PlatformError(
                f"Port {port} ({name}) is in use{_holder(port)}; stop that, or choose another: "
                f"{variable(name)}={_suggestion(port)} make up."
            ) from None


def _bind(host: str, port: int) -> None:
    """Take the port and let it go, as a server would that starts and ends."""
    version = ip_address(host).version
    with socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        probe.listen(1)


def _number(name: str, value: str, lowest: int = 1, highest: int = 65535) -> int:
    if value.isdecimal() and lowest <= int(value) <= highest:
        return int(value)
    raise PlatformError(f"{name} is {value!r}; it must be a number from {lowest} to {highest}.")


def _holder(port: int) -> str:
    """Name the process that listens on `port`, as far as we may see it."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass
    return ""


def _suggestion(port: int) -> int:
    return port + 1000 if port <= 64000 else port - 1000
