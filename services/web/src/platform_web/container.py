"""Dependencies of the endpoints."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends
from starlette.requests import Request

from platform_web.clients.auth import Auth
from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.clients.member import Members
from platform_web.clients.shop import Shop
from platform_web.rendering.pages import Pages, Site
from platform_web.visitor.forms import Form, checked_form
from platform_web.visitor.sessions import SessionRenewer
from platform_web.visitor.visitor import Visitor, get_visitor

T = TypeVar("T")


@dataclass(frozen=True)
class Container:
    """The service clients and the page renderer."""

    site: Site
    pages: Pages
    auth: Auth
    members: Members
    shop: Shop
    session_renewer: SessionRenewer


class LoginRequired(Exception):
    """The page requires a log-in, and the visitor is not logged in."""


def raise_if_logged_out(error: ServiceError) -> None:
    """Raise LoginRequired where a service no longer accepts the visitor's session."""
    if error.status == 401:
        raise LoginRequired from None


async def unless_unavailable(work: Coroutine[Any, Any, T]) -> T | None:
    """Return the result of `work`, or None while its service is unavailable. Raises LoginRequired and ServiceError."""
    try:
        return await work
    except ServiceUnavailable:
        return None
    except ServiceError as error:
        raise_if_logged_out(error)
        raise


def get_container(request: Request) -> Container:
    """Return the application's container."""
    container: Container = request.app.state.container
    return container


def require_login(request: Request) -> Visitor:
    """Return the logged-in visitor. Raises LoginRequired; ServiceUnavailable if the session cannot be checked."""
    visitor = get_visitor(request)
    if visitor.session_unknown:
        raise ServiceUnavailable("auth")
    if not visitor.is_logged_in:
        raise LoginRequired
    return visitor


async def member_form(request: Request, _visitor: Annotated[Visitor, Depends(require_login)]) -> Form:
    """Return a form of the logged-in visitor's session. Raises as `require_login` and `checked_form`."""
    return await checked_form(request)


ContainerDep = Annotated[Container, Depends(get_container)]
AnyVisitor = Annotated[Visitor, Depends(get_visitor)]
LoggedInVisitor = Annotated[Visitor, Depends(require_login)]
MemberForm = Annotated[Form, Depends(member_form)]
