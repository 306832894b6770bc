"""What a browser keeps of a member, and how it is removed: whoever uses the browser next gets none of it."""

from __future__ import annotations

import structlog

from platform_web.cart.merging import forget_cart
from platform_web.checkout.draft import forget_draft
from platform_web.clients.errors import PartAway, Refused
from platform_web.parts import Parts
from platform_web.visitor.visitor import Visitor

log = structlog.get_logger(__name__)


def forget_member(visitor: Visitor) -> None:
    """Remove everything of the member from the browser: session, draft of an order, cart."""
    visitor.forget_session()
    forget_draft(visitor)
    forget_cart(visitor)


async def end_replaced_session(parts: Parts, visitor: Visitor) -> None:
    """End the session that a log-in has just replaced (ASVS 7.2.4). While auth is unavailable it ends by its limits."""
    if not visitor.token:
        return
    try:
        await parts.auth.log_out(visitor.on_behalf)
    except (PartAway, Refused) as error:
        log.info("replaced_session_not_ended", reason=error.code)
