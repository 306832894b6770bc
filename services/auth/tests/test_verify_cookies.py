"""The cookie as a credential, and what keeps other sites from using it."""

from __future__ import annotations

import pytest

from platform_auth.config import EdgeHeaders

COOKIE = "__Host-access"
OWN, FOREIGN = "https://shop.example", "https://evil.example"


@pytest.fixture
async def token(client):
    return (await client.tokens())["access_token"]


def asked(method, origin=None, site=None, url="https://shop.example/api/shop/cart"):
    """Return the headers of a request by way of an edge that writes X-Original-…."""
    headers = {"X_Original_Method": method, "X_Original_URL": url}
    if origin is not None:
        headers["Origin"] = origin
    if site is not None:
        headers["Sec_Fetch_Site"] = site
    return headers


async def test_the_cookie_is_a_credential_and_is_handed_on_as_a_bearer_token(client, token):
    response = await client.verify(Cookie=f"theme=dark; {COOKIE}={token}; other=1", **asked("GET"))

    assert response.status_code == 200
    assert response.headers["Authorization"] == f"Bearer {token}"


async def test_a_bearer_token_comes_before_the_cookie(client, token):
    other = (await client.tokens())["access_token"]

    response = await client.verify(other, Cookie=f"{COOKIE}={token}", **asked("GET"))

    assert response.headers["Authorization"] == f"Bearer {other}"


@pytest.mark.parametrize(("query", "status"), [("", 401), ("?optional=1", 200)])
async def test_an_invalid_bearer_token_never_falls_back_to_the_cookie(client, token, query, status):
    response = await client.verify("wrong", query, Cookie=f"{COOKIE}={token}", **asked("GET"))

    assert response.status_code == status
    assert "X-Auth-Subject" not in response.headers


async def test_an_ended_bearer_session_never_falls_back_to_the_cookie(client, token):
    ended = (await client.tokens())["access_token"]
    await client.post("/auth/logout", ended)

    assert (await client.verify(ended, Cookie=f"{COOKIE}={token}", **asked("GET"))).status_code == 401
    optional = await client.verify(ended, "?optional=1", Cookie=f"{COOKIE}={token}", **asked("GET"))
    assert "X-Auth-Subject" not in optional.headers


async def test_another_scheme_is_no_bearer_token(client, token):
    response = await client.verify(Authorization="Basic YTpi", Cookie=f"{COOKIE}={token}", **asked("GET"))

    assert response.status_code == 200
    assert (await client.verify(Authorization="Basic YTpi")).headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("name", ["access", "__Secure-access", "__host-access", "x__Host-access"])
async def test_another_cookie_is_no_credential(client, token, name):
    assert (await client.verify(Cookie=f"{name}={token}", **asked("GET"))).status_code == 401


async def test_an_emptied_cookie_is_no_credential(client):
    response = await client.verify(Cookie=f"{COOKIE}=", **asked("GET"))

    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("query", "status"), [("", 401), ("?optional=1", 200)])
async def test_two_cookies_of_the_name_are_no_identity(client, token, query, status, method):
    both = f"{COOKIE}={token}; {COOKIE}={token}"
    own = {"X-Original-Method": method, "X-Original-URL": f"{OWN}/x", "Sec-Fetch-Site": "same-origin"}
    two_headers = [("Cookie", f"{COOKIE}={token}"), ("Cookie", f"{COOKIE}={token}"), *own.items()]

    for headers in ([("Cookie", both), *own.items()], two_headers):
        response = await client.http.get(f"/auth/verify{query}", headers=headers)
        assert response.status_code == status
        assert "X-Auth-Subject" not in response.headers


@pytest.mark.parametrize("cookie", ["x", "a.b.c", "\xe4", "x y", "a.b.c.d", "x" * 5000])
async def test_a_cookie_that_is_no_token_of_ours_is_anonymous_where_a_session_is_optional(client, cookie):
    headers = {"Cookie": f"{COOKIE}={cookie}".encode("latin-1"), "X-Original-Method": "GET"}

    assert (await client.http.get("/auth/verify", headers=headers)).status_code == 401
    response = await client.http.get("/auth/verify?optional=1", headers=headers)
    assert (response.status_code, response.content) == (200, b"")
    assert "X-Auth-Subject" not in response.headers


@pytest.mark.parametrize("change", [{"token_issuer": "https://moved.test"}, {"token_audience": "renamed"}])
async def test_a_cookie_from_before_a_change_of_issuer_or_audience_is_anonymous(make_auth, client_of, token, change):
    client = client_of(make_auth(**change))

    for query, status in (("", 401), ("?optional=1", 200)):
        response = await client.verify(query=query, Cookie=f"{COOKIE}={token}", **asked("GET"))
        assert response.status_code == status
        assert "X-Auth-Subject" not in response.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_safe_methods_need_no_proof(client, token, method):
    assert (await client.verify(Cookie=f"{COOKIE}={token}", **asked(method, FOREIGN, "cross-site"))).status_code == 200


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        (None, None),
        (FOREIGN, None),
        (FOREIGN, "same-origin"),
        (OWN, "cross-site"),
        (None, "cross-site"),
        ("null", None),
        ("", None),
        (None, ""),
    ],
)
async def test_unsafe_methods_without_proof_are_refused(client, token, origin, site):
    for method in ("POST", "PUT", "PATCH", "DELETE", "post", "get", "BREW", ""):
        for query in ("", "?optional=1"):
            response = await client.verify(query=query, Cookie=f"{COOKIE}={token}", **asked(method, origin, site))
            assert response.status_code == 403
            assert response.json()["code"] == "cross-site-request"
            assert "X-Auth-Subject" not in response.headers


