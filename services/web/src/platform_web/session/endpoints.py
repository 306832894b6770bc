"""`/sign-up`, `/log-in`, `/log-out`, `/session/refresh`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_common.problems import Unauthenticated
from platform_web.cart.merging import forget_cart, merge_cart
from platform_web.checkout.draft import PATH as CHECKOUT
from platform_web.checkout.draft import forget_draft
from platform_web.clients.auth import LogIn
from platform_web.clients.errors import PartAway, Refused
from platform_web.clients.http import OnBehalfOf
from platform_web.form_addresses import redirect_get
from platform_web.parts import AnyVisitor, Parts, PartsOf
from platform_web.rendering.catalogues import N_
from platform_web.rendering.form_errors import field_errors, field_message, missing_fields
from platform_web.rendering.pages import see_other
from platform_web.session.leaving import end_replaced_session, forget_member
from platform_web.visitor.forms import BrowserForm, Form, checked_form, new_key
from platform_web.visitor.own_pages import require_own_page
from platform_web.visitor.places import is_within, local_place, with_notice
from platform_web.visitor.preferences import LANGUAGE_COOKIE, known_language
from platform_web.visitor.visitor import Visitor

router = APIRouter()

REFRESH_PATH = "/session/refresh"
AFTER_LOG_IN = "/"

# Why a page asks for the log-in, by its path.
REASONS = {
    CHECKOUT: N_("Log in to continue with your order."),
    "/orders": N_("Log in to see your orders."),
}
WRONG_CREDENTIALS = N_("The e-mail address or the password is wrong.")
TOO_MANY_ATTEMPTS = N_("Too many attempts. Wait a few minutes, then try again.")
AWAY = N_("We cannot do that right now. Nothing was lost; try again in a moment.")

log = structlog.get_logger(__name__)


@router.get("/log-in")
async def log_in_page(request: Request, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Show the log-in form; a member goes straight on, unless a fresh log-in is asked for."""
    place = local_place(request.query_params.get("next", ""), AFTER_LOG_IN)
    again = "again" in request.query_params
    if visitor.is_known and not again:
        return see_other(place)
    return _log_in_form(parts, visitor, Form({"next": place, "again": "1" if again else ""}))


