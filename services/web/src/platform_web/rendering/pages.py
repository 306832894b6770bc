"""Pages: a template, the visitor, and the headers of the response."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from platform_web.assets.bundle import Assets
from platform_web.rendering.catalogues import load_catalogues
from platform_web.rendering.devices import device
from platform_web.rendering.form_errors import field_message
from platform_web.rendering.formats import Formats, postal_lines
from platform_web.rendering.headers import page_policy
from platform_web.rendering.notices import FIELD, NOTICES
from platform_web.visitor.form_token import token_for
from platform_web.visitor.forms import ANY_SESSION, new_key
from platform_web.visitor.preferences import Language
from platform_web.visitor.urls import login_url, safe_redirect_path
from platform_web.visitor.visitor import Visitor

# Pages that the log-in does not return to: its default is the home page.
_NO_RETURN = frozenset({"/", "/log-in", "/sign-up", "/forgot-password", "/reset-password", "/verify-email"})

# Templates are next to the endpoints that render them.
TEMPLATES = Path(__file__).parents[1]

# The longest time that a page waits for the cart count alone.
COUNT_SECONDS = 1.0

CountCart = Callable[[Visitor], Awaitable[int | None]]


@dataclass(frozen=True)
class Site:
    """Site-wide values for every page."""

    name: str
    public_url: str | None
    has_shop: bool
    has_mail: bool


@dataclass
class PageContext:
    """The context of a page, beside its own content."""

    visitor: Visitor
    nonce: str
    notice: str | None = None
    # The number of items in the cart; None if it is unknown.
    cart_count: int | None = None
    # Services that did not respond for this page.
    unavailable: frozenset[str] = field(default_factory=frozenset)

    @property
    def form_token(self) -> str:
        """A form token for the visitor's session."""
        return token_for(self.visitor.form_secret, self.visitor.form_holder)

    @property
    def browser_form_token(self) -> str:
        """A form token for forms that do not act on a session."""
        return token_for(self.visitor.form_secret, ANY_SESSION)

    @property
    def login_url(self) -> str:
        """The URL of the log-in page, returning to this page."""
        return "/log-in" if self.back.partition("?")[0] in _NO_RETURN else login_url(self.back)

    @property
    def back(self) -> str:
        """Where switching language or theme returns to."""
        return safe_redirect_path(self.visitor.current_url)


class PageResponse(Response):
    """A page that is rendered when it is sent, so that every page can show the cart count.

    Pages that have read the cart pass the count; for the others it is requested here, within COUNT_SECONDS.
    """

    media_type = "text/html"

    def __init__(
        self,
        template: Template,
        context: PageContext,
        content: Mapping[str, Any],
        count_cart: CountCart | None,
        *,
        status: int,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(status_code=status, headers=headers)
        self._template = template
        self._frame = context
        self._content = content
        self._count_cart = count_cart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Render the page and send it."""
        if self._frame.cart_count is None and self._count_cart is not None:
            self._frame.cart_count = await _in_time(self._count_cart(self._frame.visitor))
        self.body = self._template.render(context=self._frame, **self._content).encode()
        self.headers["Content-Length"] = str(len(self.body))
        if scope["method"] == "HEAD":
            self.body = b""
        await super().__call__(scope, receive, send)


async def _in_time(count: Awaitable[int | None]) -> int | None:
    try:
        return await asyncio.wait_for(count, COUNT_SECONDS)
    except TimeoutError:
        return None


class Pages:
    """Renders templates in every language."""

    def __init__(
        self,
        site: Site,
        assets: Assets,
        zone: ZoneInfo,
        count_cart: CountCart | None = None,
        template_globals: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._site = site
        self._template_globals = template_globals
        self._count_cart = count_cart
        self._environments = {
            language: self._make_environment(language, translations, assets, zone)
            for language, translations in load_catalogues().items()
        }

    def _make_environment(self, language: Language, translations: Any, assets: Assets, zone: ZoneInfo) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
            extensions=["jinja2.ext.i18n"],
        )
        environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
        formats = Formats(language, zone)
        environment.filters.update(
            money=formats.money,
            number=formats.number,
            day=formats.day,
            moment=formats.moment,
            territory=formats.territory,
            device=device,
            postal_lines=postal_lines,
            # For messages in variables. Unlike `_`, which takes literals only, it returns plain text to be escaped.
            translated=translations.gettext,
        )
        environment.globals.update(
            asset=assets.url,
            site=self._site,
            new_key=new_key,
            field_message=field_message,
            **self._template_globals,
        )
        return environment

    def environment(self, language: Language) -> Environment:
        """Return the environment of `language`."""
        return self._environments[language]

    def compile_all(self) -> None:
        """Compile every template at start instead of at its first use."""
        for environment in self._environments.values():
            for name in environment.list_templates(extensions=["html"]):
                environment.get_template(name)

    def render(
        self,
        visitor: Visitor,
        template: str,
        content: Mapping[str, Any] | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        notice: str | None = None,
        cart_count: int | None = None,
        unavailable: frozenset[str] = frozenset(),
    ) -> PageResponse:
        """Return the page of `template` with `content` for `visitor`."""
        nonce = secrets.token_urlsafe(16)
        context = PageContext(visitor, nonce, NOTICES.get(notice or ""), cart_count, unavailable)
        # An error page does not wait for shop, which may be the cause.
        can_count = status < 500 and "shop" not in unavailable
        return PageResponse(
            self.environment(visitor.language).get_template(template),
            context,
            content or {},
            self._count_cart if can_count else None,
            status=status,
            headers={
                "Content-Language": visitor.language,
                "Vary": "Accept-Language, Cookie",
                "Content-Security-Policy": page_policy(nonce),
                **(headers or {}),
            },
        )


def redirect(url: str) -> RedirectResponse:
    """Return a 303 redirect, so that a reload does not repeat the action."""
    return RedirectResponse(url, status_code=303)


def read_notice(request: Request) -> str | None:
    """Return the notice code in the query parameters."""
    return request.query_params.get(FIELD)
