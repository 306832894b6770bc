"""The number of items in the cart, shown on every page and required by none."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.clients.shop import Shop
from platform_web.container import Container
from platform_web.visitor.visitor import CART, Visitor

T = TypeVar("T")


def cart_cookie(visitor: Visitor) -> str | None:
    """Return the `Cookie` header that identifies an anonymous visitor's cart to shop."""
    token = visitor.cart_token
    return f"{visitor.rules.host(CART)}={token}" if token else None


async def cart_count(shop: Shop, visitor: Visitor) -> int | None:
    """Return the number of items in the visitor's cart, or None if shop is unavailable."""
    cookie = cart_cookie(visitor)
    if cookie is None and not visitor.is_logged_in:
        return 0
    try:
        return (await shop.cart(visitor.request_context, cookie)).item_count
    except (ServiceUnavailable, ServiceError):
        return None


async def with_cart_count(container: Container, visitor: Visitor, work: Coroutine[Any, Any, T]) -> tuple[T, int | None]:
    """Return the result of `work` and the cart count, requested concurrently."""
    if not container.site.has_shop:
        return await work, None
    count_task = asyncio.create_task(cart_count(container.shop, visitor))
    try:
        result = await work
    except BaseException:
        count_task.cancel()
        raise
    return result, await count_task
