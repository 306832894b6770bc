"""Settings of member, by the environment or its `.env`; the README lists every variable."""

from __future__ import annotations

import os
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from platform_common.settings import DatabaseUrl, HttpUrl, ServiceSettings, ServiceTokenKey

_CONFIG = SettingsConfigDict(
    env_prefix="member_", env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
)

Seconds = Annotated[float, Field(gt=0, le=600)]
RoleName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]


class DatabaseSettings(BaseSettings):
    """How the service's own role reaches the database, and how long it waits there."""

    model_config = _CONFIG

    database_url: DatabaseUrl
    database_pool_size: Annotated[int, Field(ge=1, le=200)] = 10
    # How long a request waits for a connection of the pool, and for a new one to be made.
    database_pool_timeout_seconds: Seconds = 5
    database_connect_timeout_seconds: Annotated[int, Field(ge=2, le=60)] = 3
    # What the server itself ends: one statement, the wait for a lock, a transaction that does nothing.
    database_statement_timeout_seconds: Seconds = 5
    database_lock_timeout_seconds: Seconds = 2
    database_idle_transaction_timeout_seconds: Seconds = 15


class CredentialSettings(BaseSettings):
    """Cost of a password hash, and how many may wait. The lower bounds are OWASP's for argon2id."""

    model_config = _CONFIG

    argon2_memory_kib: Annotated[int, Field(ge=19456, le=1048576)] = 19456
    argon2_time_cost: Annotated[int, Field(ge=2, le=20)] = 2
    argon2_parallelism: Annotated[int, Field(ge=1, le=16)] = 1
    hash_workers: Annotated[int, Field(ge=1, le=64)] = Field(default_factory=lambda: os.cpu_count() or 1)
    # How many may wait for a worker before more are refused with 503.
    hash_queue: Annotated[int, Field(ge=0, le=10000)] = 32
    # Its words make no password.
    product_name: str = "Member Platform"


class MemberSettings(DatabaseSettings, CredentialSettings, ServiceSettings):
    """What `member serve` is told."""

    model_config = _CONFIG

    auth_url: HttpUrl
    token_issuer: Annotated[str, Field(min_length=1)]
    token_audience: Annotated[str, Field(min_length=1)]
    service_token_key: ServiceTokenKey
    # Keyed hashes of requests: a stored fingerprint of a body with a password is no password hash.
    fingerprint_key: ServiceTokenKey
    # How fresh a log-in must be before a member changes its own e-mail address (ASVS 7.5.1).
    reauthentication_seconds: Annotated[int, Field(ge=60, le=86400)] = 900
    idempotency_retention_hours: Annotated[int, Field(ge=1, le=720)] = 24
    # A request that takes longer is ended with 503.
    request_timeout_seconds: Seconds = 15
    max_body_bytes: Annotated[int, Field(ge=1024, le=1048576)] = 65536
    outbox_poll_seconds: Seconds = 1
    purge_interval_seconds: Annotated[float, Field(gt=0, le=86400)] = 600


class MigrationSettings(BaseSettings):
    """What `member migrate` is told: the owner's URL, which the running service never has."""

    model_config = _CONFIG

    migration_database_url: DatabaseUrl
    # The role that the running service connects as; it gets rows, never the shape of tables.
    app_role: RoleName = "member_app"
    migration_wait_seconds: Seconds = 30


class AdminSettings(DatabaseSettings, CredentialSettings):
    """What `member create-admin` is told, besides what stands in standard input."""

    model_config = _CONFIG

    admin_email: str | None = None
    admin_password: SecretStr | None = None
