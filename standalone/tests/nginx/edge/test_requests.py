"""What the edge does to a request and a response besides asking auth."""

import json
import socket

import pytest


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        b"POST /open HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST /open HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd",
        b"GET /open HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /open HTTP/1.1\r\n\r\n",
        b"GET /open HTTP/1.1\r\nHost: a\r\nX-Auth-Subject : b\r\nConnection: close\r\n\r\n",
    ],
)
def test_ambiguous_requests_are_refused_or_cleaned(edge, request_bytes):
    received = edge.client.raw(request_bytes)
    if received.split(b" ")[1] == b"200":
        assert not any("auth" in name.lower() for name, _ in edge.forwarded.headers)
    else:
        assert received.split(b" ")[1] in {b"400", b"501"}
        assert edge.gateway.seen == []


def test_own_errors_before_a_location_are_problems_too(edge):
    received = edge.client.raw(b"GET /open HTTP/1.1\r\n\r\n")
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "bad-request"


def test_the_clients_address_is_what_the_edge_saw(edge):
    forged = [
        ("X-Forwarded-For", "6.6.6.6"),
        ("X-Real-IP", "6.6.6.6"),
        ("Forwarded", "for=6.6.6.6"),
        ("X-Forwarded-Proto", "https"),
    ]
    edge.client.get("/api/mine", forged)
    for seen in (edge.auth.seen[0], edge.forwarded):
        assert seen.get("X-Forwarded-For") == "127.0.0.1"
        assert seen.get("X-Real-IP") == "127.0.0.1"
        assert seen.get("X-Forwarded-Proto") == "http"
        assert seen.all("Forwarded") == []


def test_headers_that_could_stand_for_the_path_do_not_pass(edge):
    names = ("X-Original-URL", "X-Original-Method", "X-Rewrite-URL", "X-Forwarded-Prefix")
    edge.client.get("/open", [(name, "/api/admin") for name in names])
    assert [edge.forwarded.all(name) for name in names] == [[], [], [], []]


@pytest.mark.parametrize("path", ["/none", "/api/mine", "/open/%2e%2e/x"])
@pytest.mark.parametrize("framing", ["Content-Length: {length}", "Transfer-Encoding: chunked"])
def test_the_body_of_a_refused_request_is_not_the_next_request(edge, path, framing):
    edge.answer_ok(401, Cache_Control="no-store")
    hidden = b"GET /open/hidden HTTP/1.1\r\nHost: a\r\n\r\n"
    body = hidden if "Length" in framing else b"%x\r\n" % len(hidden) + hidden + b"\r\n0\r\n\r\n"
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\n{framing.format(length=len(body))}\r\n\r\n".encode()
    edge.client.raw(head + body + b"GET /open/next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert [seen.target for seen in edge.gateway.seen] == ["/open/next"]


def test_a_good_request_id_is_kept_and_a_bad_one_replaced(edge):
    edge.client.get("/open", [("X-Request-ID", "client-chosen.1")])
    assert edge.forwarded.get("X-Request-ID") == "client-chosen.1"
    edge.gateway.seen.clear()
    edge.client.get("/open", [("X-Request-ID", "short")])
    assert len(edge.forwarded.get("X-Request-ID")) == 32


def test_verify_and_gateway_get_the_same_request_id(edge):
    edge.client.get("/api/mine")
    assert edge.auth.seen[0].get("X-Request-ID") == edge.forwarded.get("X-Request-ID")


def test_a_body_over_the_limit_is_413_before_anyone_sees_it(make_edge):
    edge = make_edge(max_body_bytes=1000)
    assert edge.client.request("POST", "/open", body=b"x" * 1001).problem["code"] == "body-too-large"
    assert edge.client.request("POST", "/open", body=b"x" * 1000).status == 200
    assert len(edge.gateway.seen) == 1


def test_a_chunked_body_over_the_limit_is_413(make_edge):
    edge = make_edge(max_body_bytes=1000)
    chunk = b"500\r\n" + b"x" * 0x500 + b"\r\n0\r\n\r\n"
    received = edge.client.raw(
        b"POST /open HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk
    )
    assert received.split(b" ")[1] == b"413"
    assert edge.gateway.seen == []


def test_websockets_pass_after_verify(edge):
    edge.reply = lambda _seen: b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    with socket.create_connection(("127.0.0.1", edge.client.port), timeout=10) as connection:
        connection.sendall(b"GET /api/mine HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        stream = connection.makefile("rb")
        assert b"101" in stream.readline()
        while stream.readline().strip():
            pass
        connection.sendall(b"hello")
        assert stream.read(5) == b"hello"
    assert edge.auth.seen[0].all("Upgrade") == []
    assert edge.forwarded.get("Upgrade") == "websocket"


def test_other_upgrades_do_not_pass(edge):
    edge.client.get(
        "/open", [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABk")]
    )
    assert edge.forwarded.all("Upgrade") == []
    assert edge.forwarded.all("Connection") == []


def test_a_service_cannot_redirect_inside_the_edge(edge):
    edge.reply = lambda _seen: edge.make_answer(200, b"x", X_Accel_Redirect="/.edge/problem/403")
    assert edge.client.get("/open").body == b"x"


def test_responses_pass_unchanged(edge):
    edge.reply = lambda _seen: edge.make_answer(
        500, b'{"code":"x"}', Content_Type="application/problem+json", ETag='"1"'
    )
    response = edge.client.get("/api/mine")
    assert (response.status, response.body, response.get("ETag")) == (500, b'{"code":"x"}', '"1"')


def test_the_log_has_the_request_and_no_secret(edge, wait):
    edge.client.get("/api/mine?token=s3cret", [("Cookie", "__Host-access=s3cret"), ("Authorization", "Bearer s3cret")])
    wait(lambda: edge.running.access_log, "a log line")
    (line,) = edge.running.access_log
    assert (line["path"], line["status"], line["route"], line["subject"]) == ("/api/mine", 200, "mine", "m1")
    assert line["request_id"] == edge.forwarded.get("X-Request-ID")
    assert "s3cret" not in json.dumps(line)


def test_everything_is_written_under_the_state_folder(make_edge, tmp_path):
    edge = make_edge()
    edge.client.request("POST", "/open", body=b"x" * 500_000)
    for folder in ("edge/temp/body", "edge/temp/proxy"):
        assert (tmp_path / folder).is_dir()
    assert int((tmp_path / "edge" / "nginx.pid").read_text()) == edge.running.process.pid
