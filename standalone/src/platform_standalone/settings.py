"""The settings of all components: issuer, audience, addresses and secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from platform_common.email_address import normalize_email
from platform_standalone.credentials import Credentials
from platform_standalone.database import MEMBER, SHOP
from platform_standalone.errors import PlatformError
from platform_standalone.nginx.edge import ORIGIN_PATTERN
from platform_standalone.ports import LOOPBACK, Ports
from platform_standalone.setting_names import check_names, of_service, without_effect
from platform_standalone.state import StateFolder

# The same whatever the port, so that tokens outlive a move to another.
TOKEN_ISSUER = "https://member-platform.internal"  # noqa: S105 (a name)
TOKEN_AUDIENCE = "member-platform"  # noqa: S105 (a name)

# A Valkey that is full refuses writes; without a limit the machine would run out of memory instead.
DEFAULT_MAXMEMORY = "256mb"
_MEMORY = re.compile(r"([1-9][0-9]*)([kmg])b", re.IGNORECASE)
_UNITS = {"k": 2**10, "m": 2**20, "g": 2**30}
# Less than an empty Valkey itself needs, and every write fails.
_MIN_MEMORY = 16 * 2**20

ADMINISTRATOR_EMAIL = "admin@example.com"

# The variables that components inherit from the environment of `make up`.
_INHERITED = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "LD_LIBRARY_PATH")


_SHARED_ADDRESS = (
    "PUBLIC_URL is https but TRUSTED_PROXIES is not set: all visitors share the address of the proxy, so throttling of "
    "one locks out all. Set TRUSTED_PROXIES to the proxy's address."
)

_YES = frozenset({"", "1", "yes", "on", "true"})
_NO = frozenset({"0", "no", "off", "false"})


def check_environment(environment: Mapping[str, str]) -> None:
    """Raise PlatformError if a variable of `make up` has an invalid value or a misspelt name."""
    check_names(environment)
    if (public_url := environment.get("PUBLIC_URL", "")) and not _is_origin(public_url):
        raise PlatformError(f"PUBLIC_URL is {public_url!r}; it must be https://<host>, without a path.")
    if environment.get("DEMO_DATA", "").lower() not in _YES | _NO:
        raise PlatformError(f"DEMO_DATA is {environment['DEMO_DATA']!r}; it must be yes or no.")
    trusted_proxies(environment)
    cors_origins(environment)
    if email := environment.get("ADMIN_EMAIL", ""):
        try:
            normalize_email(email)
        except ValueError as error:
            raise PlatformError(f"ADMIN_EMAIL is {email!r}: {error}") from None


def trusted_proxies(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the networks of TRUSTED_PROXIES: whose X-Forwarded-For and X-Forwarded-Proto the edge uses."""
    return tuple(_network(item) for item in _listed(environment, "TRUSTED_PROXIES"))


def _network(text: str) -> str:
    try:
        network = ip_network(text)
    except ValueError:
        raise PlatformError(
            f"TRUSTED_PROXIES has {text!r}; it must be addresses or networks, as in 10.0.0.5,192.168.0.0/16."
        ) from None
    if network.prefixlen == 0:
        raise PlatformError(
            f"TRUSTED_PROXIES has {text!r}, which trusts every client to name its own address; list only your proxies."
        )
    return str(network)


