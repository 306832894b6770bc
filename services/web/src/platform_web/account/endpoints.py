"""`/account`: profile, password, sessions, deletion."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_web.cart.count import with_cart_count
from platform_web.clients.auth import LogIn
from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.clients.member import Member
from platform_web.container import (
    Container,
    ContainerDep,
    LoggedInVisitor,
    MemberForm,
    raise_if_logged_out,
    unless_unavailable,
)
from platform_web.form_urls import redirect_get_to
from platform_web.rendering.catalogues import N_
from platform_web.rendering.form_errors import field_errors, field_message, missing_fields
from platform_web.rendering.messages import NOT_DONE, NOT_NOW, TOO_MANY_ATTEMPTS
from platform_web.rendering.pages import read_notice, redirect
from platform_web.session.clearing import clear_member_data
from platform_web.session.second_factor import EXPIRED, SubmittedCode, challenge_of, is_over
from platform_web.visitor.forms import Form, new_key
from platform_web.visitor.preferences import known_language
from platform_web.visitor.urls import reauthentication_url, with_notice
from platform_web.visitor.visitor import Visitor

router = APIRouter(prefix="/account")


CHANGED_MEANWHILE = N_("Your account was changed elsewhere. Here is its current version; make your change again.")
WRONG_PASSWORD = N_("The password is incorrect.")
LAST_ADMINISTRATOR = N_("You are the last administrator. Appoint another one first.")


@router.get("")
async def profile(request: Request, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Show the profile."""
    member, count = await with_cart_count(container, visitor, _me(container, visitor))
    unavailable = frozenset({"member"}) if member is None else frozenset[str]()
    content = _profile_content(member, _member_fields(member), new_key())
    return container.pages.render(
        visitor, "account/profile.html", content, notice=read_notice(request), cart_count=count, unavailable=unavailable
    )


