"""At log-in the anonymous cart becomes the member's; doing it twice doubles nothing."""

from __future__ import annotations

import structlog

from platform_web.cart.count import cart_cookie
from platform_web.clients.errors import PartAway, Refused
from platform_web.clients.http import OnBehalfOf
from platform_web.parts import Parts
from platform_web.visitor.visitor import CART, Visitor

log = structlog.get_logger(__name__)


async def merge_cart(parts: Parts, visitor: Visitor, member: OnBehalfOf) -> None:
    """Have the cart of `member` take over the visitor's anonymous one.

    The cookie stays while shop is away: the next look at the cart does the same, so no line is lost.
    """
    if visitor.cart_token is None or not parts.site.has_shop:
        return
    try:
        await parts.shop.cart(member, cart_cookie(visitor))
    except PartAway:
        return
    except Refused as refused:
        # A cookie that shop does not know leads to no cart.
        log.info("cart_not_merged", reason=refused.code)
    forget_cart(visitor)


def forget_cart(visitor: Visitor) -> None:
    """Take the anonymous cart's cookie from the browser: there is nothing in it any more."""
    visitor.set_cookie(visitor.rules.removal(visitor.rules.host(CART)))
