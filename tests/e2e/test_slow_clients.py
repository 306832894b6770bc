"""Clients that never come to an end of their header hold up no one, and are cut off in bounded time."""

import socket

import pytest

from blackbox.client import Client, Session
from blackbox.waiting import eventually

# A minute for the header of a request, and time for a slow machine (seconds).
HEADER_SECONDS = 90.0


@pytest.mark.usefixtures("dribblers")
def test_slow_clients_hold_up_nobody(client: Client, reader: Session):
    for _ in range(20):
        assert client.get("/.well-known/jwks.json").status_code == 200
        assert reader.me().status_code == 200


def test_slow_clients_are_cut_off(dribblers):
    """A header has to be there in bounded time, however many bytes keep coming."""

    def all_closed() -> bool:
        return all(_closed(stream) for stream in dribblers)

    eventually(all_closed, "every slow client is cut off", within=HEADER_SECONDS, pause=0.5)


def _closed(stream: socket.socket) -> bool:
    try:
        while stream.recv(65536):
            pass  # its refusal
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    return True
