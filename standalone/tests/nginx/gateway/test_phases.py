"""The plugin host: which phases run, what they see, and what Kong would not do either."""

import socket

import pytest


def test_phases_run_in_order_around_a_buffered_response(gateway):
    answer = gateway.client.get("/probed/x")
    assert (answer.status, answer.body) == (200, b"from service")
    assert answer.get("X-Probe") == "buffered"
    access, response, log = gateway.phases()
    assert [access["phase"], response["phase"], log["phase"]] == ["access", "response", "log"]
    assert access["text"] == "default text"
    assert response == {
        "phase": "response",
        "mine": "probe",
        "status": 200,
        "source": "service",
        "body": "from service",
        "header": "1",
        "dashes": "1",
    }
    assert log == {"phase": "log", "mine": "probe", "source": "service", "status": 200}


def test_other_plugins_header_filters_run_on_a_buffered_response(gateway):
    answer = gateway.client.get("/probed")
    assert answer.get("X-Late") == "service"
    assert answer.get("X-Shared") == "shared"


def test_a_route_without_plugins_runs_none(gateway):
    answer = gateway.client.get("/plain")
    assert answer.status == 200
    assert answer.get("X-Probe") is None
    assert "PROBE" not in gateway.running.error_log


def test_exit_in_access_responds_and_skips_response(gateway):
    answer = gateway.client.get("/probed", [("X-Probe-Exit", "418")])
    assert (answer.status, answer.body) == (418, b'{"said":"exit"}')
    assert answer.get("Content-Type") == "application/json; charset=utf-8"
    assert answer.get("X-Exit") == "yes"
    assert answer.get("X-Late") == "exit"
    assert gateway.names() == ["access", "log"]
    assert gateway.phases()[-1]["source"] == "exit"
    assert gateway.upstream.seen == []


@pytest.mark.parametrize("way", ["pcall", "coroutine", "thread"])
def test_exit_in_access_ends_the_request_from_wherever_a_plugin_calls_it(gateway, way):
    answer = gateway.client.get("/probed", [("X-Probe-Leave", way), ("X-Late-Exit", "1")])
    assert (answer.status, answer.body) == (418, b"left")
    assert gateway.names() == ["access", "log"]
    assert "came back" not in gateway.running.error_log


def test_another_plugins_exit_skips_response_but_not_log(gateway):
    answer = gateway.client.get("/probed", [("X-Late-Exit", "1")])
    assert (answer.status, answer.body) == (409, b"late")
    assert gateway.names() == ["access", "log"]


def test_an_error_in_access_is_500_and_skips_the_rest(gateway):
    answer = gateway.client.get("/probed", [("X-Probe-Raise", "access"), ("X-Late-Exit", "1")])
    assert (answer.status, answer.problem["code"]) == (500, "internal-error")
    assert gateway.names() == ["access", "log"]
    assert gateway.phases()[-1]["source"] == "error"
    assert gateway.upstream.seen == []
    assert "raised in access" in gateway.running.error_log


def test_an_error_in_response_turns_the_response_into_500(gateway):
    answer = gateway.client.get("/probed", [("X-Probe-Raise", "response")])
    assert (answer.status, answer.problem["code"]) == (500, "internal-error")
    assert len(gateway.upstream.seen) == 1
    assert gateway.names() == ["access", "response", "log"]
    assert gateway.phases()[-1]["source"] == "error"


def test_exit_in_response_replaces_the_response(gateway):
    answer = gateway.client.get("/probed", [("X-Probe-Replace", "1")])
    assert (answer.status, answer.body) == (299, b"replaced")


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("/none", "X-None: 1"),
        ("/probed", "X-Probe-Exit: 409"),
        ("/probed", "X-Probe-Raise: access"),
        ("/probed", "X-Late-Exit: 1"),
    ],
)
@pytest.mark.parametrize("framing", ["Content-Length: {length}", "Transfer-Encoding: chunked"])
def test_the_body_of_a_refused_request_is_not_the_next_request(gateway, path, wish, framing):
    hidden = b"GET /plain/hidden HTTP/1.1\r\nHost: a\r\n\r\n"
    body = hidden if "Length" in framing else b"%x\r\n" % len(hidden) + hidden + b"\r\n0\r\n\r\n"
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\n{wish}\r\n{framing.format(length=len(body))}\r\n\r\n".encode()
    gateway.client.raw(head + body + b"GET /plain/next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert [seen.target for seen in gateway.upstream.seen] == ["/plain/next"]


def test_a_body_in_a_file_is_read_whole(gateway):
    body = b"x" * 100_000 + b"end"
    assert gateway.client.request("POST", "/probed", [("X-Probe-Read", "1")], body).status == 200
    assert gateway.phases()[0]["read"] == [len(body), "end"]
    assert gateway.forwarded.body == body


@pytest.mark.parametrize("status", [200, 201, 301, 404, 409, 422, 500, 502, 503, 504])
def test_response_runs_for_every_response_of_the_upstream(gateway, status):
    gateway.reply = lambda _seen: gateway.make_answer(status, b"body")
    answer = gateway.client.get("/probed")
    assert (answer.status, answer.body) == (status, b"body")
    assert gateway.names() == ["access", "response", "log"]
    assert gateway.phases()[1]["status"] == status


@pytest.mark.parametrize("status", [408, 444, 499])
def test_some_statuses_reach_the_client_as_a_closed_connection(gateway, status):
    gateway.reply = lambda _seen: gateway.make_answer(status, b"body")
    received = gateway.client.raw(b"GET /probed HTTP/1.1\r\nHost: a\r\n\r\n")
    assert received == b""
    assert gateway.names() == ["access", "response", "log"]


def test_204_has_no_body(gateway):
    gateway.reply = lambda _seen: b"HTTP/1.1 204 No Content\r\n\r\n"
    answer = gateway.client.get("/probed")
    assert (answer.status, answer.body) == (204, b"")
    assert gateway.phases()[1]["body"] == ""


def test_head_runs_response_with_an_empty_body(gateway):
    gateway.reply = lambda _seen: b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"
    answer = gateway.client.request("HEAD", "/probed")
    assert (answer.status, answer.get("Content-Length")) == (200, "12")
    assert gateway.names() == ["access", "response", "log"]


def test_a_chunked_response_is_buffered_whole(gateway):
    gateway.reply = lambda _seen: (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"
    )
    assert gateway.client.get("/probed").body == b"abcdef"
    assert gateway.phases()[1]["body"] == "abcdef"


def test_repeated_headers_of_the_upstream_stay_apart(gateway):
    gateway.reply = lambda _seen: b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n"
    assert gateway.client.get("/probed").all("Set-Cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize(
    "broken",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nshort",
        b"HTTP/1.1 200 OK\r\nConten",
        None,
    ],
)
def test_an_incomplete_response_skips_response(gateway, broken):
    gateway.upstream.closes = True
    gateway.reply = lambda _seen: broken
    answer = gateway.client.get("/probed")
    assert answer.problem
    assert gateway.names() == ["access", "log"]
    assert gateway.phases()[-1]["source"] == "exit"


