"""Whose cart: a member's, by its token; or an anonymous visitor's, by the cookie that we gave it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Visitor:
    """A member, or someone with an anonymous cart; a member may bring one along from before it logged in.

    `is_new` says that the cart's cookie is not there yet.
    """

    member_id: UUID | None
    cart_id: UUID
    is_new: bool
    # What counts as one client where new carts are limited.
    client: str = "unknown"

    @property
    def scope(self) -> str:
        """The scope of the visitor's idempotency keys."""
        return str(self.member_id) if self.member_id is not None else f"cart:{self.cart_id}"
