"""Prometheus metrics, served on a port of their own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY, CollectorRegistry, start_http_server

from platform_common.listening import EVERY_ADDRESS


@contextmanager
def metrics_server(host: str, port: int, registry: CollectorRegistry = REGISTRY) -> Iterator[None]:
    """Serve `/metrics` on `host:port` from a thread while the block runs. Raises OSError if the port is in use."""
    if host == EVERY_ADDRESS:
        # a socket of all IPv6 addresses accepts IPv4 as well
        host = "::" if socket.has_dualstack_ipv6() else "0.0.0.0"
    server, thread = start_http_server(port, host, registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
