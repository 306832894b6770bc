"""The visitor's session: taken from the edge's word, renewed by the refresh cookie (contracts: web and its session)."""

from __future__ import annotations

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from platform_common.tokens.jwks import KeysUnavailable
from web.clients.auth import Auth
from web.clients.errors import PartAway, Refused
from web.visitor.identity import Identities
from web.visitor.visitor import STATE, Visitor

log = structlog.get_logger(__name__)


class Renewal:
    """Renews a session by its refresh token."""

    def __init__(self, auth: Auth, identities: Identities) -> None:
        self._auth = auth
        self._identities = identities

    async def identify(self, visitor: Visitor, authorization: str) -> None:
        """Set who the visitor is by the edge's `Authorization`. Raises KeysUnavailable."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return
        visitor.principal = await self._identities.of(token)
        visitor.token = token if visitor.principal else None

    async def renew(self, visitor: Visitor) -> bool:
        """Renew the session, and say whether there is one. A refused token is taken from the browser.

        Raises PartAway, KeysUnavailable when that cannot be found out; the cookies stay then.
        """
        presented = visitor.refresh_token
        if presented is None:
            return False
        try:
            tokens = await self._auth.refresh(visitor.on_behalf, presented)
        except Refused as refused:
            log.info("session_not_renewed", reason=refused.code)
            if refused.status == 429:
                # The session lives, it was only renewed too often: its cookies stay.
                raise PartAway("auth") from None
            visitor.forget_session()
            return False
        visitor.keep_session(tokens)
        visitor.principal = await self._identities.of(tokens.access_token)
        visitor.token = tokens.access_token
        return visitor.principal is not None


class SessionMiddleware:
    """Finds out who the visitor is before a page is made, and renews a session whose access token has expired."""

    def __init__(self, app: ASGIApp, renewal: Renewal, left_alone: frozenset[str] = frozenset()) -> None:
        self.app = app
        self._renewal = renewal
        # Paths whose own endpoint renews, or that have no use for a session.
        self._left_alone = left_alone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app` with the visitor's identity."""
        if scope["type"] == "http":
            await self._identify(scope)
        await self.app(scope, receive, send)

    async def _identify(self, scope: Scope) -> None:
        visitor: Visitor = scope["state"][STATE]
        try:
            await self._renewal.identify(visitor, Headers(scope=scope).get("authorization", ""))
            if visitor.principal is None and visitor.refresh_token and scope["path"] not in self._left_alone:
                await self._renewal.renew(visitor)
        except (PartAway, KeysUnavailable):
            visitor.session_unsure = True
