"""Things for the table."""

from __future__ import annotations

from platform_shop.catalogue.pictures.palettes import Palette
from platform_shop.catalogue.pictures.shapes import box, line, oval, path


def mug(p: Palette, skin: str) -> str:
    """A mug with its steam."""
    body = "M140 168H310V330Q310 372 268 372H182Q140 372 140 330Z"
    return (
        line("M196 132q-16-20 0-40t0-40M252 132q-16-20 0-40t0-40", p.light, 7, 'opacity=".8"')
        + line("M310 206h26q36 0 36 40t-36 40h-26", p.dark, 22)
        + path(body, p.main)
        + path(body, skin)
        + path("M270 168h40v162q0 42-42 42h-16q18-16 18-42Z", p.dark, 'opacity=".35"')
        + oval(225, 168, 85, 17, p.dark)
        + oval(225, 171, 72, 11, p.accent)
        + line("M162 206v92", p.light, 8, 'opacity=".7"')
    )


def bowl(p: Palette, skin: str) -> str:
    """A bowl on its foot."""
    body = "M108 214H372Q368 356 240 356T108 214Z"
    return (
        path("M196 346h88l10 30h-108Z", p.dark)
        + path(body, p.main)
        + path(body, skin)
        + path("M318 214h54q-4 142-132 142 74-30 78-142Z", p.dark, 'opacity=".3"')
        + oval(240, 214, 132, 30, p.light)
        + oval(240, 218, 112, 21, p.dark, 'opacity=".45"')
        + line("M134 246q10 46 40 72", p.light, 8, 'opacity=".7"')
    )


def plate(p: Palette, skin: str) -> str:
    """A plate, seen from above."""
    return (
        oval(248, 254, 142, 142, p.dark, 'opacity=".22"')
        + oval(240, 240, 142, 142, p.main)
        + oval(240, 240, 142, 142, skin)
        + oval(240, 240, 98, 98, p.light)
        + oval(240, 240, 98, 98, "none", f'stroke="{p.dark}" stroke-width="3" opacity=".4"')
        + line("M194 268c30-60 60-60 92-70M218 238l-26-12M240 220l-14-24M226 232l34 18", p.accent, 7)
    )


def teapot(p: Palette, skin: str) -> str:
    """A round pot with a side handle."""
    body = "M122 262q0-82 112-82t112 82q0 104-112 104T122 262Z"
    return (
        line("M338 236q52-4 58-58", p.dark, 22)
        + line("M126 244q-54 4-58 50t48 44", p.dark, 16)
        + path(body, p.main)
        + path(body, skin)
        + path("M300 196q46 22 46 66 0 104-112 104 84-26 66-170Z", p.dark, 'opacity=".3"')
        + path("M168 186q6-32 66-32t66 32q-30 12-66 12t-66-12Z", p.light)
        + oval(234, 142, 17, 15, p.accent)
        + line("M150 250q2 42 26 66", p.light, 8, 'opacity=".7"')
    )


def vase(p: Palette, skin: str) -> str:
    """A vase with three twigs."""
    body = "M204 206h72q-4 26 24 56 30 34 30 62 0 56-90 56t-90-56q0-28 30-62 28-30 24-56Z"
    twigs = "M240 214q-4-70-40-116M240 214q4-66 18-142M244 214q10-50 66-96"
    blossoms = [(200, 98), (184, 138), (214, 140), (258, 72), (250, 116), (310, 118), (280, 150), (292, 96)]
    return (
        line(twigs, p.dark, 6)
        + "".join(oval(x, y, 13, 13, p.accent) + oval(x, y, 5, 5, p.light) for x, y in blossoms)
        + path(body, p.main)
        + path(body, skin)
        + path("M276 262q-4-30 0-56-4 26 24 56 30 34 30 62 0 56-90 56 62-40 36-118Z", p.dark, 'opacity=".25"')
        + box(198, 196, 84, 18, p.light, 9)
        + line("M176 312q4-24 22-42", p.light, 8, 'opacity=".7"')
    )
