"""What of a client's claims about itself reaches a service."""

import pytest

IDENTITY = [("X-Auth-Subject", "m1"), ("X-Auth-Session", "s1"), ("X-Auth-Roles", "member")]
NAMES = [name for name, _ in IDENTITY]
SPELLINGS = [
    "X-Auth-Subject",
    "x-auth-subject",
    "X_Auth_Subject",
    "X-Auth_Subject",
    "x_auth-roles",
    "X-AUTH-SESSION",
    "X-Auth-Other",
]


@pytest.fixture(scope="module")
def gateway_routes(make_route):
    return [
        make_route("/open", auth="public"),
        make_route("/mine", auth="required"),
        make_route("/maybe", auth="optional"),
        make_route("/web", auth="optional", cookies=True),
        make_route("/foreign", auth="required", bearer=False),
    ]


def auth_headers(seen):
    return [name for name, _ in seen.headers if name.lower().replace("_", "-").startswith("x-auth-")]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_public_routes_lose_identity_headers_in_every_spelling(gateway, spelling):
    assert gateway.client.get("/open", [(spelling, "evil"), (spelling.lower(), "evil")]).status == 200
    assert auth_headers(gateway.forwarded) == []


@pytest.mark.parametrize("path", ["/mine", "/maybe", "/web", "/foreign"])
def test_other_routes_pass_on_what_the_edge_set(gateway, path):
    gateway.client.get(path, IDENTITY)
    assert [gateway.forwarded.get(name) for name in NAMES] == ["m1", "s1", "member"]


@pytest.mark.parametrize("spelling", ["X_Auth_Subject", "X-Auth_Subject", "x_auth-roles", "X-Auth-Other"])
def test_other_routes_lose_what_the_edge_does_not_set(gateway, spelling):
    gateway.client.get("/mine", [*IDENTITY, (spelling, "evil")])
    assert sorted(auth_headers(gateway.forwarded)) == sorted(NAMES)
    assert gateway.forwarded.get("X-Auth-Subject") == "m1"


def test_a_repeated_identity_header_is_dropped(gateway):
    gateway.client.get("/mine", [("X-Auth-Subject", "m1"), ("X-Auth-Subject", "evil")])
    assert auth_headers(gateway.forwarded) == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (["a=1; __Host-access=x; b=2"], ["a=1; b=2"]),
        (["__Host-access=x; __Host-refresh=y; __Host-form=z"], []),
        (["access=x; refresh=y; other=z"], ["other=z"]),
        (["a=1", "__Host-refresh=y"], ["a=1"]),
        (['a="1; __Host-access=x"; b=2'], ['a="1; b=2']),
        (["__Host-access = x;a=1"], ["a=1"]),
        (["__host-access=1; accessory=2"], ["__host-access=1; accessory=2"]),
        (["a=1"], ["a=1"]),
    ],
)
def test_the_platforms_cookies_are_stripped_and_others_kept(gateway, sent, kept):
    gateway.client.get("/mine", [("Cookie", value) for value in sent])
    assert gateway.forwarded.all("Cookie") == kept


@pytest.mark.parametrize("path", ["/open", "/maybe", "/foreign"])
def test_cookies_are_stripped_whatever_the_auth(gateway, path):
    gateway.client.get(path, [("Cookie", "__Host-access=x")])
    assert gateway.forwarded.all("Cookie") == []


def test_a_route_that_asks_for_cookies_gets_them(gateway):
    gateway.client.get("/web", [("Cookie", "a=1; __Host-access=x")])
    assert gateway.forwarded.get("Cookie") == "a=1; __Host-access=x"


def test_a_cookie_in_another_spelling_does_not_pass(gateway):
    gateway.client.get("/mine", [("COOKIE", "__Host-access=x; a=1")])
    assert [value for name, value in gateway.forwarded.headers if "cookie" in name.lower()] == ["a=1"]


def test_cookies_in_two_spellings_of_the_header_are_one(gateway):
    gateway.client.get("/mine", [("Cookie", "a=1; access=x"), ("cookie", "b=2; refresh=y")])
    (left,) = gateway.forwarded.all("Cookie")
    assert sorted(left.split("; ")) == ["a=1", "b=2"]


def test_the_bearer_token_passes_unless_the_route_says_no(gateway):
    gateway.client.get("/mine", [("Authorization", "Bearer t")])
    assert gateway.forwarded.get("Authorization") == "Bearer t"
    gateway.upstream.seen.clear()
    gateway.client.get("/foreign", [("Authorization", "Bearer t")])
    assert gateway.forwarded.all("Authorization") == []


FORGED = [
    ("X-Forwarded-For", "6.6.6.6"),
    ("X-Real-IP", "7.7.7.7"),
    ("Forwarded", "for=8.8.8.8"),
    ("X_Forwarded_For", "9.9.9.9"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "shop.example"),
    ("X-Forwarded-Port", "443"),
]


def test_a_trusted_edge_says_who_the_client_is(gateway):
    gateway.client.get("/mine", FORGED)
    seen = gateway.forwarded
    assert (seen.get("X-Forwarded-For"), seen.get("X-Real-IP")) == ("6.6.6.6", "6.6.6.6")
    assert (seen.get("X-Forwarded-Proto"), seen.get("X-Forwarded-Host")) == ("https", "shop.example")
    assert seen.get("X-Forwarded-Port") == "443"
    assert seen.all("Forwarded") == seen.all("X_Forwarded_For") == []


def test_of_a_chain_of_addresses_one_goes_on(gateway):
    gateway.client.get("/mine", [("X-Forwarded-For", "1.1.1.1, 2.2.2.2")])
    assert gateway.forwarded.get("X-Forwarded-For") == "2.2.2.2"


def test_nobody_else_says_who_the_client_is(make_gateway):
    gateway = make_gateway(trusted=("10.0.0.0/8",))
    gateway.client.get("/plain", FORGED)
    seen = gateway.forwarded
    assert (seen.get("X-Forwarded-For"), seen.get("X-Real-IP")) == ("127.0.0.1", "127.0.0.1")
    assert seen.get("X-Forwarded-Proto") == "http"
    assert seen.get("X-Forwarded-Host") == f"127.0.0.1:{gateway.client.port}"


@pytest.mark.parametrize("bad", ["short", "with space in it", "x" * 129, 'quote"quote'])
def test_a_malformed_request_id_is_replaced(gateway, bad):
    answer = gateway.client.get("/mine", [("X-Request-ID", bad)])
    made = gateway.forwarded.get("X-Request-ID")
    assert made != bad
    assert len(made) == 32
    assert answer.get("X-Request-ID") == made


def test_a_request_id_is_kept_and_answered(gateway):
    gateway.reply = lambda _seen: gateway.make_answer(200, b"", X_Request_ID="upstreams-own")
    answer = gateway.client.get("/mine", [("X-Request-ID", "client-chosen.1"), ("X_Request_ID", "other-spelling")])
    assert gateway.forwarded.get("X-Request-ID") == "client-chosen.1"
    assert gateway.forwarded.all("X_Request_ID") == []
    assert answer.get("X-Request-ID") == "client-chosen.1"
