"""The nginx templates, and the quoting that prevents settings from becoming directives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

# standalone/gateway/: Lua and templates lie next to the package, not in it.
GATEWAY_FOLDER = Path(__file__).resolve().parents[3] / "gateway"


def quoted(value: Any) -> str:
    """Quote `value` as one nginx argument. It must not contain a dollar sign, so no variable is expanded."""
    text = str(value)
    if any(character in text for character in '$\n\r\0{}"\\'):
        raise ValueError(f"nginx cannot be given the value {text!r}.")
    return f'"{text}"'


def lua(value: Any) -> str:
    """Quote `value` as a Lua string."""
    text = str(value)
    if any(character in text for character in "\n\r\0"):
        raise ValueError(f"The value {text!r} has a line break.")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def render(template: str, **values: Any) -> str:
    """Render one of the templates. A name that is missing is an error, never an empty string."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(GATEWAY_FOLDER / "nginx"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 (nginx configuration, not HTML; values go through the filters)
        keep_trailing_newline=True,
    )
    environment.filters.update(path=quoted, quoted=quoted, lua=lua)
    return environment.get_template(template).render(**values)
