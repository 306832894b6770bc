"""Things to write and read with."""

from __future__ import annotations

from platform_shop.catalogue.pictures.palettes import Palette
from platform_shop.catalogue.pictures.shapes import box, line, oval, path, turned


def notebook(p: Palette, skin: str) -> str:
    """A bound notebook with a ribbon."""
    book = (
        box(150, 108, 196, 268, p.dark, 12)
        + box(158, 116, 192, 256, p.wall, 8)
        + box(140, 104, 196, 268, p.main, 12)
        + box(140, 104, 196, 268, skin, 12)
        + box(140, 104, 34, 268, p.dark, 12, 'opacity=".45"')
        + box(200, 156, 108, 62, p.wall, 6)
        + line("M218 178h72M218 198h44", p.dark, 5)
        + path("M288 372h20v44l-10-12-10 12Z", p.accent)
    )
    return turned(book, -6)


def pens(p: Palette, skin: str) -> str:
    """Three pencils in a cup."""
    cup = "M156 228h168l-14 142q-2 14-18 14H188q-16 0-18-14Z"
    return (
        turned(_pencil(214, p.accent, p), -12, 214, 240)
        + turned(_pencil(246, p.light, p), 2, 246, 240)
        + turned(_pencil(276, p.dark, p), 13, 276, 240)
        + path(cup, p.main)
        + path(cup, skin)
        + path("M296 228h28l-14 142q-2 14-18 14h-40q36-60 44-156Z", p.dark, 'opacity=".3"')
        + oval(240, 228, 84, 14, p.light)
    )


def _pencil(x: float, colour: str, p: Palette) -> str:
    return (
        path(f"M{x - 13} 130l13-46 13 46Z", p.wall)
        + path(f"M{x - 5} 104l5-20 5 20Z", p.dark)
        + box(x - 13, 130, 26, 130, colour)
        + box(x - 4, 130, 8, 130, p.wall, 0, 'opacity=".35"')
    )


def letters(p: Palette, skin: str) -> str:
    """An envelope with a card in it."""
    return turned(
        box(144, 112, 196, 150, p.wall, 8)
        + path("M242 226c-40-22-40-62-14-70 10-2 14 8 14 8s6-10 16-8c26 8 22 48-16 70Z", p.accent)
        + box(118, 186, 248, 170, p.main, 12)
        + box(118, 186, 248, 170, skin, 12)
        + path("M118 198l124 92 124-92v146q0 12-12 12H130q-12 0-12-12Z", p.dark, 'opacity=".3"')
        + line("M124 194l118 88 118-88", p.light, 6),
        -5,
    )


def tape(p: Palette, skin: str) -> str:
    """Rolls of paper tape, one upon another."""
    return (
        _roll(240, 336, p.dark, p.wall, skin)
        + _roll(232, 276, p.main, p.wall, skin)
        + _roll(246, 216, p.light, p.wall, skin)
        + oval(246, 190, 52, 15, p.accent)
        + path("M338 214q40 6 44 58l-24 4q-6-34-30-36Z", p.light)
    )


def _roll(x: float, y: float, colour: str, core: str, skin: str) -> str:
    side = f"M{x - 96} {y - 26}v50a96 30 0 0 0 192 0v-50Z"
    return path(side, colour) + path(side, skin) + oval(x, y - 26, 96, 30, colour) + oval(x, y - 26, 52, 15, core)


def brush(p: Palette, skin: str) -> str:
    """A calligrapher's brush, its stroke and its stone."""
    return path("M96 346q70-58 142-22t150-26q-46 74-140 62-100-12-152-14Z", p.dark, 'opacity=".85"') + turned(
        box(224, 78, 32, 168, p.main, 12)
        + box(224, 78, 32, 168, skin, 12)
        + box(220, 238, 40, 24, p.accent, 5)
        + path("M222 262h36q10 34-18 78-28-44-18-78Z", p.dark)
        + box(232, 92, 7, 140, p.light, 3, 'opacity=".6"'),
        32,
    )
