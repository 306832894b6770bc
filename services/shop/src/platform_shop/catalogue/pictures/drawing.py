"""A picture described by a few words: a motif, a palette, a pattern and a backdrop."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from platform_shop.catalogue.models import Product
from platform_shop.catalogue.pictures import desk, home, pantry, tableware
from platform_shop.catalogue.pictures.palettes import PALETTES, Palette
from platform_shop.catalogue.pictures.shapes import box, line, oval, path

# Part of every picture's digest: a picture that is drawn differently has another URL.
EDITION = 1
SIZE = 480

MOTIFS: Mapping[str, Callable[[Palette, str], str]] = {
    motif.__name__: motif
    for motif in (
        tableware.mug, tableware.bowl, tableware.plate, tableware.teapot, tableware.vase,
        pantry.tin, pantry.jar, pantry.bottle, pantry.sweets, pantry.pouch,
        desk.notebook, desk.pens, desk.letters, desk.tape, desk.brush,
        home.cushion, home.blanket, home.tote, home.towel, home.candle, home.lamp, home.diffuser, home.soap,
        home.plant, home.basket,
    )
}  # fmt: skip


def _tile(marks: str, width: int, height: int) -> str:
    units = f'width="{width}" height="{height}" patternUnits="userSpaceOnUse"'
    return f'<defs><pattern id="skin" {units}>{marks}</pattern></defs>'


# The pattern on the motif's surface.
PATTERNS: Mapping[str, Callable[[Palette], str]] = {
    "plain": lambda _: "",
    "dots": lambda p: _tile(oval(14, 14, 4.5, 4.5, p.light) + oval(38, 38, 4.5, 4.5, p.light), 48, 48),
    "stripes": lambda p: _tile(box(0, 0, 10, 30, p.light, 0, 'opacity=".55"'), 30, 30),
    "rings": lambda p: _tile(box(0, 0, 40, 9, p.light, 0, 'opacity=".55"'), 40, 34),
    "checks": lambda p: _tile(
        box(0, 0, 20, 20, p.light, 0, 'opacity=".35"') + box(20, 20, 20, 20, p.light, 0, 'opacity=".35"'), 40, 40
    ),
    "waves": lambda p: _tile(line("M-6 14q15-14 30 0t30 0", p.light, 4, 'opacity=".6"'), 48, 28),
    "crackle": lambda p: _tile(line("M0 20l18 6 10-18M18 26l6 22M28 8l20 6", p.dark, 1.4, 'opacity=".35"'), 48, 48),
}

# What hangs on the wall.
BACKDROPS: Mapping[str, Callable[[Palette], str]] = {
    "moon": lambda p: oval(240, 224, 178, 178, p.shape),
    "arch": lambda p: path("M84 400V236q0-156 156-156t156 156v164Z", p.shape),
    "window": lambda p: box(76, 64, 328, 328, p.shape, 28),
    "hills": lambda p: path("M0 400V290q90-90 190-20t180-60 110 40v150Z", p.shape),
}


def draw(picture: Mapping[str, Any]) -> bytes:
    """Return the SVG of `picture`; unknown words select the first choice, so there is always a picture."""
    return _draw(*(str(picture.get(word, "")) for word in ("motif", "palette", "pattern", "backdrop")))


@lru_cache(maxsize=512)
def _draw(motif: str, palette: str, pattern: str, backdrop: str) -> bytes:
    colours = _choice(PALETTES, palette)
    skin: str = _choice(PATTERNS, pattern)(colours)
    thing: str = _choice(MOTIFS, motif)(colours, "url(#skin)" if skin else "none")
    svg: str = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}">'
        + skin
        + box(0, 0, SIZE, SIZE, colours.wall)
        + _choice(BACKDROPS, backdrop)(colours)
        + path("M0 400h480v80H0Z", colours.shape, 'opacity=".75"')
        + oval(240, 392, 150, 15, colours.dark, 'opacity=".22"')
        + thing
        + "</svg>\n"
    )
    return svg.encode()


def picture_digest(picture: Mapping[str, Any]) -> str:
    """Return a digest of a picture."""
    said = json.dumps([EDITION, picture], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def picture_url(product: Product) -> str:
    """Return where a product's picture is; the address changes with the picture."""
    return f"/api/shop/products/{product.slug}/picture.svg?v={picture_digest(product.picture)}"


def _choice(choices: Mapping[str, Any], name: str) -> Any:
    return choices.get(name) or next(iter(choices.values()))