def cors_origins(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the origins of CORS_ORIGINS: whose scripts may call the API."""
    return tuple(_origin(item.lower()) for item in _listed(environment, "CORS_ORIGINS"))


def _origin(text: str) -> str:
    if not re.fullmatch(ORIGIN_PATTERN, text):
        raise PlatformError(f"CORS_ORIGINS has {text!r}; it must be exact origins, as in https://app.example.")
    return text


def _listed(environment: Mapping[str, str], name: str) -> list[str]:
    return [item.strip() for item in environment.get(name, "").split(",") if item.strip()]


def warnings(environment: Mapping[str, str]) -> list[str]:
    """Return warnings about valid but probably mistaken settings, one sentence each."""
    found = [f"{name} is not a setting of the platform; it has no effect." for name in without_effect(environment)]
    if environment.get("PUBLIC_URL", "").startswith("https:") and not trusted_proxies(environment):
        found.append(_SHARED_ADDRESS)
    return found


def _is_origin(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    rest = parts.path.rstrip("/") or parts.query or parts.fragment or parts.username
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not rest


@dataclass(frozen=True)
class PlatformSettings:
    """All settings of a platform on one machine."""

    checkout: Path
    state: StateFolder
    ports: Ports
    edge_host: str
    credentials: Credentials
    # The caller's environment: MEMBER_…, AUTH_…, SHOP_… and WEB_… in it tune the services.
    caller: Mapping[str, str]

    @property
    def edge_url(self) -> str:
        """The URL for clients on this machine."""
        host = LOOPBACK if self.edge_host in {"0.0.0.0", "::", "*"} else self.edge_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.ports.edge}"

    @property
    def public_url(self) -> str:
        """Where visitors go: the edge itself, unless something in front of it has a name and TLS."""
        return self.caller.get("PUBLIC_URL") or self.edge_url

    @property
    def insecure_cookies(self) -> bool:
        """Return whether cookies lack `Secure`, which browsers need over plain HTTP; on this machine only."""
        return self.public_url.startswith("http:") and ip_address(self.edge_host).is_loopback

    @property
    def administrator_email(self) -> str:
        """The first administrator's e-mail address."""
        return self.caller.get("ADMIN_EMAIL") or ADMINISTRATOR_EMAIL

    def database_url(self, user: str, password: str, database: str) -> str:
        """Return the URL of `database` for `user`."""
        return f"postgresql://{user}:{password}@{LOOPBACK}:{self.ports.postgres}/{database}"

    @property
    def session_store_url(self) -> str:
        """The Valkey for sessions, for auth."""
        return f"redis://auth:{self.credentials.valkey_auth}@{LOOPBACK}:{self.ports.valkey}/1"

    @property
    def idempotency_store_url(self) -> str:
        """The Valkey for idempotency records, for the gateway."""
        return f"redis://gateway:{self.credentials.valkey_gateway}@{LOOPBACK}:{self.ports.valkey_idempotency}/0"

    def maxmemory(self, variable: str) -> str:
        """Return the limit of a Valkey's memory that `variable` sets. Raises PlatformError."""
        value = self.caller.get(variable) or DEFAULT_MAXMEMORY
        memory = _MEMORY.fullmatch(value)
        if not memory:
            raise PlatformError(f"{variable} is {value!r}; it must be a number with a unit, such as 256mb or 1gb.")
        if int(memory[1]) * _UNITS[memory[2].lower()] < _MIN_MEMORY:
            raise PlatformError(f"{variable} is {value!r}; it must be at least 16mb, or the store rejects every write.")
        return value

    def member_environment(self) -> dict[str, str]:
        """The member service's environment; without the owner's URL, which only migrations get."""
        return (
            self._passkey_environment()
            | self._service("MEMBER")
            | {
                "MEMBER_PUBLIC_URL": self.public_url,
                "MEMBER_DATABASE_URL": self.database_url(MEMBER.app, self.credentials.member_app, MEMBER.name),
                "MEMBER_AUTH_URL": f"http://{LOOPBACK}:{self.ports.auth}",
                "MEMBER_SHOP_URL": f"http://{LOOPBACK}:{self.ports.shop}",
                "MEMBER_FINGERPRINT_KEY": self.credentials.member_fingerprint_key,
                "MEMBER_MAIL_ENABLED": "true",
                "MEMBER_FACTOR_KEYS": self.credentials.member_factor_key,
                "MEMBER_PORT": str(self.ports.member),
                "MEMBER_METRICS_PORT": str(self.ports.member_metrics),
            }
        )

    def _passkey_environment(self) -> dict[str, str]:
        # Browsers offer passkeys for domain names alone; on this machine, the edge has one that they take.
        parts = urlsplit(self.public_url)
        if parts.hostname != LOOPBACK:
            return {}
        origin = f"{parts.scheme}://{parts.netloc.replace(LOOPBACK, 'localhost')}"
        return {"MEMBER_PASSKEY_RP_ID": "localhost", "MEMBER_PASSKEY_ORIGINS": origin}

    @property
    def has_mailbox(self) -> bool:
        """Whether mails stay in the mailbox of this machine: unless the caller names a mail server."""
        return not self.caller.get("MEMBER_SMTP_HOST")

    @property
    def mailbox_url(self) -> str | None:
        """Where the mails are read, if they stay on this machine."""
        return f"http://{LOOPBACK}:{self.ports.mailbox}" if self.has_mailbox else None

    def mail_worker_environment(self) -> dict[str, str]:
        """The mail worker's environment; it gets no key of the services."""
        environment = self.member_environment() | {
            "MEMBER_PORT": str(self.ports.mail_worker),
            "MEMBER_METRICS_PORT": str(self.ports.mail_worker_metrics),
        }
        if self.has_mailbox:
            environment |= {
                "MEMBER_SMTP_HOST": LOOPBACK,
                "MEMBER_SMTP_PORT": str(self.ports.smtp),
                "MEMBER_SMTP_SECURITY": "none",
            }
            environment.setdefault("MEMBER_MAIL_SENDER", "no-reply@member-platform.internal")
        del environment["MEMBER_SERVICE_TOKEN_KEY"]
        return environment

    def member_migration_environment(self) -> dict[str, str]:
        """The environment of `member migrate`."""
        return self.member_environment() | {"MEMBER_MIGRATION_DATABASE_URL": self.member_owner_url}

    @property
    def member_owner_url(self) -> str:
        """The member database, for the role that owns it."""
        return self.database_url(MEMBER.owner, self.credentials.member_owner, MEMBER.name)

    def shop_environment(self) -> dict[str, str]:
        """The shop service's environment; without the owner's URL, which only migrations get."""
        return (
            self._service("SHOP")
            | self._cookies("SHOP")
            | {
                "SHOP_DATABASE_URL": self.database_url(SHOP.app, self.credentials.shop_app, SHOP.name),
                "SHOP_AUTH_URL": f"http://{LOOPBACK}:{self.ports.auth}",
                "SHOP_FINGERPRINT_KEY": self.credentials.shop_fingerprint_key,
                "SHOP_CART_KEY": self.credentials.shop_cart_key,
                "SHOP_PAYMENT_WEBHOOK_SECRET": self.credentials.shop_payment_webhook_secret,
                "SHOP_PORT": str(self.ports.shop),
                "SHOP_METRICS_PORT": str(self.ports.shop_metrics),
            }
        )

    def shop_migration_environment(self) -> dict[str, str]:
        """The environment of `shop migrate`."""
        return self.shop_environment() | {"SHOP_MIGRATION_DATABASE_URL": self.shop_owner_url}

    @property
    def shop_owner_url(self) -> str:
        """The shop's database, for the role that owns it."""
        return self.database_url(SHOP.owner, self.credentials.shop_owner, SHOP.name)

    @property
    def demo_data(self) -> bool:
        """Whether the shop starts with sample products."""
        return self.caller.get("DEMO_DATA", "").lower() in _YES

    def auth_environment(self) -> dict[str, str]:
        """The auth service's environment."""
        return (
            self._service("AUTH")
            | self._cookies("AUTH")
            | {
                "AUTH_REDIS_URL": self.session_store_url,
                "AUTH_MEMBER_URL": f"http://{LOOPBACK}:{self.ports.member}",
                "AUTH_KEY_RING_DIR": str(self.state.keys),
                "AUTH_EDGE_HEADERS": "original",
                "AUTH_PORT": str(self.ports.auth),
                "AUTH_METRICS_PORT": str(self.ports.auth_metrics),
            }
        )

    def web_environment(self) -> dict[str, str]:
        """The web service's environment, which contains no secret."""
        environment = (
            self._service("WEB")
            | self._cookies("WEB")
            | {
                "WEB_MEMBER_URL": f"http://{LOOPBACK}:{self.ports.member}",
                "WEB_AUTH_URL": f"http://{LOOPBACK}:{self.ports.auth}",
                "WEB_SHOP_URL": f"http://{LOOPBACK}:{self.ports.shop}",
                "WEB_MAIL_ENABLED": "true",
                "WEB_PUBLIC_URL": self.public_url,
                "WEB_PORT": str(self.ports.web),
                "WEB_METRICS_PORT": str(self.ports.web_metrics),
            }
        )
        del environment["WEB_SERVICE_TOKEN_KEY"]
        return environment

    def gateway_environment(self) -> dict[str, str]:
        """The gateway's environment, to which its vault references refer."""
        return self.common_environment() | {
            "GATEWAY_REDIS_PASSWORD": self.credentials.valkey_gateway,
            "GATEWAY_FINGERPRINT_SECRET": self.credentials.gateway_fingerprint,
        }

    def _cookies(self, prefix: str) -> dict[str, str]:
        """The cookie settings of the services that read or set cookies."""
        return {f"{prefix}_INSECURE_COOKIES_FOR_LOCAL_DEVELOPMENT": str(self.insecure_cookies).lower()}

    def common_environment(self) -> dict[str, str]:
        """The environment of every component."""
        inherited = {name: self.caller[name] for name in _INHERITED if name in self.caller}
        # Debian keeps nginx and others where an ordinary user's PATH does not look.
        path = os.pathsep.join([inherited.get("PATH") or os.defpath, "/usr/local/sbin", "/usr/sbin", "/sbin"])
        return inherited | {"PATH": path, "PYTHONUNBUFFERED": "1"}

    def _service(self, prefix: str) -> dict[str, str]:
        common = {
            "TOKEN_ISSUER": TOKEN_ISSUER,
            "TOKEN_AUDIENCE": TOKEN_AUDIENCE,
            "SERVICE_TOKEN_KEY": self.credentials.service_token_key,
            "HOST": LOOPBACK,
            "FORWARDED_ALLOW_IPS": LOOPBACK,
        }
        tuned = of_service(prefix.lower(), self.caller)
        return self.common_environment() | tuned | {f"{prefix}_{name}": value for name, value in common.items()}
