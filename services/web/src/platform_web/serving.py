"""The command `web serve`: settings and the server."""

from __future__ import annotations

import gc

from platform_common.serving import serve
from platform_common.settings import load_settings
from platform_web.app import Web
from platform_web.config import WebSettings


def run() -> None:
    """Serve until a signal; end with one sentence when the settings are wrong.

    No service need be there at the start: a page comes without the part that is away, and says so.
    """
    settings = load_settings(WebSettings)
    web = Web(settings)
    web.parts.pages.compile_all()
    # Templates, catalogues and assets live as long as the process: the collector need not walk them.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    serve("web", settings, web.asgi, web.health)
