"""A server that is too old for the SET commands: it is asked once, and the script does what they would have done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor


def test_a_store_that_knows_no_plain_claim_is_served_by_the_script(gateway, service, fresh):
    path = f"/old/{fresh}"
    first = gateway.post(path, fresh)
    again = gateway.post(path, fresh)
    other = gateway.post(path, fresh, b'{"other": 1}')
    assert (first.status, first.mark) == (201, "stored")
    assert (again.body, again.mark) == (first.body, "replayed")
    assert (other.status, other.json["code"]) == (422, "idempotency-key-reused")
    assert len(service.seen(path)) == 1


def test_a_store_is_asked_for_what_it_does_not_know_once(gateway, old_store, fresh):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: gateway.post(f"/old/{fresh}", f"{fresh}-{number}"), range(40)))
    refused, scripts = old_store.refused, old_store.asked["EVALSHA"]
    with ThreadPoolExecutor(8) as pool:
        marks = list(pool.map(lambda number: gateway.post(f"/old/{fresh}", f"{fresh}+{number}").mark, range(40)))
    assert marks == ["stored"] * 40
    assert old_store.refused == refused > 0
    assert old_store.asked["EVALSHA"] == scripts + 80
