"""`/auth/verify`: may this request pass, and whose is it? Raw ASGI: every request to the platform comes by here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from auth.config import EdgeHeaders
from auth.keys.access_tokens import TokenExpired, TokenMalformed
from auth.verify import answers
from auth.verify.answers import Answer
from auth.verify.credential import CredentialMalformed, bearer_token, cookie_token
from auth.verify.lookup import SessionLookup, StoreAway
from auth.verify.metrics import Outcomes
from auth.verify.origin import is_forged
from auth.verify.token_cache import KnownToken, TokenCache

# Queries that are remembered as read; an edge sends a handful of different ones.
_QUERIES = 256


class Terms(NamedTuple):
    """On which terms a request may pass, from the query: with one of `roles`; without a session if `optional`."""

    roles: frozenset[str]
    optional: bool


class VerifyApp:
    """Answers as the contract's table says; anything unforeseen refuses."""

    def __init__(
        self,
        cache: TokenCache,
        lookup: SessionLookup,
        cookie: str,
        edge: EdgeHeaders,
        now: Callable[[], float],
        outcomes: Outcomes | None = None,
    ) -> None:
        self._cache = cache
        self._lookup = lookup
        self._cookie = cookie.encode()
        self._edge = edge
        self._now = now
        self._tally = (outcomes or Outcomes()).tally
        self._terms: dict[bytes, Terms] = {}

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        status, headers, body = await self._answer(scope)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope) -> Answer:
        if scope["method"] != "GET" and scope["method"] != "HEAD":
            return answers.method_not_allowed(scope)
        query = scope["query_string"]
        terms = self._terms.get(query) or self._read_terms(query)
        try:
            token, from_cookie = self._credential(scope)
        except CredentialMalformed:
            return self._refused(scope, "malformed")
        if token is None:
            return self._without_session(scope, terms, "missing")
        if from_cookie and is_forged(scope["headers"], self._edge):
            self._tally["forged"] += 1
            return answers.forged(scope)
        try:
            known = self._cache.read(token)
        except TokenMalformed:
            return self._refused(scope, "malformed")
        except TokenExpired:
            return self._without_session(scope, terms, "expired")
        if known.expires_at <= self._now():
            return self._without_session(scope, terms, "expired")
        record = await self._lookup.get(known.key)
        if record is None:
            return self._without_session(scope, terms, "revoked")
        if isinstance(record, StoreAway):
            self._tally["store_away"] += 1
            return answers.unavailable(scope)
        if not known.alive(record, self._now()):
            return self._without_session(scope, terms, "revoked")
        if terms.roles and terms.roles.isdisjoint(known.roles):
            self._tally["role_missing"] += 1
            return answers.role_missing(scope)
        return self._passed(known, token)

    def _credential(self, scope: Scope) -> tuple[bytes | None, bool]:
        """Return the token and whether it comes from the cookie. Raises CredentialMalformed."""
        authorization: bytes | None = None
        for name, value in scope["headers"]:
            if name == b"authorization":
                if authorization is not None:
                    raise CredentialMalformed
                authorization = value
        if authorization:
            token = bearer_token(authorization)
            if token is not None:
                return token, False
        return cookie_token(scope["headers"], self._cookie), True

    def _passed(self, known: KnownToken, token: bytes) -> Answer:
        self._tally["passed"] += 1
        return Answer(200, [*known.identity, (b"authorization", b"Bearer " + token)], b"")

    def _without_session(self, scope: Scope, terms: Terms, why: str) -> Answer:
        self._tally[why] += 1
        if terms.optional:
            return answers.ANONYMOUS
        return answers.missing(scope) if why == "missing" else answers.invalid(scope)

    def _refused(self, scope: Scope, why: str) -> Answer:
        self._tally[why] += 1
        return answers.invalid(scope)

    def _read_terms(self, query: bytes) -> Terms:
        fields = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        roles = frozenset(value for name, value in fields if name == "role")
        # Where a role is asked for, nobody passes without a session.
        terms = Terms(roles, ("optional", "1") in fields and not roles)
        if len(self._terms) < _QUERIES:
            self._terms[query] = terms
        return terms
