"""Settings of every service with tables; each service's own classes add its prefix."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from platform_common.settings import DatabaseUrl, HttpUrl, ServiceSettings, ServiceTokenKey

_CONFIG = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

Seconds = Annotated[float, Field(gt=0, le=600)]
RoleName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]


class DatabaseSettings(BaseSettings):
    """How the service's own role reaches the database, and how long it waits there."""

    model_config = _CONFIG

    database_url: DatabaseUrl
    database_pool_size: Annotated[int, Field(ge=1, le=200)] = 10
    # Timeouts of waiting for a connection of the pool, and of creating one.
    database_pool_timeout_seconds: Seconds = 5
    database_connect_timeout_seconds: Annotated[int, Field(ge=2, le=60)] = 3
    # Limits that the server enforces: of a statement, of waiting for a lock, of an idle transaction.
    database_statement_timeout_seconds: Seconds = 5
    database_lock_timeout_seconds: Seconds = 2
    database_idle_transaction_timeout_seconds: Seconds = 15


class ApiSettings(DatabaseSettings, ServiceSettings):
    """Settings of `<service> serve` that every service with tables has."""

    model_config = _CONFIG

    auth_url: HttpUrl
    token_issuer: Annotated[str, Field(min_length=1)]
    token_audience: Annotated[str, Field(min_length=1)]
    service_token_key: ServiceTokenKey
    # Key of request fingerprints: a stored fingerprint of a body with a password is no password hash.
    fingerprint_key: ServiceTokenKey
    idempotency_retention_seconds: Annotated[int, Field(ge=3600, le=2592000)] = 86400
    # Requests that take longer get 503.
    request_timeout_seconds: Seconds = 15
    max_body_bytes: Annotated[int, Field(ge=1024, le=1048576)] = 65536
    outbox_poll_interval_seconds: Seconds = 1
    purge_interval_seconds: Annotated[float, Field(gt=0, le=86400)] = 600


class MigrationSettings(BaseSettings):
    """Settings of `<service> migrate`: the owner's URL, which the running service never has."""

    model_config = _CONFIG

    migration_database_url: DatabaseUrl
    # The role that the running service connects as; it gets rows, never the shape of tables.
    app_role: RoleName
    migration_wait_seconds: Seconds = 30


def variable(settings: BaseSettings, field: str) -> str:
    """Return the environment variable of a field, for a sentence that names it."""
    return f"{settings.model_config.get('env_prefix', '')}{field}".upper()
