"""What endpoints ask of a request: its session, its caller, its key, its preconditions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from member.accounts.callers import Caller, load_caller
from member.accounts.preconditions import Preconditions
from member.boundary import Writes
from member.ledger.fingerprint import fingerprint
from member.ledger.service import KeyedRequest
from member.parts import Parts
from platform_common.idempotency_key import idempotency_key
from platform_common.problems import Forbidden, Problem

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"

access_token = HTTPBearer(scheme_name="access token", bearerFormat="JWT", auto_error=False)
service_token = HTTPBearer(scheme_name="service token", bearerFormat="JWT", auto_error=False)


class MediaTypeUnsupported(Problem):
    """The body is of a type that this path does not take."""

    code = "media-type-unsupported"
    status = 415


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


def internal_caller(*allowed: str) -> Callable[..., str]:
    """Return a dependency that lets the services `allowed` in, and says which one it is."""

    def check(request: Request, parts: PartsOf, _: Annotated[object, Depends(service_token)]) -> str:
        caller = parts.service_tokens.caller(request.headers.get("authorization"))
        if caller not in allowed:
            raise Forbidden("This path is not for that service.")
        return caller

    return check


def takes(*media_types: str) -> Callable[[Request], None]:
    """Return a dependency that refuses bodies of other types."""

    def check(request: Request) -> None:
        given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if given not in media_types:
            raise MediaTypeUnsupported(f"This path takes {' or '.join(media_types)}.", headers=_accepts(media_types))

    return check


def _accepts(media_types: tuple[str, ...]) -> dict[str, str]:
    # RFC 5789, section 3.1 for PATCH; RFC 9110, section 15.5.16 for the rest.
    return {"Accept-Patch" if MERGE_PATCH in media_types else "Accept": ", ".join(media_types)}


def preconditions_of(
    request: Request,
    if_match: Annotated[str | None, Header(description="Entity tags, or `*`.")] = None,  # noqa: ARG001 (for the document)
    if_none_match: Annotated[str | None, Header(description="Entity tags, or `*`.")] = None,  # noqa: ARG001 (the same)
) -> Preconditions:
    """The request's preconditions. Raises PreconditionMalformed."""
    return Preconditions.of(request.headers)


PreconditionsOf = Annotated[Preconditions, Depends(preconditions_of)]


def plain_writes(parts: PartsOf, session: Session) -> Writes:
    """The boundary of a request that takes no key (DELETE)."""
    return Writes(session, parts.ledger, parts.outbox)


async def keyed_writes(
    request: Request,
    parts: PartsOf,
    session: Session,
    caller: CurrentCaller,
    x_idempotency_key: Annotated[  # noqa: ARG001 (for the document; read with its repetitions below)
        str | None, Header(description="A repeat under the same key gets the first answer. At most 255 characters.")
    ] = None,
    idempotency_key_: Annotated[  # noqa: ARG001 (the same)
        str | None, Header(alias="Idempotency-Key", description="The same, as a structured string.")
    ] = None,
) -> Writes:
    """The boundary of a request that may come under a key. Raises IdempotencyKeyInvalid."""
    key = idempotency_key(request.headers)
    if key is None:
        return Writes(session, parts.ledger, parts.outbox)
    digest = fingerprint(
        parts.settings.fingerprint_key.get_secret_value(),
        request.method.encode(),
        request.url.path.encode(),
        request.url.query.encode(),
        request.headers.get("content-type", "").encode(),
        await request.body(),
    )
    return Writes(session, parts.ledger, parts.outbox, KeyedRequest(str(caller.id), key, digest))


KeyedWrites = Annotated[Writes, Depends(keyed_writes)]
PlainWrites = Annotated[Writes, Depends(plain_writes)]
