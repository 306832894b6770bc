"""`/sign-up`, `/log-in`, `/log-out`, `/session/refresh`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import structlog
from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from platform_common.passkey_credentials import PresentedCredential
from platform_common.problems import Unauthenticated
from platform_web.cart.merging import merge_cart, remove_cart_cookie
from platform_web.checkout.draft import PATH as CHECKOUT
from platform_web.checkout.draft import remove_draft
from platform_web.clients.auth import LogIn
from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.clients.http import RequestContext
from platform_web.container import AnyVisitor, Container, ContainerDep
from platform_web.form_urls import redirect_get_to
from platform_web.rendering.catalogues import N_
from platform_web.rendering.form_errors import field_errors, field_message, missing_fields
from platform_web.rendering.messages import NOT_NOW, TOO_MANY_ATTEMPTS
from platform_web.rendering.pages import read_notice, redirect
from platform_web.session.clearing import clear_member_data, end_replaced_session
from platform_web.session.second_factor import EXPIRED, SubmittedCode, challenge_of, is_over
from platform_web.visitor.forms import BrowserForm, Form, checked_form, new_key
from platform_web.visitor.origin_check import require_same_origin
from platform_web.visitor.preferences import LANGUAGE_COOKIE, known_language
from platform_web.visitor.urls import is_within, safe_redirect_path, with_notice
from platform_web.visitor.visitor import Visitor

router = APIRouter()

REFRESH_PATH = "/session/refresh"
AFTER_LOG_IN = "/"

# Why the log-in is required, by path.
REASONS = {
    CHECKOUT: N_("Log in to continue with your order."),
    "/orders": N_("Log in to see your orders."),
}
WRONG_CREDENTIALS = N_("The e-mail address or password is incorrect.")
PASSKEY_REFUSED = N_("The passkey was not accepted. Try again, or log in with your password.")

log = structlog.get_logger(__name__)


@router.get("/log-in")
async def log_in_page(request: Request, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Show the log-in form; redirect a logged-in visitor unless a fresh log-in is required (`again`)."""
    url = safe_redirect_path(request.query_params.get("next", ""), AFTER_LOG_IN)
    again = "again" in request.query_params
    if visitor.is_logged_in and not again:
        return redirect(url)
    form = Form({"next": url, "again": "1" if again else ""})
    return _log_in_form(container, visitor, form, notice=read_notice(request))


