"""The rendered routes and plugins in a real Kong, in its sandbox, with the settings that the repository gives it."""

from __future__ import annotations

import json

import pytest
from kong_server import SENT, KongServer
from rendering import named, render
from test_kong import HOST

from platform_routes.kong import build_gateway
from platform_routes.model import Idempotency, Route, RouteKey
from platform_routes.paths import Path
from platform_routes.platform import read_platform

VALUES = "operator-kong-values.yaml"
OWN_HOST = "joined.test"
IDENTITY = [("X-Auth-Subject", "m1"), ("X-Auth-Session", "s1"), ("X-Auth-Roles", "member")]


def joined(name, **changes):
    """A route of another team."""
    return Route(key=RouteKey("team", name), paths=(Path(f"/{name}"),), service=name, port=80, **changes)


@pytest.fixture(scope="module")
def kong(tmp_path_factory):
    """Kong with the platform's routes and joined ones."""
    documents = render(VALUES)
    platform = read_platform(json.loads(named(documents, "ConfigMap", "operator")["data"]["platform.json"]))
    others = [
        joined("shared", auth="required"),
        joined("keyed", auth="required", idempotency=Idempotency(methods=("POST",))),
        joined("own", auth="optional", host=OWN_HOST),
        joined("open", auth="public"),
        joined("staff", auth="required", roles=("staff", "admin")),
    ]
    made = [one for route in others for one in build_gateway(route, platform)]
    server = KongServer(tmp_path_factory.mktemp("kong"), (*documents, *made))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def ask(kong):
    """Return a function that sends a request to the platform's host."""

    def send(method, target, headers=(), body=b"", host=HOST):
        return kong.ask(method, target, headers, body, host)

    return send


WITHOUT_IDENTITY = {
    "none": [],
    "empty": [("X-Auth-Subject", "")],
    "blank": [("X-Auth-Subject", " ")],
    "twice": [("X-Auth-Subject", "m1"), ("X-Auth-Subject", "m1")],
    "in two spellings": [("X-Auth-Subject", "m1"), ("x-auth-subject", "m1")],
    "with underscores": [("X_Auth_Subject", "m1")],
    "roles alone": [("X-Auth-Roles", "admin")],
    "credentials alone": [("Authorization", "Bearer t"), ("Cookie", "__Host-access=t; access=t")],
}


@pytest.mark.parametrize(
    "target", ["/api/members/me", "/api/admin/members", "/api/shop/orders", "/shared/x", "/staff/x"]
)
@pytest.mark.parametrize("sent", WITHOUT_IDENTITY.values(), ids=WITHOUT_IDENTITY)
def test_a_required_route_refuses_what_the_edge_has_not_checked(ask, target, sent):
    response = ask("GET", target, sent)

    assert (response.status, response.code) == (401, "unauthenticated")
    assert response.one("WWW-Authenticate") == "Bearer"
    assert response.one("Content-Type") == "application/problem+json"
    # a second time: the sandbox compiles the code at the first request of each worker
    assert ask("GET", target, sent).status == 401


def test_a_required_route_lets_through_what_the_edge_has_checked(ask):
    received = ask("GET", "/api/members/me", IDENTITY).received

    assert received["x-auth-subject"] == ["m1"]
    assert received["x-auth-roles"] == ["member"]


@pytest.mark.parametrize("target", ["/api/admin/members", "/staff/x"])
@pytest.mark.parametrize(
    ("roles", "status"), [("member", 403), ("", 403), ("member, admin", 200), ("administrator", 403)]
)
def test_a_route_with_roles_refuses_members_without_one(ask, target, roles, status):
    headers = [("X-Auth-Subject", "m1"), ("X-Auth-Roles", roles)]
    response = ask("GET", target, headers)

    assert response.status == status
    if status == 403:
        assert response.code == "forbidden"


@pytest.mark.parametrize("target", ["/api/members", "/keyed/x"])
def test_a_keyed_request_is_refused_before_its_key_is_looked_at(ask, target):
    key = [("Idempotency-Key", '"k"')]

    assert ask("POST", target, key, b"{}").status == 401
    assert ask("POST", target, [*key, *IDENTITY], b"{}").status == 503  # the tests have no Redis


@pytest.mark.parametrize("target", ["/api/shop/products", "/open/x"])
@pytest.mark.parametrize("name", ["X-Auth-Subject", "x-auth-roles", "X_Auth_Subject", "X-Auth_Roles", "X-Auth-Other"])
def test_public_routes_lose_identity_in_every_spelling_beyond_the_first_hundred_headers(ask, target, name):
    many = [(f"X-Filler-{index}", "x") for index in range(150)]
    received = ask("GET", target, [*many, (name, "evil")]).received

    assert len([header for header in received if header.startswith("x-filler-")]) == 150
    assert not [header for header in received if "auth" in header]


@pytest.mark.parametrize("name", ["X_Auth_Subject", "X-Auth_Subject", "X-Auth-Other"])
def test_other_routes_lose_what_the_edge_does_not_set(ask, name):
    received = ask("GET", "/api/members/me", [*IDENTITY, (name, "evil")]).received

    assert "evil" not in json.dumps(received)
    assert received["x-auth-subject"] == ["m1"]


