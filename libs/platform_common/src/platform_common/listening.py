"""Listening sockets: of one address, or of every address of the machine."""

from __future__ import annotations

import errno
import socket

# All addresses of both families. A pod of an IPv6-only cluster has no IPv4 address, and the other way round.
EVERY_ADDRESS = "*"
_FAMILY_MISSING = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}


def listeners(host: str, port: int, backlog: int = 2048) -> list[socket.socket]:
    """Return listening sockets: one for an address, one for each family that the kernel has for `EVERY_ADDRESS`.

    IPv4 and IPv6 have separate sockets, so that the address of an IPv4 client is never written as an IPv6 address.
    `port` 0 stands for a free port, the same for all sockets. Raises OSError.
    """
    if host != EVERY_ADDRESS:
        return [socket.create_server((host, port), family=_family(host), backlog=backlog)]
    sockets: list[socket.socket] = []
    try:
        for address in ("0.0.0.0", "::"):
            own_port = sockets[0].getsockname()[1] if sockets else port
            try:
                sockets.append(socket.create_server((address, own_port), family=_family(address), backlog=backlog))
            except OSError as error:
                if error.errno not in _FAMILY_MISSING:
                    raise
    except OSError:
        for opened in sockets:
            opened.close()
        raise
    if not sockets:
        raise OSError(errno.EADDRNOTAVAIL, "the machine has neither IPv4 nor IPv6")
    return sockets


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
