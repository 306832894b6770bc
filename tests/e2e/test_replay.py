"""The replay flow: a keyed write happens once, and its repeat gets the first response."""

import json

import pytest

from blackbox.client import Client, Session, new_account, new_key
from blackbox.house_rules import assert_problem
from blackbox.raw_http import compose, exchange

KEPT = ("content-type", "content-length", "etag", "location")


def is_replay(response) -> bool:
    return response.headers.get("idempotent-replayed") == "true"


def test_a_repeat_gets_the_first_responses_bytes(member: Session):
    key = new_key()
    first = member.patch(member.path, {"display_name": "Once"}, key=key)

    repeats = [member.patch(member.path, {"display_name": "Once"}, key=key) for _ in range(3)]

    assert first.status_code == 200
    assert not is_replay(first)
    for repeat in repeats:
        assert is_replay(repeat)
        assert (repeat.status_code, repeat.content) == (first.status_code, first.content)
        assert [repeat.headers.get(name) for name in KEPT] == [first.headers.get(name) for name in KEPT]
    assert member.me().json()["version"] == first.json()["version"]


def test_a_first_response_says_that_it_was_stored(member: Session):
    key = new_key()

    first = member.patch(member.path, {"display_name": "Stored"}, key=key)
    repeat = member.patch(member.path, {"display_name": "Stored"}, key=key)

    assert first.headers["idempotency-status"] == "stored"
    assert repeat.headers["idempotency-status"] == "replayed"


def test_without_a_key_every_request_counts(member: Session):
    versions = [member.patch(member.path, {"display_name": f"Name {n}"}).json()["version"] for n in range(3)]

    assert versions == [versions[0], versions[0] + 1, versions[0] + 2]


def test_a_replay_belongs_to_its_own_request(member: Session):
    """The stored response's trace is not the repeat's."""
    key = new_key()
    member.patch(member.path, {"display_name": "Traced"}, key=key, headers={"X-Request-ID": "e2e-first-request"})

    repeat = member.patch(
        member.path, {"display_name": "Traced"}, key=key, headers={"X-Request-ID": "e2e-second-request"}
    )

    assert is_replay(repeat)
    assert repeat.headers["x-request-id"] == "e2e-second-request"


def test_a_replay_shows_the_past(member: Session):
    key = new_key()
    first = member.patch(member.path, {"display_name": "Then"}, key=key)
    member.patch(member.path, {"display_name": "Now"})

    assert member.patch(member.path, {"display_name": "Then"}, key=key).content == first.content
    assert member.me().json()["display_name"] == "Now"


def test_both_header_names_mean_one_key(member: Session):
    """`Idempotency-Key` is an sf-string (draft-07); a bare token is accepted too."""
    key = new_key()
    first = member.patch(member.path, {"display_name": "Named"}, key=key)

    for headers in (
        {"Idempotency-Key": f'"{key}"'},
        {"Idempotency-Key": key},
        {"X-Idempotency-Key": key, "Idempotency-Key": f'"{key}"'},
        {"x-idempotency-key": key},
    ):
        repeat = member.patch(member.path, {"display_name": "Named"}, headers=headers)
        assert is_replay(repeat), headers
        assert repeat.content == first.content


@pytest.mark.parametrize(
    "lines",
    [
        ["X-Idempotency-Key:"],
        ["X-Idempotency-Key: " + "k" * 256],
        ["X-Idempotency-Key: one", "Idempotency-Key: two"],
        ["X-Idempotency-Key: one", "X-Idempotency-Key: one"],
        ["X-Idempotency-Key: one", "X-Idempotency-Key: two"],
        ["Idempotency-Key: one", "Idempotency-Key: one"],
        ["X-Idempotency-Key: schl\u00fcssel"],
        ["X-Idempotency-Key: a\tb"],
        ['Idempotency-Key: ""'],
        ['Idempotency-Key: "unclosed'],
    ],
)
def test_a_malformed_key_is_refused(member: Session, lines: list[str]):
    request = compose(member, "PATCH", member.path, "Connection: close", *lines, body='{"display_name": "Never"}')

    [response] = exchange(member.base_url, request, member.address)

    assert_problem(response, 400, "idempotency-key-invalid")
    assert member.me().json()["display_name"] == member.account.display_name


