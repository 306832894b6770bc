"""Merge the anonymous cart into the member's cart at log-in (idempotent)."""

from __future__ import annotations

import structlog

from platform_web.cart.count import cart_cookie
from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.clients.http import RequestContext
from platform_web.container import Container
from platform_web.visitor.visitor import CART, Visitor

log = structlog.get_logger(__name__)


async def merge_cart(container: Container, visitor: Visitor, member: RequestContext) -> None:
    """Merge the visitor's anonymous cart into the cart of `member`.

    While shop is unavailable the cookie is kept, and the next request for the cart merges it.
    """
    if visitor.cart_token is None or not container.site.has_shop:
        return
    try:
        await container.shop.cart(member, cart_cookie(visitor))
    except ServiceUnavailable:
        return
    except ServiceError as error:
        # The cookie contains no cart that shop knows.
        log.info("cart_not_merged", reason=error.code)
    remove_cart_cookie(visitor)


def remove_cart_cookie(visitor: Visitor) -> None:
    """Remove the anonymous cart's cookie from the browser."""
    visitor.set_cookie(visitor.rules.removal(visitor.rules.host(CART)))
