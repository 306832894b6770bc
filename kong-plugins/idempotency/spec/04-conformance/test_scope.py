"""Whose key it is, and where it is kept (contract: 'Scope', 'Redis key')."""

from __future__ import annotations

import hashlib

import pytest
from plugintests.service import Plan


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


def visitor(gateway, setup, fresh, cookie, *headers):
    return keyed(gateway, setup, fresh, *([("Cookie", cookie)] if cookie else []), *headers)


def test_two_visitors_behind_one_address_never_share_a_key(gateway, service, fresh):
    assert visitor(gateway, "visitors", fresh, "a=1; cart=ann").mark == "stored"
    assert visitor(gateway, "visitors", fresh, "a=2; cart=ben").mark == "stored"
    assert visitor(gateway, "visitors", fresh, "cart=ann").mark == "replayed"
    assert len(service.seen(f"/visitors/{fresh}")) == 2


def test_a_visitor_is_the_same_from_another_address(gateway, fresh):
    assert visitor(gateway, "visitors", fresh, "cart=ann", ("X-Forwarded-For", "192.0.2.1")).mark == "stored"
    assert visitor(gateway, "visitors", fresh, "cart=ann", ("X-Forwarded-For", "192.0.2.2")).mark == "replayed"


def test_keys_of_visitors_without_a_cookie_are_left_to_the_service(gateway, service, fresh):
    for _ in range(2):
        answer = visitor(gateway, "visitors", fresh, "other=1")
        assert (answer.status, answer.mark) == (201, "bypassed")
    assert len(service.seen(f"/visitors/{fresh}")) == 2


def test_visitors_without_a_cookie_may_be_kept_apart_by_address(gateway, fresh):
    assert visitor(gateway, "visitors-or-address", fresh, None).mark == "stored"
    assert visitor(gateway, "visitors-or-address", fresh, "cart=ann").mark == "stored"
    assert visitor(gateway, "visitors-or-address", fresh, None).mark == "replayed"


def test_an_identity_comes_before_a_cookie(gateway, fresh):
    assert visitor(gateway, "visitors", fresh, "cart=ann", ("X-Auth-Subject", "ann")).mark == "stored"
    assert visitor(gateway, "visitors", fresh, "cart=other", ("X-Auth-Subject", "ann")).mark == "replayed"


def test_a_response_with_another_cookie_is_not_replayed(gateway, service, fresh):
    """With the old cookie the repeat would not be given the new one."""
    service.plan(f"/visitors/{fresh}", Plan(headers=(("set-cookie", "cart=new; Path=/"),)))
    for _ in range(2):
        answer = visitor(gateway, "visitors", fresh, "cart=unknown-to-the-service")
        assert (answer.mark, answer.header("Set-Cookie")) == ("released", "cart=new; Path=/")


@pytest.mark.parametrize("cookie", [None, "cart=ann"])
def test_a_response_with_a_first_cookie_is_not_replayed(gateway, service, fresh, cookie):
    setup = "visitors" if cookie else "visitors-or-address"
    name = "__Host-cart" if cookie else "cart"
    service.plan(f"/{setup}/{fresh}", Plan(headers=(("Set-Cookie", f"{name}=new"),)))
    for _ in range(2):
        assert visitor(gateway, setup, fresh, cookie).mark == "released"


def test_a_response_that_renews_the_same_cookie_is_replayed(gateway, service, fresh):
    service.plan(f"/visitors/{fresh}", Plan(headers=(("set-cookie", "cart=ann; Path=/"),)))
    assert visitor(gateway, "visitors", fresh, "cart=ann").mark == "stored"
    assert visitor(gateway, "visitors", fresh, "cart=ann").mark == "replayed"


def test_a_caller_with_other_roles_gets_no_replay(gateway, service, fresh):
    ann = ("X-Auth-Subject", "ann")
    assert keyed(gateway, "plain", fresh, ann, ("X-Auth-Roles", "admin,member")).mark == "stored"

    refused = keyed(gateway, "plain", fresh, ann, ("X-Auth-Roles", "member"))
    assert (refused.status, refused.mark) == (422, "mismatch")
    assert keyed(gateway, "plain", fresh, ann).mark == "mismatch"
    assert keyed(gateway, "plain", fresh, ann, ("X-Auth-Roles", "admin,member")).mark == "replayed"
    assert len(service.seen(f"/plain/{fresh}")) == 1


def test_roles_of_a_caller_that_the_edge_does_not_name_mean_nothing(gateway, fresh):
    assert keyed(gateway, "plain", fresh, ("X-Auth-Roles", "admin")).mark == "stored"
    assert keyed(gateway, "plain", fresh).mark == "replayed"


def test_roles_may_be_left_out(gateway, fresh):
    ann = ("X-Auth-Subject", "ann")
    assert keyed(gateway, "no-roles", fresh, ann, ("X-Auth-Roles", "admin")).mark == "stored"
    assert keyed(gateway, "no-roles", fresh, ann).mark == "replayed"


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
