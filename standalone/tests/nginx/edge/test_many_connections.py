"""One machine with many slow requests shuts no one else out."""

import contextlib
import socket

import pytest

SLOW_BODY = b"POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx"
SLOW_HEAD = b"GET /open HTTP/1.1\r\nHost: a\r\nX-Slow: "
MANY = 300


@contextlib.contextmanager
def dribblers(port, sent, source="127.0.0.2", count=MANY):
    """Hold `count` connections of one address that have sent a part of a request."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10, source_address=(source, 0)))
            one.sendall(sent)
            opened.append(one)
        yield opened


def get(port, source):
    with socket.create_connection(("127.0.0.1", port), 10, source_address=(source, 0)) as one:
        one.sendall(b"GET /open HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return one.recv(64).split(b" ")[1]


def answered(connections, wait):
    """Count the connections that were refused at once."""

    def refused():
        found = 0
        for one in connections:
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError, ConnectionResetError):
                found += one.recv(64, socket.MSG_PEEK).startswith(b"HTTP/1.1 429")
        return found

    wait(lambda: refused() >= MANY - 50, "refusals")
    return refused()


def test_slow_bodies_of_one_address_leave_room_for_others(make_edge, wait):
    edge = make_edge(connections_per_address=50)
    with dribblers(edge.client.port, SLOW_BODY) as connections:
        assert answered(connections, wait) == MANY - 50
        assert get(edge.client.port, "127.0.0.3") == b"200"


def test_too_many_requests_of_one_address_are_told_so(make_edge, wait):
    edge = make_edge(connections_per_address=1)
    with dribblers(edge.client.port, SLOW_BODY, "127.0.0.1", 1):
        wait(lambda: edge.client.get("/open").status == 429, "the limit")
        response = edge.client.get("/open")
        assert response.problem["code"] == "too-many-connections"
        assert response.get("Retry-After") == "1"


@pytest.mark.parametrize("sent", [SLOW_HEAD, b"G", b""])
def test_half_open_requests_leave_room_for_others(make_edge, sent):
    edge = make_edge()
    with dribblers(edge.client.port, sent):
        assert get(edge.client.port, "127.0.0.3") == b"200"


def test_a_head_has_a_time_in_all_however_it_is_sent(make_edge, wait):
    edge = make_edge(client_timeout_seconds=1)
    with dribblers(edge.client.port, SLOW_HEAD, count=1) as (one,):

        def is_over():
            try:
                one.send(b"x")
            except ConnectionError:
                return True
            return False

        wait(is_over, "the end of the connection")
