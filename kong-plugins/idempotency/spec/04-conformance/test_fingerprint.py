"""Another request under the same key (contract: 'Fingerprint')."""

from __future__ import annotations

import hashlib
import hmac
import threading

import pytest
from plugintests.service import Plan

KEY_HEADERS = ("Content-Type", "application/json")


def send(gateway, fresh, method="POST", target=None, content_type="application/json", body=b"{}", setup="plain"):
    headers = [("X-Idempotency-Key", fresh)]
    if content_type is not None:
        headers.append(("Content-Type", content_type))
    return gateway.ask(method, target or f"/{setup}/{fresh}", headers, body)


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "PUT"},
        {"target": "/plain/elsewhere"},
        {"target": "/plain/{fresh}?"},
        {"target": "/plain/{fresh}?a=1"},
        {"target": "/plain/{fresh}/"},
        {"content_type": "text/plain"},
        {"content_type": None},
        {"body": b"{ }"},
        {"body": b""},
        {"body": b"{}\x00"},
        {"body": b"x" * 100_000},
    ],
    ids=lambda changed: "-".join(changed),
)
def test_another_method_path_query_content_type_or_body_is_another_request(gateway, fresh, changed):
    first = send(gateway, fresh)
    if "target" in changed:
        changed = {"target": changed["target"].format(fresh=fresh)}
    refused = send(gateway, fresh, **changed)

    assert refused.status == 422
    assert refused.json["code"] == "idempotency-key-reused"
    assert refused.mark == "mismatch"
    assert send(gateway, fresh).body == first.body


def test_another_query_is_another_request(gateway, fresh):
    assert send(gateway, fresh, target=f"/plain/{fresh}?a=1").mark == "stored"
    assert send(gateway, fresh, target=f"/plain/{fresh}?a=2").status == 422
    assert send(gateway, fresh, target=f"/plain/{fresh}?a=1").mark == "replayed"


def test_other_headers_do_not_make_another_request(gateway, fresh):
    assert gateway.post(f"/plain/{fresh}", fresh, headers=[("User-Agent", "a"), ("Accept", "x/y")]).mark == "stored"
    assert gateway.post(f"/plain/{fresh}", fresh, headers=[("User-Agent", "b")]).mark == "replayed"


@pytest.mark.parametrize("size", [8191, 8192, 8193, 70_000, 3_000_000])
def test_bodies_spilled_to_disk_are_included(gateway, service, fresh, size):
    body = b"a" * size
    assert send(gateway, fresh, body=body).mark == "stored"
    assert send(gateway, fresh, body=body[:-1] + b"b").status == 422
    assert send(gateway, fresh, body=body).mark == "replayed"
    assert service.seen(f"/plain/{fresh}")[0].body == body


def test_a_chunked_body_is_the_same_request_as_a_counted_one(gateway, service, fresh):
    assert send(gateway, fresh, body=[b"{", b"}"]).mark == "stored"
    assert send(gateway, fresh, body=b"{}").mark == "replayed"
    assert service.seen(f"/plain/{fresh}")[0].body == b"{}"


def test_a_mismatch_is_told_before_in_flight(gateway, service, fresh):
    plan = service.plan(f"/plain/{fresh}", Plan(gate=threading.Event()))
    first = gateway.connect()
    first.send(
        b"POST /plain/%b HTTP/1.1\r\nHost: x\r\nX-Idempotency-Key: %b\r\nContent-Length: 2\r\n\r\n{}"
        % (fresh.encode(), fresh.encode())
    )
    assert plan.arrived.wait(10)

    refused = send(gateway, fresh, content_type=None, body=b"other")
    waiting = send(gateway, fresh, content_type=None)
    plan.gate.set()

    assert refused.status == 422
    assert waiting.status == 409
    assert first.read().status == 201
    first.close()


def stored_fingerprint(store, fresh, service_name="echo"):
    scope = "12:ip:127.0.0.1"
    digest = hashlib.sha256(f"{scope}{len(fresh)}:{fresh}".encode()).hexdigest()
    return store.get(f"idem:{service_name}:{digest}")[1:33]


def test_it_is_an_hmac_with_the_secret_of_the_vault(gateway, store, fresh):
    target = f"/plain/{fresh}?q=1"
    send(gateway, fresh, target=target, body=b"password")

    data = f"POST\n{len(target)}:{target}\n16:application/json\npassword".encode()
    expected = hmac.new(b"a secret of the specs", data, hashlib.sha256).digest()
    assert stored_fingerprint(store, fresh) == expected


def test_without_a_secret_it_is_bound_to_the_key(gateway, store, fresh):
    gateway.post(f"/unsecret/{fresh}", fresh, b"password")
    gateway.post(f"/unsecret/{fresh}", fresh + "b", b"password")

    assert stored_fingerprint(store, fresh) != stored_fingerprint(store, fresh + "b")
    assert gateway.post(f"/unsecret/{fresh}", fresh, b"password").mark == "replayed"


def test_a_request_over_max_request_bytes_is_refused(gateway, service, fresh):
    fits = gateway.post(f"/small/{fresh}", fresh, b"x" * 100_000)
    refused = gateway.post(f"/small/{fresh}", fresh + "b", b"x" * 100_001)

    assert fits.status == 201
    assert refused.status == 413
    assert refused.json["code"] == "idempotency-request-too-large"
    assert gateway.post(f"/small/{fresh}", None, b"x" * 100_001).status == 201
    assert len(service.seen(f"/small/{fresh}")) == 2
