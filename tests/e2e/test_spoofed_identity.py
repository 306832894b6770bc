"""Bypass, by header: a client's own identity headers count on no route, in no spelling."""

import pytest

from blackbox.client import Account, Client, Session, new_account, new_key
from blackbox.raw_http import compose, exchange
from blackbox.route_table import Route, routes

ROUTES = list(routes())


def spellings(name: str, value: str) -> list[list[tuple[str, str]]]:
    """Return the ways to write one header that some component of the chain may accept as that header."""
    return [
        [(name, value)],
        [(name.lower(), value)],
        [(name.upper(), value)],
        [(name.replace("-", "_"), value)],
        [(name.replace("-", "_").upper(), value)],
        [(name.replace("X-Auth-", "X-Auth_"), value)],
        [(name, ""), (name, value)],
        [(name, value), (name, value)],
        [(name, f"nobody, {value}")],
        [(name, value), ("Connection", "keep-alive, X-Auth-Subject, X-Auth-Session, X-Auth-Roles")],
        [("Connection", name), (name.replace("-", "_"), value)],
    ]


@pytest.fixture
def forgeries(administrator: Account, admin: Session) -> list[list[tuple[str, str]]]:
    """Header lists that claim to be the administrator."""
    claims = {"X-Auth-Subject": admin.member["id"], "X-Auth-Roles": "admin", "X-Auth-Session": "0"}
    return [
        *[spelling for name, value in claims.items() for spelling in spellings(name, value)],
        list(claims.items()),
        [(name.replace("-", "_"), value) for name, value in claims.items()],
        [
            ("X-Consumer-ID", admin.member["id"]),
            ("X-Consumer-Username", administrator.email),
            ("X-Credential-Identifier", "x"),
        ],
        [
            ("X-Forwarded-User", administrator.email),
            ("X-Remote-User", administrator.email),
            ("Remote-User", administrator.email),
        ],
    ]


@pytest.mark.parametrize("route", [route for route in ROUTES if route.auth == "required"], ids=str)
def test_forged_headers_are_no_credential(client: Client, forgeries, route: Route):
    for headers in forgeries:
        for method in route.methods:
            assert client.request(method, route.path, headers=headers).status_code == 401, (method, headers)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.roles], ids=str)
def test_forged_headers_lend_no_role(reader: Session, forgeries, route: Route):
    for headers in forgeries:
        assert reader.get(route.path, headers=headers).status_code == 403, headers
        assert reader.get("/api/members", headers=headers).status_code == 403, headers


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.auth == "public" and route.service == "auth"], ids=str
)
def test_forged_headers_change_no_public_response(client: Client, forgeries, route: Route):
    for method in route.methods:
        plain = client.request(method, route.path)
        for headers in forgeries[:: len(forgeries) // 6]:
            forged = client.request(method, route.path, headers=headers)
            assert forged.status_code == plain.status_code, (method, headers)
            assert "x-auth-subject" not in forged.headers


@pytest.mark.parametrize("query", ["optional=1", "role=member", "role=", "optional=1&role=member", "optional"])
def test_a_query_does_not_soften_the_check(client: Client, reader: Session, query: str):
    """The check has a query of its own; the client's is not it."""
    assert client.get(f"/api/members/me?{query}").status_code == 401
    assert client.get(f"/api/admin?{query}").status_code == 401
    assert reader.get(f"/api/admin?{query}").status_code == 403


def test_forged_headers_do_not_make_another_member_of_one(reader: Session, forgeries):
    for headers in forgeries:
        response = reader.me(headers=headers)
        assert response.status_code == 200
        assert response.json()["id"] == reader.account.id, headers


def test_forged_headers_open_no_other_members_resource(reader: Session, other: Session):
    for headers in spellings("X-Auth-Subject", other.account.id):
        assert reader.get(other.path, headers=headers).status_code in {403, 404}, headers
        assert reader.patch(other.path, {"display_name": "Mallory"}, headers=dict(headers)).status_code in {403, 404}, (
            headers
        )

    assert other.me().json()["display_name"] == other.account.display_name


def test_responses_carry_no_identity_headers(reader: Session):
    """A client cannot read what the edge sends to the services."""
    response = reader.me()

    assert not [name for name in response.headers if name.lower().startswith("x-auth-")]
    assert "authorization" not in response.headers


def test_a_folded_or_spaced_header_is_no_header(client: Client, admin: Session):
    """Line folding and a space before the colon are refused or ignored (RFC 9112, section 5)."""
    for line in (f"X-Auth-Subject : {admin.member['id']}", f"X-Padding: 1\r\n X-Auth-Subject: {admin.member['id']}"):
        request = compose(client, "GET", "/api/members/me", line, "Connection: close")
        [response] = exchange(client.base_url, request, client.address)
        assert response.status_code in {400, 401}, line


@pytest.mark.usefixtures("several_addresses")
def test_a_forged_subject_is_no_scope_on_a_public_route(client: Client, new_client):
    """There the key's scope is the client's address: an identity header is anyone's to write.

    Were it believed, the stranger's registration would be a reuse of the first one's key.
    """
    key, headers = new_key(), {"X-Auth-Subject": "0198c0de-0000-7000-8000-000000000001"}
    assert client.post("/auth/register", new_account().registration, key=key, headers=headers).status_code == 201

    stranger = new_client().post("/auth/register", new_account().registration, key=key, headers=headers)

    assert stranger.status_code == 201
    assert "idempotent-replayed" not in stranger.headers


@pytest.mark.usefixtures("several_addresses")
@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP"]
)
def test_a_forged_address_is_no_scope(client: Client, new_client, name: str):
    """Nor does a client say where it comes from."""
    key = new_key()
    assert client.post("/auth/register", new_account().registration, key=key).status_code == 201
    value = f"for={client.address}" if name == "Forwarded" else client.address

    stranger = new_client().post("/auth/register", new_account().registration, key=key, headers={name: value})

    assert stranger.status_code == 201
    assert "idempotent-replayed" not in stranger.headers
