"""What a browser measures of a page that it has loaded."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

# From the first moment of the page on: shifts and paints are reported only to early listeners.
LISTEN = """
globalThis.vitals = { shift: 0, largest: 0 };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) vitals.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) vitals.largest = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
"""

WEIGHT = """
() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter((entry) => entry.initiatorType !== "img")
  .reduce((sum, entry) => sum + entry.transferSize, 0)
"""


def note_vitals(context: BrowserContext) -> None:
    """Have every later page of `context` note its vitals."""
    context.add_init_script(LISTEN)


def shift_of(page: Page) -> float:
    """Return how much has moved by itself so far (cumulative layout shift)."""
    return float(page.evaluate("() => vitals.shift"))


def largest_paint_of(page: Page) -> float:
    """Return when the largest thing was painted (LCP, milliseconds)."""
    return float(page.evaluate("() => vitals.largest"))


def weight_without_pictures(page: Page) -> int:
    """Return how many bytes came over the wire for the page, its pictures left out."""
    return int(page.evaluate(WEIGHT))
