"""Pages: a template, the visitor it is for, and the headers of the answer."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from web.assets.bundle import Assets
from web.orders.words import STATES, TAGS
from web.rendering.catalogues import load_catalogues
from web.rendering.devices import device
from web.rendering.form_errors import field_message
from web.rendering.formats import Formats
from web.rendering.headers import page_policy
from web.rendering.notices import FIELD, NOTICES
from web.visitor.form_token import token_for
from web.visitor.forms import new_key
from web.visitor.places import local_place
from web.visitor.preferences import Language
from web.visitor.visitor import Visitor

# Templates lie next to the endpoints that show them.
TEMPLATES = Path(__file__).parents[1]


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
    # What the cart holds, where the page has asked for it.
    cart_count: int | None = None
    # Parts that could not be asked for this page.
    away: frozenset[str] = field(default_factory=frozenset)

    @property
    def form_token(self) -> str:
        """A token for one form."""
        return token_for(self.visitor.form_secret)

    @property
    def back(self) -> str:
        """Where a switch of language or theme comes back to."""
        return local_place(self.visitor.here)


class Pages:
    """Every template, in every language."""

    def __init__(self, site: Site, assets: Assets, zone: ZoneInfo) -> None:
        self._site = site
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
    ) -> HTMLResponse:
        """Return the page that `template` makes of `content` for `visitor`."""
        nonce = secrets.token_urlsafe(16)
        frame = Frame(visitor, nonce, NOTICES.get(notice or ""), cart_count, away)
        text = self.environment(visitor.language).get_template(template).render(frame=frame, **(content or {}))
        return HTMLResponse(
            text,
            status_code=status,
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
