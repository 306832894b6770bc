"""nginx sends a request again over a fresh connection when a kept-alive one breaks (contract: 'at most once').

The gateway has Kong's default, `proxy_next_upstream error timeout`; `retried` and `balanced` also have five retries.
"""

from __future__ import annotations

import pytest
from plugintests.gateway import NEXT_UPSTREAM
from plugintests.service import Plan

WARM_UP = 6


def dropped(gateway, service, setup, fresh, method, key):
    """Send `method` over a connection to the service that was used before; the service acts and closes it."""
    path = f"/{setup}/{fresh}"
    service.plan(path, Plan(raw=b""))
    with gateway.connect() as wire:
        for number in range(WARM_UP):
            assert wire.ask("POST", f"/{setup}/{fresh}-{number}", [], b"{}").status == 201
        answer = wire.ask(method, path, [("X-Idempotency-Key", key)] if key else [], b"{}")
    return answer, service.seen(path)


@pytest.mark.parametrize("setup", ["keep", "release", "open", "visitors", "retried", "balanced"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_keyed_request_reaches_the_service_once(gateway, service, fresh, setup, method):
    answer, seen = dropped(gateway, service, setup, fresh, method, fresh)

    assert answer.status >= 500
    assert len(seen) == 1


@pytest.mark.parametrize("setup", ["with-delete", "retried", "balanced"])
def test_a_keyed_delete_reaches_the_service_once(gateway, service, fresh, setup):
    answer, seen = dropped(gateway, service, setup, fresh, "DELETE", fresh)

    assert answer.status >= 500
    assert answer.mark == "unknown"
    assert len(seen) == 1


@pytest.mark.skipif(NEXT_UPSTREAM == "off", reason="this Kong is configured not to send it again")
def test_a_request_without_a_key_is_sent_again(gateway, service, fresh):
    """It shows that the gateway of these specs is as lax as a Kong by default."""
    _, seen = dropped(gateway, service, "keep", fresh, "PUT", None)

    assert len(seen) == 2


def test_no_warning_where_it_is_prevented(gateway):
    assert "can reach the service twice" not in gateway.error_log()
