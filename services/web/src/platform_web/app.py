"""The application: clients, pages, routes, and what stands around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from platform_common.health import Health
from platform_common.internal_http import internal_client
from platform_common.limits import BodyLimitMiddleware, DeadlineMiddleware, HeadMiddleware
from platform_common.problems import NotFound, problem_response
from platform_common.serving import outfit
from platform_common.tokens.access import AccessTokenVerifier
from platform_common.tokens.jwks import JwksCache, fetch_over_http
from platform_web.account import endpoints as account
from platform_web.admin import endpoints as admin
from platform_web.assets.bundle import Assets
from platform_web.assets.serving import AssetsMiddleware
from platform_web.cart import endpoints as cart
from platform_web.cart.count import cart_count
from platform_web.catalogue import endpoints as catalogue
from platform_web.checkout import endpoints as checkout
from platform_web.clients.auth import Auth
from platform_web.clients.http import ServiceClient, Timeouts
from platform_web.clients.member import Members
from platform_web.clients.shop import Shop
from platform_web.config import WebSettings
from platform_web.home import endpoints as home
from platform_web.orders import endpoints as orders
from platform_web.parts import LogInNeeded, Parts
from platform_web.preferences import endpoints as preferences
from platform_web.problems import endpoints as problems
from platform_web.rendering.headers import SecurityHeadersMiddleware
from platform_web.rendering.pages import Pages, Site, see_other
from platform_web.rendering.problem_pages import ProblemPagesMiddleware
from platform_web.session import endpoints as session
from platform_web.visitor.cookies import CookieRules
from platform_web.visitor.identity import Identities
from platform_web.visitor.middleware import VisitorMiddleware
from platform_web.visitor.places import log_in_place
from platform_web.visitor.sessions import Renewal, SessionMiddleware
from platform_web.visitor.visitor import visitor_of

# The largest form (bytes).
MAX_BODY_BYTES = 64 * 1024
# Answers below this are not worth compressing (bytes); a higher level costs more time than it saves on the way.
COMPRESS_FROM_BYTES = 1000
COMPRESS_LEVEL = 4

SLICES = (home, session, account, admin, preferences, problems)
SHOP_SLICES = (catalogue, cart, checkout, orders)


class Web:
    """Everything that one process of web consists of."""

    def __init__(self, settings: WebSettings) -> None:
        timeouts = Timeouts(
            settings.connect_timeout_seconds, settings.read_timeout_seconds, settings.write_timeout_seconds
        )
        self._services = [
            ServiceClient("auth", settings.auth_url, timeouts),
            ServiceClient("member", settings.member_url, timeouts),
            ServiceClient("shop", settings.shop_url, timeouts),
        ]
        auth, member, shop = self._services
        self._keys_http = internal_client(settings.auth_url)
        keys = JwksCache(fetch_over_http(self._keys_http, "/.well-known/jwks.json"))
        verifier = AccessTokenVerifier(keys, settings.token_issuer, settings.token_audience)

        self._rules = CookieRules(secure=settings.secure_cookies)
        self._assets = Assets()
        site = Site(settings.site_name, settings.public_url, has_shop=settings.shop_url is not None)
        shop_calls = Shop(shop)
        count_cart = partial(cart_count, shop_calls) if site.has_shop else None
        pages = Pages(site, self._assets, ZoneInfo(settings.time_zone), count_cart)
        auth_calls = Auth(auth)
        renewal = Renewal(auth_calls, Identities(verifier, settings.token_cache_size))
        self.parts = Parts(site, pages, auth_calls, Members(member), shop_calls, renewal)
        # No part is needed: a page comes without what is away, and says so.
        self.health = Health({})
        self.asgi: ASGIApp = self._framework(settings)

    def _framework(self, settings: WebSettings) -> FastAPI:
        app = FastAPI(
            title="web",
            lifespan=self._lifespan,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
        )
        for slice_ in SLICES + (SHOP_SLICES if self.parts.site.has_shop else ()):
            app.include_router(slice_.router)
        app.state.parts = self.parts
        app.add_exception_handler(LogInNeeded, _on_log_in_needed)
        # From the inside to the outside.
        app.add_middleware(
            SessionMiddleware,
            renewal=self.parts.renewal,
            seconds=settings.read_timeout_seconds,
            left_alone=frozenset({session.REFRESH_PATH, home.ROBOTS_PATH}),
        )
        app.add_middleware(HeadMiddleware)
        app.add_middleware(BodyLimitMiddleware, max_bytes=MAX_BODY_BYTES)
        app.add_middleware(DeadlineMiddleware, seconds=settings.request_timeout_seconds)
        outfit(app, self.health)
        app.add_exception_handler(RequestValidationError, _on_odd_path)
        app.add_middleware(ProblemPagesMiddleware, pages=self.parts.pages)
        app.add_middleware(VisitorMiddleware, rules=self._rules)
        app.add_middleware(AssetsMiddleware, assets=self._assets)
        app.add_middleware(SecurityHeadersMiddleware, strict_transport=self._rules.secure)
        app.add_middleware(GZipMiddleware, minimum_size=COMPRESS_FROM_BYTES, compresslevel=COMPRESS_LEVEL)
        return app

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        async with self.running():
            yield

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the connections to the services while the block runs."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._keys_http.aclose)
            for service in self._services:
                await service.open()
                stack.push_async_callback(service.close)
            yield


async def _on_odd_path(_request: Request, _error: Exception) -> Response:
    """Answer an address whose parts have no form that any page has: forms are checked by their pages."""
    return problem_response(NotFound("There is no such page."))


async def _on_log_in_needed(request: Request, _error: Exception) -> Response:
    """Send the visitor to the log-in page, and from there back to the page that asked."""
    return see_other(log_in_place(visitor_of(request).here))
