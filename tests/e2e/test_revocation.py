"""What an administrator decides about a member ends its sessions before the decision is answered."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from blackbox.client import Client, Session
from blackbox.house_rules import assert_problem


@pytest.mark.parametrize("change", [{"status": "suspended"}, {"roles": ["admin"]}])
def test_a_decision_ends_every_session_of_the_member(admin: Session, member: Session, client: Client, change: dict):
    sessions = [member, client.log_in(member.account)]

    response = admin.patch(member.path, change)

    assert response.status_code == 200
    for session in sessions:
        assert session.me().status_code == 401
        assert session.refresh().status_code == 401


def test_a_suspended_member_cannot_log_in(admin: Session, member: Session, client: Client):
    admin.patch(member.path, {"status": "suspended"})

    document = assert_problem(client.post("/auth/login", member.account.credentials), 401, "credentials-invalid")
    wrong = assert_problem(client.post("/auth/login", {**member.account.credentials, "password": "wrong-wrong"}), 401)
    assert {**document, "request_id": ""} == {**wrong, "request_id": ""}
    assert admin.get(member.path).json()["status"] == "suspended"


def test_a_reactivated_member_logs_in_again(admin: Session, member: Session, client: Client):
    admin.patch(member.path, {"status": "suspended"})
    admin.patch(member.path, {"status": "active"})

    assert member.me().status_code == 401, "a dead session stays dead"
    assert client.log_in(member.account).me().status_code == 200


def test_roles_count_from_the_next_log_in_to_the_change_that_takes_them(
    admin: Session, member: Session, client: Client
):
    assert member.get("/api/members").status_code == 403
    assert admin.patch(member.path, {"roles": ["admin"]}).status_code == 200

    promoted = client.log_in(member.account)
    assert promoted.member["roles"] == ["admin"]
    assert promoted.get("/api/members").status_code == 200
    assert promoted.get("/api/admin").status_code == 404

    assert admin.patch(member.path, {"roles": []}).status_code == 200
    assert promoted.get("/api/members").status_code == 401
    demoted = client.log_in(member.account)
    assert demoted.get("/api/members").status_code == 403
    assert demoted.get("/api/admin").status_code == 403


def test_deletion_ends_every_session(admin: Session, member: Session, client: Client):
    second = client.log_in(member.account)

    assert admin.delete(member.path).status_code == 204

    for session in (member, second):
        assert session.me().status_code == 401
        assert session.refresh().status_code == 401


def test_an_edit_of_the_name_ends_nothing(admin: Session, member: Session):
    assert admin.patch(member.path, {"display_name": "Renamed"}).status_code == 200

    assert member.me().status_code == 200


def test_no_log_in_slips_past_a_suspension(admin: Session, account, client: Client):
    """Log-ins whose password was checked before the suspension must not make a session after it."""
    path = f"/api/members/{account.id}"
    clients = [client.with_token(None) for _ in range(6)]

    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(one.post, "/auth/login", account.credentials) for one in clients]
        assert admin.patch(path, {"status": "suspended"}).status_code == 200
        responses = [future.result() for future in running]

    for response in responses:
        assert response.status_code in {200, 401, 429, 503}
        if response.status_code == 200:
            assert client.with_token(response.json()["access_token"]).me().status_code == 401
            assert client.post("/auth/refresh", {"refresh_token": response.json()["refresh_token"]}).status_code == 401


def test_no_refresh_slips_past_a_suspension(admin: Session, member: Session, client: Client):
    clients = [client.with_token(None) for _ in range(6)]

    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(one.post, "/auth/refresh", {"refresh_token": member.refresh_token}) for one in clients]
        assert admin.patch(member.path, {"status": "suspended"}).status_code == 200
        responses = [future.result() for future in running]

    for response in responses:
        assert response.status_code in {200, 401}
        if response.status_code == 200:
            assert client.with_token(response.json()["access_token"]).me().status_code == 401
