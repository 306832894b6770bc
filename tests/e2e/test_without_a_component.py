"""What a visitor's browser gets while a component is stopped or hangs."""

from __future__ import annotations

import pytest

from blackbox.client import Client, Session
from blackbox.own_platform import OwnPlatform

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "ko"}


@pytest.mark.parametrize("path", ["/", "/products", "/cart", "/log-in"])
def test_a_visitor_without_a_session_sees_the_shop_while_auth_hangs(
    client: Client, own_platform: OwnPlatform, path: str
):
    with own_platform.paused("auth"):
        response = client.get(path, headers=BROWSER)
    assert response.status_code == 200
    assert "</main>" in response.text


def test_a_visitor_with_a_session_gets_a_page_in_words(client: Client, member: Session, own_platform: OwnPlatform):
    cookie = {"Cookie": f"access={member.access_token}", **BROWSER}
    with own_platform.paused("auth"):
        response = client.get("/", headers=cookie)
    assert response.status_code == 503
    assert response.headers["content-type"].startswith("text/html")
    assert "로그인을 확인할 수 없음" in response.text


def test_a_page_that_does_not_come_is_a_page_in_words(client: Client, own_platform: OwnPlatform):
    with own_platform.paused("web"):
        response = client.get("/", headers=BROWSER)
    assert response.status_code == 504
    assert "응답 시간 초과" in response.text
