"""`/account/two-step`: the authenticator app and recovery codes."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import segno
from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_web.cart.count import with_cart_count
from platform_web.clients.auth import RecoveryCodes
from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.container import (
    Container,
    ContainerDep,
    LoggedInVisitor,
    MemberForm,
    raise_if_logged_out,
    unless_unavailable,
)
from platform_web.form_urls import redirect_get_to
from platform_web.rendering.form_errors import field_message, missing_fields
from platform_web.rendering.messages import NOT_NOW
from platform_web.rendering.pages import read_notice, redirect
from platform_web.visitor.urls import reauthentication_url, with_notice
from platform_web.visitor.visitor import Visitor

router = APIRouter(prefix="/account/two-step")

PAGE = "/account/two-step"


# What the QR code of an authenticator app says, by the form of the page that shows it.
_URI_PREFIX = "otpauth://totp/"
_MAX_URI_LENGTH = 1000


@router.get("")
async def two_step_page(request: Request, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Show whether two-step verification is on."""
    return await _overview(container, visitor, notice=read_notice(request))


@router.post("/set-up")
async def start_set_up(_form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Show the QR code for an authenticator app."""
    try:
        setup = await container.auth.start_totp(visitor.request_context)
    except (ServiceUnavailable, ServiceError) as error:
        return await _refused(container, visitor, error)
    return _setup_page(container, visitor, setup.uri)


@router.post("/confirm")
async def confirm(form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Turn two-step verification on, and show the recovery codes. Every other session ends; this one continues."""
    uri = form["uri"]
    if not uri.startswith(_URI_PREFIX) or len(uri) > _MAX_URI_LENGTH:
        return redirect(PAGE)
    if missing := missing_fields(form.fields, "app_code"):
        return _setup_page(container, visitor, uri, missing, None, 422)
    try:
        enabled = await container.auth.confirm_totp(visitor.request_context, form.text("app_code")[:64])
    except ServiceUnavailable:
        return _setup_page(container, visitor, uri, {}, NOT_NOW, 503)
    except ServiceError as error:
        if error.status == 422:
            return _setup_page(container, visitor, uri, {"app_code": field_message("app_code")}, None, 422)
        return await _refused(container, visitor, error)
    visitor.set_session_cookies(enabled)
    # The forms of the page belong to the session that has begun.
    await container.session_renewer.identify(visitor, f"Bearer {enabled.access_token}")
    return _codes_page(container, visitor, enabled)


@router.post("/recovery-codes")
async def replace_recovery_codes(_form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Show new recovery codes."""
    try:
        codes = await container.auth.replace_recovery_codes(visitor.request_context)
    except (ServiceUnavailable, ServiceError) as error:
        return await _refused(container, visitor, error)
    return _codes_page(container, visitor, codes)


@router.post("/disable")
async def disable(_form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Turn two-step verification off. Every other session ends."""
    try:
        await container.auth.disable_totp(visitor.request_context)
    except (ServiceUnavailable, ServiceError) as error:
        return await _refused(container, visitor, error)
    return redirect(with_notice(PAGE, "two-step-disabled"))


for form_url in ("/set-up", "/confirm", "/recovery-codes", "/disable"):
    redirect_get_to(router, form_url, PAGE)


async def _refused(container: Container, visitor: Visitor, error: ServiceUnavailable | ServiceError) -> Response:
    """Respond to a change that did not happen: log in again, or look at how things are."""
    if isinstance(error, ServiceUnavailable):
        return await _overview(container, visitor, message=NOT_NOW)
    if error.code == "reauthentication-required":
        return redirect(reauthentication_url(PAGE))
    raise_if_logged_out(error)
    # Set up or disabled in another window meanwhile, such as by a form that was sent twice.
    return redirect(PAGE)


async def _overview(
    container: Container, visitor: Visitor, *, message: str | None = None, notice: str | None = None
) -> Response:
    work = unless_unavailable(container.auth.second_factors(visitor.request_context))
    factors, count = await with_cart_count(container, visitor, work)
    status = 503 if message or factors is None else 200
    content = {"factors": factors, "message": message}
    return container.pages.render(
        visitor, "account/two_step.html", content, status=status, notice=notice, cart_count=count
    )


def _setup_page(
    container: Container,
    visitor: Visitor,
    uri: str,
    errors: dict[str, str] | None = None,
    message: str | None = None,
    status: int = 200,
) -> Response:
    secret = parse_qs(urlsplit(uri).query).get("secret", [""])[0]
    content = {
        "uri": uri,
        # Dark on white in both themes: many apps read nothing else.
        "qr_code": segno.make(uri, error="m").svg_data_uri(scale=5, border=4, dark="#000", light="#fff"),
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "errors": errors or {},
        "message": message,
    }
    return container.pages.render(visitor, "account/two_step_setup.html", content, status=status)


def _codes_page(container: Container, visitor: Visitor, codes: RecoveryCodes) -> Response:
    content = {"codes": codes.recovery_codes, "file": "\r\n".join([*codes.recovery_codes, ""])}
    return container.pages.render(visitor, "account/recovery_codes.html", content)
