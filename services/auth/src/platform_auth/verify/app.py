"""`/auth/verify`: decides whether a request is allowed, and whose it is. Raw ASGI, because all requests pass here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import hiredis
import structlog
from starlette.types import Receive, Scope, Send

from platform_auth.config import EdgeHeaders
from platform_auth.keys.access_tokens import TokenExpired, TokenMalformed, UnknownKeyId
from platform_auth.verify import responses
from platform_auth.verify.credential import CredentialMalformed, bearer_token, cookie_tokens
from platform_auth.verify.fast_response import FastResponse
from platform_auth.verify.lookup import NO_REPLY, SessionLookup
from platform_auth.verify.metrics import VerifyOutcomes
from platform_auth.verify.origin import is_cross_site
from platform_auth.verify.responses import ImmediateResponse
from platform_auth.verify.token_cache import TokenCache, VerifiedToken

# Queries that are remembered as read; an edge sends a handful of different ones.
_QUERIES = 256
# Stands for more than one Authorization header; no credential of a verified token looks like it.
_SEVERAL = b"several"

log = structlog.get_logger(__name__)


class AccessPolicy(NamedTuple):
    """The requirements of a request, from its query: one of `roles`; no session needed if `optional`."""

    roles: frozenset[str]
    optional: bool


class VerifyApp:
    """Responds as docs/reference/verify.md defines; anything unexpected is denied."""

    def __init__(
        self,
        cache: TokenCache,
        lookup: SessionLookup,
        cookie: str,
        edge: EdgeHeaders,
        now: Callable[[], float],
        outcomes: VerifyOutcomes | None = None,
    ) -> None:
        self._cache = cache
        self._lookup = lookup
        self._cookie = cookie.encode()
        self._edge = edge
        self._now = now
        self._outcomes = outcomes or VerifyOutcomes()
        self._fast_response = FastResponse()
        self._policies: dict[bytes, AccessPolicy] = {b"": AccessPolicy(frozenset(), optional=False)}

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Handle one request: verified tokens are cached, their sessions are looked up every time."""
        try:
            given: bytes | None = None
            for name, value in scope["headers"]:
                if name == b"authorization":
                    given = value if given is None else _SEVERAL
            authorization = given or b""
            known = self._cache.get(authorization)
            if known is None or scope["method"] != "GET":
                authorization = self._credential(scope)
                known = self._known(scope, authorization)
            now = self._now()
            if known.expires_at <= now:
                raise self._without_session(scope, "expired")
            record = await self._lookup.get(known.command)
            if record != known.record:
                self._apply_record(scope, known, record)
            if known.session_expires_at <= now:
                raise self._without_session(scope, "revoked")
            if scope["query_string"]:
                self._check_roles(scope, known)
        except ImmediateResponse as decided:
            self._outcomes.count(decided.outcome)
            await send({"type": "http.response.start", "status": decided.status, "headers": decided.headers})
            await send({"type": "http.response.body", "body": decided.body})
            return
        self._outcomes.allowed += 1
        head = b"%b%b\r\n\r\n" % (known.head, authorization)
        if not self._fast_response.write(send, head):
            await self._fast_response.send(send, (*known.headers, (b"authorization", authorization)), head)

    def _credential(self, scope: Scope) -> bytes:
        """Return the request's credential, written as `Bearer` and the token.

        Raises ImmediateResponse when there is none that is usable.
        """
        method = scope["method"]
        if method != "GET" and method != "HEAD":
            raise responses.method_not_allowed(scope)
        try:
            token = bearer_token(scope["headers"])
            return b"Bearer " + (self._cookie_token(scope) if token is None else token)
        except CredentialMalformed:
            raise self._without_session(scope, "malformed") from None

    def _cookie_token(self, scope: Scope) -> bytes:
        """Return the token of the cookie. Raises ImmediateResponse, CredentialMalformed."""
        headers = scope["headers"]
        tokens = cookie_tokens(headers, self._cookie)
        if not tokens:
            raise self._without_session(scope, "missing")
        # Before the cookie is verified: a cross-site request is rejected whether or not its cookie is valid.
        if is_cross_site(headers, self._edge):
            raise responses.cross_site(scope)
        if len(tokens) > 1:
            raise CredentialMalformed
        return tokens[0]

    def _known(self, scope: Scope, authorization: bytes) -> VerifiedToken:
        """Return the verified token. Raises ImmediateResponse for an invalid one."""
        try:
            return self._cache.read(authorization)
        except UnknownKeyId:
            raise self._without_session(scope, "revoked") from None
        except TokenMalformed:
            raise self._without_session(scope, "malformed") from None
        except TokenExpired:
            raise self._without_session(scope, "expired") from None

    def _apply_record(self, scope: Scope, known: VerifiedToken, record: Any) -> None:
        """Read a record that differs from the last one. Raises ImmediateResponse unless it is of an active session."""
        if isinstance(record, bytes) and known.update_session(record):
            return
        if record is NO_REPLY:
            raise responses.unavailable(scope)
        if isinstance(record, hiredis.ReplyError):
            kind = str(record).partition(" ")[0]
            log.warning("session_lookup_refused", session=known.session, error=kind)
            if kind != "WRONGTYPE":
                raise responses.unavailable(scope)
        raise self._without_session(scope, "revoked")

    def _check_roles(self, scope: Scope, known: VerifiedToken) -> None:
        roles = self._policy(scope).roles
        if roles and roles.isdisjoint(known.roles):
            raise responses.role_missing(scope)

    def _without_session(self, scope: Scope, why: str) -> ImmediateResponse:
        """Return the response to a request without a usable credential: anonymous if the route allows it."""
        if self._policy(scope).optional:
            return responses.anonymous(why)
        return responses.missing(scope) if why == "missing" else responses.invalid(scope, why)

    def _policy(self, scope: Scope) -> AccessPolicy:
        query: bytes = scope["query_string"]
        terms = self._policies.get(query)
        if terms is None:
            fields = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
            roles = frozenset(value for name, value in fields if name == "role")
            # A required role implies a session.
            terms = AccessPolicy(roles, optional=("optional", "1") in fields and not roles)
            if len(self._policies) < _QUERIES:
                self._policies[query] = terms
        return terms
