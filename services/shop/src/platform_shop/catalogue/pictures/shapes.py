"""The basic shapes of pictures, as SVG text."""

from __future__ import annotations


def path(outline: str, fill: str, more: str = "") -> str:
    """Return a filled outline."""
    return f'<path d="{outline}" fill="{fill}"{_and(more)}/>'


def line(outline: str, colour: str, width: float = 6, more: str = "") -> str:
    """Return a line with round ends."""
    return (
        f'<path d="{outline}" fill="none" stroke="{colour}" stroke-width="{width:g}"'
        f' stroke-linecap="round" stroke-linejoin="round"{_and(more)}/>'
    )


def oval(x: float, y: float, rx: float, ry: float, fill: str, more: str = "") -> str:
    """Return an ellipse around a point."""
    return f'<ellipse cx="{x:g}" cy="{y:g}" rx="{rx:g}" ry="{ry:g}" fill="{fill}"{_and(more)}/>'


def box(x: float, y: float, width: float, height: float, fill: str, radius: float = 0, more: str = "") -> str:
    """Return a rectangle, its corners round by `radius`."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}" fill="{fill}"{_and(more)}/>'
    )


def group(content: str, more: str) -> str:
    """Return marks that share attributes."""
    return f"<g {more}>{content}</g>"


def turned(content: str, degrees: float, x: float = 240, y: float = 240) -> str:
    """Return marks turned round a point."""
    return group(content, f'transform="rotate({degrees:g} {x:g} {y:g})"')


def _and(more: str) -> str:
    return f" {more}" if more else ""
