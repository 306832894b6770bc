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
        make_route("/staff", auth="required", roles=["staff", "admin"]),
        make_route("/joined", auth="optional", joined=True, hosts=["platform.test"]),
    ]


@pytest.fixture
def mine(gateway):
    """Send a request that the edge has checked."""
    return lambda headers=(), path="/mine": gateway.client.get(path, [*IDENTITY, *headers])


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


@pytest.mark.parametrize("other", ["X-Auth-Subject", "x-auth-subject"])
def test_a_repeated_identity_header_is_dropped(gateway, other):
    gateway.client.get("/maybe", [("X-Auth-Subject", "m1"), (other, "evil")])
    assert auth_headers(gateway.forwarded) == []


NO_IDENTITY = [
    [],
    [("X-Auth-Subject", "")],
    [("X-Auth-Subject", " \t ")],
    [("X-Auth-Subject", "m1"), ("X-Auth-Subject", "m1")],
    [("X-Auth-Subject", "m1"), ("x-auth-subject", "m1")],
    [("X_Auth_Subject", "m1")],
    [("X-Auth_Subject", "m1")],
    [("X-Auth-Session", "s1"), ("X-Auth-Roles", "staff")],
    [("Authorization", "Bearer t"), ("Cookie", "__Host-access=t")],
]


@pytest.mark.parametrize("headers", NO_IDENTITY)
@pytest.mark.parametrize("path", ["/mine", "/foreign", "/staff"])
def test_a_required_route_refuses_what_the_edge_has_not_checked(gateway, path, headers):
    """Whatever happens to the edge's objects, the way past its check is closed here as well."""
    response = gateway.client.get(path, headers)
    assert (response.status, response.problem["code"]) == (401, "unauthenticated")
    assert response.get("WWW-Authenticate") == "Bearer"
    assert gateway.upstream.seen == []


@pytest.mark.parametrize("roles", [None, "", "member", "staffer,administrator", "STAFF"])
def test_a_route_with_roles_refuses_members_without_one(gateway, roles):
    given = [("X-Auth-Subject", "m1")] + ([("X-Auth-Roles", roles)] if roles is not None else [])
    response = gateway.client.get("/staff", given)
    assert (response.status, response.problem["code"]) == (403, "forbidden")
    assert gateway.upstream.seen == []


@pytest.mark.parametrize("roles", ["staff", "member,admin", "member, staff"])
def test_any_one_role_suffices(gateway, roles):
    assert gateway.client.get("/staff", [("X-Auth-Subject", "m1"), ("X-Auth-Roles", roles)]).status == 200


@pytest.mark.parametrize("path", ["/open", "/maybe"])
def test_other_routes_need_no_identity(gateway, path):
    assert gateway.client.get(path).status == 200


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
def test_the_platforms_cookies_are_stripped_and_others_kept(gateway, mine, sent, kept):
    mine([("Cookie", value) for value in sent])
    assert gateway.forwarded.all("Cookie") == kept


@pytest.mark.parametrize("path", ["/open", "/maybe", "/foreign"])
def test_cookies_are_stripped_whatever_the_auth(gateway, path):
    gateway.client.get(path, [*IDENTITY, ("Cookie", "__Host-access=x")])
    assert gateway.forwarded.all("Cookie") == []


def test_a_route_that_asks_for_cookies_gets_them(gateway):
    gateway.client.get("/web", [("Cookie", "a=1; __Host-access=x")])
    assert gateway.forwarded.get("Cookie") == "a=1; __Host-access=x"


def test_a_cookie_in_another_spelling_does_not_pass(gateway, mine):
    mine([("COOKIE", "__Host-access=x; a=1")])
    assert [value for name, value in gateway.forwarded.headers if "cookie" in name.lower()] == ["a=1"]


