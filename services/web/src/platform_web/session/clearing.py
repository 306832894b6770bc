"""Remove a member's data from the browser, so that its next user sees none of it."""

from __future__ import annotations

import structlog

from platform_web.cart.merging import remove_cart_cookie
from platform_web.checkout.draft import remove_draft
from platform_web.clients.errors import ServiceError, ServiceUnavailable
from platform_web.container import Container
from platform_web.visitor.visitor import Visitor

log = structlog.get_logger(__name__)


def clear_member_data(visitor: Visitor) -> None:
    """Remove the cookies of session, order draft and cart."""
    visitor.clear_session()
    remove_draft(visitor)
    remove_cart_cookie(visitor)


async def end_replaced_session(container: Container, visitor: Visitor) -> None:
    """End the session that a log-in has replaced (ASVS 7.2.4). If auth is unavailable, it ends by its timeout."""
    if not visitor.token:
        return
    try:
        await container.auth.log_out(visitor.request_context)
    except (ServiceUnavailable, ServiceError) as error:
        log.info("replaced_session_not_ended", reason=error.code)
