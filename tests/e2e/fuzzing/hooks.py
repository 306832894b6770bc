"""The tokens of requests that schemathesis makes up (SCHEMATHESIS_HOOKS=fuzzing.hooks) in a process of its own."""

from __future__ import annotations

import os
import time
import uuid
from typing import Any

import jwt
import schemathesis

from blackbox.client import Account, Addresses, Client, new_account

EDGE = os.environ["FUZZ_EDGE"]
SERVICE = os.environ["FUZZ_SERVICE"]
ADMINISTRATOR = Account(os.environ["FUZZ_ADMIN_EMAIL"], os.environ["FUZZ_ADMIN_PASSWORD"], "Administrator")

# Which service calls the internal endpoints of which other.
CALLERS = {"auth": "member", "member": "auth", "shop": "web"}
SERVICE_TOKEN_SECONDS = 60

_addresses = Addresses(EDGE)


def _administrator_id() -> str:
    client = Client(EDGE, _addresses.next())
    try:
        return str(client.log_in(ADMINISTRATOR).member["id"])
    finally:
        client.close()


ADMINISTRATOR_ID = _administrator_id()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:  # noqa: ARG001 (the library passes them by name)
    """Leave the administrator as it is: lists name it, and nothing could be tried without it."""
    if str((case.path_parameters or {}).get("member_id", "")).lower() == ADMINISTRATOR_ID:
        case.path_parameters["member_id"] = str(uuid.uuid4())


def kind_of(path: str) -> str:
    """Return whose token a path takes."""
    if path.startswith("/internal/"):
        return "member" if path.endswith("/erasure") else CALLERS[SERVICE]
    return "administrator" if path.startswith("/api/admin") or path == "/api/members" else "visitor"


def _kind_of_case(case: Any, _context: Any) -> str:
    return kind_of(case.path)


# A request may end its own session (log-out, another password, deletion): 401 then asks for another token.
@schemathesis.auth(cache_by_key=_kind_of_case, refresh_interval=SERVICE_TOKEN_SECONDS // 2, retry_on=[401])
class Tokens:
    """A token for each kind of path. A visitor is a new member each time, which nothing else needs."""

    def get(self, case: Any, _context: Any) -> str:
        """Make a token."""
        kind = kind_of(case.path)
        if kind in {"administrator", "visitor"}:
            return _access_token(ADMINISTRATOR if kind == "administrator" else None)
        now = int(time.time())
        claims = {"iss": kind, "aud": SERVICE, "iat": now, "exp": now + SERVICE_TOKEN_SECONDS}
        return jwt.encode(claims, os.environ["FUZZ_SERVICE_TOKEN_KEY"], "HS256")

    def set(self, case: Any, token: str, _context: Any) -> None:
        """Send it."""
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


def _access_token(account: Account | None) -> str:
    client = Client(EDGE, _addresses.next())
    try:
        return client.log_in(account or client.register(new_account("fuzz"))).access_token
    finally:
        client.close()
