"""`/api/shop/products`: the public catalogue."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from platform_common.pagination import DEFAULT_LIMIT, MAX_LIMIT
from platform_common.preconditions import PreconditionsDep, entity_tag
from platform_database.dependencies import Session
from platform_shop.api.dependencies import LanguageDep, ServicesDep
from platform_shop.api.openapi import ETAG, found, reads, unmodified
from platform_shop.api.responses import public_response
from platform_shop.catalogue.cursors import Filters, Sort
from platform_shop.catalogue.pictures.drawing import draw, picture_digest
from platform_shop.catalogue.schemas import ProductPage, ProductView
from platform_shop.money import MAX_AMOUNT

router = APIRouter(prefix="/api/shop/products", tags=["catalogue"])

_NO_NUL = r"^[^\x00]*$"

Slug = Annotated[str, Path(max_length=100, pattern=_NO_NUL, description="The product's name in addresses.")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many products a page holds at most.")]
Cursor = Annotated[str | None, Query(max_length=128, description="`next` of the page before, with the same filters.")]
Search = Annotated[str | None, Query(max_length=100, pattern=_NO_NUL, description="Words, in Korean or English.")]
CategorySlug = Annotated[str | None, Query(max_length=100, pattern=_NO_NUL, description="A category's `slug`.")]
Amount = Annotated[int | None, Query(ge=0, le=MAX_AMOUNT, description="In the currency's minor unit.")]
InStock = Annotated[bool, Query(description="Only what can be bought now.")]
SortBy = Annotated[Sort, Query(description="`relevance` without a search is `newest`.")]

# A picture's address changes with it, so it can be cached forever.
_FOR_GOOD = "public, max-age=31536000, immutable"
_PICTURE = {"content": {"image/svg+xml": {"schema": {"type": "string"}}}, "headers": ETAG}
# No script and no style but its own, whatever a picture contains.
_PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@router.get("", responses={**found(ProductPage), **reads()}, response_class=Response)
async def list_products(
    services: ServicesDep,
    session: Session,
    language: LanguageDep,
    preconditions: PreconditionsDep,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    q: Search = None,
    category: CategorySlug = None,
    min_price: Amount = None,
    max_price: Amount = None,
    in_stock: InStock = False,
    sort: SortBy = Sort.RELEVANCE,
) -> Response:
    """List products, by text and filters."""
    filters = Filters((q or "").strip() or None, category or None, min_price, max_price, in_stock)
    page = await services.catalogue.list_products(session, filters, sort, language, cursor=cursor, limit=limit)
    return public_response(page, language, preconditions, services.settings.catalogue_max_age_seconds)


@router.get("/{slug}", responses={**found(ProductView), **reads(404)}, response_class=Response)
async def read_product(
    slug: Slug, services: ServicesDep, session: Session, language: LanguageDep, preconditions: PreconditionsDep
) -> Response:
    """Read a product."""
    product = await services.catalogue.product(session, slug, language)
    return public_response(product, language, preconditions, services.settings.catalogue_max_age_seconds)


@router.get(
    "/{slug}/picture.svg",
    responses={200: _PICTURE, **unmodified(), **reads(404)},
    response_class=Response,
)
async def read_product_picture(
    slug: Slug,
    services: ServicesDep,
    session: Session,
    preconditions: PreconditionsDep,
    v: Annotated[str | None, Query(max_length=64, description="Which picture; it is part of `picture`.")] = None,
) -> Response:
    """Draw a product's picture."""
    product = await services.catalogue.find(session, slug)
    digest = picture_digest(product.picture)
    current = v == digest
    headers = {
        "ETag": entity_tag(digest),
        "Cache-Control": _FOR_GOOD if current else f"public, max-age={services.settings.catalogue_max_age_seconds}",
        "Content-Security-Policy": _PICTURE_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    if preconditions.is_unmodified(digest):
        return Response(status_code=304, headers=headers)
    return Response(draw(product.picture), media_type="image/svg+xml", headers=headers)
