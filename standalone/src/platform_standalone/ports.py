"""The components' TCP ports, and checks that they are free."""

from __future__ import annotations

import errno
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_address

import psutil

from platform_standalone.errors import PlatformError

DEFAULT_EDGE_PORT = 8080
# Below it only root may listen, and the databases never run as root.
FIRST_UNPRIVILEGED_PORT = 1024
LOOPBACK = "127.0.0.1"

# Below the ports that Linux lends to outgoing connections (ip(7), ip_local_port_range).
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
    """Return ports that are reserved for this process: for tests, which may run next to one another."""
    return Ports(*(reserve_port() for _ in NAMES))


def reserve_port() -> int:
    """Return a free loopback TCP port that no other caller gets while this process runs.

    The port stays bound by a socket that never listens. With SO_REUSEADDR, which servers set, a second socket may
    bind and listen nevertheless; without it, as here, bind fails. So the port also stays reserved while its server
    has not started yet or is restarted. Raises PlatformError if none is found.
    """
    for _ in range(200):
        port = secrets.choice(_UNLENT)
        reservation = socket.socket()
        try:
            reservation.bind((LOOPBACK, port))
        except OSError:
            reservation.close()
            continue
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.detach()  # stays open until the process ends
        return port
    raise PlatformError("No free TCP port was found on 127.0.0.1.")


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
