"""Submitted forms, accepted only from our own pages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends
from starlette.requests import Request

from platform_common.problems import Forbidden, Problem
from platform_web.clients.errors import ServiceUnavailable
from platform_web.visitor import form_token
from platform_web.visitor.visitor import Visitor, get_visitor

MAX_FIELDS = 100
MEDIA_TYPE = "application/x-www-form-urlencoded"

# Holder of forms that do not act on a session.
ANY_SESSION = "any session"

KEY_FIELD = "key"
KEY_PATTERN = r"^[A-Za-z0-9_-]{16,64}$"
_KEY = re.compile(KEY_PATTERN)


class CsrfTokenInvalid(Forbidden):
    """The form's token matches neither cookie nor session: the page is outdated or from another session."""

    code = "csrf-token-invalid"


class FormInvalid(Problem):
    """The body is not a form."""

    code = "payload-malformed"
    status = 400


class Form:
    """The fields of a form; a missing field reads as empty."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)

    def __getitem__(self, name: str) -> str:
        """Return a field unchanged."""
        return self.fields.get(name, "")

    def text(self, name: str) -> str:
        """Return a field without surrounding whitespace."""
        return self[name].strip()

    def number(self, name: str, digits: int) -> int | None:
        """Return a field as a non-negative integer of up to `digits` ASCII digits, else None."""
        given = self[name]
        return int(given) if len(given) <= digits and given.isascii() and given.isdecimal() else None

    @property
    def key(self) -> str:
        """The idempotency key of the form, the same whenever it is submitted again."""
        given = self[KEY_FIELD]
        return given if _KEY.fullmatch(given) else new_key()


def new_key() -> str:
    """Return a new idempotency key."""
    return uuid.uuid4().hex


async def checked_form(request: Request) -> Form:
    """Return a form of the visitor's session. Raises as `read_form` and `require_token`."""
    form = await read_form(request)
    require_token(form, get_visitor(request), get_visitor(request).form_holder)
    return form


async def browser_form(request: Request) -> Form:
    """Return a form that does not act on a session, so that pages of earlier sessions are accepted.

    Raises as `read_form` and `require_token`.
    """
    form = await read_form(request)
    require_token(form, get_visitor(request), ANY_SESSION)
    return form


def require_token(form: Form, visitor: Visitor, holder: str) -> None:
    """Raise CsrfTokenInvalid unless the form's token is `holder`'s; ServiceUnavailable if the session is unknown."""
    if form_token.is_token_of(form[form_token.FIELD], visitor.form_secret, holder):
        return
    if visitor.session_unknown:
        raise ServiceUnavailable("auth")
    raise CsrfTokenInvalid("The page belongs to an earlier session, is too old, or your browser blocks cookies.")


async def read_form(request: Request) -> Form:
    """Parse the form without checking its token. Raises FormInvalid."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise FormInvalid("A form is required.")
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise FormInvalid("The form is malformed.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs) or any("\x00" in value for value in fields.values()):
        raise FormInvalid("The form is malformed.")
    return Form(fields)


CheckedForm = Annotated[Form, Depends(checked_form)]
BrowserForm = Annotated[Form, Depends(browser_form)]
