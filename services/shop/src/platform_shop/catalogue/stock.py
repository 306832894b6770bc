"""Public stock numbers: up to ten, the same in every response (ADR 0017)."""

from __future__ import annotations

# Ten means "ten or more".
MAX_PUBLIC_STOCK = 10


def public_stock(stock: int) -> int:
    """Return the number of available pieces that may be shown."""
    return min(stock, MAX_PUBLIC_STOCK)


def shortage(stock: int) -> str:
    """Return why a quantity above `stock` is refused, in one sentence."""
    if stock == 0:
        return "This is sold out."
    if stock >= MAX_PUBLIC_STOCK:
        return "Fewer are left than you asked for. Choose a smaller quantity."
    return f"Only {stock} {'is' if stock == 1 else 'are'} left."
