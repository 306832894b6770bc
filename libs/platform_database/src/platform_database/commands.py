"""The commands that every service with tables has. Servers' modules are imported after the settings were read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from platform_common.settings import exit_with_error
from platform_database.settings import ApiSettings, MigrationSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from platform_common.health import Health
    from platform_database.schema import Schema

S = TypeVar("S", bound=ApiSettings)


def run_server(settings: S, schema: Schema, make_app: Callable[[S], tuple[FastAPI, Health]]) -> None:
    """Serve the API until a signal, once the database has the tables of `schema`."""
    from platform_common.serving import serve
    from platform_database.start import wait_for_database

    app, health = make_app(settings)
    serve(schema.service, settings, app, health, lambda: wait_for_database(settings, schema))


def run_migrations(settings: MigrationSettings, schema: Schema) -> None:
    """Migrate the database to the revision of `schema`, and print the revisions before and after as JSON."""
    from platform_database.migrate import migrate

    with startup_errors():
        before, after = migrate(settings, schema)
    print_json({"before": before, "after": after})


@contextmanager
def startup_errors() -> Iterator[None]:
    """End the process with one sentence when the block raises StartupError."""
    from platform_common.serving import StartupError

    try:
        yield
    except StartupError as error:
        exit_with_error(str(error))


def print_json(document: dict[str, object]) -> None:
    """Print a command's result on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
