"""The data flow: a member's own resource, through edge and gateway."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from blackbox.client import Client, Session, new_account, new_key
from blackbox.house_rules import assert_problem

SHAPE = {
    "id",
    "email",
    "email_verified",
    "display_name",
    "locale",
    "roles",
    "status",
    "version",
    "created_at",
    "updated_at",
}


def editable(session: Session) -> dict[str, str]:
    """Return what a member may say of itself, all of it."""
    return {name: session.me().json()[name] for name in ("email", "display_name", "locale")}


def test_a_registered_member_is_there(client: Client):
    account = new_account()

    response = client.post("/auth/register", account.registration)

    assert response.status_code == 201
    created = response.json()
    assert response.headers["location"] == f"/api/members/{created['id']}"
    session = client.log_in(account)
    assert session.get(response.headers["location"]).json() == created


def test_a_member_has_the_documented_shape(member: Session):
    response = member.me()

    shown = response.json()
    assert shown.keys() >= SHAPE
    assert uuid.UUID(shown["id"]).version == 7
    assert shown["status"] == "active"
    assert shown["email"] == member.account.email
    assert isinstance(shown["roles"], list)
    assert response.headers["etag"]
    for moment in ("created_at", "updated_at"):
        time_shown = datetime.fromisoformat(shown[moment])
        assert time_shown.utcoffset() == UTC.utcoffset(None)
        assert abs((datetime.now(UTC) - time_shown).total_seconds()) < 3600


def test_a_log_in_tells_who_logged_in(member: Session):
    assert member.member["id"] == member.account.id
    assert member.member["email"] == member.account.email


def test_me_is_the_members_own_resource(member: Session):
    assert member.get(member.path).content == member.me().content


def test_no_response_holds_a_password(member: Session, admin: Session):
    for response in (member.me(), admin.get(member.path), member.get("/auth/sessions")):
        assert "password" not in response.text
        assert "$argon2" not in response.text
        assert "session_epoch" not in response.text


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_another_member_is_out_of_reach(member: Session, other: Session, method: str):
    body = {**editable(other), "display_name": "Mallory"}

    response = member.request(method, other.path, json=None if method == "GET" else body, if_match="*")

    assert response.status_code in {403, 404}
    assert other.account.email not in response.text
    assert other.me().json()["display_name"] == other.account.display_name


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_list_is_the_administrators(member: Session, method: str):
    response = member.request(method, "/api/members", json=new_account().registration if method == "POST" else None)

    assert_problem(response, 403)


@pytest.mark.parametrize(
    "name", ["0198c0de-0000-7000-8000-000000000001", "nobody", "0", "me2", "%00", "x" * 500, "1' OR '1'='1"]
)
def test_an_unknown_member_is_not_found(admin: Session, name: str):
    """A malformed id is no better than an unknown one."""
    response = admin.get(f"/api/members/{name}")

    assert response.status_code in {400, 404, 422}, response.text


@pytest.mark.parametrize("content_type", ["application/merge-patch+json", "application/json"])
def test_a_merge_patch_changes_what_it_names(member: Session, content_type: str):
    before = member.me()

    response = member.patch(member.path, {"display_name": "Grace Hopper"}, headers={"Content-Type": content_type})

    assert response.status_code == 200
    after = response.json()
    changed = {name for name in SHAPE if after[name] != before.json()[name]}
    assert changed == {"display_name", "version", "updated_at"}
    assert after["version"] == before.json()["version"] + 1
    assert response.headers["etag"] != before.headers["etag"]
    assert member.me().content == response.content


def test_a_patch_that_names_nothing_new_is_allowed(member: Session):
    response = member.patch(member.path, {})

    assert response.status_code == 200
    assert response.json()["display_name"] == member.account.display_name


def test_null_does_not_empty_what_must_be_there(member: Session):
    """A merge patch's null removes (RFC 7396); a member without a name is none."""
    assert_problem(member.patch(member.path, {"display_name": None}), 422)
    assert member.me().json()["display_name"] == member.account.display_name


@pytest.mark.parametrize(
    "change", [{"roles": ["admin"]}, {"status": "suspended"}, {"roles": []}, {"status": "active", "roles": ["admin"]}]
)
def test_roles_and_status_are_not_the_members_to_change(member: Session, change: dict):
    before = member.me().json()

    response = member.patch(member.path, change)

    assert response.status_code in {403, 422}
    assert member.me().json() == before


@pytest.mark.parametrize(
    "change",
    [
        {"id": "0198c0de-0000-7000-8000-000000000001"},
        {"version": 99},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"password_hash": "x"},
        {"session_epoch": 0},
    ],
)
def test_what_the_platform_sets_is_nobodys_to_change(member: Session, change: dict):
    before = member.me().json()

    response = member.patch(member.path, change)

    assert response.status_code in {200, 403, 422}
    assert {**member.me().json(), "updated_at": 0, "version": 0} == {
        **before,
        "updated_at": 0,
        "version": 0,
    } or response.status_code == 200
    assert {name: member.me().json()[name] for name in ("id", "created_at", "email")} == {
        name: before[name] for name in ("id", "created_at", "email")
    }


