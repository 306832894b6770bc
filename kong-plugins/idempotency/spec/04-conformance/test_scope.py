"""Whose key it is, and where it is kept (contract: 'Scope', 'Redis key')."""

from __future__ import annotations

import hashlib

import pytest


def keyed(gateway, setup, fresh, *headers, body=b"{}"):
    return gateway.post(f"/{setup}/{fresh}", fresh, body, list(headers))


def test_two_subjects_never_share_a_key(gateway, service, fresh):
    assert keyed(gateway, "plain", fresh, ("X-Auth-Subject", "ann")).mark == "stored"
    assert keyed(gateway, "plain", fresh, ("X-Auth-Subject", "ben")).mark == "stored"
    assert keyed(gateway, "plain", fresh, ("X-Auth-Subject", "ann")).mark == "replayed"
    assert len(service.seen(f"/plain/{fresh}")) == 2


def test_a_subject_and_an_address_never_share_a_key(gateway, fresh):
    assert keyed(gateway, "plain", fresh).mark == "stored"
    assert keyed(gateway, "plain", fresh, ("X-Auth-Subject", "127.0.0.1")).mark == "stored"
    assert keyed(gateway, "plain", fresh, ("X-Auth-Subject", "ip:127.0.0.1")).mark == "stored"


def test_an_empty_subject_counts_as_absent(gateway, fresh):
    assert keyed(gateway, "plain", fresh).mark == "stored"
    assert keyed(gateway, "plain", fresh, ("X-Auth-Subject", "")).mark == "replayed"


def test_an_empty_subject_counts_as_absent_however_often_it_came(gateway, fresh):
    empty = [("X-Tenant", ""), ("X-Tenant", "")]
    assert keyed(gateway, "other-identity", fresh).mark == "stored"
    assert keyed(gateway, "other-identity", fresh, *empty).mark == "replayed"


def test_anonymous_callers_are_kept_apart_by_the_address_that_the_edge_saw(gateway, fresh):
    assert keyed(gateway, "plain", fresh, ("X-Forwarded-For", "192.0.2.1")).mark == "stored"
    assert keyed(gateway, "plain", fresh, ("X-Forwarded-For", "192.0.2.2")).mark == "stored"
    assert keyed(gateway, "plain", fresh, ("X-Forwarded-For", "192.0.2.1")).mark == "replayed"


def test_anonymous_callers_may_be_refused(gateway, service, fresh):
    refused = keyed(gateway, "reject", fresh)
    assert refused.status == 403
    assert refused.json["code"] == "idempotency-identity-missing"
    assert not service.seen(f"/reject/{fresh}")

    assert keyed(gateway, "reject", fresh, ("X-Auth-Subject", "ann")).mark == "stored"
    assert gateway.post(f"/reject/{fresh}").status == 201


def test_a_route_may_read_no_identity_header(gateway, fresh):
    assert keyed(gateway, "no-identity", fresh).mark == "stored"
    assert keyed(gateway, "no-identity", fresh, ("X-Auth-Subject", "ann")).mark == "replayed"


def test_the_identity_header_is_configured(gateway, fresh):
    assert keyed(gateway, "other-identity", fresh, ("X-Tenant", "a")).mark == "stored"
    assert keyed(gateway, "other-identity", fresh, ("X-Tenant", "b")).mark == "stored"
    assert keyed(gateway, "other-identity", fresh, ("X-Tenant", "a"), ("X-Auth-Subject", "z")).mark == "replayed"


def test_a_header_with_underscores_is_no_identity(gateway, fresh):
    assert keyed(gateway, "other-identity", fresh, ("X-Tenant", "a")).mark == "stored"
    assert keyed(gateway, "other-identity", fresh, ("X_Tenant", "a")).mark == "stored"
    assert keyed(gateway, "other-identity", fresh, ("X_Tenant", "b"), ("X-Tenant", "a")).mark == "replayed"


def test_a_repeated_identity_is_nobody_elses(gateway, fresh):
    assert keyed(gateway, "other-identity", fresh, ("X-Tenant", "a")).mark == "stored"
    assert keyed(gateway, "other-identity", fresh, ("X-Tenant", "a"), ("X-Tenant", "b")).mark == "stored"
    assert keyed(gateway, "other-identity", fresh, ("X-Tenant", "b")).mark == "stored"


def test_two_services_never_share_a_key(gateway, fresh):
    assert gateway.post(f"/plain/{fresh}", fresh).mark == "stored"
    assert gateway.post(f"/other/{fresh}", fresh).mark == "stored"


def expected_key(service, scope, key):
    data = f"{len(scope)}:{scope}{len(key)}:{key}"
    return f"idem:{service}:{hashlib.sha256(data.encode()).hexdigest()}".encode()


@pytest.mark.parametrize(
    ("setup", "service_name", "headers", "scope"),
    [
        ("plain", "echo", (), "ip:127.0.0.1"),
        ("plain", "echo", (("X-Auth-Subject", "ann"),), "header:ann"),
        ("other", "other", (), "ip:127.0.0.1"),
        ("labelled", "label", (), "ip:127.0.0.1"),
    ],
)
def test_the_redis_key_is_the_service_and_the_sha256_of_the_length_prefixed_scope_and_key(
    gateway, store, fresh, setup, service_name, headers, scope
):
    keyed(gateway, setup, fresh, *headers)
    assert store.exists(expected_key(service_name, scope, fresh))


def test_raw_keys_are_neither_stored_nor_logged(gateway, store, fresh):
    key = f"secret-key-{fresh}"
    gateway.post(f"/plain/{fresh}", key)
    gateway.post(f"/plain/{fresh}", key, b"another")
    gateway.post(f"/plain/{fresh}", key + "\x80")

    for name in store.scan_iter("*"):
        assert key.encode() not in name
        assert key.encode() not in (store.get(name) or b"")  # it may end meanwhile
    assert key not in gateway.error_log()
