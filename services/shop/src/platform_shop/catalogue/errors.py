"""What can be wrong with a question about products."""

from __future__ import annotations

from platform_common.problems import NotFound


class ProductNotFound(NotFound):
    """There is no such product."""

    code = "product-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such product.")
