"""A request's key and fingerprint, as the ledger takes them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import SecretStr

from platform_common.idempotency_key import idempotency_key
from platform_database.ledger.fingerprint import fingerprint
from platform_database.ledger.service import KeyedRequest


def given_key(
    request: Request,
    x_idempotency_key: Annotated[  # noqa: ARG001 (for the document; read with its repetitions below)
        str | None, Header(description="A repeat under the same key gets the first answer. At most 255 characters.")
    ] = None,
    idempotency_key_: Annotated[  # noqa: ARG001 (the same)
        str | None, Header(alias="Idempotency-Key", description="The same, as a structured string.")
    ] = None,
) -> str | None:
    """The request's key, if it has one. Raises IdempotencyKeyInvalid."""
    return idempotency_key(request.headers)


GivenKey = Annotated[str | None, Depends(given_key)]


async def keyed_request(request: Request, key: str, scope: str, fingerprint_key: SecretStr) -> KeyedRequest:
    """Return `request` under its key: method, path, query, type and body tell it from others."""
    digest = fingerprint(
        fingerprint_key.get_secret_value(),
        request.method.encode(),
        request.url.path.encode(),
        request.url.query.encode(),
        request.headers.get("content-type", "").encode(),
        await request.body(),
    )
    return KeyedRequest(scope, key, digest)
