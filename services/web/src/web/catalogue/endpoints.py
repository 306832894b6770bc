"""`/products` and `/products/{slug}`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from platform_common.problems import NotFound
from web.cart.count import beside_cart
from web.catalogue.search import PAGE_SIZE, SORTS, Search
from web.clients.errors import PartAway, Refused
from web.clients.shop import ProductPage
from web.parts import AnyVisitor, Parts, PartsOf
from web.rendering.pages import notice_of, see_other
from web.visitor.forms import new_key
from web.visitor.visitor import Visitor

router = APIRouter(prefix="/products")

Slug = Annotated[str, Path(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=200)]


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
        {"search": search, "found": found, "sorts": SORTS},
        status=503 if found is None else 200,
        notice=notice_of(request),
        cart_count=count,
        away=frozenset() if found else frozenset({"shop"}),
    )


@router.get("/{slug}")
async def show_product(slug: Slug, request: Request, parts: PartsOf, visitor: AnyVisitor) -> Response:
    """Show one product. Raises NotFound, PartAway."""
    try:
        product, count = await beside_cart(parts, visitor, parts.shop.product(visitor.on_behalf, slug))
    except Refused as refused:
        if refused.status == 404:
            raise NotFound("There is no such product.") from None
        raise
    chosen = next((v.id for v in product.variants if v.in_stock), None)
    content = {"product": product, "chosen": chosen, "key": new_key()}
    return parts.pages.show(visitor, "catalogue/product.html", content, notice=notice_of(request), cart_count=count)


async def _found(parts: Parts, visitor: Visitor, search: Search) -> ProductPage | None:
    query = search.parameters() | {"limit": str(PAGE_SIZE)}
    try:
        return await parts.shop.products(visitor.on_behalf, query)
    except PartAway:
        return None
