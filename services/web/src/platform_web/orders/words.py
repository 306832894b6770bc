"""The words for what becomes of an order."""

from __future__ import annotations

from platform_web.rendering.catalogues import N_

STATES = {
    "pending": N_("waiting for payment"),
    "paid": N_("paid"),
    "shipped": N_("on its way"),
    "delivered": N_("delivered"),
    "cancelled": N_("cancelled"),
}
# Why a payment failed, by shop's code; an unknown code is `other`.
FAILURES = {
    "card-declined": N_("The card was declined."),
    "insufficient-funds": N_("There is not enough money on the account of the card."),
    "card-expired": N_("The card has expired."),
    "authentication-failed": N_("The card's owner could not be confirmed."),
    "other": N_("The payment did not succeed."),
}
# States of a payment after which an order that is cancelled has cost nothing.
UNPAID = frozenset({"failed", "expired", "cancelled"})
TAGS = {"pending": "tag-warm", "paid": "", "shipped": "", "delivered": "tag-grey", "cancelled": "tag-danger"}
CANCELLABLE = frozenset({"pending", "paid"})
NEXT_STATES = {"paid": "shipped", "shipped": "delivered"}
