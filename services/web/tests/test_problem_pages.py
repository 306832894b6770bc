"""`/problems/<code>`, and problems as pages."""

from __future__ import annotations

from pathlib import Path

from blackbox.pages import Page
from platform_web.problems.documents import parse
from webtests.products import FULL_PRODUCT

PAGES = Path(__file__).parents[3] / "docs" / "problems"


async def test_every_problem_has_its_page(browser):
    for path in sorted(PAGES.glob("*.md")):
        page = await browser.page(f"/problems/{path.stem}")

        title = path.read_text().splitlines()[0].removeprefix("# ")
        assert page.title == f"{title} · Haru"
        assert path.stem in page.text
        assert "What to do" in page.text
        assert "`" not in page.text


def test_every_korean_page_explains_what_the_english_one_does():
    for path in (PAGES / "ko").glob("*.md"):
        english, korean = (parse(path.stem, "en", (folder / path.name).read_text()) for folder in (PAGES, PAGES / "ko"))

        assert korean.status == english.status, path.stem
        assert [block.kind for block in korean.blocks] == ["heading", "paragraph", "heading", "paragraph"], path.stem


async def test_a_page_is_in_the_visitors_language(browser):
    page = await browser.page("/problems/email-taken", Accept_Language="ko")

    assert page.title == "이미 쓰는 이메일 · Haru"


async def test_the_index_leads_to_each(browser):
    page = await browser.page("/problems")

    assert {f"/problems/{path.stem}" for path in PAGES.glob("*.md")} <= set(page.links)


async def test_an_unknown_code_is_not_found(browser):
    assert (await browser.get("/problems/none-such")).status_code == 404
    assert (await browser.get("/problems/..%2f..%2fpyproject")).status_code == 404


async def test_a_browser_gets_a_page_and_a_program_gets_a_problem(browser):
    page, problem = await browser.get("/nothing"), await browser.get("/nothing", Accept="*/*")

    assert (page.status_code, problem.status_code) == (404, 404)
    assert "Page not found" in Page(page.text).text
    assert page.headers["x-request-id"] in page.text
    assert problem.json()["code"] == "not-found"
    assert problem.headers["content-type"] == "application/problem+json"


async def test_a_problem_page_is_whole_without_compression(browser):
    page = await browser.get("/nothing", Accept_Encoding="identity")

    assert "content-encoding" not in page.headers
    assert int(page.headers["content-length"]) == len(page.content) > 0


async def test_an_unexpected_error_is_a_page_that_tells_nothing_of_the_inside(browser, monkeypatch):
    monkeypatch.setattr("platform_web.home.endpoints.read_notice", lambda _request: 1 / 0)

    response = await browser.get("/")

    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text
    assert "ZeroDivisionError" not in response.text


async def test_a_template_that_fails_is_a_page_too(make_browser, services, monkeypatch):
    monkeypatch.setattr("platform_web.rendering.formats.Formats.money", lambda *_: 1 / 0)
    services.shop.on("GET", "/api/shop/products/celadon-mug", 200, FULL_PRODUCT)
    browser = await make_browser()

    response = await browser.get("/products/celadon-mug")

    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text


async def test_head_responds_as_get_without_the_body(browser):
    for path in ("/", "/nothing"):
        response = await browser.http.head(path, headers={"Accept": "text/html"})
        assert response.content == b""
        assert response.headers["content-type"] == "text/html; charset=utf-8"


def test_a_document_is_headings_paragraphs_and_code():
    document = parse("a-code", "en", "# A title\n\n`a-code` · HTTP 409\n\n## What\n\nUse `x` or [that](../y.md).\n")

    assert (document.title, document.status) == ("A title", "409")
    heading, paragraph = document.blocks
    assert heading.kind == "heading"
    assert [(run.text, run.is_code) for run in paragraph.runs] == [
        ("Use ", False),
        ("x", True),
        (" or ", False),
        ("that", False),
        (".", False),
    ]
