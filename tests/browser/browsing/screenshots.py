"""Pictures of every page, in both languages and themes, on a phone and at a desk: `make screenshots`, then look.

usage: python -m browsing.screenshots FOLDER [NAME…]     without names: every page
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from blackbox.own_platform import OwnPlatform
from browsing.chromium import chromium
from browsing.shopper import Shopper
from browsing.site import PLACES, Furnished, Place, furnish

SCREENS = {"phone": (390, 844), "desk": (1280, 900)}
LANGUAGES = ("ko", "en")
THEMES = ("light", "dark")


NO_KOREAN_FONT = (
    "No font with Korean letters was found, so Korean pages would show empty boxes: "
    "apt-get install fonts-noto-cjk fontconfig\n"
)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="pages, as browsing/site.py names them")
    options = parser.parse_args()
    if not has_korean_font():
        parser.exit(1, NO_KOREAN_FONT)
    options.folder.mkdir(parents=True, exist_ok=True)
    places = [place for place in PLACES if not options.names or place.name in options.names]
    with tempfile.TemporaryDirectory(prefix="screenshots-") as state:
        platform = OwnPlatform(Path(state) / "state", {"AUTH_ACCESS_TOKEN_SECONDS": "7200"})
        try:
            platform.start()
            with sync_playwright() as playwright, chromium(playwright) as browser:
                _take(browser, platform, places, options.folder)
        finally:
            platform.stop()


def has_korean_font() -> bool:
    """Whether the browser finds a font with Korean letters."""
    program = shutil.which("fc-list")
    return bool(program and subprocess.run([program, ":lang=ko", "file"], capture_output=True, check=True).stdout)


def _take(browser: Browser, platform: OwnPlatform, places: list[Place], folder: Path) -> None:
    expect.set_options(timeout=20_000)
    with browser.new_context(locale="en-US") as member, browser.new_context(locale="en-US") as administrator:
        visitors = Shopper(member, platform.base_url), Shopper(administrator, platform.base_url)
        furnished = furnish(*visitors, platform.administrator())
    for place in places:
        for language in LANGUAGES:
            for theme in THEMES:
                for screen in SCREENS:
                    _picture(browser, platform.base_url, furnished, place, language, theme, screen, folder)


def _picture(
    browser: Browser,
    base_url: str,
    furnished: Furnished,
    place: Place,
    language: str,
    theme: str,
    screen: str,
    folder: Path,
) -> None:
    width, height = SCREENS[screen]
    with browser.new_context(
        storage_state=furnished.states[place.who], viewport={"width": width, "height": height}
    ) as context:
        chosen = {"lang": language, "theme": theme}
        context.add_cookies([{"name": name, "value": value, "url": base_url} for name, value in chosen.items()])
        page = context.new_page()
        page.goto(base_url + furnished.path(place), wait_until="networkidle")
        # Pictures below the fold come when they are scrolled to.
        page.evaluate("() => { for (const image of document.images) image.loading = 'eager' }")
        page.wait_for_function("() => Array.from(document.images).every((image) => image.complete)")
        page.screenshot(path=folder / f"{place.name}-{language}-{theme}-{screen}.png", full_page=True)


if __name__ == "__main__":
    main()
