"""A rejected quantity with its reason, for the page that shows it again."""

from __future__ import annotations

from dataclasses import dataclass

# The largest quantity of one product that shop allows in a cart.
MAX_QUANTITY = 99

# The first code comes from web's own check, the second from shop.
INVALID = "quantity-invalid"
UNAVAILABLE = "quantity-unavailable"

# Longer input is truncated when it is shown again.
_LONGEST = 20


@dataclass(frozen=True)
class RejectedQuantity:
    """A rejected quantity of one variant."""

    variant_id: str
    typed: str
    code: str

    @classmethod
    def from_input(cls, variant_id: str, typed: str, code: str) -> RejectedQuantity:
        """Return it with `typed` truncated for display."""
        return cls(variant_id, typed[:_LONGEST], code)
