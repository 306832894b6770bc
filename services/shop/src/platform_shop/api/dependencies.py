"""Dependencies of endpoints: session, caller or visitor, language, unit of work."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import uuid_utils.compat
from fastapi import Depends, Header, Query, Request

from platform_common.client_address import address_block
from platform_common.idempotency_key import GivenKey
from platform_common.languages import preferred_language
from platform_common.problems import Problem, Unauthenticated
from platform_common.tokens.callers import access_token
from platform_database.dependencies import Session
from platform_database.idempotency.requests import idempotent_request
from platform_database.unit_of_work import UnitOfWork
from platform_shop.callers import Caller, caller_from_principal
from platform_shop.cart.visitors import Visitor
from platform_shop.container import Services
from platform_shop.languages import DEFAULT, Language

CART_COOKIE = "cart"
# The member that a page was rendered for: requests of any other visitor are rejected.
EXPECTED_MEMBER = "X-Expected-Member"


class IdempotencyKeyMissing(Problem):
    """This endpoint requires an idempotency key, so that a repeat cannot buy twice."""

    code = "idempotency-key-missing"
    status = 400

    def __init__(self) -> None:
        super().__init__("This path needs an idempotency key: X-Idempotency-Key or Idempotency-Key.")


def get_services(request: Request) -> Services:
    """Return the services of the application that handles `request`."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(get_services)]


def client_block(request: Request) -> str:
    """What counts as one client: its address, or the network of it."""
    return address_block(request.client.host if request.client else "")


ClientBlock = Annotated[str, Depends(client_block)]


def get_language(
    lang: Annotated[Language | None, Query(description="The language of names; else `Accept-Language` says.")] = None,
    accept_language: Annotated[str, Header()] = "",
) -> Language:
    """The language of the response: `?lang=`, else `Accept-Language`, else English."""
    return lang if lang is not None else preferred_language(accept_language, tuple(Language), DEFAULT)


LanguageDep = Annotated[Language, Depends(get_language)]


async def current_caller(
    request: Request, services: ServicesDep, _: Annotated[object, Depends(access_token)]
) -> Caller:
    """The caller. Raises Unauthenticated and its kin."""
    caller = caller_from_principal(await services.access_tokens.principal(request.headers.get("authorization")))
    _require_expected_member(request, caller.id)
    return caller


CurrentCaller = Annotated[Caller, Depends(current_caller)]


async def current_visitor(
    request: Request,
    services: ServicesDep,
    key: GivenKey,
    client: ClientBlock,
    _: Annotated[object, Depends(access_token)],
) -> Visitor:
    """The visitor. A token that is there must be a good one. Raises AccessTokenInvalid, AccountInactive.

    A member's page names its member: when the session has expired, nothing goes into the cart of an unknown visitor,
    and when another member has logged in since, nothing goes into that one's. Raises Unauthenticated then.
    """
    member_id = None
    if (authorization := request.headers.get("authorization")) is not None:
        member_id = caller_from_principal(await services.access_tokens.principal(authorization)).id
    _require_expected_member(request, member_id)
    token = request.cookies.get(services.settings.host_cookie(CART_COOKIE))
    cart_id = services.cart_tokens.parse_cart_id(token) if token else None
    if cart_id is not None:
        return Visitor(member_id, cart_id, is_new=False, client=client)
    # A client that repeats its first request, because the response with the cookie was lost, gets the same cart.
    address = request.client.host if request.client else ""
    new = services.cart_tokens.derive_cart_id("first request", key, address) if key else uuid_utils.compat.uuid7()
    return Visitor(member_id, new, is_new=True, client=client)


def _require_expected_member(request: Request, member_id: UUID | None) -> None:
    expected = request.headers.get(EXPECTED_MEMBER)
    if expected is not None and expected != str(member_id):
        raise Unauthenticated("The session is not that of the member in X-Expected-Member.")


CurrentVisitor = Annotated[Visitor, Depends(current_visitor)]


async def visitor_unit_of_work(
    request: Request, services: ServicesDep, session: Session, visitor: CurrentVisitor, key: GivenKey
) -> UnitOfWork:
    """Return the unit of work of a visitor's request with an optional key. Raises IdempotencyKeyInvalid."""
    keyed = await idempotent_request(request, key, visitor.scope, services.settings.fingerprint_key) if key else None
    return UnitOfWork(session, services.idempotency, services.outbox, keyed)


async def keyed_unit_of_work(
    request: Request, services: ServicesDep, session: Session, caller: CurrentCaller, key: GivenKey
) -> UnitOfWork:
    """Return the unit of work of a member's request with a required key. Raises IdempotencyKeyMissing and …Invalid."""
    if key is None:
        raise IdempotencyKeyMissing
    keyed = await idempotent_request(request, key, str(caller.id), services.settings.fingerprint_key)
    return UnitOfWork(session, services.idempotency, services.outbox, keyed)


VisitorUnitOfWork = Annotated[UnitOfWork, Depends(visitor_unit_of_work)]
KeyedUnitOfWork = Annotated[UnitOfWork, Depends(keyed_unit_of_work)]
