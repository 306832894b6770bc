"""What can be wrong with a question about products."""

from __future__ import annotations

from platform_common.problems import NotFound


class ProductNotFound(NotFound):
    """The product does not exist."""

    code = "product-not-found"

    def __init__(self) -> None:
        super().__init__("The product does not exist.")
