"""A quantity that was not taken: what was typed, and why, for the page that shows it again."""

from __future__ import annotations

from dataclasses import dataclass

# The most pieces of one product that shop lets a cart hold.
MAX_QUANTITY = 99

# The code of web's own check; the other is shop's.
INVALID = "quantity-invalid"
UNAVAILABLE = "quantity-unavailable"

# No more of what was typed is shown again.
_LONGEST = 20


@dataclass(frozen=True)
class RefusedQuantity:
    """A refused quantity of one variant."""

    variant_id: str
    typed: str
    code: str

    @classmethod
    def of(cls, variant_id: str, typed: str, code: str) -> RefusedQuantity:
        """Return it with as much of `typed` as a page shows."""
        return cls(variant_id, typed[:_LONGEST], code)
