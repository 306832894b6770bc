"""web in one process; the services behind it are fakes that speak HTTP, so that they can fail in every way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_testing.tokens import AUDIENCE, ISSUER, jwk
from platform_web.app import Web
from platform_web.config import WebSettings
from webtests.browser import ADDRESS, SITE, Browser
from webtests.services import MEMBER, MEMBER_ID, Services


@pytest.fixture
async def services(signing_key: Ed25519PrivateKey) -> AsyncIterator[Services]:
    """Fakes of every service, with a member and a session that can be opened."""
    fakes = Services()
    for fake in fakes:
        await fake.start()
    fakes.auth.on("GET", "/.well-known/jwks.json", 200, {"keys": [jwk(signing_key, "k1")]})
    fakes.member.on("GET", "/api/members/me", 200, MEMBER)
    yield fakes
    for fake in fakes:
        await fake.stop()


@pytest.fixture
async def make_browser(services: Services) -> AsyncIterator[Callable[..., Any]]:
    """Return a function that starts web with some settings, and opens a browser on it."""
    async with AsyncExitStack() as stack:

        async def make(address: str = ADDRESS, **settings: Any) -> Browser:
            chosen = {
                "port": 0,
                "auth_url": services.auth.url,
                "member_url": services.member.url,
                "shop_url": services.shop.url,
                "token_issuer": ISSUER,
                "token_audience": AUDIENCE,
                "read_timeout_seconds": 5.0,
                "write_timeout_seconds": 5.0,
                **settings,
            }
            site = Web(WebSettings(_env_file=None, **chosen))
            await stack.enter_async_context(site.running())
            transport = httpx2.ASGITransport(app=site.asgi, client=(address, 50000))
            http = await stack.enter_async_context(httpx2.AsyncClient(transport=transport, base_url=SITE))
            return Browser(http)

        yield make


@pytest.fixture
async def browser(make_browser: Callable[..., Any]) -> Browser:
    """A browser whose visitor is not logged in."""
    return await make_browser()


@pytest.fixture
def sign_in(make_token: Callable[..., str]) -> Callable[..., None]:
    """Return a function that makes the edge hand on a member's token."""

    def do(browser: Browser, **claims: Any) -> None:
        browser.token = make_token(**{"sub": MEMBER_ID, **claims})

    return do


@pytest.fixture
async def member(browser: Browser, sign_in: Callable[..., None]) -> Browser:
    """A browser whose visitor is a member."""
    sign_in(browser)
    return browser


@pytest.fixture
async def admin(browser: Browser, sign_in: Callable[..., None]) -> Browser:
    """A browser whose visitor is an administrator."""
    sign_in(browser, roles=["admin", "member"])
    return browser


@pytest.fixture
def tokens(make_token: Callable[..., str]) -> dict[str, Any]:
    """The response of auth when a session is created or renewed."""
    return {
        "access_token": make_token(sub=MEMBER_ID),
        "token_type": "Bearer",
        "expires_in": 900,
        "refresh_token": "a-refresh-token_0123456789",
        "refresh_expires_in": 604800,
    }
