"""The data flow: what an administrator may do with members."""

import pytest

from blackbox.client import Client, Session, new_account, pages
from blackbox.house_rules import assert_problem


def test_an_administrator_makes_a_member_who_can_log_in(admin: Session, client: Client):
    account = new_account()

    response = admin.post("/api/members", account.registration)

    assert response.status_code == 201
    assert response.headers["location"] == f"/api/members/{response.json()['id']}"
    assert response.headers["etag"] == admin.get(response.headers["location"]).headers["etag"]
    assert client.log_in(account).me().json()["id"] == response.json()["id"]


def test_an_email_address_is_one_members_regardless_of_case(admin: Session, client: Client):
    account = new_account()
    assert admin.post("/api/members", account.registration).status_code == 201

    for email in (
        account.email,
        account.email.upper(),
        account.email.replace("@example", "@EXAMPLE"),
        f" {account.email} ",
    ):
        twin = {**account.registration, "email": email}
        assert admin.post("/api/members", twin).status_code in {409, 422}, email
        assert client.post("/auth/register", twin).status_code in {409, 422}, email
    assert_problem(
        admin.post("/api/members", {**account.registration, "email": account.email.upper()}), 409, "email-taken"
    )
    assert client.post("/auth/login", {**account.credentials, "email": account.email.upper()}).status_code == 200


def test_a_list_gives_every_member_once(admin: Session):
    tag = new_account("paged").email.split("@")[0]
    made = {admin.post("/api/members", {**new_account(tag).registration}).json()["id"] for _ in range(7)}

    for limit in (1, 3, 7, 50):
        found = [item["id"] for item in pages(admin, "/api/members", q=tag, limit=limit)]
        assert sorted(found) == sorted(made), limit


def test_a_page_is_no_longer_than_asked(admin: Session):
    page = admin.get("/api/members", params={"limit": 1}).json()

    assert len(page["items"]) == 1
    assert page["next"]


def test_a_member_made_between_two_pages_doubles_none(admin: Session):
    tag = new_account("between").email.split("@")[0]
    for _ in range(4):
        admin.post("/api/members", new_account(tag).registration)

    first = admin.get("/api/members", params={"q": tag, "limit": 2}).json()
    admin.post("/api/members", new_account(tag).registration)
    rest = list(pages(admin, "/api/members", q=tag, limit=2))
    second = admin.get("/api/members", params={"q": tag, "limit": 2, "cursor": first["next"]}).json()

    assert not {item["id"] for item in first["items"]} & {item["id"] for item in second["items"]}
    assert len(rest) == 5


@pytest.mark.parametrize("query", ["%", "_", "\\", "'", '"', "%%%", "a' OR '1'='1", "\u0130", "x" * 300])
def test_a_search_takes_its_words_literally(admin: Session, query: str):
    response = admin.get("/api/members", params={"q": query, "limit": 100})

    assert response.status_code in {200, 422}
    if response.status_code == 200 and query in {"%", "_", "\\", "%%%"}:
        assert all(query in item["email"] + item["display_name"] for item in response.json()["items"])


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "-1"}, {"limit": "x"}, {"limit": "1000000"}, {"limit": "9" * 30}]
)
def test_a_limit_out_of_bounds_is_reported(admin: Session, query: dict):
    response = admin.get("/api/members", params=query)

    if response.status_code == 200:  # a bound may also be applied in silence, as long as it is one
        assert len(response.json()["items"]) <= 1000
    else:
        assert_problem(response, 422)


@pytest.mark.parametrize("cursor", ["x", "AAAA", "'; --", "e30", "\u00e9", "0" * 5000])
def test_a_cursor_of_ones_own_is_refused(admin: Session, cursor: str):
    response = admin.get("/api/members", params={"cursor": cursor})

    assert response.status_code in {400, 422}, response.text


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "not-an-address"}, "/email"),
        ({"email": "a@b@example.com"}, "/email"),
        ({"email": "a" * 300 + "@example.com"}, "/email"),
        ({"email": "a\r\nBcc: x@example.com"}, "/email"),
        ({"password": "s3cr!t7"}, "/password"),
        ({"display_name": ""}, "/display_name"),
    ],
)
def test_an_invalid_new_member_is_reported_where(admin: Session, client: Client, change: dict, pointer: str):
    body = {**new_account().registration, **change}

    for response in (admin.post("/api/members", body), client.post("/auth/register", body)):
        document = assert_problem(response, 422)
        assert pointer in {error["pointer"] for error in document["errors"]}
        assert body["password"] not in response.text


@pytest.mark.parametrize("missing", ["email", "password", "display_name"])
def test_a_registration_lacks_nothing(client: Client, missing: str):
    body = {name: value for name, value in new_account().registration.items() if name != missing}

    document = assert_problem(client.post("/auth/register", body), 422)

    assert f"/{missing}" in {error["pointer"] for error in document["errors"]}


def test_registering_lends_no_role(client: Client):
    account = new_account()

    response = client.post("/auth/register", {**account.registration, "roles": ["admin"], "status": "active"})

    assert response.status_code in {201, 422}
    if response.status_code == 201:
        assert "admin" not in response.json()["roles"]


def test_an_administrator_edits_a_member(admin: Session, other: Session):
    current = admin.get(other.path).headers["etag"]

    assert admin.patch(other.path, {"display_name": "Renamed"}, if_match=current).status_code == 200
    assert_problem(admin.patch(other.path, {"display_name": "Again"}, if_match=current), 412)
    assert other.me().json()["display_name"] == "Renamed"


def test_unknown_roles_and_states_are_refused(admin: Session, other: Session):
    for change in (
        {"roles": ["No Role!"]},
        {"roles": "admin"},
        {"status": "frozen"},
        {"status": None},
        {"roles": [None]},
    ):
        assert_problem(admin.patch(other.path, change), 422)

    assert other.me().status_code == 200


def test_below_admin_there_is_a_not_found(admin: Session):
    assert_problem(admin.get("/api/admin"), 404)
    assert_problem(admin.get("/api/admin/nothing"), 404)
