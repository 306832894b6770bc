"""Redis by TLS (configuration: `redis.ssl`, `ssl_verify`, `server_name`)."""

from __future__ import annotations

import pytest
from plugintests.gateway import KIND


def test_answers_are_kept_by_tls(gateway, service, fresh):
    marks = [gateway.post(f"/tls-unverified/{fresh}", fresh).mark for _ in range(2)]

    assert marks == ["stored", "replayed"]
    assert len(service.seen(f"/tls-unverified/{fresh}")) == 1


def test_a_server_that_speaks_no_tls_is_a_store_failure(gateway, service, fresh):
    refused = gateway.post(f"/tls-to-plain/{fresh}", fresh)

    assert refused.json["code"] == "idempotency-unavailable"
    assert not service.seen(f"/tls-to-plain/{fresh}")


# the standalone host has no setting for trusted authorities: to it every certificate is a stranger's
VERIFIED = [("tls-verified", "stored" if KIND == "kong" else "unavailable"), ("tls-wrong-name", "unavailable")]


@pytest.mark.parametrize(("setup", "mark"), VERIFIED)
def test_the_certificate_is_verified_against_the_server_name(gateway, fresh, setup, mark):
    assert gateway.post(f"/{setup}/{fresh}", fresh).mark == mark
