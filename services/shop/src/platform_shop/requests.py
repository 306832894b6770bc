"""What endpoints ask of a request: its session, its caller or visitor, its key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import uuid_utils.compat
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from platform_common.client_address import address_block
from platform_common.idempotency_key import GivenKey
from platform_common.problems import Problem, Unauthenticated
from platform_common.tokens.callers import access_token
from platform_database.boundary import Writes
from platform_database.ledger.requests import keyed_request
from platform_shop.callers import Caller, caller_of
from platform_shop.cart.visitors import Visitor
from platform_shop.parts import Parts

CART_COOKIE = "cart"
# The member that a page was made for: a request of any other visitor is refused.
EXPECTED_MEMBER = "X-Expected-Member"


class IdempotencyKeyMissing(Problem):
    """This path takes no request without a key: whoever repeats it must not buy twice."""

    code = "idempotency-key-missing"
    status = 400

    def __init__(self) -> None:
        super().__init__("This path needs an idempotency key: X-Idempotency-Key or Idempotency-Key.")


def parts_of(request: Request) -> Parts:
    """Return the parts of the application that handles `request`."""
    parts: Parts = request.app.state.parts
    return parts


PartsOf = Annotated[Parts, Depends(parts_of)]


async def request_session(parts: PartsOf) -> AsyncIterator[AsyncSession]:
    """One session a request; it takes a connection with its first statement, and rolls back what nobody committed."""
    async with parts.sessions() as session:
        yield session


# Closed before the answer is sent: a slow reader holds no connection.
Session = Annotated[AsyncSession, Depends(request_session, scope="function")]


def client_block(request: Request) -> str:
    """What counts as one client: its address, or the network of it."""
    return address_block(request.client.host if request.client else "")


ClientBlock = Annotated[str, Depends(client_block)]


async def current_caller(request: Request, parts: PartsOf, _: Annotated[object, Depends(access_token)]) -> Caller:
    """The caller. Raises Unauthenticated and its kin."""
    caller = caller_of(await parts.access_tokens.principal(request.headers.get("authorization")))
    _require_expected_member(request, caller.id)
    return caller


CurrentCaller = Annotated[Caller, Depends(current_caller)]


async def current_visitor(
    request: Request, parts: PartsOf, key: GivenKey, client: ClientBlock,
    _: Annotated[object, Depends(access_token)],
) -> Visitor:  # fmt: skip
    """The visitor. A token that is there must be a good one. Raises AccessTokenInvalid, MemberGone.

    A member's page names its member: when the session has expired, nothing goes into the cart of an unknown visitor,
    and when another member has logged in since, nothing goes into that one's. Raises Unauthenticated then.
    """
    member_id = None
    if (authorization := request.headers.get("authorization")) is not None:
        member_id = caller_of(await parts.access_tokens.principal(authorization)).id
    _require_expected_member(request, member_id)
    token = request.cookies.get(parts.settings.host_cookie(CART_COOKIE))
    cart_id = parts.cart_tokens.cart_of(token) if token else None
    if cart_id is not None:
        return Visitor(member_id, cart_id, is_new=False, client=client)
    # Whoever repeats its first request, because the answer with the cookie was lost, gets the same cart.
    address = request.client.host if request.client else ""
    new = parts.cart_tokens.cart_for("first request", key, address) if key else uuid_utils.compat.uuid7()
    return Visitor(member_id, new, is_new=True, client=client)


def _require_expected_member(request: Request, member_id: UUID | None) -> None:
    expected = request.headers.get(EXPECTED_MEMBER)
    if expected is not None and expected != str(member_id):
        raise Unauthenticated("The session is not that of the member in X-Expected-Member.")


CurrentVisitor = Annotated[Visitor, Depends(current_visitor)]


async def visitors_writes(
    request: Request, parts: PartsOf, session: Session, visitor: CurrentVisitor, key: GivenKey
) -> Writes:
    """The boundary of a visitor's request, which may come under a key. Raises IdempotencyKeyInvalid."""
    keyed = await keyed_request(request, key, visitor.scope, parts.settings.fingerprint_key) if key else None
    return Writes(session, parts.ledger, parts.outbox, keyed)


async def keyed_writes(
    request: Request, parts: PartsOf, session: Session, caller: CurrentCaller, key: GivenKey
) -> Writes:
    """The boundary of a member's request that must come under a key. Raises IdempotencyKeyMissing and …Invalid."""
    if key is None:
        raise IdempotencyKeyMissing
    keyed = await keyed_request(request, key, str(caller.id), parts.settings.fingerprint_key)
    return Writes(session, parts.ledger, parts.outbox, keyed)


VisitorsWrites = Annotated[Writes, Depends(visitors_writes)]
KeyedWrites = Annotated[Writes, Depends(keyed_writes)]
