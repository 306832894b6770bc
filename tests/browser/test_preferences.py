"""Language and theme: as the browser asks, until the visitor says otherwise; then kept."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browsing.shopper import Shopper


@pytest.mark.parametrize(("locale", "language"), [("ko-KR", "ko"), ("en-GB", "en"), ("fr-FR", "en")])
def test_pages_come_in_the_browsers_language(new_shopper, locale: str, language: str):
    page = new_shopper(locale=locale).go("/")

    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize("scripted", [True, False])
def test_a_chosen_language_is_kept_from_page_to_page(new_shopper, scripted: bool):
    shopper: Shopper = new_shopper(scripted=scripted)
    page = shopper.go("/products?sort=price")
    english = page.locator(".card-name").first.inner_text()

    shopper.press("한국어")

    expect(page.locator("html")).to_have_attribute("lang", "ko")
    assert page.url.endswith("/products?sort=price")
    assert page.locator(".card-name").first.inner_text() != english
    page.locator("[data-shelf] .card-link").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.get_by_role("button", name="장바구니")).to_be_visible()


def test_money_reads_the_same_from_server_and_script(new_shopper):
    shopper: Shopper = new_shopper(locale="ko-KR")
    page = shopper.go("/products")
    served = page.locator(".card-price").all_inner_texts()

    with page.expect_response("**/api/shop/products*"):
        page.get_by_role("searchbox", name="상품 검색").press("Enter")

    # By this the cards of a script are known.
    expect(page.locator("[data-shelf] img").first).to_have_attribute("loading", "lazy")
    assert page.locator(".card-price").all_inner_texts() == served
    assert "원" in served[0]


@pytest.mark.parametrize("scripted", [True, False])
def test_a_chosen_theme_is_kept_and_changes_the_colours(new_shopper, scripted: bool):
    shopper: Shopper = new_shopper(scripted=scripted)
    page = shopper.go("/")
    light = ground(shopper)

    shopper.press("Dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    shopper.follow("Products")

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert ground(shopper) != light


def test_without_a_choice_the_theme_is_the_devices(new_shopper):
    light, dark = new_shopper(color_scheme="light"), new_shopper(color_scheme="dark")

    light.go("/")
    dark.go("/")

    assert ground(light) != ground(dark)


def ground(shopper: Shopper) -> str:
    """Return the colour behind the page; Playwright's own look needs no script of the page."""
    return str(shopper.page.locator("html").evaluate("html => getComputedStyle(html).backgroundColor"))


@pytest.mark.parametrize(
    ("path", "label", "typed", "said"),
    [
        ("/products/{product}", "수량", "0", "1에서 99 사이의 수량을 입력해 주세요."),
        ("/products", "최저 가격", "abc", "가격을 숫자로 입력해 주세요. 예: 20000"),
        ("/log-in", "이메일 주소", "", "이메일 주소를 입력해 주세요."),
    ],
)
def test_without_scripts_too_a_refusal_is_in_the_pages_language(new_shopper, watch, path, label, typed, said):
    """No bubble of the browser, which would be in its own language, here English, comes before the service's words."""
    watch.expected = ("status of 422",)
    shopper: Shopper = new_shopper(scripted=False)
    shopper.choose_product()
    product = shopper.page.url.rpartition("/")[2]
    shopper.context.add_cookies([{"name": "lang", "value": "ko", "url": shopper.base_url}])
    page = shopper.go(path.format(product=product))
    field = page.get_by_role("main").get_by_label(label, exact=True)

    field.fill(typed)
    field.press("Enter")

    expect(page.get_by_text(said).first).to_be_visible()
