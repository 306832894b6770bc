"""What every test of the shop does: look for products, fill a cart, order."""

from __future__ import annotations

from typing import Any

import httpx2

from blackbox.client import Client, Session, new_key
from blackbox.waiting import eventually

PRODUCTS = "/api/shop/products"
CART = "/api/shop/cart"
ORDERS = "/api/shop/orders"

ADDRESS = {
    "recipient": "Ada Example", "phone": "010-1234-5678", "postal_code": "04524", "line1": "110 Sejong-daero",
    "line2": "", "city": "Seoul", "country": "KR",
}  # fmt: skip


def variant_of(client: Client, slug: str, number: int = 0) -> dict[str, Any]:
    """Return a variant of a product."""
    response = client.get(f"{PRODUCTS}/{slug}")
    assert response.status_code == 200, response.text
    return dict(response.json()["variants"][number])


def put_in(client: Client, variant: dict[str, Any], quantity: int = 1, **options: Any) -> httpx2.Response:
    """Put something into the client's cart."""
    body = {"variant_id": variant["id"], "quantity": quantity}
    return client.post(f"{CART}/items", body, **({"key": new_key()} | options))


def order_of(session: Session, token: str = "ok", **changes: Any) -> dict[str, Any]:
    """Return the body that orders what is in the session's cart."""
    cart = session.get(CART).json()
    return {
        "address": ADDRESS,
        "payment": {"method": "test", "token": token},
        "expected_total": cart["total"],
        "cart_version": cart["version"],
    } | changes


def buy(session: Session, slug: str = "celadon-mug", token: str = "ok", quantity: int = 1) -> dict[str, Any]:
    """Buy something, and return the order as it was made."""
    assert put_in(session, variant_of(session, slug), quantity).status_code == 200
    response = session.post(ORDERS, order_of(session, token), key=new_key())
    assert response.status_code == 201, response.text
    return dict(response.json())


def await_state(session: Session, order_id: str, state: str) -> dict[str, Any]:
    """Wait until an order is in a state, and return it."""

    def read() -> dict[str, Any] | None:
        order = dict(session.get(f"{ORDERS}/{order_id}").json())
        return order if order["state"] == state else None

    return eventually(read, f"the order is {state}") or {}
