"""The browser's credential: a cookie, which counts for what the platform's own pages send (ASVS 3.5)."""

from collections.abc import Callable

import pytest

from blackbox.client import Client, Session
from blackbox.house_rules import assert_problem

# The name over TLS, and the one of the development setting for plain HTTP on loopback.
NAMES = ("__Host-access", "access")


@pytest.fixture(scope="session")
def cookie(reader: Session, lasting_client: Callable[[], Client]) -> str:
    """The cookie's name here: exactly one is read."""
    client = lasting_client()
    read = [
        name
        for name in NAMES
        if client.get("/api/members/me", headers={"Cookie": f"{name}={reader.access_token}"}).status_code == 200
    ]
    assert len(read) == 1, read
    return read[0]


@pytest.fixture
def browser(member: Session, client: Client, cookie: str) -> Callable[..., object]:
    """Send a request as a browser that holds the cookie."""

    def send(method: str, **headers: str):
        sent = {
            "Cookie": f"theme=dark; {cookie}={member.access_token}; x=y",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        body = {"display_name": "Changed"} if method == "PATCH" else None
        return client.request(method, member.path, headers=sent, json=body)

    return send


def test_a_cookie_is_read_where_there_is_no_bearer(browser):
    assert browser("GET").status_code == 200


def test_a_safe_request_may_come_from_anywhere(browser):
    """Following a link from another site is no forgery."""
    assert browser("GET", Origin="https://elsewhere.example", Sec_Fetch_Site="cross-site").status_code == 200
    assert browser("HEAD", Sec_Fetch_Site="cross-site").status_code == 200


def test_the_platforms_own_pages_may_write(browser, base_url: str):
    for headers in (
        {"Origin": base_url},
        {"Sec_Fetch_Site": "same-origin"},
        {"Origin": base_url, "Sec_Fetch_Site": "same-origin"},
    ):
        assert browser("PATCH", **headers).status_code == 200, headers


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE", "POST"])
def test_another_sites_pages_may_not_write(browser, member: Session, base_url: str, method: str):
    foreign = [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": base_url + ".elsewhere.example"},
        {"Origin": base_url.replace("127.0.0.1", "127.0.0.2") + "0"},
        {"Origin": base_url.rsplit(":", 1)[0] + ":1"},
        {"Origin": f"https://elsewhere.example {base_url}"},
        {"Origin": f"{base_url}@elsewhere.example"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "Cross-Site"},
        {"Sec_Fetch_Site": "made-up"},
        {"Origin": base_url, "Sec_Fetch_Site": "cross-site"},
        {"Origin": "https://elsewhere.example", "Sec_Fetch_Site": "same-origin"},
        {"Referer": "https://elsewhere.example/"},
        {},
    ]

    for headers in foreign:
        assert browser(method, **headers).status_code == 403, headers
    assert member.me().json()["display_name"] == member.account.display_name


def test_a_forwarded_host_makes_no_origin_ones_own(browser):
    assert browser("PATCH", Origin="https://elsewhere.example", X_Forwarded_Host="elsewhere.example").status_code == 403
    assert (
        browser("PATCH", Origin="https://elsewhere.example", X_Original_URL="https://elsewhere.example/x").status_code
        == 403
    )


def test_a_forged_method_header_makes_no_write_a_read(browser):
    for name in ("X_Original_Method", "X_Forwarded_Method", "X_HTTP_Method_Override"):
        assert browser("DELETE", **{name: "GET"}, Sec_Fetch_Site="cross-site").status_code == 403, name


def test_a_bearer_is_nothing_that_a_foreign_page_could_send(member: Session):
    """The rules are for what browsers add by themselves."""
    response = member.patch(
        member.path,
        {"display_name": "App"},
        headers={"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
    )

    assert response.status_code == 200


@pytest.mark.parametrize("bearer", ["Bearer x", "Bearer a.b.c", "Bearer", "bearer x"])
def test_an_invalid_bearer_never_falls_back_to_the_cookie(browser, bearer: str):
    assert_problem(browser("GET", Authorization=bearer), 401)


def test_an_ended_sessions_cookie_is_refused(browser, member: Session):
    member.log_out()

    assert browser("GET").status_code == 401


def test_a_log_out_cannot_be_forged(client: Client, member: Session, cookie: str):
    headers = {"Cookie": f"{cookie}={member.access_token}", "Sec-Fetch-Site": "cross-site"}

    assert client.post("/auth/logout", headers=headers).status_code == 403
    assert member.me().status_code == 200
    assert client.post("/auth/logout", headers={**headers, "Sec-Fetch-Site": "same-origin"}).status_code == 204
    assert member.me().status_code == 401


@pytest.mark.parametrize("value", ["", "x", "a.b.c", '"{token}"x', "{token};{token}x"])
def test_a_spoilt_cookie_is_no_credential(client: Client, reader: Session, cookie: str, value: str):
    invalid = value.replace("{token}", reader.access_token[:-6])

    assert client.get("/api/members/me", headers={"Cookie": f"{cookie}={invalid}"}).status_code == 401


def test_two_cookies_of_the_name_are_not_one(client: Client, reader: Session, other: Session, cookie: str):
    """Another site below the same domain may have set one of them; neither is believed."""
    for pair in (
        f"{cookie}={reader.access_token}; {cookie}={other.access_token}",
        f"{cookie}=x; {cookie}={reader.access_token}",
    ):
        assert client.get("/api/members/me", headers={"Cookie": pair}).status_code in {400, 401}


def test_a_cookie_of_another_name_is_no_credential(client: Client, reader: Session, cookie: str):
    for name in ("session", "token", "Authorization", f"x{cookie}", f"{cookie}x", cookie.upper(), f"__Secure-{cookie}"):
        assert client.get("/api/members/me", headers={"Cookie": f"{name}={reader.access_token}"}).status_code == 401, (
            name
        )
