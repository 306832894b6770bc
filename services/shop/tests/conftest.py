"""A shop on a real PostgreSQL, with its real roles; the test provider takes payments."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import uuid_utils.compat
from fastapi import FastAPI
from pydantic import SecretStr

from platform_shop.app import make_app
from platform_shop.catalogue.keystrokes import search_keys
from platform_shop.config import MigrationSettings, ShopSettings
from platform_shop.payments.signatures import HEADER, sign
from platform_shop.schema import SCHEMA
from platform_testing.published_keys import PublishedKeys
from platform_testing.tested_service import TestedService

COOKIE = "__Host-cart"
WEBHOOK_SECRET = SecretStr("w" * 32)
UNDELIVERED = "SELECT count(*) FROM outbox_deliveries WHERE delivered_at IS NULL"
ADDRESS = {
    "recipient": "김하나", "phone": "010-1234-5678", "postal_code": "04524", "line1": "세종대로 110", "line2": "3층",
    "city": "서울", "country": "KR",
}  # fmt: skip
SETTINGS = {
    "cart_key": "c" * 32,
    "payment_webhook_secret": WEBHOOK_SECRET,
    "payment_webhook_url": "http://shop.test/api/shop/payments/test/events",
    "payment_sweep_interval_seconds": 600,
    # Tests are many clients of one address.
    "unpaid_orders_per_address": 1000,
    "unpaid_orders_per_member": 100,
    "new_carts_per_address": 1000,
}


class WayBack(httpx2.AsyncBaseTransport):
    """The test provider's way to our webhook. It can be `cut`; events that got through are counted."""

    def __init__(self) -> None:
        self.app: FastAPI | None = None
        self.cut = False
        self.statuses: list[int] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.cut or self.app is None:
            raise httpx2.ConnectError("cut")
        response = await httpx2.ASGITransport(self.app, raise_app_exceptions=False).handle_async_request(request)
        self.statuses.append(response.status_code)
        return response


@pytest.fixture(scope="session")
def tested_service() -> TestedService:
    """This service."""
    return TestedService(SCHEMA, ShopSettings, MigrationSettings, caller="web", values=SETTINGS)


@pytest.fixture
def way_back() -> WayBack:
    """The test provider's way to our webhook."""
    return WayBack()


@pytest.fixture
def make_replica(signing_key, way_back) -> Callable[[ShopSettings], FastAPI]:
    """Return a maker of applications; the provider's events go to the latest one."""

    def make(settings: ShopSettings) -> FastAPI:
        way_back.app, _ = make_app(settings, PublishedKeys(signing_key), way_back)
        return way_back.app

    return make


@pytest.fixture
def address() -> dict[str, str]:
    """Where an order goes."""
    return dict(ADDRESS)


@dataclass(frozen=True)
class StockedProduct:
    """A product with one variant."""

    slug: str
    variant_id: str
    price: int


@pytest.fixture
def make_product(database) -> Callable[..., StockedProduct]:
    """Return a maker of products with one variant each."""
    categories: dict[str, Any] = {}

    def make(
        slug="mug", *, ko="머그잔", en="Mug", category="tableware", price=12900, stock=10, keywords=""
    ) -> StockedProduct:
        if category not in categories:
            categories[category] = uuid_utils.compat.uuid7()
            database.run(
                "INSERT INTO categories (id, slug, name_ko, name_en, position) VALUES (%s, %s, %s, %s, %s)",
                categories[category], category, f"{category} 분류", category.title(), len(categories),
            )  # fmt: skip
        product, variant = uuid_utils.compat.uuid7(), uuid_utils.compat.uuid7()
        korean, english = search_keys(ko, en, keywords)
        database.run(
            "INSERT INTO products (id, slug, category_id, name_ko, name_en, summary_ko, summary_en, description_ko,"
            " description_en, keywords, price, picture, search_keys_ko, search_keys_en)"
            " VALUES (%s, %s, %s, %s, %s, '', '', '', '', %s, %s, '{}', %s, %s)",
            product, slug, categories[category], ko, en, keywords, price, korean, english,
        )  # fmt: skip
        database.run(
            "INSERT INTO variants (id, product_id, sku, name_ko, name_en, price, stock, position)"
            " VALUES (%s, %s, %s, '기본', 'Standard', %s, %s, 0)",
            variant, product, slug.upper(), price, stock,
        )  # fmt: skip
        return StockedProduct(slug, str(variant), price)

    return make


@pytest.fixture
def mug(make_product) -> StockedProduct:
    """A mug, of which there are ten."""
    return make_product()


