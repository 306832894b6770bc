"""Things to eat and drink."""

from __future__ import annotations

from platform_shop.catalogue.pictures.palettes import Palette
from platform_shop.catalogue.pictures.shapes import box, line, oval, path


def tin(p: Palette, skin: str) -> str:
    """A tea tin with a label."""
    return (
        box(150, 150, 180, 232, p.main, 14)
        + box(150, 150, 180, 232, skin, 14)
        + path("M280 150h36q14 0 14 14v204q0 14-14 14h-36Z", p.dark, 'opacity=".3"')
        + box(140, 112, 200, 56, p.dark, 14)
        + box(140, 112, 200, 18, p.light, 9, 'opacity=".5"')
        + box(176, 212, 128, 116, p.wall, 10)
        + path("M240 302c-34-20-34-54 0-70 34 16 34 50 0 70Z", p.accent)
        + line("M240 312v-68", p.wall, 4)
    )


def jar(p: Palette, skin: str) -> str:
    """A jar of something sweet, under a cloth."""
    body = "M142 200q0-24 26-24h144q26 0 26 24v142q0 40-40 40H182q-40 0-40-40Z"
    return (
        path(body, p.light)
        + path("M142 232q50-18 98 0t98 0v110q0 40-40 40H182q-40 0-40-40Z", p.accent, 'opacity=".85"')
        + box(188, 258, 104, 74, p.wall, 8)
        + box(188, 258, 104, 74, skin, 8)
        + line("M208 284h64M208 306h40", p.dark, 6)
        + path("M128 176q16-52 112-52t112 52l-14 22q-26-12-48 0-26-12-50 0-24-12-50 0-22-12-48 0Z", p.main)
        + path("M290 130q48 10 62 46l-14 22q-26-12-48 0Z", p.dark, 'opacity=".35"')
        + line("M146 182q94 22 188 0", p.dark, 5)
        + line("M164 226v92", p.wall, 8, 'opacity=".6"')
    )


def bottle(p: Palette, skin: str) -> str:
    """A slim bottle with a stopper."""
    body = "M206 118h68v58q0 22 26 42 18 14 18 44v82q0 38-38 38h-80q-38 0-38-38v-82q0-30 18-44 26-20 26-42Z"
    shade = "M274 118v58q0 22 26 42 18 14 18 44v82q0 38-38 38h-30q22-10 22-40V250q0-40-14-60-8-12-8-72Z"
    return (
        path(body, p.main)
        + path(body, skin)
        + path(shade, p.dark, 'opacity=".3"')
        + box(202, 82, 76, 44, p.accent, 10)
        + box(172, 262, 136, 84, p.wall, 6)
        + line("M196 290h88M196 316h52", p.dark, 6)
        + line("M184 246q6-18 22-30", p.light, 8, 'opacity=".7"')
    )


def sweets(p: Palette, skin: str) -> str:
    """A box with sweets in the shape of flowers."""
    places = [(170, 214), (240, 214), (310, 214), (170, 284), (240, 284), (310, 284)]
    colours = [p.accent, p.light, p.main, p.light, p.main, p.accent]
    return (
        box(104, 148, 272, 208, p.dark, 18)
        + box(104, 148, 272, 208, skin, 18)
        + box(122, 166, 236, 172, p.wall, 10)
        + "".join(_flower(x, y, colour, p.dark) for (x, y), colour in zip(places, colours, strict=True))
    )


def _flower(x: float, y: float, colour: str, middle: str) -> str:
    petals = [(0, -17), (16, -5), (10, 14), (-10, 14), (-16, -5)]
    return "".join(oval(x + dx, y + dy, 14, 14, colour) for dx, dy in petals) + oval(x, y, 9, 9, middle, 'opacity=".6"')


def pouch(p: Palette, skin: str) -> str:
    """A bag, folded shut."""
    body = "M150 150h180l22 212q2 24-24 24H152q-26 0-24-24Z"
    return (
        path(body, p.main)
        + path(body, skin)
        + path("M300 150h30l22 212q2 24-24 24h-44q26-110 16-236Z", p.dark, 'opacity=".3"')
        + path("M150 150l14-44h152l14 44Z", p.dark)
        + line("M150 150h180", p.light, 6)
        + oval(240, 272, 58, 58, p.wall)
        + path("M240 304c-30-18-30-48 0-64 30 16 30 46 0 64Z", p.accent)
    )
