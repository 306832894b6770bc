"""Responses that another plugin gives in the service's place (ADR 0026)."""

from __future__ import annotations

import pytest


def keyed(gateway, fresh, status, body=b"body", on_unknown="keep"):
    return gateway.post(f"/stand-in-{on_unknown}/{fresh}", fresh, body, [("X-Stand-In", str(status))])


@pytest.mark.parametrize("status", [200, 201, 404, 418])
def test_what_could_be_saved_of_the_service_is_replayed(gateway, service, fresh, eventually, status):
    first = keyed(gateway, fresh, status)
    again = eventually(lambda: (a := keyed(gateway, fresh, 500)).mark == "replayed" and a)

    assert (first.status, first.mark) == (status, "unknown")
    assert (again.status, again.body) == (status, b"body")
    assert again.header("Content-Type") == first.header("Content-Type")
    assert again.header("X-Other") is None
    assert not service.seen(f"/stand-in-keep/{fresh}")


def test_a_table_is_replayed_as_it_was_sent(gateway, fresh, eventually):
    first = keyed(gateway, fresh, "table")
    again = eventually(lambda: (a := keyed(gateway, fresh, "table")).mark == "replayed" and a)

    assert again.body == first.body
    assert again.header("Content-Type") == first.header("Content-Type")


def test_one_that_is_too_large_is_not_replayable(gateway, fresh, eventually):
    large = b"x" * 101
    assert keyed(gateway, fresh, 200, large).body == large
    eventually(lambda: keyed(gateway, fresh, 200, large).mark == "not-replayable")


@pytest.mark.parametrize("status", [302, 401, 403, 409, 429, 503])
def test_a_refusal_releases_the_lock(gateway, service, fresh, eventually, status):
    assert keyed(gateway, fresh, status).status == status
    # the stand-in lets the request pass now
    eventually(lambda: gateway.post(f"/stand-in-keep/{fresh}", fresh, b"body").mark == "stored")
    assert len(service.seen(f"/stand-in-keep/{fresh}")) == 1


@pytest.mark.parametrize("status", [500, 502, 504, "raise"])
def test_another_failure_is_an_unknown_outcome(gateway, fresh, eventually, status):
    assert keyed(gateway, fresh, status).status >= 500
    eventually(lambda: keyed(gateway, fresh, 200).mark == "unknown")


@pytest.mark.parametrize("status", [500, "raise"])
def test_an_unknown_outcome_is_freed_where_unknown_outcomes_are(gateway, fresh, eventually, status):
    assert keyed(gateway, fresh, status, on_unknown="release").status >= 500
    eventually(lambda: gateway.post(f"/stand-in-release/{fresh}", fresh, b"body").mark == "stored")
