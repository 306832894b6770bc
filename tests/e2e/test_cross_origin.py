"""An app on a listed origin: preflights, tokens, and the cookie that only reads."""

from __future__ import annotations

import pytest

from blackbox.client import Client, Session
from blackbox.house_rules import assert_problem
from blackbox.own_platform import OwnPlatform

APP = "https://app.example"
FROM_APP = {"Origin": APP, "Sec-Fetch-Site": "cross-site"}

pytestmark = pytest.mark.usefixtures("own_platform")


def may_read(answer) -> bool:
    return (
        answer.headers.get("access-control-allow-origin") == APP
        and answer.headers.get("access-control-allow-credentials") == "true"
        and "Origin" in answer.headers.get("vary", "")
    )


def test_a_preflight_is_answered_whatever_auth_does(client: Client, own_platform: OwnPlatform):
    asked = {"Origin": APP, "Access-Control-Request-Method": "PATCH"}
    with own_platform.paused("auth"):
        answer = client.request("OPTIONS", "/api/members/me", headers=asked)
    assert answer.status_code == 204
    assert may_read(answer)
    assert "PATCH" in answer.headers["access-control-allow-methods"]


def test_a_token_reads_and_writes(member: Session):
    answer = member.get("/api/members/me", headers=FROM_APP)
    assert (answer.status_code, may_read(answer)) == (200, True)
    answer = member.patch("/api/members/me", {"display_name": "From the app"}, headers=FROM_APP)
    assert (answer.status_code, may_read(answer)) == (200, True)


def test_a_cookie_reads_and_does_not_write(client: Client, member: Session):
    """Decision 24: a request that changes something with a cookie comes from the platform's own pages."""
    cookie = {"Cookie": f"access={member.access_token}", **FROM_APP}
    answer = client.get("/api/members/me", headers=cookie)
    assert (answer.status_code, may_read(answer)) == (200, True)
    answer = client.patch("/api/members/me", {"display_name": "By cookie"}, headers=cookie)
    assert_problem(answer, 403, "cross-site-request")
    assert may_read(answer)
    assert member.get("/api/members/me").json()["display_name"] != "By cookie"


def test_another_origin_reads_nothing(member: Session):
    answer = member.get("/api/members/me", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
