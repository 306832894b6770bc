"""The published keys (RFC 7517)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from platform_auth.keys.reloader import KeyRingReloader
from platform_common.openapi import body_of
from platform_common.tokens.key_ring import JWKS_MAX_AGE_SECONDS

router = APIRouter(tags=["keys"])

KEY_SET = "application/jwk-set+json"


class SigningKey(BaseModel):
    """A public key (RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


class SigningKeys(BaseModel):
    """A set of public keys (RFC 7517)."""

    keys: list[SigningKey]


@router.get(
    "/.well-known/jwks.json",
    summary="The keys that verify access tokens",
    responses={200: body_of(SigningKeys, KEY_SET)},
    response_class=Response,
)
async def read_signing_keys(request: Request) -> Response:
    """Return the current, the next and the retired keys."""
    key_ring: KeyRingReloader = request.app.state.key_ring
    return JSONResponse(
        key_ring.ring.jwks,
        media_type=KEY_SET,
        headers={"Cache-Control": f"public, max-age={JWKS_MAX_AGE_SECONDS}"},
    )
