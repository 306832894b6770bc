"""Addresses that forms are sent to, opened as pages: after a refusal the browser's address bar shows one."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from platform_web.rendering.pages import see_other


def redirect_get(router: APIRouter, path: str, page: str) -> None:
    """Redirect GET of the form's address `path` to its `page`; both may hold the same path parameters."""

    async def to_page(request: Request) -> Response:
        parameters = {name: quote(value, safe="") for name, value in request.path_params.items()}
        return see_other(page.format(**parameters))

    router.add_api_route(path, to_page, methods=["GET"])
