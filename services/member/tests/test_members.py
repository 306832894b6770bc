"""`/api/members`: reading, changing, replacing, deleting one member."""

from __future__ import annotations

import asyncio
import time

import pytest
from sqlalchemy import event

PROFILE = {"email": "ann@example.com", "display_name": "Ann", "locale": "en"}


async def test_a_member_reads_itself_under_either_name(client, ann):
    by_name = await client.get("/api/members/me", headers=ann.headers)
    by_id = await client.get(ann.path, headers=ann.headers)

    assert by_name.status_code == by_id.status_code == 200
    assert by_name.content == by_id.content
    assert by_name.json()["id"] == ann.id
    assert by_name.headers["etag"] == '"1"'
    assert by_name.headers["cache-control"] == "no-store"
    assert "password" not in by_name.text


async def test_a_reader_that_has_the_version_gets_no_body(client, ann):
    known = await client.get(ann.path, headers=ann.headers | {"If-None-Match": 'W/"7", W/"1"'})
    other = await client.get(ann.path, headers=ann.headers | {"If-None-Match": '"7"'})

    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", '"1"')
    assert other.status_code == 200


async def test_head_answers_as_get_without_the_body(client, admin):
    for path in (admin.path, "/api/members/me", "/api/members", "/api/admin/members", f"/api/admin/members/{admin.id}"):
        got = await client.get(path, headers=admin.headers)
        head = await client.head(path, headers=admin.headers)

        assert (head.status_code, head.content) == (200, b"")
        assert {**head.headers, "x-request-id": ""} == {**got.headers, "x-request-id": ""}


@pytest.mark.parametrize("media_type", ["application/merge-patch+json", "application/json", "Application/JSON; a=b"])
async def test_a_patch_changes_what_it_names(client, ann, media_type):
    response = await client.patch(
        ann.path, headers=ann.headers | {"Content-Type": media_type}, content=b'{"display_name": "  Anna "}'
    )

    member = response.json()
    assert response.status_code == 200
    assert (member["display_name"], member["email"], member["version"]) == ("Anna", ann.email, 2)
    assert response.headers["etag"] == '"2"'
    assert member["updated_at"] > member["created_at"]
    assert (await client.get(ann.path, headers=ann.headers)).json() == member


@pytest.mark.parametrize("body", [{}, {"display_name": "Ann"}, {"locale": "EN"}])
async def test_a_patch_that_changes_nothing_makes_no_new_version(client, ann, body):
    before = (await client.get(ann.path, headers=ann.headers)).json()

    response = await client.patch(ann.path, headers=ann.headers, json=body)

    assert (response.status_code, response.json()) == (200, before)


@pytest.mark.parametrize("field", ["email", "display_name", "locale"])
async def test_nothing_can_be_removed(client, ann, field):
    response = await client.patch(ann.path, headers=ann.headers, json={field: None})

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [f"/{field}"]


@pytest.mark.parametrize("field", ["id", "version", "password", "created_at", "session_epoch", "nonsense"])
async def test_unknown_and_fixed_fields_are_refused(client, ann, field):
    response = await client.patch(ann.path, headers=ann.headers, json={field: "x"})

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [f"/{field}"]


@pytest.mark.parametrize("content", [b"{", b"", b"\xff", b'{"display_name": NaN}', b"[]", b'"x"', b"null"])
async def test_a_body_that_is_no_object_is_refused(client, ann, content):
    headers = ann.headers | {"Content-Type": "application/json"}

    response = await client.patch(ann.path, headers=headers, content=content)

    assert response.status_code in {400, 422}
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/json-patch+json"]
)
async def test_a_body_of_another_type_is_refused(client, ann, media_type):
    headers = ann.headers | {"Content-Type": media_type}

    response = await client.patch(ann.path, headers=headers, content=b'{"display_name": "Anna"}')

    assert (response.status_code, response.json()["code"]) == (415, "media-type-unsupported")
    assert "application/merge-patch+json" in response.headers["accept-patch"]


