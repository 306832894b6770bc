"""What the edge asks auth, and what it makes of the response."""

import pytest

CREDENTIAL = [("Authorization", "Bearer t")]
SPOOFED = [
    ("X-Auth-Subject", "admin"),
    ("x-auth-session", "evil"),
    ("X-AUTH-ROLES", "admin"),
    ("X_Auth_Subject", "admin"),
]


def test_verify_is_asked_about_the_method_and_url(edge):
    response = edge.client.request(
        "DELETE", "/api/mine/7?x=1", [("X-Original-URL", "/open"), ("X-Original-Method", "GET")]
    )
    assert response.status == 200
    (asked,) = edge.auth.seen
    assert (asked.method, asked.target) == ("GET", "/auth/verify")
    assert asked.get("X-Original-Method") == "DELETE"
    assert asked.get("X-Original-URL") == f"http://127.0.0.1:{edge.client.port}/api/mine/7?x=1"


def test_the_body_goes_to_the_gateway_and_never_to_verify(edge):
    assert edge.client.request("POST", "/api/mine", body=b"secret").status == 200
    assert edge.auth.seen[0].body == b""
    assert edge.auth.seen[0].get("Content-Length") is None
    assert edge.forwarded.body == b"secret"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/api/admin/x", "/auth/verify?role=admin&role=root"),
        ("/maybe", "/auth/verify?optional=1"),
        ("/api/mine", "/auth/verify"),
    ],
)
def test_verify_gets_what_the_row_asks_for(edge, path, target):
    edge.client.get(path, CREDENTIAL)
    assert edge.auth.seen[0].target == target


@pytest.mark.parametrize("path", ["/api/mine", "/api/mine/", "/api/mine/x/y", "/api/admin"])
def test_identity_comes_from_verify_and_replaces_the_clients(edge, path):
    edge.client.get(path, [*SPOOFED, ("Authorization", "Bearer mine")])
    assert edge.forwarded.get("X-Auth-Subject") == "m1"
    assert edge.forwarded.get("X-Auth-Session") == "s1"
    assert edge.forwarded.get("X-Auth-Roles") == "member"
    assert edge.forwarded.get("Authorization") == "Bearer checked"
    assert edge.forwarded.all("X_Auth_Subject") == []


def test_an_optional_row_without_identity_loses_the_clients_headers(edge):
    edge.answer_ok(Cache_Control="no-store")
    assert edge.client.get("/maybe", [*SPOOFED, ("Authorization", "Bearer expired")]).status == 200
    for name in ("X-Auth-Subject", "X-Auth-Session", "X-Auth-Roles", "Authorization", "X_Auth_Subject"):
        assert edge.forwarded.all(name) == []


def test_a_required_row_needs_a_subject_from_verify(edge):
    edge.answer_ok(Cache_Control="no-store")
    assert edge.client.get("/api/mine").status == 502
    assert edge.gateway.seen == []


def test_401_is_a_problem_with_verifys_challenge(edge):
    edge.answer_ok(401, WWW_Authenticate='Bearer error="invalid_token"')
    response = edge.client.get("/api/mine")
    assert (response.status, response.problem["code"]) == (401, "unauthenticated")
    assert response.get("WWW-Authenticate") == 'Bearer error="invalid_token"'
    assert response.get("Cache-Control") == "no-store"
    assert edge.gateway.seen == []


def test_401_without_a_challenge_gets_one(edge):
    edge.answer_ok(401, Cache_Control="no-store")
    assert edge.client.get("/api/mine").get("WWW-Authenticate") == "Bearer"


@pytest.mark.parametrize(
    ("status", "code"), [(401, "access-token-invalid"), (403, "cross-site-request"), (403, "forbidden")]
)
def test_the_reason_of_verify_reaches_the_client(edge, status, code):
    edge.answer_ok(status, X_Problem_Code=code)
    assert edge.client.get("/api/mine").problem["code"] == code


@pytest.mark.parametrize("code", ["", "no-such-code", "route-not-found", '\\"', "internal-error"])
def test_a_reason_that_is_not_for_the_status_is_ignored(edge, code):
    edge.answer_ok(403, X_Problem_Code=code)
    response = edge.client.get("/api/mine")
    assert (response.status, response.problem["code"]) == (403, "forbidden")


def test_403_is_a_problem(edge):
    edge.answer_ok(403, Cache_Control="no-store")
    response = edge.client.get("/api/mine")
    assert (response.status, response.problem["code"]) == (403, "forbidden")
    assert edge.gateway.seen == []


