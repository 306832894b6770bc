"""Pages: a template, the visitor it is for, and the headers of the answer."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from platform_web.assets.bundle import Assets
from platform_web.orders.words import STATES, TAGS
from platform_web.rendering.catalogues import load_catalogues
from platform_web.rendering.devices import device
from platform_web.rendering.form_errors import field_message
from platform_web.rendering.formats import Formats, postal_lines
from platform_web.rendering.headers import page_policy
from platform_web.rendering.notices import FIELD, NOTICES
from platform_web.visitor.form_token import token_for
from platform_web.visitor.forms import ANY_SESSION, new_key
from platform_web.visitor.places import local_place, log_in_place
from platform_web.visitor.preferences import Language
from platform_web.visitor.visitor import Visitor

# Pages that a log-in does not lead back to: the start is where it leads anyway.
_NO_WAY_BACK = frozenset({"/", "/log-in", "/sign-up"})

# Templates lie next to the endpoints that show them.
TEMPLATES = Path(__file__).parents[1]

# The longest time that a page waits for the number at the cart alone.
COUNT_SECONDS = 1.0

CountCart = Callable[[Visitor], Awaitable[int | None]]


@dataclass(frozen=True)
class Site:
    """What every page says of the site."""

    name: str
    public_url: str | None
    has_shop: bool


@dataclass
class Frame:
    """What is around a page's own content."""

    visitor: Visitor
    nonce: str
    notice: str | None = None
    # What the cart holds; None when shop does not answer.
    cart_count: int | None = None
    # Parts that could not be asked for this page.
    away: frozenset[str] = field(default_factory=frozenset)

    @property
    def form_token(self) -> str:
        """A token for one form of the visitor's session."""
        return token_for(self.visitor.form_secret, self.visitor.form_holder)

    @property
    def browser_form_token(self) -> str:
        """A token for one form that suits every session of the browser."""
        return token_for(self.visitor.form_secret, ANY_SESSION)

    @property
    def log_in_place(self) -> str:
        """The log-in page that leads back to this page."""
        return "/log-in" if self.back.partition("?")[0] in _NO_WAY_BACK else log_in_place(self.back)

    @property
    def back(self) -> str:
        """Where a switch of language or theme comes back to."""
        return local_place(self.visitor.here)


class PageResponse(Response):
    """A page that is rendered when it is sent, so that every page can show the number at the cart.

    Pages that have read the cart pass the number; for the others it is requested here, within COUNT_SECONDS.
    """

    media_type = "text/html"

    def __init__(
        self,
        template: Template,
        frame: Frame,
        content: Mapping[str, Any],
        count_cart: CountCart | None,
        *,
        status: int,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(status_code=status, headers=headers)
        self._template = template
        self._frame = frame
        self._content = content
        self._count_cart = count_cart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Render the page and send it."""
        if self._frame.cart_count is None and self._count_cart is not None:
            self._frame.cart_count = await _in_time(self._count_cart(self._frame.visitor))
        self.body = self._template.render(frame=self._frame, **self._content).encode()
        self.headers["Content-Length"] = str(len(self.body))
        if scope["method"] == "HEAD":
            self.body = b""
        await super().__call__(scope, receive, send)


async def _in_time(counting: Awaitable[int | None]) -> int | None:
    try:
        return await asyncio.wait_for(counting, COUNT_SECONDS)
    except TimeoutError:
        return None


class Pages:
    """Every template, in every language."""

    def __init__(self, site: Site, assets: Assets, zone: ZoneInfo, count_cart: CountCart | None = None) -> None:
        self._site = site
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
            # For messages in variables. Unlike `_`, which takes literals alone, it returns plain text to be escaped.
            translated=translations.gettext,
        )
        environment.globals.update(
            asset=assets.url,
            site=self._site,
            new_key=new_key,
            field_message=field_message,
            order_states=STATES,
            order_tags=TAGS,
        )
        return environment

    def environment(self, language: Language) -> Environment:
        """Return the environment of `language`."""
        return self._environments[language]

    def compile_all(self) -> None:
        """Compile every template now, rather than at its first visitor's cost."""
        for environment in self._environments.values():
            for name in environment.list_templates(extensions=["html"]):
                environment.get_template(name)

    def show(
        self,
        visitor: Visitor,
        template: str,
        content: Mapping[str, Any] | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        notice: str | None = None,
        cart_count: int | None = None,
        away: frozenset[str] = frozenset(),
    ) -> PageResponse:
        """Return the page that `template` makes of `content` for `visitor`."""
        nonce = secrets.token_urlsafe(16)
        frame = Frame(visitor, nonce, NOTICES.get(notice or ""), cart_count, away)
        # A page that reports a failure does not wait for what may have caused it.
        can_count = status < 500 and "shop" not in away
        return PageResponse(
            self.environment(visitor.language).get_template(template),
            frame,
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


def see_other(place: str) -> RedirectResponse:
    """Return a redirect after something was done, so that a reload does not do it again."""
    return RedirectResponse(place, status_code=303)


def notice_of(request: Request) -> str | None:
    """Return the code of the notice that the address asks for."""
    return request.query_params.get(FIELD)
