"""The command `web serve`: settings and the server."""

from __future__ import annotations

import gc

from platform_common.serving import serve
from platform_common.settings import load_settings
from platform_web.app import Web
from platform_web.config import WebSettings


def run() -> None:
    """Serve until a signal; exit with one sentence if the settings are invalid.

    No service needs to be available at start: pages are rendered without the content of unavailable services.
    """
    settings = load_settings(WebSettings)
    web = Web(settings)
    web.container.pages.compile_all()
    # Templates, catalogues and assets live as long as the process: exclude them from garbage collection.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    serve("web", settings, web.asgi, web.health)
