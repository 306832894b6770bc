"""An app on a listed origin: preflights, tokens, and the cookie that only reads."""

from __future__ import annotations

import pytest

from blackbox.client import Client, Session
from blackbox.house_rules import assert_problem
from blackbox.own_platform import OwnPlatform

APP = "https://app.example"
FROM_APP = {"Origin": APP, "Sec-Fetch-Site": "cross-site"}

pytestmark = pytest.mark.usefixtures("own_platform")


def may_read(response) -> bool:
    return (
        response.headers.get("access-control-allow-origin") == APP
        and response.headers.get("access-control-allow-credentials") == "true"
        and "Origin" in response.headers.get("vary", "")
    )


def test_a_preflight_is_served_whatever_auth_does(client: Client, own_platform: OwnPlatform):
    asked = {"Origin": APP, "Access-Control-Request-Method": "PATCH"}
    with own_platform.paused("auth"):
        response = client.request("OPTIONS", "/api/members/me", headers=asked)
    assert response.status_code == 204
    assert may_read(response)
    assert "PATCH" in response.headers["access-control-allow-methods"]


def test_a_token_reads_and_writes(member: Session):
    response = member.get("/api/members/me", headers=FROM_APP)
    assert (response.status_code, may_read(response)) == (200, True)
    response = member.patch("/api/members/me", {"display_name": "From the app"}, headers=FROM_APP)
    assert (response.status_code, may_read(response)) == (200, True)


def test_a_cookie_reads_and_does_not_write(client: Client, member: Session):
    """Decision 24: a request that changes something with a cookie comes from the platform's own pages."""
    cookie = {"Cookie": f"access={member.access_token}", **FROM_APP}
    response = client.get("/api/members/me", headers=cookie)
    assert (response.status_code, may_read(response)) == (200, True)
    response = client.patch("/api/members/me", {"display_name": "By cookie"}, headers=cookie)
    assert_problem(response, 403, "cross-site-request")
    assert may_read(response)
    assert member.get("/api/members/me").json()["display_name"] != "By cookie"


def test_another_origin_reads_nothing(member: Session):
    response = member.get("/api/members/me", headers={"Origin": "https://evil.example"})
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers
