"""Things of cloth, light, scent and leaf."""

from __future__ import annotations

from platform_shop.catalogue.pictures.palettes import Palette
from platform_shop.catalogue.pictures.shapes import box, line, oval, path, turned

# Fire and light are warm, whatever the palette.
FLAME, GLOW = "#e8963f", "#fff3d0"


def cushion(p: Palette, skin: str) -> str:
    """A plump cushion."""
    body = "M118 132q122 20 244 0 24-4 22 22-14 96 0 192 2 26-22 22-122-20-244 0-24 4-22-22 14-96 0-192-2-26 22-22Z"
    return turned(
        path(body, p.main)
        + path(body, skin)
        + path("M330 134q18 2 32-2 24-4 22 22-14 96 0 192 2 26-22 22-20-4-40-6 30-110 8-228Z", p.dark, 'opacity=".28"')
        + line("M128 152q112 16 222 0", p.light, 6, 'opacity=".7"')
        + oval(240, 252, 11, 11, p.accent),
        -5,
    )


def blanket(p: Palette, skin: str) -> str:
    """Blankets, folded and stacked."""
    layers = [(306, p.dark), (240, p.main), (174, p.light)]
    return "".join(
        box(112, y, 256, 72, colour, 30)
        + box(112, y, 256, 72, skin, 30)
        + path(f"M330 {y}h8q30 0 30 30v12q0 30-30 30h-8q16-36 0-72Z", p.dark, 'opacity=".25"')
        + line(f"M142 {y + 50}h170", p.wall, 4, 'opacity=".6" stroke-dasharray="2 12"')
        for y, colour in layers
    ) + line("M150 246v52M166 246v52M182 246v52", p.accent, 5)


def tote(p: Palette, skin: str) -> str:
    """A cloth bag with long handles."""
    body = "M128 196h224l18 172q2 20-18 20H128q-20 0-18-20Z"
    return (
        line("M176 200q0-112 64-112t64 112", p.dark, 13)
        + path(body, p.main)
        + path(body, skin)
        + path("M312 196h40l18 172q2 20-18 20h-48q24-90 8-192Z", p.dark, 'opacity=".26"')
        + oval(240, 292, 54, 54, p.accent)
        + path("M196 308q22-30 44-6 22-34 44 6-14 38-44 38t-44-38Z", p.wall, 'opacity=".85"')
        + line("M132 214h216", p.light, 4, 'stroke-dasharray="2 12"')
    )


def towel(p: Palette, skin: str) -> str:
    """A towel over a rail."""
    body = "M152 128h150v234H152Z"
    return (
        path("M274 128h62v176h-62Z", p.dark)
        + path(body, p.main)
        + path(body, skin)
        + box(152, 300, 150, 14, p.accent)
        + box(152, 322, 150, 7, p.accent)
        + line("M152 362h150", p.light, 12, 'stroke-dasharray="1 15"')
        + box(96, 112, 288, 20, p.accent, 10)
        + box(96, 112, 288, 7, p.light, 4, 'opacity=".6"')
        + line("M174 152v128", p.light, 7, 'opacity=".6"')
    )


def candle(p: Palette, skin: str) -> str:
    """A candle in a glass."""
    glass = "M152 208h176v136q0 36-36 36H188q-36 0-36-36Z"
    return (
        path("M240 84q44 50 14 88-14 16-28 0-30-38 14-88Z", FLAME)
        + path("M240 124q20 26 6 44-6 8-12 0-14-18 6-44Z", GLOW)
        + oval(240, 150, 92, 74, FLAME, 'opacity=".14"')
        + line("M240 172v32", p.dark, 5)
        + path(glass, p.main)
        + path(glass, skin)
        + path("M292 208h36v136q0 36-36 36h-26q26-14 26-48Z", p.dark, 'opacity=".3"')
        + oval(240, 208, 88, 17, p.light)
        + box(190, 264, 100, 66, p.wall, 6)
        + line("M208 288h64M208 308h36", p.dark, 5)
    )


def lamp(p: Palette, skin: str) -> str:
    """A table lamp with a paper shade."""
    shade = "M176 104h128l58 138H118Z"
    return (
        path("M118 242h244l44 128H74Z", GLOW, 'opacity=".55"')
        + box(231, 240, 18, 118, p.dark, 6)
        + oval(240, 364, 74, 18, p.dark)
        + path(shade, p.main)
        + path(shade, skin)
        + path("M272 104h32l58 138h-70Z", p.dark, 'opacity=".25"')
        + line("M118 242h244", p.light, 8)
        + line("M292 246v44", p.accent, 4)
        + oval(292, 296, 8, 8, p.accent)
    )


def diffuser(p: Palette, skin: str) -> str:
    """A bottle with scented reeds."""
    body = "M178 238h124q18 0 18 22v96q0 26-26 26H186q-26 0-26-26v-96q0-22 18-22Z"
    return (
        line("M236 216l-62-132M240 214l-14-146M246 214l36-142M250 216l80-116", p.accent, 7)
        + box(208, 200, 64, 44, p.dark, 8)
        + path(body, p.main)
        + path(body, skin)
        + path("M280 238h22q18 0 18 22v96q0 26-26 26h-30q22-60 16-144Z", p.dark, 'opacity=".28"')
        + box(196, 284, 88, 58, p.wall, 5)
        + line("M212 306h56M212 324h30", p.dark, 5)
    )


def soap(p: Palette, skin: str) -> str:
    """Bars of soap on a tray, with bubbles."""
    return (
        box(96, 336, 288, 30, p.dark, 15)
        + box(128, 258, 170, 80, p.main, 22)
        + box(128, 258, 170, 80, skin, 22)
        + box(176, 182, 164, 76, p.light, 22)
        + line("M206 220h92", p.dark, 6, 'opacity=".5"')
        + line("M152 298h110", p.dark, 6, 'opacity=".4"')
        + "".join(
            oval(x, y, r, r, p.wall, f'stroke="{p.accent}" stroke-width="4" opacity=".9"')
            for x, y, r in [(130, 206, 22), (108, 156, 14), (156, 134, 18), (336, 140, 17), (368, 186, 11)]
        )
    )


def plant(p: Palette, skin: str) -> str:
    """A plant in its pot."""
    pot = "M164 268h152l-18 100q-2 14-18 14h-80q-16 0-18-14Z"
    leaf = "M240 262q-{a} -40 -{b} -128 q84 22 {b} 128Z"
    leaves = "".join(
        turned(path(leaf.format(a=36, b=34), colour), degrees, 240, 262)
        for degrees, colour in [(-58, p.dark), (52, p.dark), (-26, p.main), (30, p.main), (4, p.light)]
    )
    return (
        leaves
        + path(pot, p.accent)
        + path(pot, skin)
        + box(152, 250, 176, 34, p.accent, 8)
        + path("M280 268h36l-18 100q-2 14-18 14h-30q26-50 30-114Z", p.dark, 'opacity=".35"')
    )


def basket(p: Palette, skin: str) -> str:
    """A woven basket with a handle."""
    body = "M112 222h256l-26 140q-4 22-26 22H164q-22 0-26-22Z"
    rows = "".join(line(f"M{122 + i * 5} {250 + i * 30}h{236 - i * 10}", p.dark, 5, 'opacity=".5"') for i in range(4))
    posts = "".join(line(f"M{150 + i * 36} 232l{6 - i * 2} 146", p.light, 5, 'opacity=".7"') for i in range(6))
    return (
        line("M138 222q0-122 102-122t102 122", p.dark, 14)
        + path(body, p.main)
        + path(body, skin)
        + rows
        + posts
        + box(100, 206, 280, 32, p.dark, 14)
    )
