"""Serve static assets before any other processing: they are public and the same for every visitor."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from platform_common.middleware import HttpMiddleware
from platform_web.assets.bundle import PREFIX, Asset, Assets

_IMMUTABLE = "public, max-age=31536000, immutable"


class AssetsMiddleware(HttpMiddleware):
    """Serves GET and HEAD requests for known assets, and passes everything else to `app`."""

    def __init__(self, app: ASGIApp, assets: Assets) -> None:
        super().__init__(app)
        self._assets = assets

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve an asset, or run `app`."""
        if scope["path"].startswith(PREFIX) and scope["method"] in {"GET", "HEAD"}:
            asset = self._assets.get(scope["path"])
            if asset is not None:
                await _asset_response(asset, Headers(scope=scope), scope["method"])(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _asset_response(asset: Asset, headers: Headers, method: str) -> Response:
    headers_out = {"Cache-Control": _IMMUTABLE, "ETag": asset.entity_tag, "Vary": "Accept-Encoding"}
    if headers.get("if-none-match") == asset.entity_tag:
        return Response(status_code=304, headers=headers_out)
    body = asset.body
    if asset.compressed is not None and "gzip" in headers.get("accept-encoding", ""):
        body = asset.compressed
        headers_out["Content-Encoding"] = "gzip"
    headers_out["Content-Length"] = str(len(body))
    return Response(b"" if method == "HEAD" else body, headers=headers_out, media_type=asset.media_type)