@pytest.mark.parametrize("status", [201, 204, 206, 302, 304, 404, 429, 500, 502, 503])
@pytest.mark.parametrize("path", ["/api/mine", "/maybe"])
def test_anything_else_from_verify_stops_the_request(edge, status, path):
    edge.answer_ok(status, X_Auth_Subject="m1", Location="/open")
    response = edge.client.get(path, CREDENTIAL)
    assert response.status in {502, 503}
    assert response.problem
    assert edge.gateway.seen == []


@pytest.mark.parametrize("status", [500, 503])
def test_a_verify_that_fails_returns_503_with_retry_after(edge, status):
    edge.answer_ok(status, Cache_Control="no-store")
    response = edge.client.get("/api/mine")
    assert (response.status, response.problem["code"]) == (503, "authentication-unavailable")
    assert response.get("Retry-After") == "1"


@pytest.mark.parametrize("path", ["/api/mine", "/maybe"])
def test_a_request_that_verify_cannot_parse_is_the_clients_fault(edge, path):
    edge.answer_ok(400, X_Auth_Subject="m1")
    response = edge.client.get(path, CREDENTIAL)
    assert (response.status, response.problem["code"]) == (400, "bad-request")
    assert response.get("Retry-After") is None
    assert edge.gateway.seen == []


def test_without_auth_nothing_passes_and_all_is_well_when_it_is_back(edge):
    edge.auth.stop()
    response = edge.client.get("/api/mine")
    assert (response.status, response.problem["code"]) == (503, "authentication-unavailable")
    assert edge.client.get("/open").status == 200
    edge.auth.start()
    assert edge.client.get("/api/mine").status == 200


def test_a_verify_that_closes_the_connection_stops_the_request(edge):
    edge.verify = lambda _seen: None
    assert edge.client.get("/api/mine").status == 503
    assert edge.gateway.seen == []


def test_without_a_gateway_502_and_all_is_well_when_it_is_back(edge):
    edge.gateway.stop()
    assert edge.client.get("/open").problem["code"] == "upstream-unreachable"
    edge.gateway.start()
    assert edge.client.get("/open").status == 200


def test_every_request_is_verified_again(edge):
    edge.client.get("/api/mine")
    edge.client.get("/api/mine")
    edge.answer_ok(401, Cache_Control="no-store")
    assert edge.client.get("/api/mine").status == 401
    assert len(edge.auth.seen) == 3


def test_verify_and_gateway_connections_are_kept(edge):
    for _ in range(20):
        edge.client.get("/api/mine")
    assert edge.auth.connections <= 2
    assert edge.gateway.connections <= 2


def test_public_paths_do_not_ask(edge):
    assert edge.client.get("/open/x").status == 200
    assert edge.auth.seen == []


def test_public_paths_lose_the_clients_identity_headers(edge):
    edge.client.get("/open", [*SPOOFED, ("Authorization", "Basic webhook")])
    for name in ("X-Auth-Subject", "X-Auth-Session", "X-Auth-Roles", "X_Auth_Subject"):
        assert edge.forwarded.all(name) == []
    assert edge.forwarded.get("Authorization") == "Basic webhook"


ANONYMOUS = [
    [],
    [("Cookie", "lang=ko; __Host-cart=c; __Host-refresh=r; form=f")],
    [("Authorization", "")],
    SPOOFED,
]


@pytest.mark.parametrize("headers", ANONYMOUS)
def test_visitors_without_a_credential_do_not_depend_on_auth(edge, headers):
    edge.auth.stop()
    assert edge.client.get("/maybe", headers).status == 200
    for name in ("X-Auth-Subject", "X-Auth-Session", "X-Auth-Roles", "Authorization", "X_Auth_Subject"):
        assert edge.forwarded.all(name) == []
    assert edge.client.get("/api/mine", headers).problem["code"] == "authentication-unavailable"


CREDENTIALS = [
    [("Authorization", "Bearer t")],
    [("Authorization", "nonsense")],
    [("Cookie", "access=t")],
    [("Cookie", "a=1; __Host-access=t")],
    [("Cookie", "a=1"), ("Cookie", "__Host-access=t")],
    [("cookie", "a=1;access=t")],
    [("Cookie", 'a="; access=t"')],
    [("Cookie", "access")],
]


@pytest.mark.parametrize("headers", CREDENTIALS)
def test_whoever_may_have_a_credential_is_checked(edge, headers):
    assert edge.client.get("/maybe", headers).status == 200
    assert len(edge.auth.seen) == 1
    assert edge.forwarded.get("X-Auth-Subject") == "m1"


def test_a_visitor_with_a_credential_waits_for_no_auth_that_is_gone(edge):
    edge.auth.stop()
    assert edge.client.get("/maybe", CREDENTIAL).problem["code"] == "authentication-unavailable"
    assert edge.gateway.seen == []
