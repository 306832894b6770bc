"""The words for what becomes of an order."""

from __future__ import annotations

from web.rendering.catalogues import N_

STATES = {
    "pending": N_("waiting for payment"),
    "paid": N_("paid"),
    "shipped": N_("on its way"),
    "delivered": N_("delivered"),
    "cancelled": N_("cancelled"),
}
TAGS = {"pending": "tag-warm", "paid": "", "shipped": "", "delivered": "tag-grey", "cancelled": "tag-danger"}
CANCELLABLE = frozenset({"pending", "paid"})
NEXT_STATES = {"paid": "shipped", "shipped": "delivered"}
