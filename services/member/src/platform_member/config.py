"""Settings of member, by the environment or its `.env`; the README lists every variable."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from platform_common.email_address import Email
from platform_common.settings import SERVICE_TOKEN_KEY_MIN_BYTES, HttpUrl, ServiceSettings, ServiceTokenKey
from platform_database import settings as common
from platform_database.settings import RoleName
from platform_member.capacity import MAX_WORKERS, default_hash_workers

_MIN_MEMORY_KIB = 19456
# A domain name in ASCII; not an address, whose last label is a number.
_DOMAIN = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"
_ORIGIN = r"https?://[a-z0-9.-]+(:[0-9]+)?"
_CONFIG = SettingsConfigDict(
    env_prefix="member_", env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
)


class DatabaseSettings(common.DatabaseSettings):
    """How the service's own role reaches the database, and how long it waits there."""

    model_config = _CONFIG


def _hash_workers(earlier: dict[str, Any]) -> int:
    return default_hash_workers(earlier.get("argon2_memory_kib", _MIN_MEMORY_KIB))


class CredentialSettings(BaseSettings):
    """Cost of a password hash, and how many may wait. The lower bounds are OWASP's for argon2id."""

    model_config = _CONFIG

    argon2_memory_kib: Annotated[int, Field(ge=_MIN_MEMORY_KIB, le=1048576)] = _MIN_MEMORY_KIB
    argon2_time_cost: Annotated[int, Field(ge=2, le=20)] = 2
    argon2_parallelism: Annotated[int, Field(ge=1, le=16)] = 1
    password_hash_workers: Annotated[int, Field(ge=1, le=MAX_WORKERS)] = Field(default_factory=_hash_workers)
    # How many may wait for a worker before more are refused with 503.
    password_hash_queue_size: Annotated[int, Field(ge=0, le=10000)] = 32
    # Its words make no password.
    product_name: str = "Member Platform"


def _each_long_enough(keys: SecretStr) -> SecretStr:
    for key in _separate(keys):
        if len(key.encode()) < SERVICE_TOKEN_KEY_MIN_BYTES:
            raise ValueError(f"must be keys of at least {SERVICE_TOKEN_KEY_MIN_BYTES} bytes, separated by commas")
    return keys


def _separate(keys: SecretStr) -> list[str]:
    return [key.strip() for key in keys.get_secret_value().split(",")]


FactorKeys = Annotated[SecretStr, AfterValidator(_each_long_enough)]


class FactorSettings(DatabaseSettings):
    """Settings of second factors."""

    model_config = _CONFIG

    # The first key encrypts the secrets of authenticator apps, each decrypts.
    factor_keys: FactorKeys

    @property
    def factor_key_list(self) -> list[str]:
        """The keys, the current one first."""
        return _separate(self.factor_keys)


def _is_domain(host: str) -> bool:
    return re.fullmatch(_DOMAIN, host) is not None


def _origin_of(url: str | None) -> str:
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc.lower()}" if parts.hostname else ""


class PasskeySettings(BaseSettings):
    """Settings of passkeys; they are off where neither the public URL nor the RP id is a domain name."""

    model_config = _CONFIG

    # The platform's public URL.
    public_url: HttpUrl | None = None
    # The domain that passkeys belong to: the public URL's host or a domain above it. Changing it disables all passkeys.
    passkey_rp_id: Annotated[str, Field(max_length=253, pattern=_DOMAIN)] | None = None
    # The origins whose pages may use them, separated by commas.
    passkey_origins: str | None = None

    @property
    def relying_party(self) -> tuple[str, tuple[str, ...]] | None:
        """The RP id and the origins, or None where passkeys are off."""
        host = (urlsplit(self.public_url or "").hostname or "").lower()
        rp_id = self.passkey_rp_id or (host if _is_domain(host) else None)
        origins = tuple(filter(None, map(str.strip, (self.passkey_origins or _origin_of(self.public_url)).split(","))))
        return (rp_id, origins) if rp_id and origins else None

    @model_validator(mode="after")
    def _origins_are_of_the_domain(self) -> Self:
        rp_id, origins = self.relying_party or ("", ())
        for origin in origins:
            host = urlsplit(origin).hostname or ""
            if not re.fullmatch(_ORIGIN, origin) or not f".{host}".endswith(f".{rp_id}"):
                raise ValueError(
                    f"MEMBER_PASSKEY_ORIGINS must be origins such as https://{rp_id}, of MEMBER_PASSKEY_RP_ID's domain"
                )
        return self


class MemberSettings(FactorSettings, PasskeySettings, CredentialSettings, common.ApiSettings):
    """Settings of `member serve`."""

    model_config = _CONFIG

    # Where shop listens, if this platform has it: it erases deleted members.
    shop_url: HttpUrl | None = None
    # How recent a log-in must be before a member changes its own e-mail address or deletes its account (ASVS 7.5.1).
    reauthentication_max_age_seconds: Annotated[int, Field(ge=60, le=86400)] = 900
    # Whether mails are written for the mail worker; what needs them is off otherwise.
    mail_enabled: bool = False


class SmtpSecurity(StrEnum):
    """How the connection to the mail server is encrypted. There is no fallback to a weaker one."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


# One line of visible text, for headers and pages.
Line = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]+$")]


class MailWorkerSettings(DatabaseSettings, ServiceSettings):
    """Settings of `member mail-worker`; it alone knows the mail server."""

    model_config = _CONFIG

    # The same as in `member serve`: links and codes in mails are derived from it.
    fingerprint_key: ServiceTokenKey
    # The platform's public URL, for links in mails.
    public_url: HttpUrl
    smtp_host: Annotated[str, Field(min_length=1, max_length=253)]
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_security: SmtpSecurity = SmtpSecurity.STARTTLS
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    # For each step of the conversation with the server.
    smtp_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 20
    mail_poll_interval_seconds: Annotated[float, Field(gt=0, le=60)] = 1
    mail_sender: Email
    # What recipients see as the sender; the site's name unless given.
    mail_sender_name: Line | None = None
    mail_reply_to: Email | None = None
    mail_site_name: Line = "Haru"
    mail_color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#1f5f4a"
    # At the end of every mail, such as the company's legal details; may have several lines.
    mail_footer: Annotated[str, Field(max_length=2000)] = ""

    @model_validator(mode="after")
    def _password_is_encrypted(self) -> Self:
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("MEMBER_SMTP_USERNAME and MEMBER_SMTP_PASSWORD must be set together")
        if self.smtp_password is not None and self.smtp_security is SmtpSecurity.NONE:
            raise ValueError(
                "MEMBER_SMTP_PASSWORD must not be sent unencrypted: set MEMBER_SMTP_SECURITY to starttls or tls"
            )
        return self


class MigrationSettings(common.MigrationSettings):
    """Settings of `member migrate`: the owner's URL, which the running service never has."""

    model_config = _CONFIG

    app_role: RoleName = "member_app"


class AdminSettings(DatabaseSettings, CredentialSettings):
    """Settings of `member create-admin`; the password may come from standard input instead."""

    model_config = _CONFIG

    admin_email: str | None = None
    admin_password: SecretStr | None = None
