"""What can be wrong with a change of a cart."""

from __future__ import annotations

from platform_common.problems import FieldError, NotFound, Problem


class VariantNotFound(NotFound):
    """The variant does not exist."""

    code = "variant-not-found"

    def __init__(self) -> None:
        super().__init__("The variant does not exist.")


class QuantityUnavailable(Problem):
    """Fewer pieces are left than the request asks for, or it exceeds the limit per product in a cart."""

    code = "quantity-unavailable"
    status = 409

    def __init__(self, reason: str) -> None:
        super().__init__(reason, errors=[FieldError("/quantity", self.code, reason)])


class TooManyCarts(Problem):
    """One address opened many anonymous carts within a few minutes."""

    code = "too-many-carts"
    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "Too many new carts from this address. Wait, or log in to use your own cart.",
            headers={"Retry-After": str(retry_after)},
        )


class CartFull(Problem):
    """A cart has a maximum number of different variants."""

    code = "cart-full"
    status = 409