def test_a_refused_upstream_skips_response(gateway):
    gateway.upstream.stop()
    answer = gateway.client.get("/probed")
    assert (answer.status, answer.problem["code"]) == (502, "upstream-unreachable")
    assert gateway.names() == ["access", "log"]


def test_a_websocket_upgrade_skips_response(gateway):
    gateway.reply = lambda _seen: (
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    )
    address = ("127.0.0.1", gateway.client.port)
    with socket.create_connection(address, timeout=10) as connection, connection.makefile("rb") as stream:
        connection.sendall(b"GET /probed HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n")
        assert b"101" in stream.readline()
        while stream.readline().strip():
            pass
        connection.sendall(b"hello")
        assert stream.read(5) == b"hello"
    assert gateway.names() == ["access", "log"]


def test_another_upgrade_does_not_skip_response(gateway):
    assert gateway.client.get("/probed", [("Upgrade", "h2c"), ("Connection", "Upgrade")]).status == 200
    assert gateway.forwarded.all("Upgrade") == []
    assert gateway.names() == ["access", "response", "log"]


def test_an_unknown_method_arrives_upstream_as_get(gateway):
    assert gateway.client.request("PURGE", "/probed").status == 200
    assert gateway.forwarded.method == "GET"


def test_expect_100_continue_is_served(gateway):
    with socket.create_connection(("127.0.0.1", gateway.client.port), timeout=10) as connection:
        connection.sendall(b"POST /probed HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert b"100" in connection.recv(100)
        connection.sendall(b"body")
        assert b" 200 " in connection.recv(1000)
    assert gateway.forwarded.body == b"body"


IN_ACCESS = {
    "request.get_method", "request.get_header", "request.get_raw_body", "response.set_header", "router.get_route",
    "service.request.set_header", "service.request.enable_buffering", "client.get_consumer", "client.get_forwarded_ip",
}  # fmt: skip
IN_RESPONSE = {
    "request.get_method", "request.get_header", "request.get_raw_body", "response.set_header", "response.get_status",
    "response.get_source", "service.response.get_status", "service.response.get_raw_body",
    "service.response.get_headers", "router.get_route", "client.get_consumer", "client.get_forwarded_ip",
}  # fmt: skip
IN_LOG = {
    "request.get_method", "request.get_header", "response.get_status", "response.get_source",
    "service.response.get_status", "service.response.get_raw_body", "service.response.get_headers", "router.get_route",
    "client.get_consumer", "client.get_forwarded_ip",
}  # fmt: skip


@pytest.mark.parametrize(("phase", "allowed"), [("access", IN_ACCESS), ("response", IN_RESPONSE), ("log", IN_LOG)])
def test_functions_raise_where_kong_forbids_them(gateway, phase, allowed):
    gateway.client.get("/probed", [("X-Probe-Try", phase), ("X-Two", "2")])
    (tried,) = [seen["tried"] for seen in gateway.phases() if seen["phase"] == phase]
    assert set(tried["allowed"]) == allowed
    assert all(f"cannot be called in {phase} phase" in error for error in tried["refused"].values())


def test_a_timer_has_no_request(gateway, wait):
    gateway.client.get("/probed", [("X-Probe-Timer", "1")])
    wait(lambda: "TIMER" in gateway.running.error_log, "the timer")
    assert "TIMER false" in gateway.running.error_log
    assert "no phase" in gateway.running.error_log
