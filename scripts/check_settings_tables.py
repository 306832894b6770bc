"""Check that the tables of settings in the READMEs have every variable of the code, no other one, and its default."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from limits import RateLimitItem, parse
from pydantic_settings import BaseSettings

from platform_auth.config import AuthSettings
from platform_member.config import AdminSettings, MailWorkerSettings, MemberSettings
from platform_member.config import MigrationSettings as MemberMigrationSettings
from platform_operator.config import OperatorSettings
from platform_shop.config import MigrationSettings as ShopMigrationSettings
from platform_shop.config import ShopSettings
from platform_standalone.ports import NAMES, variable
from platform_standalone.setting_names import SETTINGS
from platform_web.config import WebSettings

ROOT = Path(__file__).resolve().parent.parent
SERVICES = {
    "auth": [AuthSettings],
    "member": [MemberSettings, MailWorkerSettings, MemberMigrationSettings, AdminSettings],
    "operator": [OperatorSettings],
    "shop": [ShopSettings, ShopMigrationSettings],
    "web": [WebSettings],
}
NAME = re.compile(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`")
# What a table says of a required variable, and of one whose default cannot be written down.
REQUIRED = {"\u2013", "required"}
DESCRIBED = {"none", "derived", "the host name", "this process"}


def documented(readme: Path) -> Iterator[tuple[str, str | None]]:
    """Yield each variable of the table of settings with its default, None if a cell does not state one per variable."""
    section = readme.read_text().split("\n## Settings\n", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("|")]
    column = rows[0].index("default")
    for row in rows[2:]:
        names = NAME.findall(row[0])
        defaults = [value.strip() for value in row[column].split(", ")]
        for number, name in enumerate(names):
            yield name, row[column] if len(names) == 1 else defaults[number] if len(defaults) == len(names) else None


def expected(classes: Iterable[type[BaseSettings]]) -> dict[str, Any]:
    """Return each variable of the settings with its field."""
    return {
        f"{settings.model_config['env_prefix']}{name}".upper(): field
        for settings in classes
        for name, field in settings.model_fields.items()
    }


def is_default(written: str, field: Any) -> bool:
    """Return whether a table's cell states the default of a field."""
    value = written.partition(" (")[0].partition(":")[0].strip("` ")
    if field.is_required():
        return value in REQUIRED
    if value in DESCRIBED | REQUIRED:
        return field.default_factory is not None or field.default in {None, "", 0}
    if isinstance(field.default, bool):
        return value == str(field.default).lower()
    if isinstance(field.default, RateLimitItem):
        return parse(value) == field.default
    if isinstance(field.default, int | float):
        return float(value.replace(",", "")) == field.default
    return value == str(field.default)


def faults(service: str) -> Iterator[str]:
    """Yield what is wrong with the table of a service."""
    readme = ROOT / "services" / service / "README.md"
    fields = expected(SERVICES[service])
    table = dict(documented(readme))
    for name in sorted(fields.keys() - table.keys()):
        yield f"services/{service}/README.md lacks {name}"
    for name in sorted(table.keys() - fields.keys()):
        yield f"services/{service}/README.md describes {name}, which is no setting"
    for name, written in table.items():
        if name in fields and written is not None and not is_default(written, fields[name]):
            default = "required" if fields[name].is_required() else repr(fields[name].default)
            yield f"services/{service}/README.md has the default {written} of {name}; it is {default}"


def standalone_faults() -> Iterator[str]:
    """Yield the settings of `make up` that standalone's table lacks."""
    names = {name for name, _ in documented(ROOT / "standalone/README.md")} | {"PORT"}
    for name in sorted({*SETTINGS, *map(variable, NAMES)} - names):
        yield f"standalone/README.md lacks {name}"


def main() -> int:
    """Print each fault; return 1 if there is one."""
    found = [fault for service in SERVICES for fault in faults(service)] + [*standalone_faults()]
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
