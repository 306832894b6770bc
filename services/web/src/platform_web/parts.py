"""What endpoints are made of, and how they get at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from platform_web.clients.auth import Auth
from platform_web.clients.errors import PartAway
from platform_web.clients.member import Members
from platform_web.clients.shop import Shop
from platform_web.rendering.pages import Pages, Site
from platform_web.visitor.forms import Form, checked_form
from platform_web.visitor.sessions import Renewal
from platform_web.visitor.visitor import Visitor, visitor_of


@dataclass(frozen=True)
class Parts:
    """The services' clients, and the pages."""

    site: Site
    pages: Pages
    auth: Auth
    members: Members
    shop: Shop
    renewal: Renewal


class LogInNeeded(Exception):
    """The page is for members, and the visitor is not logged in."""


def parts_of(request: Request) -> Parts:
    """Return the application's parts."""
    parts: Parts = request.app.state.parts
    return parts


def known_visitor(request: Request) -> Visitor:
    """Return the visitor, who is logged in. Raises LogInNeeded; PartAway when that cannot be known just now."""
    visitor = visitor_of(request)
    if visitor.session_unsure:
        raise PartAway("auth")
    if not visitor.is_known:
        raise LogInNeeded
    return visitor


async def member_form(request: Request, _visitor: Annotated[Visitor, Depends(known_visitor)]) -> Form:
    """Return a form of the visitor's session; whoever has none logs in first. Raises as both checks do."""
    return await checked_form(request)


PartsOf = Annotated[Parts, Depends(parts_of)]
AnyVisitor = Annotated[Visitor, Depends(visitor_of)]
KnownVisitor = Annotated[Visitor, Depends(known_visitor)]
MemberForm = Annotated[Form, Depends(member_form)]