def test_the_longest_key_is_taken(member: Session):
    key = new_key() * 7 + "k" * 31

    first = member.patch(member.path, {"display_name": "Long"}, key=key)
    assert len(key) == 255
    assert first.status_code == 200
    assert is_replay(member.patch(member.path, {"display_name": "Long"}, key=key))


def test_another_request_under_the_same_key_is_refused(member: Session):
    key = new_key()
    member.patch(member.path, {"display_name": "Mine"}, key=key)
    etag = member.me().headers["etag"]

    for response in (
        member.patch(member.path, {"display_name": "Other"}, key=key),
        member.patch(member.path + "?x=1", {"display_name": "Mine"}, key=key),
        member.patch("/api/members/me", {"display_name": "Mine"}, key=key),
        member.put(member.path, {"display_name": "Mine"}, key=key, if_match=etag),
        member.patch(member.path, {"display_name": "Mine"}, key=key, headers={"Content-Type": "application/json"}),
    ):
        assert_problem(response, 422, "idempotency-key-reused")
    assert member.me().json()["display_name"] == "Mine"


def test_a_body_that_is_spilled_to_disk_is_compared_whole(admin: Session):
    key, padding = new_key(), "x" * 50_000
    first = admin.post("/api/members", {**new_account().registration, "display_name": padding + "a"}, key=key)

    assert first.status_code == 422
    assert_problem(
        admin.request(
            "POST",
            "/api/members",
            content=first.request.content[:-3] + b'b"}',
            headers={"Content-Type": "application/json"},
            key=key,
        ),
        422,
        "idempotency-key-reused",
    )


def test_a_settled_refusal_is_replayed(member: Session):
    key, stale = new_key(), '"stale"'
    first = member.patch(member.path, {"display_name": "Late"}, key=key, if_match=stale)

    repeat = member.patch(member.path, {"display_name": "Late"}, key=key, if_match=stale)

    assert first.status_code == repeat.status_code == 412
    assert is_replay(repeat)
    assert repeat.json()["code"] == first.json()["code"]


def test_a_conditional_write_is_replayed(member: Session):
    """The repeat presents an ETag that is stale by then; its response is the first one all the same."""
    key, current = new_key(), member.me().headers["etag"]
    first = member.patch(member.path, {"display_name": "Conditional"}, key=key, if_match=current)

    repeat = member.patch(member.path, {"display_name": "Conditional"}, key=key, if_match=current)

    assert (first.status_code, repeat.status_code) == (200, 200)
    assert is_replay(repeat)
    assert repeat.content == first.content


def test_a_refusal_at_the_door_is_not_remembered(member: Session, client: Client):
    """401 is never stored: the same key works once the caller is known."""
    key = new_key()
    assert client.patch(member.path, {"display_name": "Door"}, key=key).status_code == 401

    response = member.patch(member.path, {"display_name": "Door"}, key=key)

    assert response.status_code == 200
    assert not is_replay(response)


def test_a_forbidden_attempt_is_not_remembered(member: Session, admin: Session):
    """403 is never stored either: what is asked again is judged again."""
    key, body = new_key(), new_account().registration

    for _ in range(2):
        response = member.post("/api/members", body, key=key)
        assert response.status_code == 403
        assert not is_replay(response)
    assert list(admin.get("/api/members", params={"q": body["email"]}).json()["items"]) == []


def test_who_lost_the_role_gets_no_replay(admin: Session, member: Session, client: Client):
    """The first response holds another member's data, which only administrators may read."""
    key, body = new_key(), new_account().registration
    assert admin.patch(member.path, {"roles": ["admin"]}).status_code == 200
    promoted = client.log_in(member.account)
    assert promoted.post("/api/members", body, key=key).status_code == 201
    assert is_replay(promoted.post("/api/members", body, key=key))
    assert admin.patch(member.path, {"roles": []}).status_code == 200
    demoted = client.log_in(member.account)

    again = demoted.post("/api/members", body, key=key)

    assert_problem(again, 422, "idempotency-key-reused")
    assert body["email"] not in again.text
    assert demoted.post("/api/members", body, key=new_key()).status_code == 403


def test_two_members_never_share_a_key(member: Session, other: Session):
    key = new_key()
    first = member.patch("/api/members/me", {"display_name": "Shared"}, key=key)

    theirs = other.patch("/api/members/me", {"display_name": "Shared"}, key=key)

    assert first.status_code == theirs.status_code
    assert not is_replay(theirs)
    if theirs.status_code == 200:
        assert theirs.json()["id"] == other.account.id
    else:
        assert member.account.email not in theirs.text


