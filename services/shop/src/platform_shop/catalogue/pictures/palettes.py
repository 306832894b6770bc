"""Colour palettes of pictures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """The colours of wall, wall decoration and object: base, shadow, light, accent."""

    wall: str
    shape: str
    main: str
    dark: str
    light: str
    accent: str


PALETTES = {
    "celadon": Palette("#e9efe6", "#d5e2d3", "#9dbfa6", "#7aa187", "#c4dbc8", "#d98e5f"),
    "clay": Palette("#f5ebe2", "#ecd8c6", "#c98a62", "#a96c48", "#e0ad8a", "#3f5d5a"),
    "ink": Palette("#e8ecf1", "#d3dbe5", "#3d4f6b", "#2b3a52", "#5f7391", "#e2a458"),
    "persimmon": Palette("#fbeee2", "#f7d9bd", "#e5813d", "#c46425", "#f2a66f", "#4d6b50"),
    "plum": Palette("#f3eaf0", "#e5d2df", "#8d5a7b", "#6f4260", "#b384a2", "#e7b85c"),
    "moss": Palette("#eef0e2", "#dde2c4", "#7d8c52", "#616f3b", "#a5b27c", "#c9714b"),
    "sand": Palette("#f6f1e7", "#eadfca", "#d7c19a", "#b99f73", "#ebdcc0", "#5d7f8c"),
    "sky": Palette("#e7f0f4", "#cfe1ea", "#79a7bd", "#5a8aa2", "#a9cbdb", "#e08a5b"),
    "rose": Palette("#f9ecea", "#f2d5d1", "#d98a86", "#bb6b68", "#ecb3b0", "#5b7a6a"),
    "snow": Palette("#e6eaea", "#d4dbdb", "#f7f5f0", "#d9d4ca", "#ffffff", "#4a6a8a"),
    "charcoal": Palette("#ececea", "#d9d8d4", "#4a4a4c", "#343436", "#6e6e72", "#d9a441"),
    "butter": Palette("#fbf5e0", "#f4e7b8", "#e8c860", "#c9a63d", "#f3dd94", "#4f7289"),
}
