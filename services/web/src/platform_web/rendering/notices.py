"""Notices after a redirect: what has just been done, by a code in the address."""

from __future__ import annotations

from platform_web.rendering.catalogues import N_

FIELD = "notice"

NOTICES = {
    "welcome": N_("Welcome. Your account is ready."),
    "logged-in": N_("You are logged in."),
    "logged-out": N_("You are logged out."),
    "logged-out-everywhere": N_("You are logged out on every device."),
    "saved": N_("Your changes are saved."),
    "password-changed": N_("Your password is changed. Every other session has ended."),
    "session-ended": N_("The session has ended."),
    "account-deleted": N_("Your account is deleted. All the best."),
    "added": N_("It is in your cart."),
    "cart-updated": N_("Your cart is up to date."),
    "removed": N_("Removed from your cart."),
    "placed": N_("Thank you. Your order is placed."),
    "restored": N_("The items of your order are in your cart again, as far as they are still sold."),
    "cancelled": N_("The order is cancelled."),
    "shipped": N_("The order is marked as shipped."),
    "delivered": N_("The order is marked as delivered."),
    "suspended": N_("The member is suspended, and every session of it has ended."),
    "reinstated": N_("The member may log in again."),
}
