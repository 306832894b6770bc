"""Settings from the environment (or the service's own `.env`), checked at start, with errors that name the variable."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

# Exit codes of a failed start: invalid settings; an unreachable dependency.
EXIT_SETTINGS = 2
EXIT_UNREACHABLE = 1

# HS256 keys shorter than the hash weaken it (RFC 7518, section 3.2).
SERVICE_TOKEN_KEY_MIN_BYTES = 32


# What Kubernetes sets for each Service of a namespace, unless a pod has `enableServiceLinks: false`: a Service named
# `member-platform-auth` gives `MEMBER_PLATFORM_AUTH_PORT=tcp://…`, `MEMBER_PLATFORM_AUTH_SERVICE_HOST` and others.
_SERVICE_LINK = re.compile(
    r".+_(SERVICE_(HOST|PORT)(_.+)?=.*|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?=.*|=(tcp|udp|sctp)://.*))"
)


def _checked_url(*schemes: str) -> AfterValidator:
    def check(secret: SecretStr) -> SecretStr:
        try:
            parts = urlsplit(secret.get_secret_value())
            _ = parts.port
        except ValueError:
            raise ValueError("is not a URL") from None
        if parts.scheme not in schemes:
            raise ValueError(f"must be a URL that starts with {' or '.join(s + '://' for s in schemes)}")
        if not parts.hostname and not parts.query:
            raise ValueError("has no host")
        return secret

    return AfterValidator(check)


def _plain_http_url(value: str) -> str:
    _checked_url("http", "https").func(SecretStr(value))  # type: ignore[call-arg]
    return value.rstrip("/")


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value().encode()) < SERVICE_TOKEN_KEY_MIN_BYTES:
        raise ValueError(f"must have at least {SERVICE_TOKEN_KEY_MIN_BYTES} bytes")
    return secret


# URLs that hold passwords are secrets: their values never show up in a repr, a log or an error.
DatabaseUrl = Annotated[SecretStr, _checked_url("postgresql", "postgresql+psycopg")]
RedisUrl = Annotated[SecretStr, _checked_url("redis", "rediss", "unix")]
HttpUrl = Annotated[str, AfterValidator(_plain_http_url)]
ServiceTokenKey = Annotated[SecretStr, AfterValidator(_long_enough)]
Port = Annotated[int, Field(ge=0, le=65535)]


class ServiceSettings(BaseSettings):
    """Settings of every service; a service's own class sets `env_prefix` and adds to it."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    # An address, or * for every IPv4 and IPv6 address.
    host: str = "127.0.0.1"
    port: Port
    metrics_port: Port = 0
    log_level: Annotated[str, Field(pattern="^(?i:debug|info|warning|error)$")] = "info"
    # Who may say what the client's address is (X-Forwarded-For): the gateway and web.
    forwarded_allow_ips: str = "127.0.0.1"
    # How long readiness fails before the listener closes, and how long requests in flight may take then (seconds).
    shutdown_delay_seconds: Annotated[float, Field(ge=0, le=300)] = 0
    graceful_shutdown_seconds: Annotated[int, Field(ge=1, le=300)] = 20


S = TypeVar("S", bound=BaseSettings)


def load_settings(kind: type[S], **given: Any) -> S:
    """Read `kind` from the environment, or exit with one sentence that names the invalid variables.

    A variable with the service's prefix that is no setting of the service is wrong as well: it is a misspelt one.
    """
    if unknown := unknown_variables(kind, os.environ):
        exit_with_error("Wrong settings: " + "; ".join(unknown) + ".", EXIT_SETTINGS)
    try:
        return kind(**given)
    except ValidationError as error:
        exit_with_error(settings_sentence(kind, error), EXIT_SETTINGS)


def unknown_variables(kind: type[BaseSettings], environment: Mapping[str, str]) -> list[str]:
    """Describe each variable of `environment` and of the service's `.env` that has its prefix but is not a setting."""
    prefix = _prefix(kind)
    given = {
        name.upper() for name, value in {**_dotenv(kind), **environment}.items() if not is_service_link(name, value)
    }
    known = known_variables(prefix)
    return [
        f"{name} is not a setting{_suggestion(name, known)}"
        for name in sorted(given - known)
        if prefix and name.startswith(prefix)
    ]


def is_service_link(name: str, value: str | None) -> bool:
    """Return whether Kubernetes sets the variable for a Service of the namespace."""
    return _SERVICE_LINK.fullmatch(f"{name.upper()}={value}") is not None


def known_variables(prefix: str) -> set[str]:
    """Return the variables of all loaded settings classes with `prefix`."""
    return {prefix + field.upper() for kind in _settings_of(prefix, BaseSettings) for field in kind.model_fields}


def _settings_of(prefix: str, base: type[BaseSettings]) -> Iterator[type[BaseSettings]]:
    """Yield every settings class with `prefix`: the commands of a service read one class each."""
    for settings in base.__subclasses__():
        if _prefix(settings) == prefix:
            yield settings
        yield from _settings_of(prefix, settings)


def _prefix(kind: type[BaseSettings]) -> str:
    return kind.model_config.get("env_prefix", "").upper()


def _dotenv(kind: type[BaseSettings]) -> Mapping[str, str | None]:
    path = kind.model_config.get("env_file")
    return dotenv_values(path) if isinstance(path, str) else {}


def _suggestion(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def settings_sentence(kind: type[BaseSettings], error: ValidationError) -> str:
    """Return a sentence with the invalid variables and the reasons, without their values."""
    prefix = kind.model_config.get("env_prefix", "")
    faults = []
    for item in error.errors(include_input=False, include_url=False):
        if item["type"] == "default_factory_not_called":
            continue  # follows from another fault
        variable = (prefix + "_".join(str(part) for part in item["loc"])).upper()
        reason = "is not set" if item["type"] == "missing" else item["msg"].removeprefix("Value error, ")
        faults.append(f"{variable} {reason[0].lower()}{reason[1:]}")
    return "Wrong settings: " + "; ".join(faults) + "."


def exit_with_error(sentence: str, code: int = EXIT_UNREACHABLE) -> NoReturn:
    """End a start: one sentence on standard error, and `code`."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 (the command's output)
    raise SystemExit(code)
