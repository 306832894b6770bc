"""What can be wrong with a request about orders."""

from __future__ import annotations

from collections.abc import Sequence

from platform_common.problems import FieldError, NotFound, Problem


class OrderNotFound(NotFound):
    """There is no such order, or it is another's and the caller is no administrator: both look alike."""

    code = "order-not-found"

    def __init__(self) -> None:
        super().__init__("The order does not exist.")


class OutOfStock(Problem):
    """Fewer pieces of some products are left than the cart contains."""

    code = "out-of-stock"
    status = 409

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("Some items in the cart are out of stock.", errors=errors)


class PriceChanged(Problem):
    """The cart costs something else by now than the buyer agreed to."""

    code = "price-changed"
    status = 409

    def __init__(self) -> None:
        super().__init__("The total has changed. Read the cart again.")


class CartEmpty(Problem):
    """There is nothing to order."""

    code = "cart-empty"
    status = 409

    def __init__(self) -> None:
        super().__init__("The cart is empty.")


class CartChanged(Problem):
    """The cart has changed since the buyer saw it."""

    code = "cart-changed"
    status = 409

    def __init__(self) -> None:
        super().__init__("The cart has changed. Read it again.")


class TooManyUnpaidOrders(Problem):
    """The unpaid orders of the member, or of its address, would reserve too much of the stock."""

    code = "too-many-unpaid-orders"
    status = 409

    def __init__(self, orders: int, pieces: int) -> None:
        super().__init__(
            f"At most {orders} orders with {pieces} items together may be unpaid. Pay or cancel one, or order less."
        )


class OrderNotPayable(Problem):
    """The order accepts no further payment attempt: it is paid, cancelled, or its deadline has passed."""

    code = "order-not-payable"
    status = 409

    def __init__(self) -> None:
        super().__init__("This order accepts no further payment. Read the order to see its state.")


class OrderStateConflict(Problem):
    """The order cannot change to that state from its current one."""

    code = "order-state-conflict"
    status = 409
