"""Log-in, sessions, log-out: what was ended is refused by the very next request."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from blackbox.client import Client, Session, new_account
from blackbox.house_rules import assert_problem


def test_a_log_in_has_the_documented_shape(client: Client, account):
    answer = client.post("/auth/login", account.credentials)

    document = answer.json()
    assert document["token_type"] == "Bearer"
    assert 0 < document["expires_in"] <= 900
    assert document["refresh_expires_in"] > document["expires_in"]
    assert document["access_token"].count(".") == 2
    assert len(document["refresh_token"]) >= 43  # 256 bits
    assert document["member"]["id"] == account.id
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "credentials",
    [{"password": "wrong-wrong-wrong"}, {"email": "nobody-e2e@example.com"}, {"email": "", "password": ""}],
)
def test_wrong_credentials_are_refused_in_the_same_words(client: Client, account, credentials: dict):
    answer = client.post("/auth/login", {**account.credentials, **credentials})

    if credentials.get("email") == "":
        assert answer.status_code in {401, 422}
    else:
        document = assert_problem(answer, 401, "credentials-invalid")
        unknown = assert_problem(client.post("/auth/login", new_account().credentials), 401, "credentials-invalid")
        assert {**document, "request_id": ""} == {**unknown, "request_id": ""}


def test_each_log_in_is_a_session_of_its_own(member: Session, client: Client):
    """ASVS 7.2.4: a new session at log-in."""
    second = client.log_in(member.account)

    assert second.access_token != member.access_token
    assert second.refresh_token != member.refresh_token
    items = member.get("/auth/sessions").json()["items"]
    assert len(items) == 2
    assert len({item["id"] for item in items}) == 2


def test_after_log_out_the_token_is_refused_at_once(member: Session):
    assert member.me().status_code == 200

    member.log_out()

    answer = member.me()
    assert_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert member.refresh().status_code == 401
    assert member.post("/auth/logout").status_code == 401


def test_after_log_out_no_parallel_client_gets_through(member: Session):
    """Clients that never stop asking: what is sent after the 204 has arrived gets 401, on every connection."""
    clients = [member.with_token(member.token) for _ in range(8)]
    logged_out, finished = Event(), Event()
    seen: list[tuple[float, int]] = []

    def ask(client: Client) -> None:
        after = 0
        while after < 10 and not finished.is_set():
            after += logged_out.is_set()
            sent = time.monotonic()
            seen.append((sent, client.me().status_code))

    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(ask, client) for client in clients]
        try:
            while len(seen) < 40 and not any(future.done() for future in running):
                member.me()
            member.log_out()
            acknowledged = time.monotonic()
            logged_out.set()
            for future in running:
                future.result()
        finally:
            finished.set()

    before = {status for sent, status in seen if sent < acknowledged}
    after = [status for sent, status in seen if sent >= acknowledged]
    assert 200 in before
    assert len(after) >= 8
    assert set(after) == {401}


def test_log_out_ends_this_session_only(member: Session, client: Client):
    second = client.log_in(member.account)

    member.log_out()

    assert second.me().status_code == 200
    assert len(second.get("/auth/sessions").json()["items"]) == 1


def test_log_out_all_ends_every_session(member: Session, client: Client, other: Session):
    sessions = [member, *(client.log_in(member.account) for _ in range(3))]

    assert sessions[1].post("/auth/logout-all").status_code == 204

    for session in sessions:
        assert session.me().status_code == 401
        assert session.refresh().status_code == 401
    assert other.me().status_code == 200
    assert client.log_in(member.account).me().status_code == 200


def test_a_listed_session_can_be_ended(member: Session, client: Client):
    second = client.log_in(member.account)
    mine = {item["id"] for item in member.get("/auth/sessions").json()["items"]}
    second.log_out()
    second = client.log_in(member.account)
    [of_second] = {item["id"] for item in member.get("/auth/sessions").json()["items"]} - mine

    assert member.delete(f"/auth/sessions/{of_second}").status_code == 204

    assert second.me().status_code == 401
    assert second.refresh().status_code == 401
    assert member.me().status_code == 200


def test_a_list_of_sessions_tells_no_token(member: Session):
    text = member.get("/auth/sessions").text

    assert member.refresh_token not in text
    assert member.access_token not in text


def test_another_members_session_is_out_of_reach(member: Session, other: Session):
    [theirs] = other.get("/auth/sessions").json()["items"]

    answer = member.delete(f"/auth/sessions/{theirs['id']}")

    assert answer.status_code in {204, 404}  # the same as for an unknown one
    unknown = member.delete("/auth/sessions/0198c0de-0000-7000-8000-000000000001")
    assert unknown.status_code == answer.status_code
    assert other.me().status_code == 200


@pytest.mark.parametrize("name", ["*", "../", "%2e%2e", "x" * 2000, "%00", "a:b", "{x}"])
def test_a_strange_session_id_ends_nothing(member: Session, name: str):
    assert member.delete(f"/auth/sessions/{name}").status_code in {204, 400, 404, 405, 422}
    assert member.me().status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"email": 1, "password": 2}', b'{"email": {"$ne": ""}, "password": {"$ne": ""}}'],
)
def test_a_log_in_without_credentials_is_the_payloads_fault(client: Client, body: bytes):
    answer = client.request("POST", "/auth/login", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in {400, 422}


@pytest.mark.parametrize("path", ["/auth/logout", "/auth/logout-all"])
def test_a_log_out_is_a_post(member: Session, path: str):
    """With a session: edges that ask auth first refuse others with 401."""
    response = member.get(path)
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "POST"
