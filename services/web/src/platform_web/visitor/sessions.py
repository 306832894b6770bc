"""The visitor's session: identified by the edge's `Authorization`, renewed by the refresh cookie."""

from __future__ import annotations

import asyncio

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from platform_common.middleware import HttpMiddleware
from platform_common.tokens.jwks import JwksUnavailable
from platform_web.clients.auth import Auth, Tokens
from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.visitor.identity import Identities
from platform_web.visitor.visitor import ACCESS, REFRESH, STATE, Visitor

# Auth's responses to an unknown or malformed token.
_TOKEN_REFUSED = frozenset({400, 401, 422})

log = structlog.get_logger(__name__)


class SessionRenewer:
    """Renews a session by its refresh token."""

    def __init__(self, auth: Auth, identities: Identities) -> None:
        self._auth = auth
        self._identities = identities

    async def identify(self, visitor: Visitor, authorization: str) -> None:
        """Identify the visitor by the `Authorization` header set by the edge. Raises JwksUnavailable."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return
        await self._accept(visitor, token)

    async def renew(self, visitor: Visitor) -> bool:
        """Renew the session and return whether there is one. Rejected cookies are removed from the browser.

        Raises ServiceUnavailable, JwksUnavailable if this cannot be determined; the cookies are kept then.
        """
        for presented in visitor.refresh_tokens:
            tokens = await self._exchange(visitor, presented)
            if tokens is not None:
                visitor.set_session_cookies(tokens)
                await self._accept(visitor, tokens.access_token)
                return visitor.principal is not None
        if visitor.refresh_tokens:
            visitor.remove(REFRESH)
            if not visitor.is_logged_in:
                visitor.remove(ACCESS)
        return False

    async def remove_unusable(self, visitor: Visitor) -> None:
        """Remove an access cookie that is not a valid token of this platform. Raises JwksUnavailable.

        The edge ignores such a cookie. A valid token is kept: its session may still be active.
        """
        presented = visitor.access_token
        if presented is not None and await self._identities.principal_for(presented) is None:
            visitor.remove(ACCESS)

    async def _exchange(self, visitor: Visitor, presented: str) -> Tokens | None:
        try:
            return await self._auth.refresh(visitor.request_context, presented)
        except ServiceError as error:
            if error.status not in _TOKEN_REFUSED:
                # Such as 429: the token may be valid.
                raise ServiceUnavailable("auth") from None
            log.info("session_not_renewed", reason=error.code)
            return None

    async def _accept(self, visitor: Visitor, token: str) -> None:
        visitor.principal = await self._identities.principal_for(token)
        visitor.token = token if visitor.principal else None


class SessionMiddleware(HttpMiddleware):
    """Identifies the visitor before a page is rendered, and renews a session whose access token has expired.

    If that takes longer than `seconds`, the page is rendered without it and says so.
    """

    def __init__(
        self, app: ASGIApp, session_renewer: SessionRenewer, seconds: float, excluded_paths: frozenset[str]
    ) -> None:
        super().__init__(app)
        self._session_renewer = session_renewer
        self._seconds = seconds
        # Paths whose endpoint renews the session itself, and cacheable responses, which neither use nor change one.
        self._left_alone = excluded_paths

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app` with the visitor's identity."""
        await self._identify(scope)
        await self.app(scope, receive, send)

    async def _identify(self, scope: Scope) -> None:
        visitor: Visitor = scope["state"][STATE]
        try:
            async with asyncio.timeout(self._seconds):
                await self._session_renewer.identify(visitor, Headers(scope=scope).get("authorization", ""))
                if visitor.principal is None and scope["path"] not in self._left_alone:
                    await self._renew(visitor)
        except (ServiceUnavailable, JwksUnavailable, TimeoutError):
            visitor.session_unknown = True

    async def _renew(self, visitor: Visitor) -> None:
        if not await self._session_renewer.renew(visitor):
            await self._session_renewer.remove_unusable(visitor)