def test_a_stale_patch_is_refused(member: Session):
    stale = member.me().headers["etag"]
    assert member.patch(member.path, {"display_name": "First"}, if_match=stale).status_code == 200

    assert_problem(member.patch(member.path, {"display_name": "Second"}, if_match=stale), 412)
    assert member.me().json()["display_name"] == "First"


@pytest.mark.parametrize("if_match", ['"nonsense"', 'W/"1"', '"a", "b"'])
def test_a_foreign_etag_does_not_match(member: Session, if_match: str):
    assert_problem(member.patch(member.path, {"display_name": "X"}, if_match=if_match), 412)


def test_a_list_of_etags_matches_if_one_does(member: Session):
    """RFC 9110, section 13.1.1."""
    current = member.me().headers["etag"]

    assert member.patch(member.path, {"display_name": "Listed"}, if_match=f'"other", {current}').status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        {"If-None-Match": '"another"'},
        {"Range": "bytes=0-3"},
    ],
)
def test_conditions_that_are_not_asked_for_change_no_write(member: Session, headers: dict):
    """Only the service evaluates a precondition, and the service has none of these (RFC 9110, section 13.1)."""
    for key in (None, new_key()):
        response = member.patch(member.path, {"display_name": f"Conditional {key}"}, key=key, headers=headers)
        assert response.status_code == 200
        assert member.me().content == response.content


def test_if_match_any_is_allowed(member: Session):
    assert member.patch(member.path, {"display_name": "Any"}, if_match="*").status_code == 200


def test_put_without_if_match_would_lose_a_change(member: Session):
    assert_problem(member.put(member.path, {**editable(member), "display_name": "Lost"}), 428)
    assert member.me().json()["display_name"] == member.account.display_name


def test_put_replaces_the_editable_member(member: Session):
    new = {**editable(member), "display_name": "Put", "locale": "ko"}
    current = member.me().headers["etag"]

    response = member.put(member.path, new, if_match=current)

    assert response.status_code == 200, response.text
    assert (response.json()["display_name"], response.json()["locale"]) == ("Put", "ko")
    assert_problem(member.put(member.path, {**new, "display_name": "Stale"}, if_match=current), 412)


def test_put_needs_the_whole_editable_member(member: Session):
    assert_problem(member.put(member.path, {"locale": "ko"}, if_match=member.me().headers["etag"]), 422)


def test_of_parallel_conditional_writes_one_wins(member: Session):
    current = member.me().headers["etag"]
    clients = [member.with_token(member.token) for _ in range(10)]

    with ThreadPoolExecutor(10) as pool:
        responses = list(
            pool.map(
                lambda n: clients[n].patch(member.path, {"display_name": f"Writer {n}"}, if_match=current), range(10)
            )
        )

    assert sorted(response.status_code for response in responses) == [200] + [412] * 9
    [won] = [response for response in responses if response.status_code == 200]
    assert member.me().content == won.content


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"display_name": ""}, "/display_name"),
        ({"display_name": 7}, "/display_name"),
        ({"display_name": "x" * 10_000}, "/display_name"),
        ({"display_name": ["a"]}, "/display_name"),
        ({"locale": "not a locale"}, "/locale"),
        ({"locale": 5}, "/locale"),
    ],
)
def test_an_invalid_member_is_reported_where(member: Session, change: dict, pointer: str):
    document = assert_problem(member.patch(member.path, change), 422)

    assert pointer in {error["pointer"] for error in document["errors"]}


@pytest.mark.parametrize(
    "body", [b"{", b"", b"\xff\xfe", b'{"display_name": "a"', b"NaN", b'{"display_name": "\\ud800"}', b'{"a":' * 5000]
)
def test_what_is_no_json_is_refused(member: Session, body: bytes):
    response = member.request("PATCH", member.path, content=body, headers={"Content-Type": "application/json"})

    assert response.status_code in {400, 422}, response.text


@pytest.mark.parametrize("body", ["[]", '"x"', "7", "null", "true"])
def test_what_is_no_object_is_refused(member: Session, body: str):
    response = member.request("PATCH", member.path, content=body, headers={"Content-Type": "application/json"})

    assert_problem(response, 422)


def test_a_nul_character_is_no_name(member: Session):
    """PostgreSQL cannot store it, so the body is refused before anything looks at it."""
    assert_problem(member.patch(member.path, {"display_name": "a\x00b"}), 400, "payload-malformed")


def test_a_name_in_any_script_is_kept(member: Session):
    name = "Åsa 김철수 🦩"

    assert member.patch(member.path, {"display_name": name}).json()["display_name"] == name
    assert member.me().json()["display_name"] == name


def test_a_deleted_member_is_gone(member: Session, admin: Session, client: Client):
    assert member.delete(member.path).status_code == 204

    assert member.me().status_code == 401
    assert admin.get(member.path).status_code == 404
    assert_problem(client.post("/auth/login", member.account.credentials), 401, "credentials-invalid")


def test_a_stale_delete_is_refused(member: Session):
    stale = member.me().headers["etag"]
    member.patch(member.path, {"display_name": "Changed"})

    assert_problem(member.delete(member.path, if_match=stale), 412)
    assert member.me().status_code == 200


def test_head_tells_what_get_would(member: Session):
    response = member.request("HEAD", member.path)

    assert response.status_code == 200
    assert response.content == b""
    assert response.headers["etag"] == member.get(member.path).headers["etag"]
