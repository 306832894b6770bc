"""The published keys (RFC 7517)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from auth.keys.keeper import KeyRingKeeper
from platform_common.tokens.key_ring import JWKS_MAX_AGE_SECONDS

router = APIRouter(tags=["keys"])


@router.get("/.well-known/jwks.json", summary="The keys that verify access tokens")
async def jwks(request: Request) -> Response:
    """Return the current, the next and the retired keys."""
    keeper: KeyRingKeeper = request.app.state.keeper
    return JSONResponse(
        keeper.ring.jwks,
        media_type="application/jwk-set+json",
        headers={"Cache-Control": f"public, max-age={JWKS_MAX_AGE_SECONDS}"},
    )
