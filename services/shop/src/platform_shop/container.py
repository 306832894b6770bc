"""The services of a running shop, created in one place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx2
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from platform_common.internal_http import internal_client
from platform_common.tokens.access import AccessTokenVerifier
from platform_common.tokens.service import ServiceTokenVerifier
from platform_database.access_tokens import make_access_token_verifier
from platform_database.engine import make_engine
from platform_database.idempotency.store import IdempotencyStore
from platform_database.outbox.service import Outbox
from platform_shop.cart.creation import CartCreation
from platform_shop.cart.service import Carts
from platform_shop.cart.tokens import CartTokens
from platform_shop.catalogue.search import SERVER_OPTIONS
from platform_shop.catalogue.service import Catalogue
from platform_shop.config import ShopSettings
from platform_shop.erasure import Erasure
from platform_shop.orders.payment_reconciler import PaymentReconciler
from platform_shop.orders.payments import OrderPayments
from platform_shop.orders.service import Orders
from platform_shop.orders.unpaid import UnpaidLimits
from platform_shop.payments.delivery import ProviderDelivery
from platform_shop.payments.fake_provider import FakeProvider
from platform_shop.payments.provider import PaymentProvider
from platform_shop.payments.topics import PUBLISHER

SERVICE = "shop"
# Services that may call /internal; each endpoint restricts them further.
INTERNAL_CALLERS = frozenset({"member"})
# How long the test provider waits for its event to be accepted (seconds).
WEBHOOK_SECONDS = 5.0


@dataclass(frozen=True)
class Services:
    """The services; endpoints reach them through `platform_shop.api.dependencies`."""

    settings: ShopSettings
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    catalogue: Catalogue
    carts: Carts
    cart_tokens: CartTokens
    orders: Orders
    payments: OrderPayments
    providers: Mapping[str, PaymentProvider]
    reconciler: PaymentReconciler
    erasure: Erasure
    idempotency: IdempotencyStore
    outbox: Outbox
    access_tokens: AccessTokenVerifier
    service_tokens: ServiceTokenVerifier


@asynccontextmanager
async def lifespan_services(
    settings: ShopSettings,
    transport: httpx2.AsyncBaseTransport | None = None,
    providers_transport: httpx2.AsyncBaseTransport | None = None,
) -> AsyncIterator[Services]:
    """Create the services, and close them at the end.

    In tests `transport` plays auth, and `providers_transport` is the test provider's way to our own webhook.
    """
    async with AsyncExitStack() as stack:
        engine = make_engine(settings, SERVER_OPTIONS)
        stack.push_async_callback(engine.dispose)
        keys = await stack.enter_async_context(internal_client(settings.auth_url, transport=transport))
        sessions = async_sessionmaker(engine, expire_on_commit=False)
        provider = FakeProvider(
            await stack.enter_async_context(
                httpx2.AsyncClient(timeout=WEBHOOK_SECONDS, trust_env=False, transport=providers_transport)
            ),
            settings.webhook_url,
            settings.payment_webhook_secret,
            settings.test_payment_delay_seconds,
        )
        stack.push_async_callback(provider.close)
        providers: dict[str, PaymentProvider] = {provider.name: provider}
        payments = OrderPayments(settings)
        idempotency = IdempotencyStore(timedelta(seconds=settings.idempotency_retention_seconds))
        outbox = Outbox(sessions, [ProviderDelivery(sessions, providers)], PUBLISHER)
        yield Services(
            settings=settings,
            engine=engine,
            sessions=sessions,
            catalogue=Catalogue(settings),
            carts=Carts(settings.currency, CartCreation(settings.new_carts_per_address)),
            cart_tokens=CartTokens(settings.cart_key),
            orders=Orders(payments, UnpaidLimits(settings), settings.currency),
            payments=payments,
            providers=providers,
            reconciler=PaymentReconciler(sessions, payments, providers, outbox, settings.payment_poll_interval_seconds),
            erasure=Erasure(idempotency),
            idempotency=idempotency,
            outbox=outbox,
            access_tokens=make_access_token_verifier(keys, settings),
            service_tokens=ServiceTokenVerifier(
                SERVICE, settings.service_token_key.get_secret_value(), INTERNAL_CALLERS
            ),
        )
