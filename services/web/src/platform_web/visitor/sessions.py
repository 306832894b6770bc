"""The visitor's session: taken from the edge's word, renewed by the refresh cookie (contracts: web and its session)."""

from __future__ import annotations

import asyncio

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from platform_common.tokens.jwks import JwksUnavailable
from platform_web.clients.auth import Auth, Tokens
from platform_web.clients.errors import PartAway, Refused
from platform_web.visitor.identity import Identities
from platform_web.visitor.visitor import ACCESS, REFRESH, STATE, Visitor

# What auth answers to a token that it does not know, or that is none.
_TOKEN_REFUSED = frozenset({400, 401, 422})

log = structlog.get_logger(__name__)


class Renewal:
    """Renews a session by its refresh token."""

    def __init__(self, auth: Auth, identities: Identities) -> None:
        self._auth = auth
        self._identities = identities

    async def identify(self, visitor: Visitor, authorization: str) -> None:
        """Set who the visitor is by the edge's `Authorization`. Raises JwksUnavailable."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return
        await self._accept(visitor, token)

    async def renew(self, visitor: Visitor) -> bool:
        """Renew the session, and say whether there is one. What auth refuses is removed from the browser.

        Raises PartAway, JwksUnavailable when that cannot be found out; the cookies stay then.
        """
        for presented in visitor.refresh_tokens:
            tokens = await self._exchange(visitor, presented)
            if tokens is not None:
                visitor.keep_session(tokens)
                await self._accept(visitor, tokens.access_token)
                return visitor.principal is not None
        if visitor.refresh_tokens:
            visitor.remove(REFRESH)
            if not visitor.is_known:
                visitor.remove(ACCESS)
        return False

    async def remove_unusable(self, visitor: Visitor) -> None:
        """Remove an access cookie that is no token of this platform, or not any more. Raises JwksUnavailable.

        The edge has ignored it, and would at each request. One that is good stays: the session store may know more.
        """
        presented = visitor.access_token
        if presented is not None and await self._identities.of(presented) is None:
            visitor.remove(ACCESS)

    async def _exchange(self, visitor: Visitor, presented: str) -> Tokens | None:
        try:
            return await self._auth.refresh(visitor.on_behalf, presented)
        except Refused as refused:
            if refused.status not in _TOKEN_REFUSED:
                # Such as 429: the token may be good.
                raise PartAway("auth") from None
            log.info("session_not_renewed", reason=refused.code)
            return None

    async def _accept(self, visitor: Visitor, token: str) -> None:
        visitor.principal = await self._identities.of(token)
        visitor.token = token if visitor.principal else None


class SessionMiddleware:
    """Finds out who the visitor is before a page is made, and renews a session whose access token has expired.

    While that cannot be found out within `seconds`, the page is made all the same and says so.
    """

    def __init__(self, app: ASGIApp, renewal: Renewal, seconds: float, left_alone: frozenset[str]) -> None:
        self.app = app
        self._renewal = renewal
        self._seconds = seconds
        # Paths whose own endpoint renews, or whose responses caches keep: those neither use nor change a session.
        self._left_alone = left_alone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app` with the visitor's identity."""
        if scope["type"] == "http":
            await self._identify(scope)
        await self.app(scope, receive, send)

    async def _identify(self, scope: Scope) -> None:
        visitor: Visitor = scope["state"][STATE]
        try:
            async with asyncio.timeout(self._seconds):
                await self._renewal.identify(visitor, Headers(scope=scope).get("authorization", ""))
                if visitor.principal is None and scope["path"] not in self._left_alone:
                    await self._renew(visitor)
        except (PartAway, JwksUnavailable, TimeoutError):
            visitor.session_unsure = True

    async def _renew(self, visitor: Visitor) -> None:
        if not await self._renewal.renew(visitor):
            await self._renewal.remove_unusable(visitor)
