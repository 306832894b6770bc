"""The replay flow, all at once: identical keyed requests, in parallel, have one effect."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import httpx2
import pytest

from blackbox.client import Client, Session, new_account, new_key, pages
from blackbox.house_rules import assert_problem
from blackbox.own_platform import OwnPlatform
from blackbox.waiting import eventually

CLIENTS = 100


def all_at_once(send: Callable[[Client], httpx2.Response], clients: list[Client]) -> list[httpx2.Response]:
    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(send, clients))


def settle(responses: list[httpx2.Response], send: Callable[[], httpx2.Response]) -> httpx2.Response:
    """Return the one response that all who got one share, after checking the responses to the others."""
    for refused in (response for response in responses if response.status_code != 201):
        if refused.status_code == 409:
            assert_problem(refused, 409, "idempotency-in-flight")
        else:
            assert_problem(refused, 503)
        assert int(refused.headers["retry-after"]) >= 1
    repeat = eventually(
        lambda: response if (response := send()).status_code == 201 else None, "the repeat gets the first answer"
    )
    made = [response for response in responses if response.status_code == 201] + [repeat]
    assert len({response.content for response in made}) == 1
    assert (
        len(
            [
                response
                for response in responses
                if response.status_code == 201 and "idempotent-replayed" not in response.headers
            ]
        )
        <= 1
    )
    assert repeat.headers["idempotent-replayed"] == "true"
    return repeat


def test_a_hundred_parallel_registrations_make_one_member(client: Client, admin: Session):
    account, key = new_account(), new_key()
    clients = [client.with_token(None) for _ in range(CLIENTS)]

    responses = all_at_once(lambda sender: sender.post("/auth/register", account.registration, key=key), clients)

    made = settle(responses, lambda: client.post("/auth/register", account.registration, key=key))
    assert [item["id"] for item in pages(admin, "/api/members", q=account.email)] == [made.json()["id"]]
    assert client.log_in(account).me().json()["id"] == made.json()["id"]


def test_a_hundred_parallel_creations_make_one_member(admin: Session):
    account, key = new_account(), new_key()
    clients = [admin.with_token(admin.token) for _ in range(CLIENTS)]

    responses = all_at_once(lambda sender: sender.post("/api/members", account.registration, key=key), clients)

    made = settle(responses, lambda: admin.post("/api/members", account.registration, key=key))
    assert [item["id"] for item in pages(admin, "/api/members", q=account.email)] == [made.json()["id"]]


def test_a_hundred_parallel_edits_count_once(member: Session):
    key, before = new_key(), member.me().json()["version"]
    clients = [member.with_token(member.token) for _ in range(CLIENTS)]

    responses = all_at_once(lambda sender: sender.patch(member.path, {"display_name": "Once"}, key=key), clients)

    assert {response.status_code for response in responses} <= {200, 409}
    assert len({response.content for response in responses if response.status_code == 200}) == 1
    assert member.me().json()["version"] == before + 1


def test_of_parallel_registrations_without_a_key_one_wins(client: Client, admin: Session):
    account = new_account()
    clients = [client.with_token(None) for _ in range(20)]

    responses = all_at_once(lambda sender: sender.post("/auth/register", account.registration), clients)

    [made] = [response for response in responses if response.status_code == 201]
    assert {response.status_code for response in responses} <= {201, 409, 503}
    assert [item["id"] for item in pages(admin, "/api/members", q=account.email)] == [made.json()["id"]]


@pytest.mark.chaos
def test_a_request_in_flight_is_told_so(member: Session, own_platform: OwnPlatform):
    """The member service is paused, so that the first request is certainly in flight."""
    key, body = new_key(), {"display_name": "Slow"}
    senders = [member.with_token(member.token) for _ in range(2)]

    with ThreadPoolExecutor(len(senders)) as pool:
        with own_platform.paused("member"):
            running = [pool.submit(sender.patch, member.path, body, key=key) for sender in senders]
            done, in_flight = wait(running, return_when=FIRST_COMPLETED)
            refused = done.pop().result()
            assert_problem(refused, 409, "idempotency-in-flight")
            assert int(refused.headers["retry-after"]) >= 1
            reused = member.patch(member.path, {"display_name": "Different"}, key=key)
            assert_problem(reused, 422, "idempotency-key-reused")
        first = in_flight.pop().result()

    assert first.status_code == 200
    repeat = member.patch(member.path, body, key=key)
    assert repeat.headers["idempotent-replayed"] == "true"
    assert repeat.content == first.content
