"""Dependencies of endpoints: database session, caller, idempotency key."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request

from platform_common.idempotency_key import GivenKey
from platform_common.internal_http import CLIENT_KEY_HEADER
from platform_common.tokens.callers import access_token
from platform_database.dependencies import Session
from platform_database.idempotency.requests import idempotent_request
from platform_database.unit_of_work import UnitOfWork
from platform_member.accounts.callers import ActiveMember, load_caller
from platform_member.container import Services


def get_services(request: Request) -> Services:
    """Return the services of the application that handles `request`."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(get_services)]


# Whom a service calls for: password hashes are shared fairly between clients.
ClientKey = Annotated[str, Header(alias=CLIENT_KEY_HEADER, max_length=64, description="An opaque key of the client.")]


async def current_caller(
    request: Request, services: ServicesDep, session: Session, _: Annotated[object, Depends(access_token)]
) -> ActiveMember:
    """The caller. Raises Unauthenticated and its kin."""
    principal = await services.access_tokens.principal(request.headers.get("authorization"))
    return await load_caller(session, principal)


CurrentCaller = Annotated[ActiveMember, Depends(current_caller)]


def administrator(caller: CurrentCaller) -> ActiveMember:
    """Return the caller, an administrator. Raises Forbidden."""
    caller.require_admin()
    return caller


Administrator = Annotated[ActiveMember, Depends(administrator)]


def unkeyed_unit_of_work(services: ServicesDep, session: Session) -> UnitOfWork:
    """Return the unit of work of a request without an idempotency key (DELETE)."""
    return UnitOfWork(session, services.idempotency, services.outbox)


async def keyed_unit_of_work(
    request: Request, services: ServicesDep, session: Session, caller: CurrentCaller, key: GivenKey
) -> UnitOfWork:
    """Return the unit of work of a request with an optional idempotency key. Raises IdempotencyKeyInvalid."""
    keyed = await idempotent_request(request, key, str(caller.id), services.settings.fingerprint_key) if key else None
    return UnitOfWork(session, services.idempotency, services.outbox, keyed)


KeyedUnitOfWork = Annotated[UnitOfWork, Depends(keyed_unit_of_work)]
UnkeyedUnitOfWork = Annotated[UnitOfWork, Depends(unkeyed_unit_of_work)]