@router.post("/log-in")
async def log_in(form: BrowserForm, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Create a session, merge the anonymous cart, and redirect to the requested page."""
    url = safe_redirect_path(form["next"], AFTER_LOG_IN)
    if missing := missing_fields(form.fields, "email", "password"):
        return _log_in_form(container, visitor, form, missing, status=422)
    try:
        opened = await container.auth.log_in(visitor.request_context, form.text("email"), form["password"])
    except (ServiceUnavailable, ServiceError) as error:
        if challenge := challenge_of(error):
            return _second_factor_form(container, visitor, form, challenge)
        status, message = _failure(error)
        return _log_in_form(container, visitor, form, {}, message, status, _retry_after(error))
    await _start_session(container, visitor, opened, url)
    return redirect(with_notice(url, "logged-in"))


@router.post("/log-in/second-factor")
async def complete_log_in(form: BrowserForm, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Create the session of a log-in whose password was right."""
    url = safe_redirect_path(form["next"], AFTER_LOG_IN)
    submitted = SubmittedCode.from_form(form)
    if missing := submitted.errors():
        return _second_factor_form(container, visitor, form, submitted.challenge, missing, status=422)
    try:
        opened = await container.auth.complete_log_in(
            visitor.request_context, submitted.challenge, submitted.method, submitted.code
        )
    except (ServiceUnavailable, ServiceError) as error:
        if is_over(error):
            return _log_in_form(container, visitor, form, {}, EXPIRED, 422)
        status, message = _failure(error)
        errors = submitted.errors(error) if isinstance(error, ServiceError) else {}
        headers = _retry_after(error)
        return _second_factor_form(
            container, visitor, form, submitted.challenge, errors, None if errors else message, status, headers
        )
    await _start_session(container, visitor, opened, url)
    return redirect(with_notice(url, "logged-in"))


@router.post("/log-in/passkey")
async def log_in_with_passkey(form: BrowserForm, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Create a session by what an authenticator has signed; a script has put it into the form."""
    url = safe_redirect_path(form["next"], AFTER_LOG_IN)
    try:
        credential = PresentedCredential.model_validate_json(form["credential"])
    except ValidationError:
        return _log_in_form(container, visitor, form, {}, PASSKEY_REFUSED, 422)
    try:
        opened = await container.auth.log_in_with_passkey(visitor.request_context, credential)
    except (ServiceUnavailable, ServiceError) as error:
        status, message = _failure(error, PASSKEY_REFUSED)
        return _log_in_form(container, visitor, form, {}, message, status, _retry_after(error))
    await _start_session(container, visitor, opened, url)
    return redirect(with_notice(url, "logged-in"))


@router.get("/sign-up")
async def sign_up_page(request: Request, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Show the sign-up form."""
    url = safe_redirect_path(request.query_params.get("next", ""), AFTER_LOG_IN)
    if visitor.is_logged_in:
        return redirect(url)
    return _sign_up_form(container, visitor, Form({"next": url}), {}, None, 200, new_key())


@router.post("/sign-up")
async def sign_up(form: BrowserForm, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Create an account, once per form, and log in."""
    email, name, password = form.text("email"), form.text("display_name"), form["password"]
    if missing := missing_fields(form.fields, "display_name", "email", "password"):
        return _sign_up_form(container, visitor, form, missing, None, 422, form.key)
    try:
        await container.auth.register(visitor.request_context, email, password, name, visitor.language, form.key)
        opened = await container.auth.log_in(visitor.request_context, email, password)
    except ServiceUnavailable:
        # It is unknown whether the account was created; a retry with the same key is safe.
        return _sign_up_form(container, visitor, form, {}, NOT_NOW, 503, form.key)
    except ServiceError as error:
        if challenge := challenge_of(error):
            # A form of a while ago, whose account has a second factor by now.
            return _second_factor_form(container, visitor, form, challenge)
        errors = field_errors(error)
        if error.code == "email-taken":
            errors = {"email": field_message("email", "email-taken")}
        message = None if errors else _failure(error)[1]
        return _sign_up_form(container, visitor, form, errors, message, _page_status(error), new_key())
    url = safe_redirect_path(form["next"], AFTER_LOG_IN)
    await _start_session(container, visitor, opened, url)
    return redirect(with_notice(url, "welcome-verify" if container.site.has_mail else "welcome"))


@router.post("/log-out")
async def log_out(request: Request, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """End the session of the page. Its cookies are removed even if auth is unavailable.

    Raises CsrfTokenInvalid for a page of another session; ServiceUnavailable.
    """
    if visitor.is_logged_in:
        await checked_form(request)
    else:
        # Without a session the page's token is invalid; the browser's data is removed anyway.
        require_same_origin(request.headers)
    unknown, request_context = visitor.session_unknown, visitor.request_context
    clear_member_data(visitor)
    if unknown:
        raise ServiceUnavailable("auth")
    if request_context.token:
        await _end_session(container, request_context)
    return redirect(with_notice("/", "logged-out"))


@router.post(REFRESH_PATH, status_code=204)
async def refresh(request: Request, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Renew the session for a script: 204 with new cookies, or 401.

    Raises CrossSiteRequest, Unauthenticated, ServiceUnavailable.
    """
    require_same_origin(request.headers)
    if not await container.session_renewer.renew(visitor):
        raise Unauthenticated("There is no session to renew.")
    return Response(status_code=204)


redirect_get_to(router, "/log-out", "/")
redirect_get_to(router, "/log-in/second-factor", "/log-in")
redirect_get_to(router, "/log-in/passkey", "/log-in")


async def _end_session(container: Container, member: RequestContext) -> None:
    try:
        await container.auth.log_out(member)
    except ServiceError as error:
        log.info("session_already_ended", reason=error.code)


async def _start_session(container: Container, visitor: Visitor, opened: LogIn, url: str) -> None:
    visitor.set_session_cookies(opened)
    language = known_language(opened.member.locale)
    if language and visitor.rules.host(LANGUAGE_COOKIE) not in visitor.cookies:
        visitor.set_language(language)
    # Back at the checkout, the draft's owner is compared with the member.
    if not is_within(url, CHECKOUT):
        remove_draft(visitor)
    if visitor.principal and visitor.principal.subject != opened.member.id:
        remove_cart_cookie(visitor)
    else:
        await merge_cart(container, visitor, visitor.request_context_with(opened))
    await end_replaced_session(container, visitor)


def _log_in_form(
    container: Container,
    visitor: Visitor,
    form: Form,
    errors: Mapping[str, str] = MappingProxyType({}),
    message: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    notice: str | None = None,
) -> Response:
    url = safe_redirect_path(form["next"], AFTER_LOG_IN)
    content = {
        "email": form.text("email"),
        "url": url,
        "again": bool(form["again"]),
        "reason": next((reason for path, reason in REASONS.items() if is_within(url, path)), None),
        "errors": errors,
        "message": message,
    }
    return container.pages.render(
        visitor, "session/log_in.html", content, status=status, headers=headers, notice=notice
    )


def _second_factor_form(
    container: Container,
    visitor: Visitor,
    form: Form,
    challenge: str,
    errors: Mapping[str, str] = MappingProxyType({}),
    message: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    content = {
        "challenge": challenge,
        "url": safe_redirect_path(form["next"], AFTER_LOG_IN),
        "again": form["again"],
        "errors": errors,
        "message": message,
    }
    return container.pages.render(visitor, "session/second_factor.html", content, status=status, headers=headers)


def _sign_up_form(
    container: Container,
    visitor: Visitor,
    form: Form,
    errors: dict[str, str],
    message: str | None,
    status: int,
    key: str,
) -> Response:
    content = {"form": form, "errors": errors, "message": message, "key": key}
    return container.pages.render(visitor, "session/sign_up.html", content, status=status)


def _failure(error: ServiceUnavailable | ServiceError, refused: str = WRONG_CREDENTIALS) -> tuple[int, str]:
    """Return status and untranslated message for a failed log-in."""
    if isinstance(error, ServiceUnavailable):
        return 503, NOT_NOW
    if error.status == 429:
        return 429, TOO_MANY_ATTEMPTS
    return _page_status(error), refused


def _page_status(error: ServiceError) -> int:
    # 401 requires a WWW-Authenticate challenge, to which browsers respond with a dialog (RFC 9110, section 15.5.2).
    return 422 if error.status == 401 else error.status


def _retry_after(error: ServiceUnavailable | ServiceError) -> dict[str, str]:
    return {name: value for name, value in error.headers.items() if name == "Retry-After"}
