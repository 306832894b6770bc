"""Texts for the states of orders and payments."""

from __future__ import annotations

from platform_web.rendering.catalogues import N_

STATES = {
    "pending": N_("awaiting payment"),
    "paid": N_("paid"),
    "shipped": N_("shipped"),
    "delivered": N_("delivered"),
    "cancelled": N_("cancelled"),
}
# Why a payment failed, by shop's code; an unknown code is `other`.
FAILURES = {
    "card-declined": N_("The card was declined."),
    "insufficient-funds": N_("The card has insufficient funds."),
    "card-expired": N_("The card has expired."),
    "authentication-failed": N_("The cardholder could not be verified."),
    "other": N_("The payment did not succeed."),
}
# Payment states in which nothing was charged.
UNPAID = frozenset({"failed", "expired", "cancelled"})
TAGS = {"pending": "tag-warm", "paid": "", "shipped": "", "delivered": "tag-grey", "cancelled": "tag-danger"}
CANCELLABLE = frozenset({"pending", "paid"})
NEXT_STATES = {"paid": "shipped", "shipped": "delivered"}
