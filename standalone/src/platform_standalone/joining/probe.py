"""Whether a joined service can be reached."""

from __future__ import annotations

import socket
import time

from platform_standalone.joining.manifest import JoinedService

POLL_SECONDS = 0.1
CONNECT_SECONDS = 1.0


def accepts_connections(service: JoinedService, seconds: float) -> bool:
    """Return whether `service` accepts a connection within `seconds`. Raises PlatformError when it has no address."""
    host, _, port = service.entry().upstream.rpartition(":")
    deadline = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS):
                return True
        except OSError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)
