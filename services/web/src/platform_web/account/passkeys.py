"""`/account/passkeys`: the visitor's passkeys. A script adds them: it alone can speak with an authenticator."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_web.cart.count import with_cart_count
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

router = APIRouter(prefix="/account/passkeys")

PAGE = "/account/passkeys"
_NAME = "passkey_name"


@router.get("")
async def passkeys_page(request: Request, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Show the visitor's passkeys."""
    return await _overview(container, visitor, notice=read_notice(request))


@router.post("/{passkey_id}/rename")
async def rename(passkey_id: UUID, form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Give a passkey another name."""
    if missing := missing_fields(form.fields, _NAME):
        return await _overview(container, visitor, errors=missing)
    try:
        await container.auth.rename_passkey(visitor.request_context, str(passkey_id), form.text(_NAME))
    except (ServiceUnavailable, ServiceError) as error:
        return await _refused(container, visitor, error)
    return redirect(with_notice(PAGE, "saved"))


@router.post("/{passkey_id}/remove")
async def remove(passkey_id: UUID, _form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Remove a passkey. Every other session ends."""
    try:
        await container.auth.remove_passkey(visitor.request_context, str(passkey_id))
    except (ServiceUnavailable, ServiceError) as error:
        return await _refused(container, visitor, error)
    return redirect(with_notice(PAGE, "passkey-removed"))


for form_url in ("/{passkey_id}/rename", "/{passkey_id}/remove"):
    redirect_get_to(router, form_url, PAGE)


async def _refused(container: Container, visitor: Visitor, error: ServiceUnavailable | ServiceError) -> Response:
    """Respond to a change that did not happen: log in again, or look at how things are."""
    if isinstance(error, ServiceUnavailable):
        return await _overview(container, visitor, message=NOT_NOW)
    if error.code == "reauthentication-required":
        return redirect(reauthentication_url(PAGE))
    raise_if_logged_out(error)
    if error.status == 422:
        return await _overview(container, visitor, errors={_NAME: field_message(_NAME)})
    # Removed in another window meanwhile.
    return redirect(PAGE)


async def _overview(
    container: Container,
    visitor: Visitor,
    *,
    errors: Mapping[str, str] = MappingProxyType({}),
    message: str | None = None,
    notice: str | None = None,
) -> Response:
    work = unless_unavailable(container.auth.passkeys(visitor.request_context))
    passkeys, count = await with_cart_count(container, visitor, work)
    status = 503 if message or passkeys is None else 422 if errors else 200
    content = {"passkeys": passkeys, "errors": errors, "message": message}
    return container.pages.render(
        visitor, "account/passkeys.html", content, status=status, notice=notice, cart_count=count
    )
