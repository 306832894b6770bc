"""The shop as the world has it: over TLS, with the cookies' real names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from blackbox.own_platform import OwnPlatform
from browsing.shopper import Shopper
from browsing.tls_front import TlsFront, tls_front


@pytest.fixture(scope="module")
def front(tmp_path_factory) -> Iterator[TlsFront]:
    """A platform that is known by an address with TLS, and what ends TLS in front of it."""
    with tls_front(tmp_path_factory.mktemp("tls")) as running:
        own = OwnPlatform(tmp_path_factory.mktemp("platform") / "state", {"PUBLIC_URL": running.url})
        try:
            own.start()
            running.edge = own.base_url
            yield running
        finally:
            own.stop()


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def guest(request, new_context, front) -> Shopper:
    """A person whose browser knows the site by its address with TLS."""
    return Shopper(new_context(scripted=request.param, ignore_https_errors=True), front.url)


def test_an_order_with_cookies_that_no_other_host_can_set_or_read(guest: Shopper):
    guest.fill_cart()
    anonymous = cookies(guest)
    guest.go("/checkout")
    guest.page.get_by_role("main").get_by_role("link", name="Create an account").click()
    guest.sign_up()
    guest.give_address()
    order_id = guest.place_order()

    assert [order["id"] for order in guest.orders()] == [order_id]
    assert {"__Host-cart", "__Host-form"} <= anonymous.keys()
    known = cookies(guest)
    assert {"__Host-access", "__Host-refresh"} <= known.keys()
    for name in ("__Host-access", "__Host-refresh", "__Host-form"):
        assert known[name]["secure"], name
        assert known[name]["httpOnly"], name
        assert known[name]["sameSite"] == "Lax", name
        assert known[name]["path"] == "/", name
    assert not known.keys() & {"access", "refresh", "cart", "form"}

    guest.log_out()
    assert not cookies(guest).keys() & {"__Host-access", "__Host-refresh"}
    expect(guest.page.get_by_role("link", name="Log in").first).to_be_visible()


def cookies(person: Shopper) -> dict[str, Any]:
    """Return the browser's cookies by name."""
    return {cookie["name"]: cookie for cookie in person.context.cookies()}
