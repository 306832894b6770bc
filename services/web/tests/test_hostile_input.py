"""Whatever a client sends, web responds with a page or a refusal, never with 5xx."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from webtests.browser import HTML, SITE
from webtests.goods import ADDRESS, VARIANT_ID, cart
from webtests.services import MEMBER_ID

DRAFT_COOKIE = "__Secure-checkout"


@pytest.fixture(autouse=True)
def stocked_shop(services):
    services.shop.on("GET", "/api/shop/cart", 200, cart())


def encoded_draft(**changes: Any) -> str:
    draft = {"owner": MEMBER_ID, "address": ADDRESS, "payment": "ok", "cart_version": 5, "key": "k" * 32} | changes
    return base64.urlsafe_b64encode(json.dumps(draft).encode()).decode()


@pytest.mark.parametrize("quantity", ["0001" + "0" * 5000, "1" * 5000, "٣", "²", "1e3", "+1", " 1", "-1", "0x1", ""])
async def test_a_quantity_that_is_no_small_number_is_refused(browser, services, quantity):
    form = (await browser.page("/cart")).form(f"/cart/items/{VARIANT_ID}")

    answer = await browser.submit(form, {"quantity": quantity})

    assert answer.status_code == 422
    assert not services.shop.asked("PUT", f"/api/shop/cart/items/{VARIANT_ID}")


@pytest.mark.parametrize("referer", ["http://[", "http://[::1", "//[", "http://a]b", "x" * 3000, "\\\\elsewhere", "%"])
async def test_a_form_without_a_session_leads_to_the_log_in_whatever_the_referer(browser, referer):
    form = (await browser.page("/log-in")).form("/log-in")
    form.action = "/account/sessions/end-all"

    answer = await browser.submit(form, {}, Referer=referer)

    assert answer.headers["location"].startswith("/log-in?next=/")


@pytest.mark.parametrize("origin", ["http://[", f"{SITE}]", "null", "http://[::1", "\xff"])
async def test_an_origin_that_is_no_url_is_refused(browser, origin):
    answer = await browser.http.post("/session/refresh", headers=[(b"Origin", origin.encode("latin-1"))])

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "x\r\nX-Injected: 1" + "y" * 16},
        {"key": ""},
        {"key": "x" * 65},
        {"payment": "%(x)s"},
        {"payment": "100%"},
        {"payment": "<script>x</script>"},
        {"cart_version": -1},
        {"cart_version": 2**70},
        {"address": {**ADDRESS, "line1": "\ud800"}},
    ],
    ids=lambda changes: ascii(changes)[:40],
)
@pytest.mark.parametrize("path", ["/checkout", "/checkout/review"])
async def test_a_draft_that_is_not_ours_counts_as_none(member, services, changes, path):
    services.shop.on("POST", "/api/shop/orders", 500)
    member.http.cookies.set(DRAFT_COOKIE, encoded_draft(**changes), path="/checkout")

    answer = await member.get(path)
    placed = await member.http.post("/checkout/place", headers={"Accept": HTML})

    assert answer.status_code in {200, 303}
    assert ADDRESS["recipient"] not in answer.text
    assert placed.status_code < 500
    assert not services.shop.asked("POST", "/api/shop/orders")
