"""The application: service clients, pages, routes, middleware."""

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
from platform_common.serving import install_defaults
from platform_common.tokens.access import AccessTokenVerifier
from platform_common.tokens.jwks import JwksCache, fetch_over_http
from platform_web.account import endpoints as account
from platform_web.account import passkeys, two_step
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
from platform_web.container import Container, LoginRequired
from platform_web.home import endpoints as home
from platform_web.orders import endpoints as orders
from platform_web.orders.texts import STATES, TAGS
from platform_web.preferences import endpoints as preferences
from platform_web.problems import endpoints as problems
from platform_web.recovery import endpoints as recovery
from platform_web.rendering.headers import SecurityHeadersMiddleware
from platform_web.rendering.pages import Pages, Site, redirect
from platform_web.rendering.problem_pages import ProblemPagesMiddleware
from platform_web.session import endpoints as session
from platform_web.visitor.cookies import CookieRules
from platform_web.visitor.identity import Identities
from platform_web.visitor.middleware import VisitorMiddleware
from platform_web.visitor.sessions import SessionMiddleware, SessionRenewer
from platform_web.visitor.urls import login_url
from platform_web.visitor.visitor import get_visitor

# The largest form (bytes).
MAX_BODY_BYTES = 64 * 1024
# Smaller responses are not worth compressing (bytes). A higher level costs more time than it saves in transfer.
COMPRESS_FROM_BYTES = 1000
COMPRESS_LEVEL = 4

TEMPLATE_GLOBALS = {"order_states": STATES, "order_tags": TAGS}

FEATURES = (home, session, account, passkeys, two_step, admin, preferences, problems)
SHOP_FEATURES = (catalogue, cart, checkout, orders)
MAIL_FEATURES = (recovery,)


class Web:
    """The components of one web process."""

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
        site = Site(
            settings.site_name,
            settings.public_url,
            has_shop=settings.shop_url is not None,
            has_mail=settings.mail_enabled,
        )
        shop_calls = Shop(shop)
        count_cart = partial(cart_count, shop_calls) if site.has_shop else None
        pages = Pages(site, self._assets, ZoneInfo(settings.time_zone), count_cart, TEMPLATE_GLOBALS)
        auth_calls = Auth(auth)
        session_renewer = SessionRenewer(auth_calls, Identities(verifier, settings.token_cache_size))
        self.container = Container(site, pages, auth_calls, Members(member), shop_calls, session_renewer)
        # Ready without any service: a page is shown without the content of services that are unavailable.
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
        site = self.container.site
        for feature in FEATURES + (SHOP_FEATURES if site.has_shop else ()) + (MAIL_FEATURES if site.has_mail else ()):
            app.include_router(feature.router)
        app.state.container = self.container
        app.add_exception_handler(LoginRequired, _on_login_required)
        # From innermost to outermost.
        app.add_middleware(
            SessionMiddleware,
            session_renewer=self.container.session_renewer,
            seconds=settings.read_timeout_seconds,
            excluded_paths=frozenset({session.REFRESH_PATH, home.ROBOTS_PATH}),
        )
        app.add_middleware(HeadMiddleware)
        app.add_middleware(BodyLimitMiddleware, max_bytes=MAX_BODY_BYTES)
        app.add_middleware(DeadlineMiddleware, seconds=settings.request_timeout_seconds)
        install_defaults(app, self.health)
        app.add_exception_handler(RequestValidationError, _on_invalid_path)
        app.add_middleware(ProblemPagesMiddleware, pages=self.container.pages)
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
        """Keep the connections to the services open while the block runs."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._keys_http.aclose)
            for service in self._services:
                await service.open()
                stack.push_async_callback(service.close)
            yield


async def _on_invalid_path(_request: Request, _error: Exception) -> Response:
    """Respond 404 to a path whose parameters have an invalid format; forms are validated by their endpoints."""
    return problem_response(NotFound("The page does not exist."))


async def _on_login_required(request: Request, _error: Exception) -> Response:
    """Redirect to the log-in page, which leads back to the requested page."""
    return redirect(login_url(get_visitor(request).current_url))
