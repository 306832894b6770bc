"""`/account`: profile, password, sessions, deletion."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_web.cart.count import beside_cart
from platform_web.clients.errors import PartAway, Refused
from platform_web.clients.member import Member
from platform_web.form_addresses import redirect_get
from platform_web.parts import KnownVisitor, LogInNeeded, MemberForm, Parts, PartsOf
from platform_web.rendering.catalogues import N_
from platform_web.rendering.form_errors import field_errors, field_message, missing_fields
from platform_web.rendering.pages import notice_of, see_other
from platform_web.session.leaving import forget_member
from platform_web.visitor.forms import Form, new_key
from platform_web.visitor.places import with_notice
from platform_web.visitor.preferences import known_language
from platform_web.visitor.visitor import Visitor

router = APIRouter(prefix="/account")

FRESH_LOG_IN = "/log-in?again&next=/account"

CHANGED_MEANWHILE = N_("Your account was changed elsewhere meanwhile. Here it is as it is now; change it again.")
WRONG_PASSWORD = N_("This is not your password.")
TOO_MANY_ATTEMPTS = N_("Too many attempts. Wait a few minutes, then try again.")
NOT_NOW = N_("We cannot do that right now. Nothing was lost; try again in a moment.")
NOT_DONE = N_("That did not work. Look at the page again.")
LAST_ADMINISTRATOR = N_("You are the last administrator. Make another one first.")


@router.get("")
async def profile(request: Request, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Show the profile."""
    member, count = await beside_cart(parts, visitor, _me(parts, visitor))
    away = frozenset({"member"}) if member is None else frozenset[str]()
    content = _profile_content(member, _fields_of(member), new_key())
    return parts.pages.show(
        visitor, "account/profile.html", content, notice=notice_of(request), cart_count=count, away=away
    )


