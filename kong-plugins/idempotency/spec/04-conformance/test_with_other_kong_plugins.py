"""Consumers and other plugins, which only a Kong has."""

from __future__ import annotations

import pytest
from plugintests.service import Plan


def keyed(gateway, setup, fresh, *headers):
    return gateway.post(f"/{setup}/{fresh}", fresh, headers=list(headers))


def test_two_consumers_never_share_a_key(gateway, service, fresh):
    assert keyed(gateway, "keyed", fresh, ("apikey", "alice-key")).mark == "stored"
    assert keyed(gateway, "keyed", fresh, ("apikey", "bob-key")).mark == "stored"
    assert keyed(gateway, "keyed", fresh, ("apikey", "alice-key")).mark == "replayed"
    assert len(service.seen(f"/keyed/{fresh}")) == 2


def test_the_consumer_comes_before_the_identity_header(gateway, fresh):
    assert keyed(gateway, "keyed", fresh, ("apikey", "alice-key"), ("X-Auth-Subject", "a")).mark == "stored"
    assert keyed(gateway, "keyed", fresh, ("apikey", "alice-key"), ("X-Auth-Subject", "b")).mark == "replayed"


def test_without_authentication_there_is_no_replay(gateway, fresh):
    assert keyed(gateway, "keyed", fresh, ("apikey", "alice-key")).mark == "stored"
    assert keyed(gateway, "keyed", fresh, ("apikey", "wrong")).status == 401


def test_the_anonymous_consumer_is_no_identity(gateway, fresh):
    """All who come without a credential are one consumer to Kong; their keys are kept apart all the same."""
    a, b = ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "192.0.2.2")
    assert keyed(gateway, "keyed-or-anonymous", fresh, a).mark == "stored"
    assert keyed(gateway, "keyed-or-anonymous", fresh, b).mark == "stored"
    assert keyed(gateway, "keyed-or-anonymous", fresh, a).mark == "replayed"
    assert keyed(gateway, "keyed-or-anonymous", fresh, a, ("apikey", "alice-key")).mark == "stored"


def test_a_spoofed_mark_of_anonymity_does_not_undo_a_credential(gateway, fresh):
    spoof = ("X-Anonymous-Consumer", "true")
    assert keyed(gateway, "keyed", fresh, ("apikey", "alice-key")).mark == "stored"
    assert keyed(gateway, "keyed", fresh, ("apikey", "alice-key"), spoof).mark == "replayed"


@pytest.mark.parametrize("setup", ["terminated", "terminated-release", "terminated-post-function"])
def test_a_response_of_another_plugin_is_replayed(gateway, service, fresh, eventually, setup):
    first = keyed(gateway, setup, fresh)
    assert (first.status, first.mark) == (418, "unknown")
    again = eventually(lambda: (a := keyed(gateway, setup, fresh)).mark == "replayed" and a)
    assert (again.status, again.body) == (418, first.body)
    assert not service.seen(f"/{setup}/{fresh}")


def invocations(function):
    return f"/2015-03-31/functions/{function}/invocations"


def test_a_function_in_the_services_place_is_run_once(gateway, service, fresh, eventually):
    first = keyed(gateway, "function-acts", fresh)
    assert (first.status, first.mark) == (201, "unknown")
    again = eventually(lambda: (a := keyed(gateway, "function-acts", fresh)).mark == "replayed" and a)

    assert (again.status, again.body) == (201, first.body)
    assert len(service.seen(invocations("acts"))) == 1
    assert not service.seen(f"/function-acts/{fresh}")


def test_a_function_that_may_have_acted_before_it_broke_off_is_run_once(gateway, service, fresh, eventually):
    service.plan(invocations("breaks-off"), Plan(raw=b""))
    assert keyed(gateway, "function-breaks-off", fresh).status >= 500
    again = eventually(lambda: (a := keyed(gateway, "function-breaks-off", fresh)).mark == "unknown" and a)

    assert again.json["code"] == "idempotency-outcome-unknown"
    assert len(service.seen(invocations("breaks-off"))) == 1


def test_header_filters_of_other_plugins_run_on_a_replay_too(gateway, service, fresh):
    first, second = keyed(gateway, "transformed", fresh), keyed(gateway, "transformed", fresh)

    assert (first.header("X-Added"), second.header("X-Added")) == ("by-kong", "by-kong")
    assert second.mark == "replayed"
    assert service.seen(f"/transformed/{fresh}")[0].header("X-To-Service") == "yes"


def test_the_cors_plugin_has_the_last_word_on_exposed_headers(gateway, fresh):
    """Documented: name the markers in its `exposed_headers`."""
    answer = keyed(gateway, "with-cors", fresh, ("Origin", "https://a.example"))
    assert answer.header("Access-Control-Expose-Headers") == "X-Of-Cors"
    assert answer.mark == "stored"


def test_rate_limits_are_those_of_the_request_at_hand(gateway, fresh):
    first, second = keyed(gateway, "limited", fresh), keyed(gateway, "limited", fresh)

    assert second.mark == "replayed"
    remaining = [int(answer.header("X-RateLimit-Remaining-Year")) for answer in (first, second)]
    assert remaining[1] < remaining[0]


def test_who_is_over_the_rate_limit_claims_nothing(gateway, service, store, fresh):
    known = set(store.scan_iter("idem:*"))
    assert gateway.post(f"/rationed/{fresh}", headers=[("X-Forwarded-For", "192.0.2.9")]).status == 201
    limited = keyed(gateway, "rationed", fresh, ("X-Forwarded-For", "192.0.2.9"))

    assert (limited.status, limited.mark) == (429, None)
    assert len(service.seen(f"/rationed/{fresh}")) == 1
    assert set(store.scan_iter("idem:*")) <= known


@pytest.mark.parametrize("size", [2, 100_000])
def test_a_route_without_buffering_is_buffered_for_keys_all_the_same(gateway, service, fresh, size):
    body = b"x" * size
    service.plan(f"/unbuffered/{fresh}", Plan(body=body, chunked=True))
    first, second = (gateway.post(f"/unbuffered/{fresh}", fresh, body) for _ in range(2))

    assert (first.mark, second.mark) == ("stored", "replayed")
    assert first.body == second.body == body
    assert service.seen(f"/unbuffered/{fresh}")[0].body == body


def test_a_response_out_of_kongs_cache_is_replayed(gateway, service, fresh, eventually):
    first = keyed(gateway, "cached", fresh)
    eventually(lambda: gateway.post(f"/cached/{fresh}", fresh + "b").header("X-Cache-Status") == "Hit")
    again = eventually(lambda: (a := gateway.post(f"/cached/{fresh}", fresh + "b")).mark == "replayed" and a)

    assert (again.status, again.body) == (first.status, first.body)
    assert len(service.seen(f"/cached/{fresh}")) == 1


def test_an_answer_out_of_kongs_cache_repeats_the_marks_of_the_first(gateway, service, fresh, eventually):
    """Documented: the cache keeps all headers and answers with them, after the plugin has set its own."""
    assert keyed(gateway, "cached", fresh).mark == "stored"

    def hit():
        answer = gateway.post(f"/cached/{fresh}", fresh + "b")
        return answer if answer.header("X-Cache-Status") == "Hit" else None

    assert eventually(hit).mark == "stored"
    assert len(service.seen(f"/cached/{fresh}")) == 1