async def test_a_body_that_is_too_large_is_refused(client, ann):
    response = await client.patch(ann.path, headers=ann.headers, json={"display_name": "x" * 70_000})

    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")


async def test_a_member_moves_to_another_address_and_leaves_the_old_one_free(client, ann, service, registration):
    moved = await client.patch(ann.path, headers=ann.headers, json={"email": "Anna@Example.com"})
    newcomer = await client.post("/internal/members", json=registration(email=ann.email), headers=service())

    assert (moved.status_code, moved.json()["email"]) == (200, "anna@example.com")
    assert newcomer.status_code == 201


async def test_another_members_address_cannot_be_taken(client, ann, bob):
    response = await client.patch(ann.path, headers=ann.headers, json={"email": bob.email})

    assert (response.status_code, response.json()["code"]) == (409, "email-taken")


async def test_a_new_address_asks_for_a_fresh_log_in(client, make_member):
    stale = make_member("old", auth_time=int(time.time()) - 1000)

    refused = await client.patch(stale.path, headers=stale.headers, json={"email": "thief@example.com"})
    allowed = await client.patch(stale.path, headers=stale.headers, json={"display_name": "Old"})

    assert (refused.status_code, refused.json()["code"]) == (401, "reauthentication-required")
    assert 'error="insufficient_user_authentication", max_age="900"' in refused.headers["www-authenticate"]
    assert allowed.status_code == 200


@pytest.mark.parametrize("path", ["/api/members/me", "/api/members/{id}"])
async def test_deleting_ones_own_account_requires_a_recent_log_in(client, make_member, path):
    stale = make_member("old", "admin", auth_time=int(time.time()) - 1000)
    make_member("root", "admin")

    refused = await client.delete(path.format(id=stale.id), headers=stale.headers)

    assert (refused.status_code, refused.json()["code"]) == (401, "reauthentication-required")
    assert 'error="insufficient_user_authentication", max_age="900"' in refused.headers["www-authenticate"]
    assert (await client.get(stale.path, headers=stale.headers)).status_code == 200


async def test_an_administrator_deletes_another_account_without_a_recent_log_in(client, make_member, ann):
    admin = make_member("root", "admin", auth_time=int(time.time()) - 1000)

    assert (await client.delete(ann.path, headers=admin.headers)).status_code == 204


async def test_the_callers_own_row_is_read_once(client, ann, app):
    statements: list[str] = []
    engine = app.state.services.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda _c, _cu, statement, *_: statements.append(statement))

    response = await client.get("/api/members/me", headers=ann.headers)

    assert response.status_code == 200
    assert len([statement for statement in statements if "FROM members" in statement]) == 1


async def test_an_administrator_needs_no_fresh_log_in_for_anothers_address(client, make_member, ann):
    admin = make_member("root", "admin", auth_time=int(time.time()) - 1000)

    assert (await client.patch(ann.path, headers=admin.headers, json={"email": "x@example.com"})).status_code == 200


async def test_a_stale_change_is_refused(client, ann):
    for method, body in (("PATCH", {"display_name": "A"}), ("PUT", PROFILE), ("DELETE", None)):
        headers = ann.headers | {"If-Match": '"7"'}
        response = await client.request(method, ann.path, headers=headers, json=body)

        assert (response.status_code, response.json()["code"]) == (412, "precondition-failed")
    assert (await client.get(ann.path, headers=ann.headers)).json()["version"] == 1


@pytest.mark.parametrize("tags", ['"1"', "*", '"7", "1"'])
async def test_a_change_of_the_version_that_was_read_goes_through(client, ann, tags):
    headers = ann.headers | {"If-Match": tags}

    assert (await client.patch(ann.path, headers=headers, json={"display_name": "Anna"})).status_code == 200


