"""Redis by TLS (configuration: `redis.ssl`, `ssl_verify`, `server_name`)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from plugintests.gateway import KINDS, Gateway

# longer than the longest pause between two tries to settle a key, a connect and a handshake that time out together
QUIET_SECONDS = 6.0
LIMIT_SECONDS = 60.0


@pytest.fixture(scope="module", autouse=True)
def _no_key_left_behind(gateway: Gateway) -> Iterator[None]:
    """Wait until keys that could not be settled by TLS are given up, and logged here instead of in a later spec."""
    yield
    deadline = time.monotonic() + LIMIT_SECONDS
    calls, since = _redis_calls(gateway), time.monotonic()
    while time.monotonic() - since < QUIET_SECONDS:
        assert time.monotonic() < deadline, "the gateway goes on calling Redis"
        time.sleep(0.1)
        if (now := _redis_calls(gateway)) != calls:
            calls, since = now, time.monotonic()


def _redis_calls(gateway: Gateway) -> int:
    found = re.search(r"^kong_idempotency_redis_seconds_count (\d+)", gateway.metrics(), re.MULTILINE)
    return int(found[1]) if found else 0


def test_answers_are_kept_by_tls(gateway, service, fresh):
    marks = [gateway.post(f"/tls-unverified/{fresh}", fresh).mark for _ in range(2)]

    assert marks == ["stored", "replayed"]
    assert len(service.seen(f"/tls-unverified/{fresh}")) == 1


def test_a_server_that_speaks_no_tls_is_a_store_failure(gateway, service, fresh):
    refused = gateway.post(f"/tls-to-plain/{fresh}", fresh)

    assert refused.json["code"] == "idempotency-unavailable"
    assert not service.seen(f"/tls-to-plain/{fresh}")


# the standalone host has no setting for trusted authorities: to it every certificate is a stranger's
VERIFIED = [("tls-verified", "stored" if "kong" in KINDS else "unavailable"), ("tls-wrong-name", "unavailable")]


@pytest.mark.parametrize(("setup", "mark"), VERIFIED)
def test_the_certificate_is_verified_against_the_server_name(gateway, fresh, setup, mark):
    assert gateway.post(f"/{setup}/{fresh}", fresh).mark == mark
