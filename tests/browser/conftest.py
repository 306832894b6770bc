"""A platform and a browser for the whole run; a context of its own, watched, for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from blackbox.own_platform import OwnPlatform
from browsing.chromium import chromium
from browsing.shopper import Shopper
from browsing.watch import Watch

# The machine may be busy; nothing here is a measure of time (milliseconds).
PATIENCE = 20_000

# A visitor's cookies are copied into many profiles; none of them is to renew the session that all of them share.
SETTINGS = {"AUTH_ACCESS_TOKEN_SECONDS": "7200"}

# Starting a platform and a browser counts as the first test's time (seconds).
TIMEOUT = 600

NewContext = Callable[..., BrowserContext]
NewShopper = Callable[..., Shopper]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a busy machine be slow."""
    for item in items:
        item.add_marker(pytest.mark.timeout(TIMEOUT))


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPlatform]:
    """A platform on free ports, with the shop's sample products."""
    own = OwnPlatform(tmp_path_factory.mktemp("platform") / "state", SETTINGS)
    try:
        own.start()
        yield own
    finally:
        own.stop()


@pytest.fixture(scope="session")
def base_url(platform: OwnPlatform) -> str:
    """Where the edge listens."""
    return platform.base_url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser. Raises NoBrowser: a run without one has not looked at anything."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright, chromium(playwright) as running:
        yield running


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Looks over the shoulder of every visitor of the test, which fails at its end if something went wrong."""
    watching = Watch()
    yield watching
    assert watching.found == []


@pytest.fixture
def new_context(browser: Browser, watch: Watch) -> Iterator[NewContext]:
    """Make a browser's profile: cookies and settings that no other has."""
    with ExitStack() as stack:

        def make(*, scripted: bool = True, **settings: Any) -> BrowserContext:
            context = browser.new_context(
                java_script_enabled=scripted, **{"locale": "en-US", "color_scheme": "light", **settings}
            )
            context.set_default_timeout(PATIENCE)
            watch.over(context)
            stack.callback(context.close)
            return context

        yield make


@pytest.fixture
def new_shopper(new_context: NewContext, base_url: str) -> NewShopper:
    """Make a person who visits the shop, in a browser's profile of their own."""

    def make(**settings: Any) -> Shopper:
        return Shopper(new_context(**settings), base_url)

    return make


@pytest.fixture
def shopper(new_shopper: NewShopper) -> Shopper:
    """A person with an ordinary browser."""
    return new_shopper()
