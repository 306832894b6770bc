"""Static assets, named by the hash of their content so that browsers can cache them without revalidation."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "static"
PREFIX = "/static/"

# Style sheets in cascade order, served as one file.
STYLES = (
    "tokens", "base", "layout", "controls", "components",
    "home", "catalogue", "product", "cart", "checkout", "account", "print",
)  # fmt: skip
STYLE_SHEET = "site.css"

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_IMPORT = re.compile(r"""(?<=from ")\./([a-z-]+\.js)(?=";)""")
_CSS_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)


@dataclass(frozen=True)
class Asset:
    """A file as served."""

    body: bytes
    compressed: bytes | None
    media_type: str
    entity_tag: str


class Assets:
    """All assets. Imports in scripts are rewritten to the hashed names."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._urls: dict[str, str] = {}
        self._by_path: dict[str, Asset] = {}
        styles = "\n".join((folder / "css" / f"{name}.css").read_text() for name in STYLES)
        self._add(STYLE_SHEET, _CSS_COMMENT.sub("", styles).encode())
        for picture in sorted([*folder.glob("*.svg"), *folder.glob("*.png")]):
            self._add(picture.name, picture.read_bytes())
        scripts = {path.name: path.read_text() for path in (folder / "js").glob("*.js")}
        imports = {name: set(_IMPORT.findall(text)) for name, text in scripts.items()}
        for name in TopologicalSorter(imports).static_order():
            text = _IMPORT.sub(lambda match: self.url(match[1]), scripts[name])
            self._add(name, text.encode())

    def url(self, name: str) -> str:
        """Return the URL of the asset `name`. Raises KeyError if it does not exist."""
        return self._urls[name]

    def get(self, path: str) -> Asset | None:
        """Return the asset at `path`, a URL path as returned by `url`."""
        return self._by_path.get(path)

    def _add(self, name: str, body: bytes) -> None:
        digest = hashlib.sha256(body).hexdigest()[:16]
        stem, dot, suffix = name.rpartition(".")
        url = f"{PREFIX}{stem}.{digest}{dot}{suffix}"
        compressed = gzip.compress(body, 9, mtime=0)
        self._urls[name] = url
        self._by_path[url] = Asset(
            body=body,
            compressed=compressed if len(compressed) < len(body) * 0.9 else None,
            media_type=_MEDIA_TYPES[dot + suffix],
            entity_tag=f'"{digest}"',
        )