class Shopper:
    """Someone in the shop: with a token, with a cart's cookie, with both or with neither."""

    def __init__(self, client: httpx2.AsyncClient, member_id: str | None = None, token: str | None = None) -> None:
        self.client = client
        self.id = member_id
        self.cookie: str | None = None
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def send(self, method: str, path: str, json: Any = None, *, key: str | None = None, **headers: str) -> Any:
        """Send a request, and keep the cart's cookie that comes with the response."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if key is not None:
            sent["X-Idempotency-Key"] = key
        if self.cookie is not None:
            sent["Cookie"] = f"theme=dark; {COOKIE}={self.cookie}"
        body = {} if json is None else {"json": json}
        response = await self.client.request(method, path, headers=sent, **body)
        self.client.cookies.clear()
        if given := response.cookies.get(COOKIE):
            self.cookie = given
        return response

    async def cart(self) -> dict[str, Any]:
        """Read the cart."""
        response = await self.send("GET", "/api/shop/cart")
        assert response.status_code == 200, response.text
        return response.json()

    async def add(self, product: StockedProduct, quantity: int = 1, key: str | None = None) -> Any:
        """Put something in."""
        body = {"variant_id": product.variant_id, "quantity": quantity}
        return await self.send("POST", "/api/shop/cart/items", body, key=key)

    async def order(self, token: str = "ok", key: str | None = None, **changes: Any) -> Any:
        """Order what is in the cart."""
        cart = await self.cart()
        body = {
            "address": ADDRESS,
            "payment": {"method": "test", "token": token},
            "expected_total": cart["total"],
            "cart_version": cart["version"],
        } | changes
        return await self.send("POST", "/api/shop/orders", body, key=key or secrets.token_hex(8))


@pytest.fixture
def make_shopper(client, make_token) -> Callable[..., Shopper]:
    """Return a maker of shoppers; with roles they are members."""

    def make(*roles: str, through: httpx2.AsyncClient | None = None) -> Shopper:
        if not roles:
            return Shopper(through or client)
        member_id = str(uuid_utils.compat.uuid7())
        return Shopper(through or client, member_id, make_token(sub=member_id, roles=list(roles)))

    return make


@pytest.fixture
def anonymous(make_shopper) -> Shopper:
    """A visitor without an account."""
    return make_shopper()


@pytest.fixture
def ann(make_shopper) -> Shopper:
    """A member."""
    return make_shopper("member")


@pytest.fixture
def bob(make_shopper) -> Shopper:
    """Another member."""
    return make_shopper("member")


@pytest.fixture
def admin(make_shopper) -> Shopper:
    """An administrator."""
    return make_shopper("member", "admin")


@pytest.fixture
def pass_time(database):
    """Return a function that lets every wait of payments and of the outbox pass."""

    def let(*, deadline: bool = False) -> None:
        database.run("UPDATE payments SET next_check_at = now()")
        database.run("UPDATE outbox_deliveries SET next_attempt_at = now() WHERE delivered_at IS NULL")
        if deadline:
            database.run("UPDATE payments SET deadline_at = now()")

    return let


@pytest.fixture
def provider(services):
    """The test provider."""
    return services.providers["test"]


@pytest.fixture
def deliver_events(services, provider, database):
    """Deliver the pending requests to the provider, and wait for all of its events.

    The service's own background does the same: its deliveries in progress are waited for.
    """

    async def deliver() -> None:
        async with asyncio.timeout(90):
            while await asyncio.to_thread(database.one, UNDELIVERED):
                await services.outbox.deliver_due()
            while provider._deliveries:
                await asyncio.gather(*provider._deliveries, return_exceptions=True)

    return deliver


@pytest.fixture
def ordered(ann, mug):
    """Order a mug, to be paid with a token."""

    async def order(token: str = "ok") -> str:
        await ann.add(mug)
        response = await ann.order(token)
        assert response.status_code == 201, response.text
        return response.json()["id"]

    return order


@pytest.fixture
def reading(ann):
    """Read an order."""

    async def read(order_id: str) -> dict:
        return (await ann.send("GET", f"/api/shop/orders/{order_id}")).json()

    return read


@pytest.fixture
def send_event(client, database):
    """Send an event about the one payment there is, signed as the provider does; `changes` spoil it."""

    async def send(kind: str = "payment.paid", event_id: str | None = None, header: str | None = None, **changes):
        payment = database.run("SELECT id, amount, currency FROM payments")[-1]
        event = {
            "id": event_id or secrets.token_hex(8),
            "type": kind,
            "payment_id": str(payment["id"]),
            "amount": {"amount": payment["amount"], "currency": payment["currency"]},
        } | changes
        body = json.dumps(event).encode()
        signature = header if header is not None else sign(WEBHOOK_SECRET, body, int(time.time()))
        headers = {"Content-Type": "application/json", HEADER: signature}
        return await client.post("/api/shop/payments/test/events", content=body, headers=headers)

    return send
