"""The connection (contract: upgrades are refused; the body is read before every early answer)."""

from __future__ import annotations

import pytest
from plugintests.service import Plan
from plugintests.wire import request_bytes

WEBSOCKET = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Version", "13"),
]


@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
@pytest.mark.parametrize("upgrade", ["websocket", "WebSocket", "something"])
def test_an_upgrade_with_a_key_is_refused(gateway, service, fresh, method, upgrade):
    headers = [("X-Idempotency-Key", fresh), ("Connection", "Upgrade"), ("Upgrade", upgrade)]
    refused = gateway.ask(method, f"/plain/{fresh}", headers)

    assert refused.status == 400
    assert refused.json["code"] == "idempotency-upgrade-refused"
    assert not service.seen(f"/plain/{fresh}")


def test_an_upgrade_without_a_key_passes(gateway, service, fresh):
    switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    service.plan(f"/plain/{fresh}", Plan(raw=switch))
    assert gateway.ask("GET", f"/plain/{fresh}", WEBSOCKET).status == 101


def test_an_offer_of_http_2_is_no_upgrade_that_a_gateway_would_forward(gateway, fresh):
    headers = [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAAP__")]
    assert gateway.post(f"/plain/{fresh}", fresh, headers=headers).mark == "stored"


EARLY = {
    "invalid": ("plain", [("X-Idempotency-Key", "")], 400),
    "repeated": ("plain", [("X-Idempotency-Key", "a"), ("X-Idempotency-Key", "b")], 400),
    "missing": ("required", [], 400),
    "anonymous": ("reject", [("X-Idempotency-Key", "{fresh}")], 403),
    "upgrade": ("plain", [("X-Idempotency-Key", "{fresh}"), *WEBSOCKET[:2]], 400),
    "too-large": ("small", [("X-Idempotency-Key", "{fresh}")], 413),
    "unavailable": ("closed", [("X-Idempotency-Key", "{fresh}")], 503),
}


@pytest.mark.parametrize("case", EARLY)
@pytest.mark.parametrize("size", [10, 150_000, 2_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_keep_alive_stays_in_step_after_an_early_answer(gateway, service, fresh, case, size, chunked):
    setup, headers, status = EARLY[case]
    if case == "too-large" and size == 10:
        size = 100_001
    if case == "upgrade":
        # a client that asks for an upgrade gets the connection closed or kept; both are in step
        headers = [("X-Idempotency-Key", fresh), ("Upgrade", "websocket")]
    headers = [(name, value.format(fresh=fresh)) for name, value in headers]
    smuggled = request_bytes("POST", f"/plain/smuggled-{fresh}", [], b"")
    body = (smuggled * (size // len(smuggled) + 1))[:size]

    with gateway.connect() as wire:
        parts = [body[i : i + 10_000] for i in range(0, size, 10_000)] if chunked else body
        assert wire.ask("POST", f"/{setup}/{fresh}", headers, parts).status == status
        assert wire.ask("POST", f"/plain/{fresh}-next", [], b"{}").status == 201
        assert wire.nothing_more()

    assert not service.seen(f"/{setup}/{fresh}")
    assert not service.seen(f"/plain/smuggled-{fresh}")


@pytest.mark.parametrize("outcome", ["replayed", "mismatch"])
@pytest.mark.parametrize("size", [10, 150_000])
def test_keep_alive_stays_in_step_after_a_replay_or_a_mismatch(gateway, fresh, outcome, size):
    gateway.post(f"/plain/{fresh}", fresh, b"x" * size)
    headers = [("Content-Type", "application/json"), ("X-Idempotency-Key", fresh)]
    with gateway.connect() as wire:
        for _ in range(3):
            body = b"x" * size if outcome == "replayed" else b"y" * size
            assert wire.ask("POST", f"/plain/{fresh}", headers, body).mark == outcome
        assert wire.ask("GET", f"/plain/{fresh}").status == 201


def test_requests_in_a_pipeline_are_answered_in_order(gateway, fresh):
    headers = [("X-Idempotency-Key", fresh)]
    one = request_bytes("POST", f"/plain/{fresh}", headers, b"body")
    with gateway.connect() as wire:
        wire.send(one + request_bytes("POST", f"/plain/{fresh}", headers, b"other") + one)
        assert [wire.read().mark for _ in range(3)] == ["stored", "mismatch", "replayed"]


@pytest.mark.parametrize("key", ["good", "repeat", "invalid"])
def test_expect_100_continue(gateway, fresh, key):
    headers = [("X-Idempotency-Key", "" if key == "invalid" else fresh)]
    if key == "repeat":
        gateway.ask("POST", f"/plain/{fresh}", headers, b"body")
    with gateway.connect() as wire:
        wire.send(request_bytes("POST", f"/plain/{fresh}", [*headers, ("Expect", "100-continue")], b"body")[:-4])
        assert wire.read_informational() == 100
        wire.send(b"body")
        assert wire.read().mark == {"good": "stored", "repeat": "replayed", "invalid": "invalid"}[key]
        assert wire.ask("GET", f"/plain/{fresh}").status == 201


def test_a_request_without_body_and_length(gateway, fresh):
    for mark in ("stored", "replayed"):
        with gateway.connect() as wire:
            wire.send(request_bytes("POST", f"/plain/{fresh}", [("X-Idempotency-Key", fresh)], None))
            assert wire.read().mark == mark


def test_half_a_request_claims_nothing(gateway, service, fresh):
    whole = request_bytes("POST", f"/plain/{fresh}", [("X-Idempotency-Key", fresh)], b"0123456789")
    with gateway.connect() as wire:
        wire.send(whole[:-5])
    assert gateway.ask("POST", f"/plain/{fresh}", [("X-Idempotency-Key", fresh)], b"0123456789").mark == "stored"
    assert len(service.seen(f"/plain/{fresh}")) == 1
