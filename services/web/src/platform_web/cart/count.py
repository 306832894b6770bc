"""How much is in the cart: every page shows it, and none depends on it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from platform_web.clients.errors import PartAway, Refused
from platform_web.clients.shop import Shop
from platform_web.parts import Parts
from platform_web.visitor.visitor import CART, Visitor

T = TypeVar("T")


def cart_cookie(visitor: Visitor) -> str | None:
    """Return the `Cookie` header by which shop knows an anonymous visitor's cart."""
    token = visitor.cart_token
    return f"{visitor.rules.host(CART)}={token}" if token else None


async def cart_count(shop: Shop, visitor: Visitor) -> int | None:
    """Return how many things the visitor's cart holds, or None when shop does not say."""
    cookie = cart_cookie(visitor)
    if cookie is None and not visitor.is_known:
        return 0
    try:
        return (await shop.cart(visitor.on_behalf, cookie)).item_count
    except (PartAway, Refused):
        return None


async def beside_cart(parts: Parts, visitor: Visitor, work: Coroutine[Any, Any, T]) -> tuple[T, int | None]:
    """Return what `work` returns and what the cart holds; the two are asked for at the same time."""
    if not parts.site.has_shop:
        return await work, None
    counting = asyncio.create_task(cart_count(parts.shop, visitor))
    try:
        done = await work
    except BaseException:
        counting.cancel()
        raise
    return done, await counting
