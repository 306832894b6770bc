"""`/verify-email`, `/forgot-password`, `/reset-password`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.container import AnyVisitor, Container, ContainerDep
from platform_web.rendering.catalogues import N_
from platform_web.rendering.form_errors import field_errors, missing_fields
from platform_web.rendering.messages import NOT_NOW, TOO_MANY_ATTEMPTS
from platform_web.rendering.pages import redirect
from platform_web.session.clearing import clear_member_data
from platform_web.visitor.forms import BrowserForm
from platform_web.visitor.urls import with_notice
from platform_web.visitor.visitor import Visitor

router = APIRouter()

LINK_INVALID = N_("This link is invalid, was already used, or has expired.")


@router.get("/verify-email")
async def verify_email_page(request: Request, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Ask for one click: opening the link verifies nothing, because mail scanners and previews open links too."""
    return _verify_page(container, visitor, request.query_params.get("token", ""))


@router.post("/verify-email")
async def verify_email(form: BrowserForm, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Verify the address that the link was sent to."""
    try:
        await container.auth.verify_email_by_link(visitor.request_context, form["token"])
    except (ServiceUnavailable, ServiceError) as error:
        status, message = _failure(error)
        return _verify_page(container, visitor, form["token"], message, status)
    return redirect(with_notice("/", "email-verified"))


@router.get("/forgot-password")
async def forgot_password_page(container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Ask for the address of the account."""
    return _forgot_page(container, visitor)


@router.post("/forgot-password")
async def forgot_password(form: BrowserForm, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Have a link sent; the page is the same whether or not there is such an account."""
    email = form.text("email")
    if missing := missing_fields(form.fields, "email"):
        return _forgot_page(container, visitor, email, missing, status=422)
    try:
        await container.auth.forgot_password(visitor.request_context, email)
    except (ServiceUnavailable, ServiceError) as error:
        status, message = _failure(error)
        return _forgot_page(container, visitor, email, message=message, status=status)
    return redirect("/forgot-password/sent")


@router.get("/forgot-password/sent")
async def link_sent_page(container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Say what happens next."""
    return container.pages.render(visitor, "recovery/link_sent.html")


@router.get("/reset-password")
async def reset_password_page(request: Request, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Ask for the new password."""
    return _reset_page(container, visitor, request.query_params.get("token", ""))


@router.post("/reset-password")
async def reset_password(form: BrowserForm, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Set the new password. All sessions end; the log-in is the next step."""
    token = form["token"]
    if missing := missing_fields(form.fields, "new_password"):
        return _reset_page(container, visitor, token, missing, status=422)
    try:
        await container.auth.reset_password(visitor.request_context, token, form["new_password"])
    except (ServiceUnavailable, ServiceError) as error:
        errors = field_errors(error) if isinstance(error, ServiceError) else {}
        status, message = _failure(error)
        return _reset_page(container, visitor, token, errors, None if errors else message, status)
    clear_member_data(visitor)
    return redirect(with_notice("/log-in", "password-reset"))


def _verify_page(
    container: Container, visitor: Visitor, token: str, message: str | None = None, status: int = 200
) -> Response:
    content = {"token": token, "message": message}
    return container.pages.render(visitor, "recovery/verify_email.html", content, status=status)


def _forgot_page(
    container: Container,
    visitor: Visitor,
    email: str = "",
    errors: Mapping[str, str] = MappingProxyType({}),
    message: str | None = None,
    status: int = 200,
) -> Response:
    content = {"email": email, "errors": errors, "message": message}
    return container.pages.render(visitor, "recovery/forgot_password.html", content, status=status)


def _reset_page(
    container: Container,
    visitor: Visitor,
    token: str,
    errors: Mapping[str, str] = MappingProxyType({}),
    message: str | None = None,
    status: int = 200,
) -> Response:
    content = {"token": token, "errors": errors, "message": message}
    return container.pages.render(visitor, "recovery/reset_password.html", content, status=status)


def _failure(error: ServiceUnavailable | ServiceError) -> tuple[int, str]:
    """Return status and untranslated message."""
    if isinstance(error, ServiceUnavailable):
        return 503, NOT_NOW
    return error.status, TOO_MANY_ATTEMPTS if error.status == 429 else LINK_INVALID