@pytest.mark.parametrize(("origin", "site"), [(OWN, None), (OWN, "same-origin"), (None, "same-origin"), (None, "none")])
async def test_unsafe_methods_from_our_own_pages_pass(client, token, origin, site):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (await client.verify(Cookie=f"{COOKIE}={token}", **asked(method, origin, site))).status_code == 200


async def test_a_bearer_token_needs_no_proof(client, token):
    assert (await client.verify(token, **asked("POST", FOREIGN, "cross-site"))).status_code == 200


async def test_a_forged_request_is_refused_whatever_the_cookie_is_worth(client):
    for cookie in (f"{COOKIE}=expired", f"{COOKIE}=a; {COOKIE}=b"):
        response = await client.verify(query="?optional=1", Cookie=cookie, **asked("POST", FOREIGN))
        assert response.status_code == 403


@pytest.mark.parametrize(
    ("origin", "url", "status"),
    [
        ("https://shop.example:8443", "https://shop.example:8443/x", 200),
        ("https://shop.example:8443", "https://shop.example/x", 403),
        ("https://shop.example", "https://shop.example:443/x", 200),
        ("https://SHOP.example", "https://shop.EXAMPLE/x", 200),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/x", 200),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8081/x", 403),
        # TLS may end before the edge; but what came by TLS has no page without it.
        ("https://shop.example", "http://shop.example/x", 200),
        ("http://shop.example", "https://shop.example/x", 403),
        ("https://shop.example.evil.example", "https://shop.example/x", 403),
        ("https://evil.example/https://shop.example", "https://shop.example/x", 403),
        ("https://user@shop.example", "https://shop.example/x", 403),
        ("https://shop.example", "/api/shop/cart", 403),
        ("https://shop.example", "https://[broken/x", 403),
    ],
)
async def test_the_origin_is_compared_with_the_host_that_the_edge_saw(client, token, origin, url, status):
    response = await client.verify(Cookie=f"{COOKIE}={token}", **asked("POST", origin, url=url))

    assert response.status_code == status


async def test_two_origins_are_refused(client, token):
    headers = [
        ("Cookie", f"{COOKIE}={token}"),
        ("X-Original-Method", "POST"),
        ("X-Original-URL", f"{OWN}/x"),
        ("Origin", OWN),
        ("Origin", OWN),
    ]

    assert (await client.http.get("/auth/verify", headers=headers)).status_code == 403


async def test_the_other_pair_of_headers_is_the_clients_and_is_not_believed(client, token):
    spoofed = {"X_Forwarded_Method": "GET", "X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "https"}

    response = await client.verify(Cookie=f"{COOKIE}={token}", **spoofed, **asked("POST", FOREIGN))

    assert response.status_code == 403


async def test_a_repeated_method_is_not_believed(client, token):
    headers = [("Cookie", f"{COOKIE}={token}"), ("X-Original-Method", "GET"), ("X-Original-Method", "GET")]

    assert (await client.http.get("/auth/verify", headers=headers)).status_code == 403


class TestBehindAnEdgeThatForwards:
    @pytest.fixture
    def client(self, make_auth, client_of):
        return client_of(make_auth(edge_headers=EdgeHeaders.FORWARDED))

    @pytest.mark.parametrize(
        ("method", "origin", "status"),
        [("GET", FOREIGN, 200), ("POST", OWN, 200), ("POST", FOREIGN, 403), ("POST", None, 403)],
    )
    async def test_method_and_host_come_in_the_forwarded_headers(self, client, token, method, origin, status):
        headers = {"X_Forwarded_Method": method, "X_Forwarded_Host": "shop.example", "X_Forwarded_Proto": "https"}
        if origin:
            headers["Origin"] = origin

        assert (await client.verify(Cookie=f"{COOKIE}={token}", **headers)).status_code == status

    async def test_the_original_headers_are_not_believed(self, client, token):
        response = await client.verify(Cookie=f"{COOKIE}={token}", **asked("GET"))

        assert response.status_code == 403


class TestOverPlainHttpOnLoopback:
    @pytest.fixture
    def client(self, make_auth, client_of):
        return client_of(make_auth(insecure_cookies_for_local_development=True))

    async def test_the_cookie_has_no_prefix(self, client, token):
        assert (await client.verify(Cookie=f"access={token}", **asked("GET"))).status_code == 200
        assert (await client.verify(Cookie=f"{COOKIE}={token}", **asked("GET"))).status_code == 401
