"""What can be wrong with a change of a cart."""

from __future__ import annotations

from platform_common.problems import FieldError, NotFound, Problem


class VariantNotFound(NotFound):
    """There is no such variant."""

    code = "variant-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such variant.")


class QuantityUnavailable(Problem):
    """Fewer are left than are asked for."""

    code = "quantity-unavailable"
    status = 409

    def __init__(self, left: int) -> None:
        said = f"At most {left} can be in a cart." if left else "This is sold out."
        super().__init__(said, errors=[FieldError("/quantity", "quantity-unavailable", said)])


class CartFull(Problem):
    """A cart holds so many different things and no more."""

    code = "cart-full"
    status = 409