def test_cookies_in_two_spellings_of_the_header_are_one(gateway, mine):
    mine([("Cookie", "a=1; access=x"), ("cookie", "b=2; refresh=y")])
    (left,) = gateway.forwarded.all("Cookie")
    assert sorted(left.split("; ")) == ["a=1", "b=2"]


def test_the_bearer_token_passes_unless_the_route_says_no(gateway, mine):
    mine([("Authorization", "Bearer t")])
    assert gateway.forwarded.get("Authorization") == "Bearer t"
    gateway.upstream.seen.clear()
    mine([("Authorization", "Bearer t")], "/foreign")
    assert gateway.forwarded.all("Authorization") == []


OTHER_COOKIES = "__Host-cart=c; __Secure-checkout=d; cart=e; checkout=f; __Host-lang=ko; __Host-theme=dark"


def test_the_platforms_services_keep_the_cookies_that_are_no_credentials(mine, gateway):
    mine([("Cookie", f"{OTHER_COOKIES}; form=x; __Host-form=y")])
    assert gateway.forwarded.get("Cookie") == OTHER_COOKIES


def test_a_joined_service_gets_no_cookie_of_the_platform(gateway):
    headers = [("Host", "platform.test"), ("Cookie", f"a=1; {OTHER_COOKIES}; access=x; form=y; CART=z")]
    assert gateway.client.get("/joined", headers).status == 200
    assert gateway.forwarded.get("Cookie") == "a=1; CART=z"


FORGED = [
    ("X-Forwarded-For", "6.6.6.6"),
    ("X-Real-IP", "7.7.7.7"),
    ("Forwarded", "for=8.8.8.8"),
    ("X_Forwarded_For", "9.9.9.9"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "shop.example"),
    ("X-Forwarded-Port", "443"),
]


def test_a_trusted_edge_says_who_the_client_is(gateway, mine):
    mine(FORGED)
    seen = gateway.forwarded
    assert (seen.get("X-Forwarded-For"), seen.get("X-Real-IP")) == ("6.6.6.6", "6.6.6.6")
    assert (seen.get("X-Forwarded-Proto"), seen.get("X-Forwarded-Host")) == ("https", "shop.example")
    assert seen.get("X-Forwarded-Port") == "443"
    assert seen.all("Forwarded") == seen.all("X_Forwarded_For") == []


def test_of_a_chain_of_addresses_one_goes_on(gateway, mine):
    mine([("X-Forwarded-For", "1.1.1.1, 2.2.2.2")])
    assert gateway.forwarded.get("X-Forwarded-For") == "2.2.2.2"


def test_nobody_else_says_who_the_client_is(make_gateway):
    gateway = make_gateway(trusted=("10.0.0.0/8",))
    gateway.client.get("/plain", FORGED)
    seen = gateway.forwarded
    assert (seen.get("X-Forwarded-For"), seen.get("X-Real-IP")) == ("127.0.0.1", "127.0.0.1")
    assert seen.get("X-Forwarded-Proto") == "http"
    assert seen.get("X-Forwarded-Host") == f"127.0.0.1:{gateway.client.port}"


@pytest.mark.parametrize("bad", ["short", "with space in it", "x" * 129, 'quote"quote'])
def test_a_malformed_request_id_is_replaced(gateway, mine, bad):
    response = mine([("X-Request-ID", bad)])
    made = gateway.forwarded.get("X-Request-ID")
    assert made != bad
    assert len(made) == 32
    assert response.get("X-Request-ID") == made


def test_a_request_id_is_kept_and_returned(gateway, mine):
    gateway.reply = lambda _seen: gateway.make_answer(200, b"", X_Request_ID="upstreams-own")
    response = mine([("X-Request-ID", "client-chosen.1"), ("X_Request_ID", "other-spelling")])
    assert gateway.forwarded.get("X-Request-ID") == "client-chosen.1"
    assert gateway.forwarded.all("X_Request_ID") == []
    assert response.get("X-Request-ID") == "client-chosen.1"
