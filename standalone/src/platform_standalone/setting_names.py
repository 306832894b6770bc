"""The names of the settings of `make up`: which variables are misspelt, and which belong to other programs.

The environment is shared with everything else on the machine, so a name is only refused if it resembles a setting.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping
from functools import cache

from platform_common.settings import is_service_link, known_variables
from platform_standalone.errors import PlatformError
from platform_standalone.ports import NAMES, variable

SETTINGS = (
    *("ADMIN_EMAIL", "CORS_ORIGINS", "DEMO_DATA", "EDGE_HOST", "PLATFORM_STATE", "PUBLIC_URL", "TRUSTED_PROXIES"),
    *("VALKEY_MAXMEMORY", "VALKEY_IDEMPOTENCY_MAXMEMORY"),
)
_EDGE_PORT = variable("edge")
_PORTS = tuple(variable(name) for name in NAMES if name != "edge")
_SERVICES = ("member", "auth", "shop", "web")
# What begins with one of these is meant for a component. POSTGRES_ and SMTP_ are missing: other programs use them.
_PREFIXES = (*(f"{service.upper()}_" for service in _SERVICES), "EDGE_", "GATEWAY_", "MAILBOX_", "VALKEY_")

# Enough for a missing or a wrong letter; other programs' variables differ in more. Many have one for a port.
_LIKENESS = 0.85
_PORT_LIKENESS = 0.94


def check_names(environment: Mapping[str, str]) -> None:
    """Raise PlatformError if the name of a variable resembles a setting."""
    for name in sorted(_strange(environment)):
        if setting := meant(name):
            raise PlatformError(f"{name} is not a setting (did you mean {setting}?).")


def without_effect(environment: Mapping[str, str]) -> list[str]:
    """Return the variables that are named after a component, but are not settings."""
    return [name for name in sorted(_strange(environment)) if name.startswith(_PREFIXES)]


def of_service(service: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for `service`; those that only share its prefix belong to other programs.

    A misspelt one is included, so that the service refuses it.
    """
    prefix = f"{service.upper()}_"
    strange = _strange(environment)
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(prefix) and (name not in strange or meant(name))
    }


def meant(name: str) -> str | None:
    """Return the setting that the variable `name` resembles."""
    if name == "EDGE_PORT":
        return _EDGE_PORT
    if service := _service_of(name):
        # The common prefix would make any two names alike.
        prefix = f"{service.upper()}_"
        rests = (setting.removeprefix(prefix) for setting in _settings_of(service))
        if rest := _closest(name.removeprefix(prefix), rests, _LIKENESS):
            return prefix + rest
    # PORT0 and PORT1 are what schedulers set.
    short = (_EDGE_PORT,) if name.isalpha() else ()
    return _closest(name, (*SETTINGS, *short), _LIKENESS) or _closest(name, _PORTS, _PORT_LIKENESS)


def _closest(name: str, settings: Iterable[str], likeness: float) -> str | None:
    candidates = tuple(settings)
    for setting in candidates:
        if sorted(setting) == sorted(name):
            return setting
    return next(iter(difflib.get_close_matches(name, candidates, n=1, cutoff=likeness)), None)


def _strange(environment: Mapping[str, str]) -> set[str]:
    """Return the variables that are not settings."""
    known = {*SETTINGS, *_PORTS, _EDGE_PORT}
    return {
        name
        for name, value in environment.items()
        if name not in known and not is_service_link(name, value) and not _is_of_service(name)
    }


def _is_of_service(name: str) -> bool:
    service = _service_of(name)
    return service is not None and name in _settings_of(service)


def _service_of(name: str) -> str | None:
    return next((service for service in _SERVICES if name.startswith(f"{service.upper()}_")), None)


@cache
def _settings_of(service: str) -> frozenset[str]:
    """Return the variables of `service`; its module is imported only if one of them may be set."""
    importlib.import_module(f"platform_{service}.config")
    return frozenset(known_variables(f"{service.upper()}_"))
