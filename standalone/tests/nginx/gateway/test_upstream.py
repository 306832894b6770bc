"""Services that are gone, slow, back, or keep talking."""

import contextlib
import json
import socket
import threading
from http.client import HTTPConnection

import pytest


@pytest.mark.parametrize("path", ["/plain", "/probed"])
def test_a_dead_service_is_502_and_back_at_once(gateway, path):
    assert gateway.client.get(path).status == 200
    gateway.upstream.stop()
    for _ in range(5):
        response = gateway.client.get(path)
        assert (response.status, response.problem["code"]) == (502, "upstream-unreachable")
    gateway.upstream.start()
    assert gateway.client.get(path).status == 200


@pytest.mark.parametrize("path", ["/plain", "/probed"])
def test_a_slow_service_is_504(make_gateway, make_route, upstream, make_answer, path):
    never = threading.Event()
    slow = upstream(lambda _seen: never.wait(10) and make_answer())
    service = {"upstreams": [slow.address], "read_timeout_ms": 200}
    routes = [
        make_route("/plain", service="slow"),
        make_route("/probed", service="slow", plugins=[{"name": "probe"}]),
    ]
    gateway = make_gateway(services={"slow": service}, routes=routes)
    response = gateway.client.get(path)
    assert (response.status, response.problem["code"]) == (504, "upstream-timeout")
    never.set()


@pytest.mark.parametrize("path", ["/plain", "/probed"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_a_request_is_never_sent_twice(gateway, path, method):
    gateway.upstream.closes = True
    gateway.reply = lambda _seen: None
    assert gateway.client.request(method, path, body=b"x" if method != "GET" else b"").status == 502
    assert len(gateway.upstream.seen) == 1


def test_connections_to_a_service_are_kept(gateway):
    for path in ("/plain", "/probed") * 10:
        assert gateway.client.get(path).status == 200
    assert gateway.upstream.connections <= 2


def test_a_kept_connection_that_died_costs_no_request(gateway):
    assert gateway.client.get("/plain").status == 200
    gateway.upstream.stop()
    gateway.upstream.start()
    for _ in range(10):
        assert gateway.client.get("/plain").status == 200


def test_several_addresses_take_turns(make_gateway, make_route, upstream):
    one, two = upstream(), upstream()
    services = {"two": {"upstreams": [one.address, two.address]}}
    gateway = make_gateway(services=services, routes=[make_route(service="two")])
    for _ in range(10):
        assert gateway.client.get("/plain").status == 200
    assert len(one.seen) == len(two.seen) == 5


def test_websockets_pass_on_routes_without_plugins(gateway):
    gateway.reply = lambda _seen: (
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    )
    address = ("127.0.0.1", gateway.client.port)
    with socket.create_connection(address, timeout=10) as connection, connection.makefile("rb") as stream:
        connection.sendall(b"GET /plain HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert b"101" in stream.readline()
        while stream.readline().strip():
            pass
        connection.sendall(b"hello")
        assert stream.read(5) == b"hello"


def test_a_large_response_passes_whole(gateway):
    body = bytes(range(256)) * 20_000
    gateway.reply = lambda _seen: gateway.make_answer(200, body)
    assert gateway.client.get("/plain").body == body
    assert gateway.client.get("/probed").body == body


def test_a_large_request_passes_whole(make_gateway):
    gateway = make_gateway(max_body_bytes=0)
    body = bytes(range(256)) * 20_000
    assert gateway.client.request("PUT", "/plain", body=body).status == 200
    assert gateway.forwarded.body == body


def test_a_truncated_response_is_not_taken_for_a_whole_one(gateway):
    gateway.upstream.closes = True
    gateway.reply = lambda _seen: b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"
    received = gateway.client.raw(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
    assert received.endswith(b"short")
    assert b"Content-Length: 100" in received


@pytest.mark.parametrize("begun", [b"200 OK", b"201 Created", b"404 Not Found"])
def test_a_response_that_breaks_off_while_it_is_buffered_is_502(gateway, begun):
    gateway.upstream.closes = True
    gateway.reply = lambda _seen: b"HTTP/1.1 " + begun + b"\r\nContent-Length: 100\r\n\r\nshort"
    response = gateway.client.get("/probed")
    assert (response.status, response.problem["code"]) == (502, "upstream-unreachable")


def test_a_service_cannot_redirect_inside_the_gateway(gateway):
    gateway.reply = lambda _seen: gateway.make_answer(200, b"x", X_Accel_Redirect="/gateway_error")
    for path in ("/plain", "/probed"):
        assert gateway.client.get(path).body == b"x"


@pytest.mark.parametrize("path", ["/gateway_buffered", "/gateway_error"])
def test_inner_locations_are_closed(gateway, path):
    assert gateway.client.get(path).status == 404
    assert gateway.upstream.seen == []


def test_requests_follow_each_other_on_one_connection(gateway):
    connection = HTTPConnection("127.0.0.1", gateway.client.port, timeout=10)
    with contextlib.closing(connection):
        statuses = [
            gateway.client.on(connection, method, path, body=body).status
            for method, path, body in [
                ("GET", "/plain", b""),
                ("POST", "/probed", b"body"),
                ("POST", "/none", b"body"),
                ("GET", "/probed", b""),
            ]
        ]
    assert statuses == [200, 200, 404, 200]


def test_metrics_count_by_route_and_status(make_gateway):
    gateway = make_gateway()
    gateway.client.get("/plain")
    gateway.client.get("/plain")
    gateway.client.get("/none")
    gateway.upstream.stop()
    gateway.client.get("/probed")
    assert gateway.phases()
    metrics = gateway.running.status("/metrics")
    assert 'gateway_requests_total{route="plain",status="200"} 2\n' in metrics
    assert 'gateway_requests_total{route="",status="404"} 1\n' in metrics
    assert 'gateway_requests_total{route="probed",status="502"} 1\n' in metrics
    assert 'gateway_request_seconds_total{route="plain"}' in metrics


def test_a_plugins_own_metrics_are_shown(make_gateway):
    gateway = make_gateway()
    gateway.client.get("/probed")
    assert gateway.phases()
    assert "probe_started_total 1\nprobe_requests_total 1\n" in gateway.running.status("/metrics")


def test_a_plugins_values_are_in_the_log(gateway, wait):
    gateway.client.get("/probed", [("X-Probe-Say", 'a "word"')])
    wait(lambda: gateway.running.access_log, "a log line")
    assert json.loads(gateway.running.access_log[0]["values"]) == {"probe.said": 'a "word"'}


def test_the_status_port_is_not_the_gateways(gateway):
    assert json.loads(gateway.running.status("/ready"))["status"] == "ready"
    assert gateway.client.get("/ready").status == 404


def test_the_log_has_the_request_and_no_secret(gateway, wait):
    secret = [("Cookie", "__Host-access=s3cret"), ("Authorization", "Bearer s3cret"), ("X-Idempotency-Key", "s3cret")]
    gateway.client.get("/plain/x?token=s3cret", secret)
    wait(lambda: gateway.running.access_log, "a log line")
    (line,) = gateway.running.access_log
    assert (line["path"], line["status"], line["route"], line["method"]) == ("/plain/x", 200, "plain", "GET")
    assert line["request_id"] == gateway.forwarded.get("X-Request-ID")
    assert "s3cret" not in json.dumps(line)
