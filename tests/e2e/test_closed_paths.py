"""Bypass, by path: what is on no route returns 404, however it is spelt, and no service sees the request."""

import secrets

import pytest

from blackbox.client import Session
from blackbox.house_rules import assert_problem, check_house_rules
from blackbox.own_platform import OwnPlatform
from blackbox.raw_http import compose, exchange, host_of
from blackbox.route_table import METHODS

CLOSED = ["/internal/credentials/verify", "/internal/members", "/auth/verify", "/metrics", "/livez", "/readyz"]
UNDOCUMENTED = [
    "/openapi.json",
    "/docs",
    "/redoc",
    "/internal",
    "/internal/",
    "/auth/internal",
    "/ready",
    "/status",
    "/nginx_status",
]

TRICKS = [
    "//internal/members",
    "/./internal/members",
    "/x/../internal/members",
    "/%69nternal/members",
    "/internal%2fmembers",
    "/%2finternal/members",
    "/INTERNAL/members",
    "/Internal/members",
    "/internal./members",
    "/internal;x=y/members",
    "/internal%00/members",
    "/internal\\members",
    "/api/members/../../internal/members",
    "/api/members/%2e%2e/%2e%2e/internal/members",
    "/api/members/.%2e/%2E./internal/members",
    "/api/members/..%2f..%2finternal%2fmembers",
    "/api/members/%252e%252e/%252e%252e/internal/members",
    "/api/members/..;/..;/internal/members",
    "/api/members/..%5c..%5cinternal/members",
    "/auth/login/../../internal/members",
    "/auth/email/../../internal/members",
    "/auth/email/..%2f..%2finternal/members",
    "/auth/email/%2e%2e/%2e%2e/internal/members",
    "/.well-known/jwks.json/../../internal/members",
    "//auth//verify",
    "/auth//verify",
    "/auth/./verify",
    "/auth/verify/",
    "/auth/verify/.",
    "/auth/verify?optional=1",
    "/auth/verify;x",
    "/auth/verify.",
    "/auth/verify%20",
    "/auth/verify%00",
    "/auth/verify%0a",
    "/auth/%76erify",
    "/auth/VERIFY",
    "/AUTH/verify",
    "/auth%2fverify",
    "/auth/login/../verify",
    "/auth/login/%2e%2e/verify",
    "/auth/login/..%2fverify",
    "/auth/login;/../verify",
    "/auth/email/../verify",
    "/auth/email/%2e%2e/verify",
    "/auth/email/..%2fverify",
    "/auth/email/..;/verify",
    "/auth/email//../verify",
    "/auth/sessions/../verify",
    "/auth/sessions/..%2fverify",
    "/auth_check",
    "/auth_check/",
    "/_auth",
    "/metrics/",
    "//metrics",
    "/%6detrics",
    "/auth/email/../../metrics",
    "/auth/email/..%2f..%2fmetrics",
    "/api/members/..%2f..%2fmetrics",
    "/livez/",
    "/readyz%2f",
    "/auth/email/..%2f..%2freadyz",
]


@pytest.mark.parametrize("path", CLOSED)
def test_a_closed_path_is_not_found(client, reader: Session, path: str):
    for method in METHODS:
        for sender in (client, reader):
            assert sender.request(method, path).status_code == 404, method


@pytest.mark.parametrize("path", UNDOCUMENTED)
def test_a_path_of_no_page_is_not_found_or_not_with_this_method(client, reader: Session, path: str):
    """The pages' row has the path, with the methods that forms have."""
    for method in METHODS:
        for sender in (client, reader):
            expected = 404 if method in {"GET", "HEAD", "POST"} or path.startswith("/internal") else 405
            assert sender.request(method, path).status_code == expected, method