@router.post("/profile")
async def save_profile(form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Change name, e-mail address and language, unless they have been changed since the page was rendered."""
    version = form.number("version", digits=15)
    if version is None:
        return redirect("/account")
    if missing := missing_fields(form.fields, "display_name", "email"):
        return await _render_profile_error(container, visitor, form, missing, None, 422, form.key)
    language = known_language(form["locale"]) or visitor.language
    fields = {"display_name": form.text("display_name"), "email": form.text("email"), "locale": language}
    try:
        await container.members.change(visitor.request_context, fields, version, form.key)
    except ServiceUnavailable:
        return await _render_profile_error(container, visitor, form, {}, NOT_NOW, 503, form.key)
    except ServiceError as error:
        if error.code == "reauthentication-required":
            return redirect(reauthentication_url("/account"))
        raise_if_logged_out(error)
        errors = field_errors(error)
        if error.code == "email-taken":
            errors = {"email": field_message("email", "email-taken")}
        message = CHANGED_MEANWHILE if error.status == 412 else None if errors else NOT_DONE
        return await _render_profile_error(container, visitor, form, errors, message, error.status, new_key())
    visitor.set_language(language)
    return redirect(with_notice("/account", "saved"))


@router.post("/email/send")
async def send_verification(_form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Send another link and code to the visitor's address."""
    try:
        await container.auth.request_email_verification(visitor.request_context)
    except ServiceUnavailable:
        return await _render_profile_error(container, visitor, None, {}, NOT_NOW, 503)
    except ServiceError as error:
        raise_if_logged_out(error)
        message = TOO_MANY_ATTEMPTS if error.status == 429 else NOT_DONE
        return await _render_profile_error(container, visitor, None, {}, message, error.status)
    return redirect(with_notice("/account", "verification-sent"))


@router.post("/email/code")
async def verify_email(form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Verify the visitor's address by the code of the e-mail."""
    if missing := missing_fields(form.fields, "code"):
        return await _render_profile_error(container, visitor, None, missing, None, 422)
    try:
        await container.auth.verify_email_by_code(visitor.request_context, form.text("code").replace(" ", ""))
    except ServiceUnavailable:
        return await _render_profile_error(container, visitor, None, {}, NOT_NOW, 503)
    except ServiceError as error:
        raise_if_logged_out(error)
        errors = {"code": field_message("code")} if error.status == 422 else {}
        message = TOO_MANY_ATTEMPTS if error.status == 429 else None if errors else NOT_DONE
        return await _render_profile_error(container, visitor, None, errors, message, error.status)
    return redirect(with_notice("/account", "email-verified"))


@router.get("/password")
async def password_page(request: Request, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Show the form to change the password."""
    return await _password_page(container, visitor, "password", notice=read_notice(request))


@router.post("/password")
async def change_password(form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Change the password. Every other session ends; this one continues."""
    if missing := missing_fields(form.fields, "current_password", "new_password"):
        return await _password_page(container, visitor, "password", missing, None, 422)
    try:
        tokens = await container.auth.change_password(
            visitor.request_context, form["current_password"], form["new_password"]
        )
    except ServiceUnavailable:
        return await _password_page(container, visitor, "password", {}, NOT_NOW, 503)
    except ServiceError as error:
        raise_if_logged_out(error)
        errors = field_errors(error)
        message = TOO_MANY_ATTEMPTS if error.status == 429 else None if errors else NOT_DONE
        return await _password_page(container, visitor, "password", errors, message, error.status)
    visitor.set_session_cookies(tokens)
    return redirect(with_notice("/account/password", "password-changed"))


@router.get("/sessions")
async def sessions_page(request: Request, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """List the member's sessions on all devices."""
    try:
        sessions, count = await with_cart_count(container, visitor, container.auth.sessions(visitor.request_context))
    except ServiceError as error:
        raise_if_logged_out(error)
        raise
    content = {"sessions": sessions}
    return container.pages.render(
        visitor, "account/sessions.html", content, notice=read_notice(request), cart_count=count
    )


@router.post("/sessions/{session_id}/end")
async def end_session(
    session_id: UUID, _form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor
) -> Response:
    """End one session; a session that has already ended is a success."""
    try:
        await container.auth.end_session(visitor.request_context, str(session_id))
    except ServiceError as error:
        raise_if_logged_out(error)
        if error.status != 404:
            raise
    if visitor.principal and visitor.principal.session == str(session_id):
        clear_member_data(visitor)
        return redirect(with_notice("/", "logged-out"))
    return redirect(with_notice("/account/sessions", "session-ended"))


@router.post("/sessions/end-all")
async def end_all_sessions(_form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Log out on every device, including this one."""
    try:
        await container.auth.log_out_everywhere(visitor.request_context)
    except ServiceError as error:
        if error.status != 401:
            raise
    clear_member_data(visitor)
    return redirect(with_notice("/", "logged-out-everywhere"))


@router.get("/delete")
async def deletion_page(container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Show the confirmation form for deleting the account."""
    return await _deletion_page(container, visitor)


@router.post("/delete")
async def delete_account(form: MemberForm, container: ContainerDep, visitor: LoggedInVisitor) -> Response:
    """Delete the account permanently after a password check (ASVS 7.5.1)."""
    submitted = SubmittedCode.from_form(form) if form["challenge"] else None
    challenge = submitted.challenge if submitted else None
    if missing := submitted.errors() if submitted else missing_fields(form.fields, "current_password"):
        return await _deletion_page(container, visitor, challenge, missing, None, 422)
    try:
        fresh = await _log_in_again(container, visitor, form["current_password"], submitted)
        await container.members.delete(visitor.request_context_with(fresh))
    except ServiceUnavailable:
        return await _deletion_page(container, visitor, challenge, {}, NOT_NOW, 503)
    except ServiceError as error:
        return await _render_deletion_error(container, visitor, submitted, error)
    clear_member_data(visitor)
    return redirect(with_notice("/", "account-deleted"))


redirect_get_to(router, "/profile", "/account")
redirect_get_to(router, "/email/send", "/account")
redirect_get_to(router, "/email/code", "/account")
redirect_get_to(router, "/sessions/{session_id}/end", "/account/sessions")
redirect_get_to(router, "/sessions/end-all", "/account/sessions")


async def _log_in_again(
    container: Container, visitor: Visitor, password: str, submitted: SubmittedCode | None
) -> LogIn:
    """Return a session of a moment ago: by the password, and where that is not enough, by a code after it."""
    context = visitor.request_context
    if submitted is not None:
        return await container.auth.complete_log_in(context, submitted.challenge, submitted.method, submitted.code)
    me = await container.members.me(context)
    return await container.auth.log_in(context, me.email, password)


async def _render_deletion_error(
    container: Container, visitor: Visitor, submitted: SubmittedCode | None, error: ServiceError
) -> Response:
    if challenge := challenge_of(error):
        return await _deletion_page(container, visitor, challenge)
    if is_over(error):
        return await _deletion_page(container, visitor, None, {}, EXPIRED, 422)
    if error.code == "credentials-invalid":
        return await _deletion_page(container, visitor, None, {"current_password": WRONG_PASSWORD}, None, 422)
    if submitted is not None and (errors := submitted.errors(error)):
        return await _deletion_page(container, visitor, submitted.challenge, errors, None, 422)
    raise_if_logged_out(error)
    message = {429: TOO_MANY_ATTEMPTS, 409: LAST_ADMINISTRATOR}.get(error.status, NOT_DONE)
    # After a code was used up, the next attempt starts with the password.
    challenge = submitted.challenge if submitted and error.status == 429 else None
    return await _deletion_page(container, visitor, challenge, {}, message, error.status)


async def _deletion_page(
    container: Container,
    visitor: Visitor,
    challenge: str | None = None,
    errors: Mapping[str, str] = MappingProxyType({}),
    message: str | None = None,
    status: int = 200,
) -> Response:
    """Show the form that asks for the password, or for a code where the password was right and is not enough."""
    if challenge is None:
        return await _password_page(container, visitor, "delete", errors, message, status)
    content = {"challenge": challenge, "errors": errors, "message": message}
    return container.pages.render(visitor, "account/delete_second_factor.html", content, status=status)


async def _me(container: Container, visitor: Visitor) -> Member | None:
    """Return the visitor's account, or None while member is unavailable. Raises LoginRequired."""
    return await unless_unavailable(container.members.me(visitor.request_context))


def _member_fields(member: Member | None) -> dict[str, str]:
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


async def _render_profile_error(
    container: Container,
    visitor: Visitor,
    form: Form | None,
    errors: dict[str, str],
    message: str | None,
    status: int,
    key: str = "",
) -> Response:
    """Show the submitted form; without one, and after a conflicting change (412), the current account."""
    member = await _me(container, visitor)
    fields = _member_fields(member) if form is None or status == 412 else form.fields
    content = _profile_content(member, fields, key or new_key(), errors, message)
    return container.pages.render(visitor, "account/profile.html", content, status=status)


async def _password_page(
    container: Container,
    visitor: Visitor,
    name: str,
    errors: Mapping[str, str] = MappingProxyType({}),
    message: str | None = None,
    status: int = 200,
    *,
    notice: str | None = None,
) -> Response:
    """Show a form that asks for the password, with the e-mail address for password managers."""
    member = await _me(container, visitor)
    content = {"errors": errors, "message": message, "email": member.email if member else ""}
    return container.pages.render(visitor, f"account/{name}.html", content, status=status, notice=notice)