@router.post("/profile")
async def save_profile(form: MemberForm, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Change name, e-mail address and language, unless somebody else has changed them since the page was made."""
    version = form.number("version", digits=15)
    if version is None:
        return see_other("/account")
    if missing := missing_fields(form.fields, "display_name", "email"):
        return await _profile_again(parts, visitor, form, missing, None, 422, form.key)
    language = known_language(form["locale"]) or visitor.language
    fields = {"display_name": form.text("display_name"), "email": form.text("email"), "locale": language}
    try:
        await parts.members.change(visitor.on_behalf, fields, version, form.key)
    except PartAway:
        return await _profile_again(parts, visitor, form, {}, NOT_NOW, 503, form.key)
    except Refused as refused:
        if refused.code == "reauthentication-required":
            return see_other(FRESH_LOG_IN)
        if refused.status == 401:
            raise LogInNeeded from None
        errors = field_errors(refused)
        if refused.code == "email-taken":
            errors = {"email": field_message("email", "email-taken")}
        message = CHANGED_MEANWHILE if refused.status == 412 else None if errors else NOT_DONE
        return await _profile_again(parts, visitor, form, errors, message, refused.status, new_key())
    visitor.keep_language(language)
    return see_other(with_notice("/account", "saved"))


@router.get("/password")
async def password_page(request: Request, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Show the form for another password."""
    return await _password_page(parts, visitor, "password", notice=notice_of(request))


@router.post("/password")
async def change_password(form: MemberForm, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Change the password; every other session ends, this one goes on."""
    if missing := missing_fields(form.fields, "current_password", "new_password"):
        return await _password_page(parts, visitor, "password", missing, None, 422)
    try:
        tokens = await parts.auth.change_password(visitor.on_behalf, form["current_password"], form["new_password"])
    except PartAway:
        return await _password_page(parts, visitor, "password", {}, NOT_NOW, 503)
    except Refused as refused:
        if refused.status == 401:
            raise LogInNeeded from None
        errors = field_errors(refused)
        message = TOO_MANY_ATTEMPTS if refused.status == 429 else None if errors else NOT_DONE
        return await _password_page(parts, visitor, "password", errors, message, refused.status)
    visitor.keep_session(tokens)
    return see_other(with_notice("/account/password", "password-changed"))


@router.get("/sessions")
async def sessions_page(request: Request, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """List the sessions, on whichever device."""
    try:
        sessions, count = await beside_cart(parts, visitor, parts.auth.sessions(visitor.on_behalf))
    except Refused as refused:
        _needs_log_in(refused)
        raise
    content = {"sessions": sessions}
    return parts.pages.show(visitor, "account/sessions.html", content, notice=notice_of(request), cart_count=count)


@router.post("/sessions/{session_id}/end")
async def end_session(session_id: UUID, _form: MemberForm, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """End one session; one that is over already is as good."""
    try:
        await parts.auth.end_session(visitor.on_behalf, str(session_id))
    except Refused as refused:
        _needs_log_in(refused)
        if refused.status != 404:
            raise
    if visitor.principal and visitor.principal.session == str(session_id):
        forget_member(visitor)
        return see_other(with_notice("/", "logged-out"))
    return see_other(with_notice("/account/sessions", "session-ended"))


@router.post("/sessions/end-all")
async def end_all_sessions(_form: MemberForm, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Log out on every device, this one included."""
    try:
        await parts.auth.log_out_everywhere(visitor.on_behalf)
    except Refused as refused:
        if refused.status != 401:
            raise
    forget_member(visitor)
    return see_other(with_notice("/", "logged-out-everywhere"))


@router.get("/delete")
async def deletion_page(parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Ask whether the account shall be deleted."""
    return await _password_page(parts, visitor, "delete")


@router.post("/delete")
async def delete_account(form: MemberForm, parts: PartsOf, visitor: KnownVisitor) -> Response:
    """Delete the account for good, once the password has shown whose it is (ASVS 7.5.1)."""
    if missing := missing_fields(form.fields, "current_password"):
        return await _password_page(parts, visitor, "delete", missing, None, 422)
    try:
        me = await parts.members.me(visitor.on_behalf)
        fresh = await parts.auth.log_in(visitor.on_behalf, me.email, form["current_password"])
        await parts.members.delete(visitor.on_behalf_with(fresh))
    except PartAway:
        return await _password_page(parts, visitor, "delete", {}, NOT_NOW, 503)
    except Refused as refused:
        if refused.code == "credentials-invalid":
            errors = {"current_password": WRONG_PASSWORD}
            return await _password_page(parts, visitor, "delete", errors, None, 422)
        _needs_log_in(refused)
        message = {429: TOO_MANY_ATTEMPTS, 409: LAST_ADMINISTRATOR}.get(refused.status, NOT_DONE)
        return await _password_page(parts, visitor, "delete", {}, message, refused.status)
    forget_member(visitor)
    return see_other(with_notice("/", "account-deleted"))


redirect_get(router, "/profile", "/account")
redirect_get(router, "/sessions/{session_id}/end", "/account/sessions")
redirect_get(router, "/sessions/end-all", "/account/sessions")


async def _me(parts: Parts, visitor: Visitor) -> Member | None:
    """Return the visitor's account, or None while member is away. Raises LogInNeeded."""
    try:
        return await parts.members.me(visitor.on_behalf)
    except PartAway:
        return None
    except Refused as refused:
        _needs_log_in(refused)
        raise


def _needs_log_in(refused: Refused) -> None:
    if refused.status == 401:
        raise LogInNeeded from None


def _fields_of(member: Member | None) -> dict[str, str]:
    if member is None:
        return {}
    return {"display_name": member.display_name, "email": member.email, "locale": member.locale}


def _profile_content(
    member: Member | None,
    fields: dict[str, str],
    key: str,
    errors: dict[str, str] | None = None,
    message: str | None = None,
) -> dict[str, Any]:
    language = known_language(fields.get("locale", ""))
    return {
        "member": member,
        "fields": fields,
        "language": language,
        "key": key,
        "errors": errors or {},
        "message": message,
    }


async def _profile_again(
    parts: Parts,
    visitor: Visitor,
    form: Form,
    errors: dict[str, str],
    message: str | None,
    status: int,
    key: str,
) -> Response:
    """Show the form as it was sent; after a change elsewhere, as the account is now."""
    member = await _me(parts, visitor)
    fields = _fields_of(member) if status == 412 else form.fields
    content = _profile_content(member, fields, key, errors, message)
    return parts.pages.show(visitor, "account/profile.html", content, status=status)


async def _password_page(
    parts: Parts,
    visitor: Visitor,
    name: str,
    errors: Mapping[str, str] = MappingProxyType({}),
    message: str | None = None,
    status: int = 200,
    *,
    notice: str | None = None,
) -> Response:
    """Show a form that asks for the password. Password managers learn from the page whose it is."""
    member = await _me(parts, visitor)
    content = {"errors": errors, "message": message, "email": member.email if member else ""}
    return parts.pages.show(visitor, f"account/{name}.html", content, status=status, notice=notice)