async def test_a_weak_tag_allows_no_change(client, ann):
    headers = ann.headers | {"If-Match": 'W/"1"'}

    assert (await client.patch(ann.path, headers=headers, json={"display_name": "Anna"})).status_code == 412


async def test_if_none_match_can_forbid_a_change(client, ann):
    headers = ann.headers | {"If-None-Match": "*"}

    assert (await client.patch(ann.path, headers=headers, json={"display_name": "Anna"})).status_code == 412


async def test_a_malformed_precondition_is_no_licence(client, ann):
    headers = ann.headers | {"If-Match": "1"}

    response = await client.patch(ann.path, headers=headers, json={"display_name": "Anna"})

    assert (response.status_code, response.json()["code"]) == (400, "precondition-malformed")


async def test_a_replacement_without_if_match_is_refused(client, ann):
    response = await client.put(ann.path, headers=ann.headers, json=PROFILE)

    assert (response.status_code, response.json()["code"]) == (428, "precondition-required")


async def test_a_replacement_sets_every_field(client, ann):
    body = {"email": "anna@example.com", "display_name": "Anna", "locale": "ko"}

    response = await client.put("/api/members/me", headers=ann.headers | {"If-Match": '"1"'}, json=body)

    assert response.status_code == 200
    assert response.json() | body == response.json()


@pytest.mark.parametrize("missing", ["email", "display_name", "locale"])
async def test_a_replacement_must_be_whole(client, ann, missing):
    body = {field: value for field, value in PROFILE.items() if field != missing}

    response = await client.put(ann.path, headers=ann.headers | {"If-Match": "*"}, json=body)

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [f"/{missing}"]


async def test_a_replacement_keeps_roles_and_status_that_it_does_not_name(client, admin, ann):
    response = await client.put(ann.path, headers=admin.headers | {"If-Match": "*"}, json=PROFILE)

    assert (response.json()["roles"], response.json()["status"]) == (["member"], "active")


async def test_of_two_changes_of_one_version_one_is_lost_on_nobody(client, ann):
    """All read version 1; the later ones are refused."""
    headers = ann.headers | {"If-Match": '"1"'}

    responses = await asyncio.gather(
        *(client.patch(ann.path, headers=headers, json={"display_name": f"Ann {n}"}) for n in range(8))
    )

    assert sorted(response.status_code for response in responses) == [200] + [412] * 7


async def test_a_deleted_member_is_gone_and_its_address_free(client, ann, service, registration):
    deleted = await client.delete(ann.path, headers=ann.headers)

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await client.get(ann.path, headers=ann.headers)).status_code == 401
    verify = {"email": ann.email, "password": ann.password}
    assert (await client.post("/internal/credentials/verify", json=verify, headers=service())).status_code == 401
    again = await client.post("/internal/members", json=registration(email=ann.email), headers=service())
    assert again.status_code == 201


async def test_an_administrator_makes_a_member(client, admin, registration):
    body = registration(roles=["support", "member", "support"], status="suspended", locale="de")

    response = await client.post("/api/members", headers=admin.headers, json=body)

    member = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/api/members/{member['id']}"
    assert (member["roles"], member["status"], member["locale"]) == (["member", "support"], "suspended", "de")


async def test_a_guessable_password_is_refused_for_an_administrator_as_well(client, admin, registration):
    response = await client.post("/api/members", headers=admin.headers, json=registration(password="password1"))

    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == "password-common"


@pytest.mark.parametrize("path", ["/api/members/", "/api/members/me/", "/api", "/api/members/me/roles"])
async def test_other_paths_are_not_found(client, ann, path):
    response = await client.get(path, headers=ann.headers)

    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


async def test_a_method_that_a_path_does_not_have_is_refused(client, ann):
    response = await client.post(ann.path, headers=ann.headers, json={})

    assert (response.status_code, response.json()["code"]) == (405, "method-not-allowed")
