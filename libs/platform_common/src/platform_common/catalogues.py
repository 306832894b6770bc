"""Gettext catalogues, compiled from their sources at start."""

from __future__ import annotations

from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations


def compile_catalogue(file: Path) -> NullTranslations:
    """Return the catalogue of `file`, `<language>/LC_MESSAGES/<domain>.po`. Raises OSError."""
    language, domain = file.parts[-3], file.stem
    with file.open("rb") as source:
        catalogue = read_po(source, locale=language, domain=domain)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain=domain)
