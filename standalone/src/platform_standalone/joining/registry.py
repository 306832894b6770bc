"""The joined services of a state folder: one manifest per file, used at every start."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platform_routes.table import RouteTable, load_table
from platform_standalone.errors import PlatformError
from platform_standalone.joining.manifest import JoinedService, parse
from platform_standalone.joining.rules import check, reserved_paths
from platform_standalone.nginx.program import replace

ROUTE_TABLE = Path("charts/member-platform/values.yaml")
SERVICES = frozenset({"member", "auth", "shop", "web"})


def platform_table(checkout: Path) -> RouteTable:
    """Return the platform's own routes. Raises RouteTableError."""
    return load_table(checkout / ROUTE_TABLE, services=SERVICES)


@dataclass(frozen=True)
class Registered:
    """The services that can be served, and the reason why others cannot, by name."""

    services: Mapping[str, JoinedService]
    faults: Mapping[str, str]


class Registry:
    """The manifests in a folder (0700), for the platform of a checkout."""

    def __init__(self, checkout: Path, folder: Path) -> None:
        self._checkout = checkout
        self._folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other commands from changing the folder meanwhile."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def load(self) -> Registered:
        """Read every manifest. One that has become wrong, by a new version of the platform, is a fault of its own."""
        services: dict[str, JoinedService] = {}
        faults: dict[str, str] = {}
        for file in sorted(self._folder.glob("*.yaml")):
            try:
                service = parse(file.read_text(encoding="utf-8"), str(file))
                self._check(service, services)
                service.entry()
                services[service.name] = service
            except (PlatformError, OSError, UnicodeDecodeError) as error:
                faults[file.stem] = str(error)
        return Registered(services, faults)

    def read(self, file: Path) -> tuple[JoinedService, str]:
        """Read and check a manifest to be added; return it with its text. Raises PlatformError."""
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            raise PlatformError(f"{file} cannot be read ({error.strerror}); name a manifest: FILE=…") from None
        except UnicodeDecodeError:
            raise PlatformError(f"{file} is not UTF-8 text; name a manifest: make join FILE=…") from None
        service = parse(text, str(file))
        self._check(service, self.load().services)
        service.entry()
        return service, text

    def text(self, name: str) -> str | None:
        """Return the stored manifest of `name`, or None."""
        file = self._file(name)
        return file.read_text(encoding="utf-8") if file.is_file() else None

    def store(self, name: str, text: str | None) -> None:
        """Keep `text` as the manifest of `name`; None removes it."""
        if text is None:
            self._file(name).unlink(missing_ok=True)
        else:
            replace(self._file(name), text)

    def names(self) -> list[str]:
        """Return the names of all stored manifests."""
        return sorted(file.stem for file in self._folder.glob("*.yaml"))

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.yaml"

    def _check(self, service: JoinedService, present: Mapping[str, JoinedService]) -> None:
        others = [other for other in present.values() if other.name != service.name]
        reserved = reserved_paths(self._checkout / ROUTE_TABLE)
        check(service, platform_table(self._checkout), reserved, others)
