"""Runs in a pod: listens on the ports of PORTS, and on a line of JSON tries connections.

In: [["name", "address", port], …]; out: the same list without those that no one let through.
"""

import json
import os
import selectors
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

# Policies drop what they do not allow, so a refusal shows as silence (seconds).
SILENCE = 2


def listen() -> None:
    """Accept on every port, for ever."""
    selector = selectors.DefaultSelector()
    for port in json.loads(os.environ["PORTS"]):
        server = socket.create_server(("", port))
        selector.register(server, selectors.EVENT_READ, server)
    print("listening", flush=True)  # noqa: T201 (its log)
    while True:
        for key, _ in selector.select():
            key.data.accept()[0].close()


def open_to(peer: list) -> bool:
    """Tell whether a connection to the peer comes about."""
    try:
        socket.create_connection((peer[1], peer[2]), timeout=SILENCE).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    if len(sys.argv) == 1:
        listen()
    peers = json.loads(sys.argv[1])
    with ThreadPoolExecutor(64) as pool:
        print(json.dumps([peer for peer, ok in zip(peers, pool.map(open_to, peers), strict=True) if ok]))  # noqa: T201 (its response)
