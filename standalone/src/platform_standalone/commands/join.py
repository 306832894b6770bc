"""`member-platform join` and `member-platform leave`: another team's service behind the platform."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from platform_routes.model import Route
from platform_standalone.client import follow_joined, status
from platform_standalone.errors import PlatformError
from platform_standalone.joining.manifest import JoinedService, parse
from platform_standalone.joining.probe import accepts_connections
from platform_standalone.joining.registry import Registry
from platform_standalone.state import StateFolder

# A service may have been started just before the command.
START_SECONDS = 5.0


def join(checkout: Path, state: StateFolder, file: str) -> int:
    """Register the service of a manifest, or replace it, now and for every later start. Raises PlatformError."""
    if not file:
        raise PlatformError("Name the service's manifest: make join FILE=examples/notes/service.yaml.")
    state.create()
    registry = Registry(checkout, state.joined)
    with registry.locked():
        service, text = registry.read(Path(file))
        closing = service.name if _row(registry, service.name) not in {None, service.row} else ""
        served = _change(registry, state, service.name, text, closing)
    if not served:
        print(f"{service.name} is registered. Start the platform with make up.")
        return 0
    print(_joined(service, status(state)["url"]))
    if not accepts_connections(service, START_SECONDS):
        print(f"Nothing accepts connections at {service.url} yet; start the service.")
    return 0


def leave(checkout: Path, state: StateFolder, name: str) -> int:
    """Remove a registered service. Raises PlatformError."""
    registry = Registry(checkout, state.joined)
    known = registry.names()
    if name not in known:
        present = f"there is: {', '.join(known)}" if known else "no service has joined"
        raise PlatformError(f"No joined service is named {name!r}; {present} (make leave SERVICE=<name>).")
    with registry.locked():
        _change(registry, state, name, None, closing=name)
    print(f"{name} has left; its paths are the platform's again.")
    return 0


def _change(registry: Registry, state: StateFolder, name: str, text: str | None, closing: str) -> bool:
    """Store a manifest and apply it to the running platform; undo it if rejected. Return False if none runs."""
    before = registry.text(name)
    registry.store(name, text)
    try:
        return follow_joined(state, closing)
    except PlatformError:
        registry.store(name, before)
        with suppress(PlatformError):
            follow_joined(state, name)
        raise


def _row(registry: Registry, name: str) -> Route | None:
    """Return the edge's checks of a registered service, None if there is no such service."""
    text = registry.text(name)
    try:
        return parse(text, name).row if text is not None else None
    except PlatformError:
        return None


def _joined(service: JoinedService, url: str) -> str:
    paths = ", ".join(f"{url}{path.path}" for path in service.row.paths)
    return f"{service.name} has joined: {paths} → {service.url} ({service.row.auth})."
