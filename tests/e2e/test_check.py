"""The first flow: the edge asks auth about every request that is not public."""

import pytest

from blackbox.client import Client, Session
from blackbox.house_rules import assert_problem, in_foreign_words
from blackbox.own_platform import SERVICES
from blackbox.route_table import METHODS, Route, routes

ROUTES = list(routes())


def test_the_table_has_rows_of_every_kind():
    assert {route.auth for route in ROUTES} == {"public", "required", "optional"}
    assert any(route.roles for route in ROUTES)
    assert {route.service for route in ROUTES} == set(SERVICES)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.auth == "required"], ids=str)
def test_a_required_route_refuses_without_a_credential(client: Client, route: Route):
    for method in route.methods:
        response = client.request(method, route.path)

        assert response.status_code == 401, method
        assert response.headers["www-authenticate"].startswith("Bearer"), method


@pytest.mark.parametrize("route", [route for route in ROUTES if route.auth == "public"], ids=str)
def test_a_public_route_asks_for_no_credential(client: Client, route: Route):
    """Whatever the service says to an empty request, it is not that a credential is missing."""
    for method in route.methods:
        assert client.request(method, route.path).status_code not in {401, 403}


@pytest.mark.parametrize("route", [route for route in ROUTES if route.auth == "optional"], ids=str)
def test_an_optional_route_asks_for_no_credential_either(client: Client, member: Session, route: Route):
    """Nor does it refuse one that has ended: anyone who was logged out goes on as anyone."""
    member.log_out()
    for method in route.methods:
        assert client.request(method, route.path).status_code not in {401, 403}, method
        assert member.request(method, route.path).status_code not in {401, 403}, method


@pytest.mark.parametrize("route", [route for route in ROUTES if route.auth == "optional"], ids=str)
@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer x"}, {"Cookie": "access=x; __Host-access=x"}, {"Cookie": "access=x; access=y"}],
    ids=["bearer", "cookie", "two cookies"],
)
def test_an_unusable_credential_is_none_on_an_optional_route(client: Client, route: Route, headers: dict[str, str]):
    for method in set(route.methods) & {"GET", "HEAD"}:
        assert client.request(method, route.path, headers=headers).status_code not in {401, 403}, method


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.roles], ids=str)
def test_methods_off_the_table_reach_no_service(reader: Session, route: Route):
    """A row names its methods; the others are on no route, with a token, too."""
    for method in {*METHODS, "PURGE", "LINK", "TRACE", "OPTIONS", "PROPFIND"} - set(route.methods):
        response = reader.request(method, route.path)
        if method == "TRACE":
            assert response.status_code in {405, 501}
            continue
        assert response.status_code == 405, method
        assert set(response.headers["Allow"].split(", ")) >= set(route.methods), method


@pytest.mark.parametrize("route", [route for route in ROUTES if route.roles], ids=str)
def test_a_route_with_a_role_refuses_a_member_without_it(reader: Session, route: Route):
    for method in route.methods:
        assert reader.request(method, route.path).status_code == 403, method
        assert reader.request(method, f"{route.path}/anything").status_code == 403, method


@pytest.mark.parametrize(
    "path", ["/api", "/api/memberships", "/api/members.json", "/auth", "/auth/loginx", "/auth/login/", "/auth/login/x"]
)
def test_a_path_matches_by_whole_elements_only(reader: Session, path: str):
    assert_problem(reader.get(path), 404)


@pytest.mark.parametrize(
    "credential",
    [
        "Bearer",
        "Bearer x",
        "Bearer a.b.c",
        "Bearer " + "x" * 4000,
        "Basic YWRtaW46YWRtaW4=",
        "Digest username=admin",
        "null",
        "Bearer null",
        "Bearer ....",
        "Bearer {token} {token}",
        "Bearer {token},Bearer {token}",
        "Token {token}",
        "{token}",
        "Bearer\u00a0{token}",
    ],
)
def test_what_is_no_bearer_token_is_refused(reader: Session, client: Client, credential: str):
    value = credential.replace("{token}", reader.access_token).encode("latin-1")

    response = client.get("/api/members/me", headers=[("Authorization", value)])

    assert_problem(response, 401)
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_two_credentials_are_not_one(reader: Session, other: Session, client: Client):
    """Which of two would count is no one's to guess: refused, or the same one for edge and service alike."""
    both = [("Authorization", f"Bearer {reader.access_token}"), ("Authorization", f"Bearer {other.access_token}")]

    assert client.get("/api/members/me", headers=both).status_code in {400, 401}


def test_the_token_is_taken_from_the_header_alone(reader: Session, client: Client):
    """RFC 6750 allows a query and a form parameter; they leak into logs."""
    assert client.get("/api/members/me", params={"access_token": reader.access_token}).status_code == 401
    assert client.post("/auth/logout", data={"access_token": reader.access_token}).status_code in {401, 403}
    assert reader.me().status_code == 200


def test_the_scheme_is_case_insensitive(reader: Session, client: Client):
    """RFC 9110, section 11.1."""
    for scheme in ("bearer", "BEARER"):
        response = client.get("/api/members/me", headers={"Authorization": f"{scheme} {reader.access_token}"})
        assert response.status_code == 200, scheme


def test_a_request_id_is_passed_through(reader: Session, client: Client):
    for sender, path in ((reader, "/api/members/me"), (client, "/api/members/me"), (client, "/nowhere")):
        response = sender.get(path, headers={"X-Request-ID": "e2e-0123456789abcdef"})
        if in_foreign_words(response):
            continue
        assert response.headers.get_list("x-request-id") == ["e2e-0123456789abcdef"], path


def test_two_request_ids_are_not_one(reader: Session):
    response = reader.me(headers=[("X-Request-ID", "e2e-first-of-two"), ("X-Request-ID", "e2e-second-of-two")])

    assert response.status_code in {200, 400}
    assert len(response.headers.get_list("x-request-id")) == 1


@pytest.mark.parametrize("forged", ["x", "a" * 300, 'a"b\\c{}<script>', "a b c d e f g h"])
def test_a_malformed_request_id_is_replaced(reader: Session, forged: str):
    """It goes into every log line."""
    response = reader.me(headers={"X-Request-ID": forged})

    assert response.status_code == 200
    assert response.headers["x-request-id"] != forged


def test_every_response_has_an_id_of_its_own(client: Client):
    responses = [client.get(path) for path in ("/nowhere", "/api/members/me", "/auth/login") * 3]
    ids = [response.headers["x-request-id"] for response in responses if not in_foreign_words(response)]

    assert len(set(ids)) == len(ids)
