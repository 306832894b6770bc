"""Each page of the site, in both languages and themes: accessible, light, steady, and quiet in the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from browsing.shopper import Shopper
from browsing.site import PLACES, Furnished, Place, furnish
from browsing.vitals import note_vitals, shift_of, weight_without_pictures

# What WCAG 2.2 AA asks, and what axe's makers recommend besides.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SERIOUS = {"serious", "critical"}

# A page before its pictures, as it comes over the wire (bytes); how much of it moves by itself while it loads.
MAX_WEIGHT = 100_000
MAX_SHIFT = 0.05

# From the narrowest that WCAG 1.4.10 speaks of to a desk (CSS pixels).
WIDTHS = (320, 390, 768, 1280)

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def furnished(browser, base_url, platform) -> Iterator[Furnished]:
    """Visitors of each kind, whom every page has something to show; tests look, and change nothing."""
    with browser.new_context(locale="en-US") as member, browser.new_context(locale="en-US") as administrator:
        yield furnish(Shopper(member, base_url), Shopper(administrator, base_url), platform.administrator())


@pytest.fixture
def open_place(new_context, furnished, base_url, watch) -> Open:
    """Return a function that opens a page as somebody who has never been here in this browser."""

    def open_it(place: Place, language: str = "ko", until: str = "load") -> Page:
        if place.status != 200:
            watch.expected = (f"status of {place.status}",)
        context = new_context(storage_state=furnished.states[place.who], reduced_motion="reduce")
        context.add_cookies([{"name": "lang", "value": language, "url": base_url}])
        note_vitals(context)
        page = context.new_page()
        answer = page.goto(base_url + furnished.path(place), wait_until=until)
        assert answer is not None
        assert answer.status == place.status, page.url
        assert page.url == base_url + furnished.path(place), "it leads elsewhere"
        return page

    return open_it


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_axe_finds_nothing_serious(open_place: Open, place: Place, language: str):
    page = open_place(place, language)

    found = {}
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        # Colours are all that differs between the themes.
        options = {"runOnly": RULES} if theme == "light" else {"runOnly": ["color-contrast", "link-in-text-block"]}
        violations = Axe().run(page, options=options).response["violations"]
        found |= {
            f"{theme}: {violation['id']} ({violation['impact']})": [node["html"][:200] for node in violation["nodes"]]
            for violation in violations
            if violation["impact"] in SERIOUS
        }
    assert found == {}


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_it_is_light_and_stays_where_it_is(open_place: Open, place: Place):
    page = open_place(place, until="networkidle")

    assert weight_without_pictures(page) <= MAX_WEIGHT
    assert shift_of(page) <= MAX_SHIFT


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_nothing_is_wider_than_the_screen(open_place: Open, place: Place):
    page = open_place(place)

    too_wide = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        too_wide[width] = page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    assert too_wide == dict.fromkeys(WIDTHS, 0)
