"""Responses of edge and gateway themselves: a page or a document, in its language."""

import base64
import hashlib
import json
import re

import pytest

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
MEMBERS = ["type", "title", "status", "code", "detail", "request_id"]


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "*/*",
        "application/json",
        "application/problem+json",
        "application/json, text/html;q=0.5",
        "text/html;q=0",
        "",
    ],
)
def test_a_program_gets_a_document(edge, accept):
    response = edge.client.get("/none", [("Accept", accept)] if accept is not None else [])
    assert response.problem["code"] == "route-not-found"


@pytest.mark.parametrize("accept", [BROWSER, "text/html", "TEXT/HTML;q=0.9, application/json;q=0.8"])
def test_a_browser_gets_a_page(edge, accept):
    response = edge.client.get("/none", [("Accept", accept)])
    assert (response.status, response.get("Content-Type")) == (404, "text/html; charset=utf-8")
    assert b"<h1>Route not found</h1>" in response.body
    assert response.get("X-Request-ID").encode() in response.body
    assert "Accept" in ", ".join(response.all("Vary"))


def test_a_page_loads_nothing_and_its_style_is_the_policys(edge):
    response = edge.client.get("/none", [("Accept", BROWSER)])
    (style,) = re.findall(rb"<style>(.*?)</style>", response.body, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in response.get("Content-Security-Policy")
    assert "default-src 'none'" in response.get("Content-Security-Policy")


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en-US,en;q=0.9,ko;q=0.8", "en"),
        ("en;q=0.1, ko;q=0.2", "ko"),
        ("fr", "en"),
        ("", "en"),
        (None, "en"),
        ("ko;q=0", "en"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", BROWSER])
def test_texts_follow_the_language(edge, accept, wanted, language):
    headers = [("Accept", accept)] + ([("Accept-Language", wanted)] if wanted is not None else [])
    response = edge.client.get("/none", headers)
    assert ("페이지를 찾을 수 없음" in response.body.decode()) is (language == "ko")
    assert response.get("Content-Language") == language


def test_documents_are_written_as_the_services_write_theirs(edge):
    body = edge.client.get("/none").body.decode()
    document = json.loads(body)
    assert list(document) == MEMBERS
    assert body == json.dumps(document, separators=(",", ":"))


@pytest.mark.parametrize("accept", ["application/json", BROWSER])
def test_too_many_cookies_are_said_in_words(edge, accept):
    response = edge.client.get("/open", [("Accept", accept), ("Cookie", "a=" + "x" * 17000)])
    assert response.status == 431
    assert "delete this site's cookies" in response.body.decode()
    if accept == "application/json":
        assert json.loads(response.body)["code"] == "headers-too-large"
    assert edge.gateway.seen == []


@pytest.mark.parametrize(
    ("break_it", "path", "status"),
    [("gateway", "/open", 502), ("auth", "/api/mine", 503)],
)
def test_a_browser_gets_a_page_when_something_is_gone(edge, break_it, path, status):
    getattr(edge, break_it).stop()
    response = edge.client.get(path, [("Accept", BROWSER), ("Accept-Language", "ko")])
    assert response.status == status
    assert "잠시 뒤에 다시 시도하세요" in response.body.decode()


@pytest.mark.parametrize("path", ["/open", "/none", "/api/mine", "/internal"])
def test_every_response_says_that_its_content_type_is_meant(edge, path):
    edge.reply = lambda _seen: edge.make_answer(200, b"", X_Content_Type_Options="nosniff")
    assert edge.client.get(path).get("X-Content-Type-Options") == "nosniff"


def test_a_status_that_nginx_has_no_name_for_is_named_where_the_lua_module_can(edge, phrase):
    response = edge.client.get("/open", [("Cookie", "a=" + "x" * 17000)])
    assert (response.status, response.reason) == (431, phrase("Request Header Fields Too Large"))


def test_the_reason_phrase_of_the_gateway_reaches_the_client(edge):
    edge.reply = lambda _seen: edge.make_answer(422, b"")
    assert edge.client.get("/open").reason == "Whatever"