COOKIES = "a=1; __Host-access=x; __Host-cart=b; refresh=y; checkout=z"


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/", COOKIES),
        ("/api/shop/cart", "a=1; __Host-cart=b; checkout=z"),
        ("/shared/x", "a=1"),
        ("/open/x", "a=1"),
    ],
)
def test_a_service_gets_the_cookies_that_are_its_own(ask, target, kept):
    received = ask("GET", target, [("Cookie", COOKIES), *IDENTITY]).received

    assert received["cookie"] == [kept]


def test_a_joined_service_gets_no_credentials(ask):
    headers = [*IDENTITY, ("Authorization", "Bearer t"), ("Cookie", "__Host-access=x; access=y")]
    received = ask("GET", "/shared/x", headers).received

    assert "authorization" not in received
    assert "cookie" not in received


def sent_back(response):
    """The headers of the service's response that reached the client."""
    return [(name, value) for name, value in response.headers if name.lower() in {given.lower() for given, _ in SENT}]


@pytest.mark.parametrize("target", ["/shared/x", "/open/x", "/keyed/x"])
def test_a_joined_service_does_not_speak_for_the_platforms_host(ask, target):
    assert sorted(sent_back(ask("GET", target, IDENTITY))) == [("ETag", '"1"'), ("Set-Cookie", "a=1")]


def test_nor_does_it_from_a_route_that_is_buffered(ask):
    """A keyed method's route: Kong reads the whole response first, and the plugin's phase runs."""
    assert sorted(sent_back(ask("POST", "/keyed/x", IDENTITY, b"{}"))) == [("ETag", '"1"'), ("Set-Cookie", "a=1")]


def test_on_its_own_host_it_may_say_what_concerns_that_host(ask):
    kept = [("Set-Cookie", "a=1"), *(item for item in SENT if item[0] not in {"Set-Cookie", "Clear-Site-Data"})]

    assert sorted(sent_back(ask("GET", "/own/x", host=OWN_HOST))) == sorted(kept)


def test_the_platforms_services_say_what_they_say(ask):
    assert sorted(sent_back(ask("GET", "/api/shop/products"))) == sorted(SENT)


@pytest.mark.parametrize(
    ("method", "target", "status", "code"),
    [
        ("DELETE", "/api/shop/products", 405, "method-not-allowed"),
        ("GET", "/internal/x", 404, "route-not-found"),
        ("GET", "/auth/verify", 404, "route-not-found"),
        ("GET", "/api%2Fmembers", 404, "route-not-found"),
        ("DELETE", "/about", 405, "method-not-allowed"),
    ],
)
def test_what_is_closed_is_refused_in_the_platforms_words(ask, method, target, status, code):
    response = ask(method, target, IDENTITY)

    assert (response.status, response.code) == (status, code)
    assert (response.one("Allow") is not None) == (status == 405)


def test_a_browser_gets_a_page(ask):
    response = ask("GET", "/api/members/me", [("Accept", "text/html,*/*;q=0.8"), ("Accept-Language", "ko")])

    assert response.status == 401
    assert response.one("Content-Type") == "text/html; charset=utf-8"
    assert "로그인 필요" in response.body.decode()


@pytest.mark.parametrize("target", ["/", "/api/members/me", "/internal", "/shared/x", "/open/x"])
def test_every_response_has_the_requests_id_and_means_its_content_type(ask, target):
    chosen = ask("GET", target, [("X-Request-ID", "client-chosen.1")])
    made = ask("GET", target, [("X-Request-ID", "no good")])

    assert chosen.one("X-Request-ID") == "client-chosen.1"
    assert len(made.one("X-Request-ID")) == 32
    assert chosen.one("X-Content-Type-Options") == made.one("X-Content-Type-Options") == "nosniff"
    if made.status == 200:
        assert made.received["x-request-id"] == [made.one("X-Request-ID")]


def test_a_client_says_nothing_of_its_own_address(ask):
    received = ask("GET", "/", [("Forwarded", "for=1.2.3.4"), ("X-Original-Forwarded-For", "1.2.3.4")]).received

    assert "1.2.3.4" not in json.dumps(received)


FORWARDED = {
    "x-forwarded-for": "203.0.113.7",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "shop.example.com",
    "x-forwarded-port": "443",
}


@pytest.mark.parametrize(
    "name", ["X_Forwarded_For", "X_Forwarded-For", "X_Forwarded_Proto", "X_Forwarded_Host", "X_Forwarded_Port"]
)
@pytest.mark.parametrize("given", [FORWARDED, {}], ids=["from-the-edge", "without"])
def test_what_the_edge_says_of_the_request_cannot_be_replaced_by_another_spelling(ask, name, given):
    received = ask("GET", "/shared/x", [(name, "evil"), *given.items(), *IDENTITY]).received
    plain = ask("GET", "/shared/x", [*given.items(), *IDENTITY]).received

    assert "evil" not in json.dumps(received)
    for header in FORWARDED:
        assert received[header] == plain[header]
    if given:
        assert received["x-forwarded-for"] == ["203.0.113.7, 127.0.0.1"]
        assert received["x-forwarded-proto"] == ["https"]
