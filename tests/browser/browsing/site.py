"""Every page of the site, and a person before whom each of them shows something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import StorageState

from blackbox.client import Account
from browsing.shopper import Shopper

Who = Literal["anonymous", "member", "administrator"]


@dataclass(frozen=True)
class Place:
    """A page; `status` is what it answers.

    `{product}`, `{order}` and `{declined}`, an order whose card was declined, stand for one that is there.
    """

    name: str
    path: str
    who: Who = "anonymous"
    status: int = 200

    def __str__(self) -> str:
        return self.name


PLACES = (
    Place("home", "/"),
    Place("products", "/products"),
    Place("narrowed", "/products?in_stock=true&sort=price"),
    Place("nothing-found", "/products?q=zzzzqqqq"),
    Place("product", "/products/{product}"),
    Place("empty-cart", "/cart"),
    Place("log-in", "/log-in"),
    Place("log-in-again", "/log-in?again=1"),
    Place("sign-up", "/sign-up"),
    Place("verify-email", "/verify-email?token=sample"),
    Place("forgot-password", "/forgot-password"),
    Place("forgot-password-sent", "/forgot-password/sent"),
    Place("reset-password", "/reset-password?token=sample"),
    Place("problems", "/problems"),
    Place("problem", "/problems/out-of-stock"),
    Place("not-found", "/products/no-such-thing", status=404),
    Place("cart", "/cart", "member"),
    Place("checkout", "/checkout", "member"),
    Place("review", "/checkout/review", "member"),
    Place("orders", "/orders", "member"),
    Place("order", "/orders/{order}", "member"),
    Place("declined-order", "/orders/{declined}", "member"),
    Place("profile", "/account", "member"),
    Place("password", "/account/password", "member"),
    Place("passkeys", "/account/passkeys", "member"),
    Place("two-step", "/account/two-step", "member"),
    Place("sessions", "/account/sessions", "member"),
    Place("deletion", "/account/delete", "member"),
    Place("members", "/admin/members", "administrator"),
    Place("all-orders", "/admin/orders", "administrator"),
    Place("an-order", "/admin/orders/{order}", "administrator"),
)


@dataclass(frozen=True)
class Furnished:
    """The cookies of each kind of visitor, and what the pages' addresses need."""

    states: dict[Who, StorageState]
    product: str
    order: str
    declined: str

    def path(self, place: Place) -> str:
        """Return the address of `place`."""
        return place.path.format(product=self.product, order=self.order, declined=self.declined)


def furnish(member: Shopper, administrator: Shopper, administrators_account: Account) -> Furnished:
    """Let `member` order something and come to the review once more; log the administrator in."""
    member.come_to_review()
    order = member.place_order()
    member.fill_cart()
    declined = member.have_a_card_declined()
    member.choose_product()
    product = member.page.url.rpartition("/")[2]
    member.put_into_cart()
    member.go("/checkout")
    member.give_address()
    administrator.go("/log-in")
    administrator.log_in(administrators_account)
    return Furnished(
        {
            "anonymous": {"cookies": [], "origins": []},
            "member": member.context.storage_state(),
            "administrator": administrator.context.storage_state(),
        },
        product,
        order,
        declined,
    )
