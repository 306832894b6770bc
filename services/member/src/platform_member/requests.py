"""What endpoints ask of a request: its session, its caller, its key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header, Request
from sqlalchemy.ext.asyncio import AsyncSession

from platform_common.idempotency_key import GivenKey
from platform_common.internal_http import CLIENT_KEY_HEADER
from platform_common.tokens.callers import access_token
from platform_database.boundary import Writes
from platform_database.ledger.requests import keyed_request
from platform_member.accounts.callers import Caller, load_caller
from platform_member.parts import Parts


def parts_of(request: Request) -> Parts:
    """Return the parts of the application that handles `request`."""
    parts: Parts = request.app.state.parts
    return parts


PartsOf = Annotated[Parts, Depends(parts_of)]


# Whom a service calls for: password hashes are shared fairly between clients.
ClientKey = Annotated[str, Header(alias=CLIENT_KEY_HEADER, max_length=64, description="An opaque key of the client.")]


async def request_session(parts: PartsOf) -> AsyncIterator[AsyncSession]:
    """One session a request; it takes a connection with its first statement, and rolls back what nobody committed."""
    async with parts.sessions() as session:
        yield session


# Closed before the answer is sent: a slow reader holds no connection.
Session = Annotated[AsyncSession, Depends(request_session, scope="function")]


async def current_caller(
    request: Request, parts: PartsOf, session: Session, _: Annotated[object, Depends(access_token)]
) -> Caller:
    """The caller. Raises Unauthenticated and its kin."""
    principal = await parts.access_tokens.principal(request.headers.get("authorization"))
    return await load_caller(session, principal)


CurrentCaller = Annotated[Caller, Depends(current_caller)]


def administrator(caller: CurrentCaller) -> Caller:
    """The caller, who is an administrator. Raises Forbidden."""
    caller.require_admin()
    return caller


Administrator = Annotated[Caller, Depends(administrator)]


def plain_writes(parts: PartsOf, session: Session) -> Writes:
    """The boundary of a request that takes no key (DELETE)."""
    return Writes(session, parts.ledger, parts.outbox)


async def keyed_writes(
    request: Request, parts: PartsOf, session: Session, caller: CurrentCaller, key: GivenKey
) -> Writes:
    """The boundary of a request that may come under a key. Raises IdempotencyKeyInvalid."""
    keyed = await keyed_request(request, key, str(caller.id), parts.settings.fingerprint_key) if key else None
    return Writes(session, parts.ledger, parts.outbox, keyed)


KeyedWrites = Annotated[Writes, Depends(keyed_writes)]
PlainWrites = Annotated[Writes, Depends(plain_writes)]
