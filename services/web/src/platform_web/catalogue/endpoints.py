"""`/products` and `/products/{slug}`."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from platform_common.problems import NotFound
from platform_web.cart.count import with_cart_count
from platform_web.cart.rejected_quantity import MAX_QUANTITY, RejectedQuantity
from platform_web.catalogue.search import PAGE_SIZE, Search, invalid_prices
from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.clients.shop import Category, Product, ProductPage, Variant
from platform_web.container import AnyVisitor, Container, ContainerDep
from platform_web.rendering.pages import read_notice, redirect
from platform_web.visitor.visitor import Visitor

router = APIRouter(prefix="/products")

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
Slug = Annotated[str, Path(pattern=rf"^{SLUG.pattern}$", max_length=200)]


@router.get("")
async def search_products(request: Request, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Show search results; the query parameters hold the whole search."""
    search = Search.from_query(request.query_params)
    try:
        found, count = await with_cart_count(container, visitor, _search(container, visitor, search))
    except ServiceError:
        # An outdated cursor or facet: search again without it.
        if not (search.cursor or search.is_filtered):
            raise
        return redirect(Search(q=search.q).url())
    return container.pages.render(
        visitor,
        "catalogue/products.html",
        {
            "search": search,
            "found": found,
            "category": _category(found, search.category),
            "invalid": invalid_prices(request.query_params),
        },
        status=503 if found is None else 200,
        notice=read_notice(request),
        cart_count=count,
        unavailable=frozenset() if found else frozenset({"shop"}),
    )


@router.get("/{slug}")
async def show_product(slug: Slug, request: Request, container: ContainerDep, visitor: AnyVisitor) -> Response:
    """Show one product. Raises NotFound, ServiceUnavailable."""
    return await product_page(container, visitor, slug, notice=read_notice(request))


async def product_page(
    container: Container,
    visitor: Visitor,
    slug: str,
    *,
    refused: RejectedQuantity | None = None,
    notice: str | None = None,
    status: int = 200,
) -> Response:
    """Return a product's page; `refused` is a rejected quantity. Raises NotFound, ServiceUnavailable."""
    try:
        product, count = await with_cart_count(
            container, visitor, container.shop.product(visitor.request_context, slug)
        )
    except ServiceError as error:
        if error.status == 404:
            raise NotFound("The product does not exist.") from None
        raise
    content = {"product": product, "chosen": _chosen(product, refused), "refused": refused, "most": MAX_QUANTITY}
    return container.pages.render(
        visitor, "catalogue/product.html", content, status=status, notice=notice, cart_count=count
    )


def _chosen(product: Product, refused: RejectedQuantity | None) -> Variant | None:
    """Return the preselected variant: the one of the last attempt, else the first in stock."""
    in_stock = [variant for variant in product.variants if variant.in_stock]
    attempted = [variant for variant in in_stock if refused and variant.id == refused.variant_id]
    return next(iter(attempted + in_stock), None)


def _category(found: ProductPage | None, slug: str) -> Category | None:
    categories = found.facets.categories if found else []
    return next((category for category in categories if category.slug == slug), None)


async def _search(container: Container, visitor: Visitor, search: Search) -> ProductPage | None:
    query = search.shop_query() | {"limit": str(PAGE_SIZE)}
    try:
        return await container.shop.products(visitor.request_context, query)
    except ServiceUnavailable:
        return None
