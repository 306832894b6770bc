"""What a form sent: read once, and only when one of our own pages sent it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends
from starlette.requests import Request

from platform_common.problems import Forbidden, Problem
from platform_web.clients.errors import PartAway
from platform_web.visitor import form_token
from platform_web.visitor.own_pages import require_own_page
from platform_web.visitor.visitor import Visitor, visitor_of

MAX_FIELDS = 100
MEDIA_TYPE = "application/x-www-form-urlencoded"

# Holder of the forms that suit every session of a browser.
ANY_SESSION = "any session"

KEY_FIELD = "key"
KEY_PATTERN = r"^[A-Za-z0-9_-]{16,64}$"
_KEY = re.compile(KEY_PATTERN)


class FormOutdated(Forbidden):
    """The form's token fits neither cookie nor session: the page is old, of an earlier session, or was never ours."""

    code = "form-outdated"


class FormUnreadable(Problem):
    """The body is no form."""

    code = "payload-malformed"
    status = 400


class Form:
    """A form's fields, each once. What is missing reads as empty."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)

    def __getitem__(self, name: str) -> str:
        """Return a field as it came."""
        return self.fields.get(name, "")

    def text(self, name: str) -> str:
        """Return a field without the blanks around it."""
        return self[name].strip()

    def number(self, name: str, digits: int) -> int | None:
        """Return a field that holds a whole number of up to `digits` ASCII digits, else None."""
        given = self[name]
        return int(given) if len(given) <= digits and given.isascii() and given.isdecimal() else None

    @property
    def key(self) -> str:
        """The idempotency key that the page was given: the same whenever this form is sent again."""
        given = self[KEY_FIELD]
        return given if _KEY.fullmatch(given) else new_key()


def new_key() -> str:
    """Return a fresh idempotency key, for one intent of the visitor."""
    return uuid.uuid4().hex


async def checked_form(request: Request) -> Form:
    """Return the form, which was made for the visitor's session. Raises as `read_form` and `require_holder` do."""
    form = await read_form(request)
    require_holder(form, visitor_of(request), visitor_of(request).form_holder)
    return form


async def browser_form(request: Request) -> Form:
    """Return a form that does nothing to a session that is there, so that one of any earlier page will do.

    Raises as `read_form` and `require_holder` do.
    """
    form = await read_form(request)
    require_holder(form, visitor_of(request), ANY_SESSION)
    return form


def require_holder(form: Form, visitor: Visitor, holder: str) -> None:
    """Raise FormOutdated unless the form was made for `holder`; PartAway when the session is not known just now."""
    if form_token.is_token_of(form[form_token.FIELD], visitor.form_secret, holder):
        return
    if visitor.session_unsure:
        raise PartAway("auth")
    raise FormOutdated("The page is of an earlier session or was open for too long, or your browser keeps no cookies.")


async def read_form(request: Request) -> Form:
    """Return the form, whoever it was made for. Raises CrossSiteRequest, FormUnreadable."""
    require_own_page(request.headers, proof=False)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise FormUnreadable("This takes a form.")
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise FormUnreadable("The form cannot be read.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs) or any("\x00" in value for value in fields.values()):
        raise FormUnreadable("The form cannot be read.")
    return Form(fields)


CheckedForm = Annotated[Form, Depends(checked_form)]
BrowserForm = Annotated[Form, Depends(browser_form)]
