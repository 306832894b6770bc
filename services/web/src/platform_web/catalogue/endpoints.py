"""`/products` and `/products/{slug}`."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from platform_common.problems import NotFound
from platform_web.cart.count import beside_cart
from platform_web.cart.refused import MAX_QUANTITY, RefusedQuantity
from platform_web.catalogue.search import PAGE_SIZE, Search, wrong_prices
from platform_web.clients.errors import PartAway, Refused
from platform_web.clients.shop import Category, Product, ProductPage, Variant
from platform_web.parts import AnyVisitor, Parts, PartsOf
from platform_web.rendering.pages import notice_of, see_other
from platform_web.visitor.visitor import Visitor

router = APIRouter(prefix="/products")

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
Slug = Annotated[str, Path(pattern=rf"^{SLUG.pattern}$", max_length=200)]


@router.get("")
async def search_products(request: Request, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Show what a search finds; the whole search is in the address."""
    search = Search.of(request.query_params)
    try:
        found, count = await beside_cart(parts, visitor, _found(parts, visitor, search))
    except Refused:
        # A cursor or a facet from an old address: the search begins anew without it.
        if not (search.cursor or search.is_narrowed):
            raise
        return see_other(Search(q=search.q).place())
    return parts.pages.show(
        visitor,
        "catalogue/products.html",
        {
            "search": search,
            "found": found,
            "category": _category(found, search.category),
            "wrong": wrong_prices(request.query_params),
        },
        status=503 if found is None else 200,
        notice=notice_of(request),
        cart_count=count,
        away=frozenset() if found else frozenset({"shop"}),
    )


@router.get("/{slug}")
async def show_product(slug: Slug, request: Request, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Show one product. Raises NotFound, PartAway."""
    return await product_page(parts, visitor, slug, notice=notice_of(request))


async def product_page(
    parts: Parts,
    visitor: Visitor,
    slug: str,
    *,
    refused: RefusedQuantity | None = None,
    notice: str | None = None,
    status: int = 200,
) -> Response:
    """Return the page of one product; `refused` is a quantity that was not added. Raises NotFound, PartAway."""
    try:
        product, count = await beside_cart(parts, visitor, parts.shop.product(visitor.on_behalf, slug))
    except Refused as error:
        if error.status == 404:
            raise NotFound("The product does not exist.") from None
        raise
    content = {"product": product, "chosen": _chosen(product, refused), "refused": refused, "most": MAX_QUANTITY}
    return parts.pages.show(visitor, "catalogue/product.html", content, status=status, notice=notice, cart_count=count)


def _chosen(product: Product, refused: RefusedQuantity | None) -> Variant | None:
    """Return the variant that is chosen beforehand: the one of the last attempt, else the first in stock."""
    buyable = [variant for variant in product.variants if variant.in_stock]
    attempted = [variant for variant in buyable if refused and variant.id == refused.variant_id]
    return next(iter(attempted + buyable), None)


def _category(found: ProductPage | None, slug: str) -> Category | None:
    categories = found.facets.categories if found else []
    return next((category for category in categories if category.slug == slug), None)


async def _found(parts: Parts, visitor: Visitor, search: Search) -> ProductPage | None:
    query = search.request() | {"limit": str(PAGE_SIZE)}
    try:
        return await parts.shop.products(visitor.on_behalf, query)
    except PartAway:
        return None
