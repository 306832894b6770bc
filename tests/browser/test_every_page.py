"""Each page of the site, in both languages and themes: accessible, light, steady, and quiet in the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

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

PHONE: ViewportSize = {"width": 390, "height": 844}

Open = Callable[..., Page]


def overflow_of(page: Page) -> int:
    """How much wider the page is than the screen (CSS pixels)."""
    return int(page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture(scope="module")
def furnished(browser, base_url, platform) -> Iterator[Furnished]:
    """Visitors of each kind, whom every page has something to show; tests look, and change nothing."""
    with browser.new_context(locale="en-US") as member, browser.new_context(locale="en-US") as administrator:
        yield furnish(Shopper(member, base_url), Shopper(administrator, base_url), platform.administrator())


@pytest.fixture
def open_place(new_context, furnished, base_url, watch) -> Open:
    """Return a function that opens a page as someone who has never been here in this browser."""

    def open_it(place: Place, language: str = "ko", until: str = "load") -> Page:
        if place.status != 200:
            watch.expected = (f"status of {place.status}",)
        context = new_context(storage_state=furnished.states[place.who], reduced_motion="reduce")
        context.add_cookies([{"name": "lang", "value": language, "url": base_url}])
        note_vitals(context)
        page = context.new_page()
        response = page.goto(base_url + furnished.path(place), wait_until=until)
        assert response is not None
        assert response.status == place.status, page.url
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


def test_axe_finds_nothing_serious_where_something_is_refused(shopper: Shopper):
    page = shopper.page
    shopper.fill_cart()
    refused = {}
    page.get_by_label("Quantity", exact=True).fill("0")
    shopper.press("Add to cart")
    refused["product"] = serious_of(page)
    shopper.go("/cart")
    page.get_by_role("spinbutton").fill("500")
    page.get_by_role("spinbutton").blur()
    expect(page.locator("[data-line-error]")).to_be_visible()
    refused["cart"] = serious_of(page)
    shopper.go("/products?min_price=abc")
    refused["products"] = serious_of(page)

    assert [found for found in refused.values() if found] == []


def serious_of(page: Page) -> list[str]:
    """What axe finds on the page as it is now."""
    violations = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return [f"{found['id']}: {found['nodes'][0]['html'][:200]}" for found in violations if found["impact"] in SERIOUS]


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
        too_wide[width] = overflow_of(page)

    assert too_wide == dict.fromkeys(WIDTHS, 0)


# Words whose letters stand one below the other: a line of such a word is narrower than two letters.
BROKEN_WORDS = """() => {
  const broken = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const element = text.parentElement;
    if (!element.checkVisibility() || element.closest(".visually-hidden, script, style, option")) continue;
    const letter = parseFloat(getComputedStyle(element).fontSize);
    for (const word of text.data.matchAll(/\\S{3,}/g)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const lines = Array.from(range.getClientRects()).filter((line) => line.width > 0);
      if (lines.length > 2 && lines.every((line) => line.width < 2 * letter)) broken.add(word[0]);
    }
  }
  return Array.from(broken);
}"""


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_text_of_twice_the_size_fits_a_phone(open_place: Open, place: Place, language: str):
    """WCAG 1.4.4 and 1.4.10: a browser whose text is set to 200 % loses nothing and scrolls in one direction only."""
    page = open_place(place, language)
    page.set_viewport_size(PHONE)

    page.evaluate("() => { document.documentElement.style.fontSize = '200%' }")

    assert overflow_of(page) == 0
    assert page.evaluate(BROKEN_WORDS) == []
    brand = page.locator(".brand span")
    assert brand.evaluate("span => span.getClientRects().length") == 1, "the name of the site is on one line"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_order_prints_without_what_is_for_the_screen(open_place: Open, theme: str):
    [place] = [place for place in PLACES if place.name == "order"]
    page = open_place(place, "en")
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)

    page.emulate_media(media="print")

    for hidden in (page.get_by_role("searchbox"), page.locator(".nav"), page.locator("footer")):
        expect(hidden).to_be_hidden()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.locator("address")).to_be_visible()
    assert page.locator("html").evaluate("html => getComputedStyle(html).backgroundColor") == "rgb(255, 255, 255)"
