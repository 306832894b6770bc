"""Security headers of every response (ASVS 3.4, 14.3)."""

from __future__ import annotations

import re

import pytest

from blackbox.pages import Page
from platform_web.assets.bundle import STYLES, Assets

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Strict-Transport-Security": "max-age=31536000",
}
SOME = ["/", "/log-in", "/nothing-here", "/problems/not-found", "/session/refresh", "/robots.txt", "/account"]


@pytest.mark.parametrize("path", [*SOME, Assets().url("site.css"), Assets().url("site.js"), "/static/none.css"])
async def test_every_response_says_what_browsers_may_do_with_it(browser, path):
    response = await browser.get(path)

    for name, value in EVERYWHERE.items():
        assert response.headers[name] == value, name
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/", "/log-in", "/nothing-here"])
async def test_a_page_runs_only_scripts_that_carry_its_own_fresh_nonce(browser, path):
    first, second = await browser.get(path), await browser.get(path)

    nonces = [
        re.findall(r"script-src 'nonce-([\w-]+)'", a.headers["content-security-policy"])[0] for a in (first, second)
    ]
    assert nonces[0] != nonces[1]
    assert len(nonces[0]) >= 22, "128 bits"
    scripts = [attributes for tag, attributes in Page(first.text).tags if tag == "script"]
    assert scripts
    assert all(script["nonce"] == nonces[0] and script["src"].startswith("/static/") for script in scripts)


@pytest.mark.parametrize("path", ["/", "/log-in", "/sign-up", "/nothing-here", "/problems"])
async def test_no_page_has_inline_scripts_styles_or_anything_from_elsewhere(browser, path):
    page = Page((await browser.get(path)).text)

    for tag, attributes in page.tags:
        assert tag not in {"style", "iframe", "object", "embed", "base"}
        assert not [name for name in attributes if name == "style" or name.startswith("on")], (tag, attributes)
        for name in ("src", "href", "action"):
            assert not re.match(r"(?i)\s*(https?:|//|javascript:|data:)", attributes.get(name, "")), (tag, attributes)


@pytest.mark.parametrize("path", ["/", "/log-in", "/nothing-here", "/session/refresh"])
async def test_nothing_personal_is_cached(browser, path):
    assert (await browser.get(path)).headers["cache-control"] == "no-store"


async def test_an_asset_is_kept_for_ever_under_a_name_that_changes_with_it(browser):
    url = Assets().url("site.css")

    response = await browser.get(url, Accept_Encoding="gzip")

    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert "set-cookie" not in response.headers
    assert (await browser.get(url, If_None_Match=response.headers["etag"])).status_code == 304
    assert (await browser.get(url, Accept_Encoding="identity")).text == response.text
    assert (await browser.get("/static/site.0000000000000000.css")).status_code == 404


async def test_a_page_is_compressed(browser):
    assert (await browser.get("/", Accept_Encoding="gzip")).headers["content-encoding"] == "gzip"


def test_a_scripts_imports_have_hashed_names_too(tmp_path):
    (tmp_path / "css").mkdir()
    (tmp_path / "js").mkdir()
    for name in STYLES:
        (tmp_path / "css" / f"{name}.css").write_text(f"/* {name} */ a {{}}")
    (tmp_path / "js" / "site.js").write_text('import { a } from "./api.js";\n')
    (tmp_path / "js" / "api.js").write_text("export const a = 1;\n")
    before = Assets(tmp_path)
    script = before.get(before.url("site.js"))
    assert script is not None
    assert before.url("api.js") in script.body.decode()

    (tmp_path / "js" / "api.js").write_text("export const a = 2;\n")

    assert Assets(tmp_path).url("site.js") != before.url("site.js"), "what imports it changes with it"
