"""Measure largest contentful paint, layout shift and bytes of pages of the standalone platform in a browser."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from blackbox.own_platform import OwnPlatform
from browsing.chromium import chromium
from browsing.vitals import largest_paint_of, note_vitals, shift_of, weight_without_pictures

# A phone and a desk (CSS pixels).
SCREENS = {"phone": (390, 844), "desk": (1280, 800)}


def measure(state: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Return the vitals of some pages, each by a browser that has never been here: medians, of shifts the worst."""
    platform = OwnPlatform(state)
    platform.start()
    try:
        with sync_playwright() as playwright, chromium(playwright) as browser:
            paths = {"home": "/", "products": "/products", "product": _first_product(browser, platform.base_url)}
            return {
                f"{page}, {screen}": _vitals(browser, platform.base_url + path, size, rounds)
                for page, path in paths.items()
                for screen, size in SCREENS.items()
            }
    finally:
        platform.stop()


def _first_product(browser: Browser, base_url: str) -> str:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{base_url}/products")
        return str(page.locator("[data-shelf] .card-link").first.get_attribute("href"))


def _vitals(browser: Browser, url: str, size: tuple[int, int], rounds: int) -> dict[str, float]:
    painted, shifted, weighed = [], [], []
    for _ in range(rounds):
        with browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="ko-KR") as context:
            note_vitals(context)
            page = context.new_page()
            page.goto(url, wait_until="networkidle")
            painted.append(largest_paint_of(page))
            shifted.append(shift_of(page))
            weighed.append(weight_without_pictures(page))
    return {"lcp_ms": median(painted), "cls": max(shifted), "bytes": median(weighed)}
