"""`/internal/cart`: for web, which knows when a visitor logs in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from platform_common.media_types import JSON, require_content_type
from platform_common.tokens.callers import internal_caller
from platform_database.idempotency.stored_response import StoredResponse
from platform_shop.cart.schemas import MergeRequest, MergeResult
from platform_shop.openapi import problems
from platform_shop.requests import ServicesDep, Session

router = APIRouter(prefix="/internal/cart", tags=["internal"])


@router.post(
    "/merge",
    responses={200: {"model": MergeResult}, **problems(400, 401, 403, 413, 415, 422, 503)},
    response_class=Response,
    dependencies=[Depends(require_content_type(JSON))],
)
async def merge_carts(
    body: MergeRequest,
    services: ServicesDep,
    session: Session,
    _service: Annotated[str, Depends(internal_caller("web"))],
) -> Response:
    """Put what an anonymous visitor chose into the cart of the member that it turned out to be.

    A token that is not ours, or whose cart was merged already, merges nothing: doing it twice doubles nothing.
    """
    cart_id = services.cart_tokens.cart_of(body.cart_token)
    if cart_id is None:
        result = MergeResult(merged_items=0, version=0)
    else:
        result = await services.carts.merge(session, body.member_id, cart_id)
        await session.commit()
    return StoredResponse(200, {"Content-Type": JSON}, result.model_dump_json().encode()).to_response()