@router.post("/log-in")
async def log_in(form: BrowserForm, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Open a session, move the anonymous cart into the member's, and go to where the visitor wanted to be."""
    place = local_place(form["next"], AFTER_LOG_IN)
    if missing := missing_fields(form.fields, "email", "password"):
        return _log_in_form(parts, visitor, form, missing, status=422)
    try:
        opened = await parts.auth.log_in(visitor.on_behalf, form.text("email"), form["password"])
    except (PartAway, Refused) as error:
        status, message = _refusal(error)
        return _log_in_form(parts, visitor, form, {}, message, status, _retry_after(error))
    await _begin(parts, visitor, opened, place)
    return see_other(with_notice(place, "logged-in"))


@router.get("/sign-up")
async def sign_up_page(request: Request, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Show the sign-up form."""
    place = local_place(request.query_params.get("next", ""), AFTER_LOG_IN)
    if visitor.is_known:
        return see_other(place)
    return _sign_up_form(parts, visitor, Form({"next": place}), {}, None, 200, new_key())


@router.post("/sign-up")
async def sign_up(form: BrowserForm, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Make an account, once for one form, and log in."""
    email, name, password = form.text("email"), form.text("display_name"), form["password"]
    if missing := missing_fields(form.fields, "display_name", "email", "password"):
        return _sign_up_form(parts, visitor, form, missing, None, 422, form.key)
    try:
        await parts.auth.register(visitor.on_behalf, email, password, name, visitor.language, form.key)
        opened = await parts.auth.log_in(visitor.on_behalf, email, password)
    except PartAway:
        # Whether the account was made is not known: the same key finds out.
        return _sign_up_form(parts, visitor, form, {}, AWAY, 503, form.key)
    except Refused as refused:
        errors = field_errors(refused)
        if refused.code == "email-taken":
            errors = {"email": field_message("email", "email-taken")}
        message = None if errors else _refusal(refused)[1]
        return _sign_up_form(parts, visitor, form, errors, message, _page_status(refused), new_key())
    place = local_place(form["next"], AFTER_LOG_IN)
    await _begin(parts, visitor, opened, place)
    return see_other(with_notice(place, "welcome"))


@router.post("/log-out")
async def log_out(request: Request, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """End the session of the page. The browser forgets it even when auth does not respond, and the page says so then.

    Raises FormOutdated for a page of another session; PartAway.
    """
    if visitor.is_known:
        await checked_form(request)
    else:
        # Where no session is left to end, the page's token fits none; the browser is cleaned all the same.
        require_own_page(request.headers, proof=True)
    unsure, on_behalf = visitor.session_unsure, visitor.on_behalf
    forget_member(visitor)
    if unsure:
        raise PartAway("auth")
    if on_behalf.token:
        await _end_session(parts, on_behalf)
    return see_other(with_notice("/", "logged-out"))


@router.post(REFRESH_PATH, status_code=204)
async def refresh(request: Request, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Renew the session for a script of ours: 204 with new cookies, or 401.

    Raises CrossSiteRequest, Unauthenticated, PartAway.
    """
    require_own_page(request.headers, proof=True)
    if not await parts.renewal.renew(visitor):
        raise Unauthenticated("There is no session to renew.")
    return Response(status_code=204)


redirect_get(router, "/log-out", "/")


async def _end_session(parts: Parts, member: OnBehalfOf) -> None:
    try:
        await parts.auth.log_out(member)
    except Refused as refused:
        log.info("session_was_over", reason=refused.code)


async def _begin(parts: Parts, visitor: Visitor, opened: LogIn, place: str) -> None:
    visitor.keep_session(opened)
    language = known_language(opened.member.locale)
    if language and LANGUAGE_COOKIE not in visitor.cookies:
        visitor.keep_language(language)
    # On its way back to the checkout, the draft is compared with the member there.
    if not is_within(place, CHECKOUT):
        forget_draft(visitor)
    if visitor.principal and visitor.principal.subject != opened.member.id:
        forget_cart(visitor)
    else:
        await merge_cart(parts, visitor, visitor.on_behalf_with(opened))
    await end_replaced_session(parts, visitor)


def _log_in_form(
    parts: Parts,
    visitor: Visitor,
    form: Form,
    errors: Mapping[str, str] = MappingProxyType({}),
    message: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    place = local_place(form["next"], AFTER_LOG_IN)
    content = {
        "email": form.text("email"),
        "place": place,
        "again": bool(form["again"]),
        "reason": next((reason for path, reason in REASONS.items() if is_within(place, path)), None),
        "errors": errors,
        "message": message,
    }
    return parts.pages.show(visitor, "session/log_in.html", content, status=status, headers=headers)


def _sign_up_form(
    parts: Parts,
    visitor: Visitor,
    form: Form,
    errors: dict[str, str],
    message: str | None,
    status: int,
    key: str,
) -> Response:
    content = {"form": form, "errors": errors, "message": message, "key": key}
    return parts.pages.show(visitor, "session/sign_up.html", content, status=status)


def _refusal(error: PartAway | Refused) -> tuple[int, str]:
    """Return the page's status and what it says, untranslated."""
    if isinstance(error, PartAway):
        return 503, AWAY
    if error.status == 429:
        return 429, TOO_MANY_ATTEMPTS
    return _page_status(error), WRONG_CREDENTIALS


def _page_status(refused: Refused) -> int:
    # 401 would ask the browser itself for credentials (RFC 9110, section 15.5.2).
    return 422 if refused.status == 401 else refused.status


def _retry_after(error: PartAway | Refused) -> dict[str, str]:
    return {name: value for name, value in error.headers.items() if name == "Retry-After"}
