"""Notices shown after a redirect, selected by a query parameter."""

from __future__ import annotations

from platform_web.rendering.catalogues import N_

FIELD = "notice"

NOTICES = {
    "welcome": N_("Welcome. Your account is ready."),
    "welcome-verify": N_("Welcome. Your account is ready. We have sent you an e-mail to confirm your address."),
    "verification-sent": N_("We have sent you an e-mail with a link and a code."),
    "email-verified": N_("Your e-mail address is confirmed."),
    "password-reset": N_("Password changed. Log in with your new password."),
    "logged-in": N_("You are logged in."),
    "logged-out": N_("You are logged out."),
    "logged-out-everywhere": N_("You are logged out on every device."),
    "saved": N_("Changes saved."),
    "password-changed": N_("Password changed. All other devices have been logged out."),
    "two-step-disabled": N_("Two-step verification is off. All other devices have been logged out."),
    "passkey-added": N_("The passkey is added. You can log in with it from now on."),
    "passkey-removed": N_("The passkey is removed. All other devices have been logged out."),
    "session-ended": N_("The session has ended."),
    "account-deleted": N_("Your account has been deleted."),
    "added": N_("Added to your cart."),
    "cart-updated": N_("Cart updated."),
    "removed": N_("Removed from your cart."),
    "placed": N_("Thank you. Your order has been placed."),
    "restored": N_("The items that are still available have been added to your cart."),
    "cancelled": N_("The order has been cancelled."),
    "shipped": N_("The order is marked as shipped."),
    "delivered": N_("The order is marked as delivered."),
    "suspended": N_("The member is suspended and logged out everywhere."),
    "factors-reset": N_("Two-step verification is reset. The member is logged out everywhere."),
    "reinstated": N_("The member can log in again."),
}
