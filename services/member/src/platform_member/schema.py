"""The tables that this code needs."""

from __future__ import annotations

from pathlib import Path

from platform_database.schema import Schema

SCHEMA = Schema(service="member", migrations=Path(__file__).with_name("migrations"), revision="0006")
