"""GET requests to the URLs of forms, which the address bar shows after a rejected form."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_web.rendering.pages import redirect


def redirect_get_to(router: APIRouter, path: str, page: str) -> None:
    """Redirect GET requests for the form URL `path` to `page`; both may contain the same path parameters."""

    async def to_page(request: Request) -> Response:
        parameters = {name: quote(value, safe="") for name, value in request.path_params.items()}
        return redirect(page.format(**parameters))

    router.add_api_route(path, to_page, methods=["GET"])