@pytest.mark.parametrize("name", ["X-Auth-Subject", "x-auth-subject", "X_Auth_Subject", "X-Consumer-ID"])
def test_a_key_is_not_shared_by_claiming_to_be_its_owner(member: Session, other: Session, name: str):
    key = new_key()
    assert member.patch(member.path, {"display_name": "Private"}, key=key).status_code == 200

    theirs = other.patch(member.path, {"display_name": "Private"}, key=key, headers={name: member.account.id})

    assert theirs.status_code in {403, 404}
    assert not is_replay(theirs)


def test_a_stored_response_is_not_for_logged_out_visitors(member: Session, client: Client):
    key = new_key()
    member.patch(member.path, {"display_name": "Gone"}, key=key)
    member.log_out()

    response = member.patch(member.path, {"display_name": "Gone"}, key=key)
    assert response.status_code == 401

    again = client.log_in(member.account)
    assert is_replay(again.patch(member.path, {"display_name": "Gone"}, key=key)), (
        "the scope is the member, not the session"
    )


def test_a_key_on_a_read_means_nothing(member: Session):
    key = new_key()

    for _ in range(2):
        response = member.me(key=key)
        assert response.status_code == 200
        assert not is_replay(response)
    assert member.patch(member.path, {"display_name": "Free"}, key=key).status_code == 200


def test_a_registration_is_replayed_to_whom_it_came_from(client: Client):
    account, key = new_account(), new_key()
    first = client.post("/auth/register", account.registration, key=key)

    repeat = client.post("/auth/register", account.registration, key=key)

    assert first.status_code == 201
    assert is_replay(repeat)
    assert (repeat.status_code, repeat.content) == (201, first.content)
    assert repeat.headers["location"] == first.headers["location"]
    assert_problem(
        client.post("/auth/register", {**account.registration, "locale": "ko"}, key=key), 422, "idempotency-key-reused"
    )
    assert_problem(client.post("/auth/register", account.registration), 409, "email-taken")


@pytest.mark.usefixtures("several_addresses")
def test_a_registration_is_replayed_to_a_client_that_moved(client: Client, new_client):
    """Its very form, password and all, under its key: who sends that is who sent it before (docs/adr/0002)."""
    account, key = new_account(), new_key()
    first = client.post("/auth/register", account.registration, key=key)

    repeat = new_client().post("/auth/register", account.registration, key=key)

    assert first.status_code == 201
    assert is_replay(repeat)
    assert (repeat.status_code, repeat.content) == (201, first.content)


@pytest.mark.usefixtures("several_addresses")
def test_strangers_who_register_under_the_same_key_do_not_meet(client: Client, new_client):
    key, mine, theirs = new_key(), new_account(), new_account()
    assert client.post("/auth/register", mine.registration, key=key).status_code == 201

    stranger = new_client().post("/auth/register", theirs.registration, key=key)

    assert stranger.status_code == 201
    assert not is_replay(stranger)
    assert stranger.json()["email"] == theirs.email
    guessing = {**mine.registration, "password": "not-the-one-that-was-sent"}
    assert_problem(new_client().post("/auth/register", guessing, key=key), 422, "idempotency-key-reused")


def test_a_keyed_upgrade_is_refused(member: Session):
    """Its answer could not be recorded."""
    response = member.patch(
        member.path,
        {"display_name": "Tunnel"},
        key=new_key(),
        headers={"Connection": "Upgrade", "Upgrade": "websocket"},
    )

    assert response.status_code in {200, 400}
    if response.status_code == 200:  # an edge that drops the upgrade leaves an ordinary request
        assert response.headers["idempotency-status"] == "stored"


def test_after_an_early_response_the_connection_is_in_step(member: Session):
    """The plugin reads a request's body before it refuses; else the body would be the next request."""
    body = json.dumps({"display_name": "x" * 5000})
    refused = compose(member, "PATCH", member.path, "X-Idempotency-Key:", body=body)
    asked = compose(member, "GET", "/api/members/me", "Connection: close")

    responses = exchange(member.base_url, refused + asked, member.address)

    assert [response.status_code for response in responses] == [400, 200]
    assert json.loads(responses[1].content)["id"] == member.account.id
