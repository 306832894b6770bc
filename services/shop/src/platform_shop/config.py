"""Settings of shop, by the environment or its `.env`; the README lists every variable."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from platform_common.cookies import CookieSettings
from platform_common.listening import EVERY_ADDRESS
from platform_common.settings import HttpUrl, ServiceTokenKey
from platform_database import settings as common
from platform_database.settings import RoleName, Seconds

_CONFIG = SettingsConfigDict(
    env_prefix="shop_", env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
)

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class DatabaseSettings(common.DatabaseSettings):
    """How the service's own role reaches the database, and how long it waits there."""

    model_config = _CONFIG


class PaymentSettings(CookieSettings):
    """When payments are looked after, and how the test provider behaves."""

    model_config = _CONFIG

    # Signs the payment provider's events (HMAC-SHA-256).
    payment_webhook_secret: ServiceTokenKey
    # Where the test provider sends its word; by default straight to this process.
    payment_webhook_url: HttpUrl | None = None
    # A payment without a word from its provider is asked after, and in the end its order is cancelled.
    payment_poll_interval_seconds: Seconds = 20
    payment_timeout_seconds: Annotated[float, Field(gt=0, le=604800)] = 900
    payment_sweep_interval_seconds: Seconds = 5
    # The delay of the test provider for the token `slow`.
    test_payment_delay_seconds: Annotated[float, Field(ge=0, le=3600)] = 10

    @property
    def webhook_url(self) -> str:
        """Where the test provider sends its events."""
        if self.payment_webhook_url is not None:
            return self.payment_webhook_url
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", "", EVERY_ADDRESS} else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/api/shop/payments/test/events"


class CatalogueSettings(BaseSettings):
    """What the catalogue's lists and searches may cost."""

    model_config = _CONFIG

    # Every price is in this currency (ISO 4217), in its minor unit.
    currency: Currency = "KRW"
    catalogue_max_age_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    # Searches of a replica at the database at once, and as many lists: less than half of the pool each.
    catalogue_max_concurrent_searches: Annotated[int, Field(ge=1, le=100)] = 3
    # Statement timeout of lists and searches, which normally take a tenth of it at most.
    catalogue_statement_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 0.5


class UnpaidSettings(BaseSettings):
    """How much stock orders may reserve that are not paid yet."""

    model_config = _CONFIG

    # Signatures of anonymous visitors' carts, and hashes of the addresses that unpaid orders come from.
    cart_key: ServiceTokenKey
    unpaid_orders_per_member: Annotated[int, Field(ge=1, le=1000)] = 3
    unpaid_pieces_per_member: Annotated[int, Field(ge=1, le=100000)] = 100
    unpaid_orders_per_address: Annotated[int, Field(ge=1, le=100000)] = 30
    unpaid_pieces_per_address: Annotated[int, Field(ge=1, le=1000000)] = 300


class ShopSettings(DatabaseSettings, PaymentSettings, CatalogueSettings, UnpaidSettings, common.ApiSettings):
    """Settings of `shop serve`."""

    model_config = _CONFIG

    # An anonymous cart is deleted this long after its last change; one that was changed only once, much sooner.
    cart_retention_seconds: Annotated[int, Field(ge=86400, le=31536000)] = 2592000
    single_use_cart_retention_seconds: Annotated[int, Field(ge=86400, le=31536000)] = 259200
    # New anonymous carts of one address in ten minutes, in each replica.
    new_carts_per_address: Annotated[int, Field(ge=1, le=100000)] = 30


class MigrationSettings(common.MigrationSettings):
    """Settings of `shop migrate`: the owner's URL, which the running service never has."""

    model_config = _CONFIG

    app_role: RoleName = "shop_app"
