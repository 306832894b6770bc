"""Refresh tokens: rotated at each use, and their reuse ends the session (ASVS 10.4.5)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from blackbox.client import Client, Session
from blackbox.house_rules import assert_problem
from blackbox.waiting import eventually


def test_a_refresh_rotates_the_token(member: Session, client: Client):
    response = client.post("/auth/refresh", {"refresh_token": member.refresh_token})

    assert response.status_code == 200
    pair = response.json()
    assert "member" not in pair
    assert pair["refresh_token"] != member.refresh_token
    assert client.with_token(pair["access_token"]).me().json()["id"] == member.account.id
    assert len(member.get("/auth/sessions").json()["items"]) == 1
    assert client.post("/auth/refresh", {"refresh_token": pair["refresh_token"]}).status_code == 200


def test_parallel_refreshes_get_the_same_successor(member: Session, client: Client):
    """Tabs and server-side pages refresh at once; none of them is a thief."""
    clients = [client.with_token(None) for _ in range(10)]

    with ThreadPoolExecutor(len(clients)) as pool:
        responses = list(
            pool.map(lambda one: one.post("/auth/refresh", {"refresh_token": member.refresh_token}), clients)
        )

    assert {response.status_code for response in responses} == {200}
    assert len({response.json()["refresh_token"] for response in responses}) == 1
    for response in responses:
        assert client.with_token(response.json()["access_token"]).me().status_code == 200
    assert member.me().status_code == 200


def test_late_reuse_of_a_rotated_token_ends_the_session(member: Session, client: Client):
    """Within the grace a repeat gets the successor again; after it, presenter and owner are both out."""
    rotated = client.post("/auth/refresh", {"refresh_token": member.refresh_token}).json()
    bystander = client.log_in(member.account)

    refused = eventually(
        lambda: (
            response
            if (response := client.post("/auth/refresh", {"refresh_token": member.refresh_token})).status_code != 200
            else None
        ),
        "reuse is refused after the grace",
        within=80,  # the grace of a platform with default settings is 60 s
        pause=1,  # fewer repeats than the limit of a session's renewals
    )

    assert_problem(refused, 401)
    assert client.with_token(rotated["access_token"]).me().status_code == 401
    assert member.me().status_code == 401
    assert client.post("/auth/refresh", {"refresh_token": rotated["refresh_token"]}).status_code == 401
    assert bystander.me().status_code == 200


def test_a_refreshed_session_ends_as_one(member: Session, client: Client):
    rotated = client.post("/auth/refresh", {"refresh_token": member.refresh_token}).json()

    client.with_token(rotated["access_token"]).post("/auth/logout")

    assert member.me().status_code == 401
    assert client.post("/auth/refresh", {"refresh_token": rotated["refresh_token"]}).status_code == 401
    assert client.post("/auth/refresh", {"refresh_token": member.refresh_token}).status_code == 401


def test_no_refresh_slips_past_a_log_out(member: Session, client: Client):
    """A refresh that races with the log-out either comes before it, or does not come."""
    clients = [client.with_token(None) for _ in range(6)]

    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(one.post, "/auth/refresh", {"refresh_token": member.refresh_token}) for one in clients]
        member.log_out()
        responses = [future.result() for future in running]

    for response in responses:
        assert response.status_code in {200, 401}
        if response.status_code == 200:
            assert client.with_token(response.json()["access_token"]).me().status_code == 401
            assert client.post("/auth/refresh", {"refresh_token": response.json()["refresh_token"]}).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 5000, "\u0000", "../../x", "*"])
def test_an_unknown_refresh_token_is_refused(client: Client, token: str):
    assert client.post("/auth/refresh", {"refresh_token": token}).status_code in {400, 401, 422}


@pytest.mark.parametrize("body", [{}, {"refresh_token": None}, {"refresh_token": ["x"]}, {"refresh_token": {"a": 1}}])
def test_a_refresh_without_a_token_is_the_payloads_fault(client: Client, body: dict):
    assert_problem(client.post("/auth/refresh", body), 422)


def test_the_kinds_of_token_are_not_confused(member: Session, client: Client):
    assert client.with_token(member.refresh_token).me().status_code == 401
    assert client.post("/auth/refresh", {"refresh_token": member.access_token}).status_code in {401, 422}
    assert member.me().status_code == 200