@pytest.mark.parametrize("path", TRICKS)
def test_another_spelling_opens_no_closed_path(reader: Session, platform: OwnPlatform | None, path: str):
    """Sent as bytes: a proper client would tidy the path up before sending it."""
    # web fetches auth's keys with the first page
    reader.get("/")
    for method, request_id in (("GET", f"e2e-{secrets.token_hex(8)}"), ("POST", f"e2e-{secrets.token_hex(8)}")):
        request = compose(reader, method, path, f"X-Request-ID: {request_id}", "Connection: close", body="")
        [response] = exchange(reader.base_url, request, reader.address)

        check_house_rules(method, path, response)
        assert response.status_code in {400, 404}, (method, response.status_code, response.content)
        assert "x-auth-subject" not in response.headers
        if platform is not None:
            # What is no closed path may be a page that does not exist.
            assert platform.services_that_saw(request_id) <= {"web"}


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize(
    "request_lines",
    [
        "GET http://{host}{path} HTTP/1.1\r\nHost: {host}",
        "GET http://elsewhere.example{path} HTTP/1.1\r\nHost: {host}",
        "GET http://elsewhere.example{path} HTTP/1.1\r\nHost: elsewhere.example",
        "GET http://user:pass@{host}{path} HTTP/1.1\r\nHost: {host}",
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1",
        "GET {path} HTTP/1.1\r\nHost: member",
        "GET {path} HTTP/1.1\r\nHost: auth:8000",
        "GET {path} HTTP/1.0",
        "GET {path} HTTP/1.0\r\nHost: {host}",
        "GET /nowhere HTTP/1.1\r\nHost: {host}\r\nX-Original-URL: {path}\r\nX-Rewrite-URL: {path}",
        "GET /nowhere HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Uri: {path}\r\nX-Forwarded-Prefix: {path}",
    ],
)
def test_another_form_of_request_opens_no_closed_path(reader: Session, path: str, request_lines: str):
    head = request_lines.replace("{host}", host_of(reader.base_url)).replace("{path}", path)
    request = f"{head}\r\nAuthorization: Bearer {reader.access_token}\r\nConnection: close\r\n\r\n"

    [response] = exchange(reader.base_url, request.encode(), reader.address)

    check_house_rules("GET", path, response)
    assert response.status_code == 404 or (response.status_code == 400 and "@" in head), response.content


@pytest.mark.parametrize(
    "request_lines",
    [
        "GET /api/members/me HTTP/1.1",
        "GET /api/members/me HTTP/1.1\r\nHost: a\r\nHost: b",
        "GET /api/members/me HTTP/1.1\r\nHost: a b",
    ],
)
def test_a_request_without_one_good_host_is_refused(reader: Session, request_lines: str):
    """RFC 9112, section 3.2."""
    request = f"{request_lines}\r\nAuthorization: Bearer {reader.access_token}\r\nConnection: close\r\n\r\n"

    [response] = exchange(reader.base_url, request.encode(), reader.address)

    check_house_rules("GET", "/api/members/me", response)
    assert response.status_code == 400


@pytest.mark.parametrize(
    "override", ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri", "X-Original-Method", "X-HTTP-Method-Override"]
)
def test_a_client_cannot_tell_the_check_another_request(client, override: str):
    """Auth decides by the method and URL that the edge saw, not by a client's copy of the header."""
    for value in ("/auth/login", "/.well-known/jwks.json", "GET", "OPTIONS"):
        assert client.get("/api/members/me", headers={override: value}).status_code == 401
        assert client.post("/auth/logout", headers={override: value}).status_code == 401


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "get", "GETT", "OPTIONS"])
def test_unusual_methods_open_nothing(reader: Session, method: str):
    [response] = exchange(
        reader.base_url, compose(reader, method, "/api/members/me", "Connection: close"), reader.address
    )

    check_house_rules(method, "/api/members/me", response)
    assert response.status_code in {400, 404, 405, 501}


@pytest.mark.parametrize("upgrade", ["h2c", "websocket", "TLS/1.0"])
def test_an_upgrade_makes_no_tunnel(reader: Session, upgrade: str):
    """A tunnel would carry requests past the edge."""
    response = reader.me(
        headers={
            "Connection": "Upgrade, HTTP2-Settings",
            "Upgrade": upgrade,
            "HTTP2-Settings": "AAMAAABkAAQAoAAAAAIAAAAA",
        }
    )

    assert response.status_code == 200
    assert "upgrade" not in response.headers


def test_the_log_check_can_fail(reader: Session, own_platform: OwnPlatform):
    """What `services_that_saw` rests on: a request that does reach a service is found in its log."""
    request_id = f"e2e-{secrets.token_hex(8)}"

    assert reader.me(headers={"X-Request-ID": request_id}).status_code == 200
    assert "member" in own_platform.services_that_saw(request_id)


def test_a_wrong_path_below_a_route_is_the_services_not_found(reader: Session):
    assert_problem(reader.get("/api/members/me/nothing"), 404)
