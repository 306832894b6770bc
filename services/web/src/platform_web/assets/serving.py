"""Serves assets before anything else looks at the request: they are nobody's, and the same for all."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from platform_web.assets.bundle import PREFIX, Asset, Assets

_FOR_EVER = "public, max-age=31536000, immutable"


class AssetsMiddleware:
    """Answers GET and HEAD of known assets; all the rest is `app`'s."""

    def __init__(self, app: ASGIApp, assets: Assets) -> None:
        self.app = app
        self._assets = assets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve an asset, or run `app`."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX) and scope["method"] in {"GET", "HEAD"}:
            asset = self._assets.at(scope["path"])
            if asset is not None:
                await _answer(asset, Headers(scope=scope), scope["method"])(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _answer(asset: Asset, headers: Headers, method: str) -> Response:
    kept = {"Cache-Control": _FOR_EVER, "ETag": asset.entity_tag, "Vary": "Accept-Encoding"}
    if headers.get("if-none-match") == asset.entity_tag:
        return Response(status_code=304, headers=kept)
    body = asset.body
    if asset.compressed is not None and "gzip" in headers.get("accept-encoding", ""):
        body = asset.compressed
        kept["Content-Encoding"] = "gzip"
    kept["Content-Length"] = str(len(body))
    return Response(b"" if method == "HEAD" else body, headers=kept, media_type=asset.media_type)
