"""The tables' common ground."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from platform_database.orm import NAMES


class Table(DeclarativeBase):
    """What every table's class inherits."""

    metadata = MetaData(naming_convention=NAMES)
