"""Problems as pages: whichever part of web answers with a problem document, a browser gets a page that helps."""

from __future__ import annotations

import json
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from platform_common.problems import MEDIA_TYPE
from platform_web.rendering.catalogues import N_
from platform_web.rendering.pages import Pages
from platform_web.visitor.visitor import STATE

# What to say by status: a heading, and what to do now.
_WORDS = {
    400: (N_("That request made no sense here"), N_("Go back and try again.")),
    401: (N_("Please log in"), N_("This page is for members.")),
    403: (N_("That is not allowed"), N_("Your account may not do this, or the page was open for too long.")),
    404: (N_("There is nothing here"), N_("The address may be mistyped, or what was here is gone.")),
    405: (N_("That is not how this page works"), N_("Go back and try again.")),
    409: (N_("Something changed meanwhile"), N_("This page has changed. Review it and try again.")),
    413: (N_("That was too much"), N_("Send less at once.")),
    429: (N_("Too many attempts"), N_("Wait a little, then try again.")),
    500: (N_("Something broke on our side"), N_("It was nothing you did. Try again in a moment.")),
    503: (N_("We cannot do that right now"), N_("A part of the site is away. Try again in a moment.")),
}
# By code, where the status alone would mislead.
_WORDS_BY_CODE = {
    "form-outdated": (
        N_("This page is out of date"),
        N_(
            "It is from an earlier session, or was open for too long. Open it again, then repeat what you wanted to do."
        ),
    ),
}
_OTHERWISE = (N_("That did not work"), N_("Go back and try again."))


class ProblemPagesMiddleware:
    """Turns a problem document into a page where the client asks for pages; status and headers stay."""

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        self.app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app`."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        body = bytearray()

        async def send_page(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                if Headers(raw=message["headers"]).get("content-type", "").startswith(MEDIA_TYPE):
                    start = message
                    return
            elif start is not None:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await self._answer(scope, receive, send, start, bytes(body))
                return
            await send(message)

        await self.app(scope, receive, send_page)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, start: Message, body: bytes) -> None:
        problem = _document(body)
        status = int(start["status"])
        heading, advice = _WORDS_BY_CODE.get(str(problem.get("code"))) or _WORDS.get(status, _OTHERWISE)
        page = self._pages.show(
            scope["state"][STATE],
            "rendering/problem.html",
            {"heading": heading, "advice": advice, "status": status, "problem": problem},
            status=status,
        )
        # Added to the page's own list: the page writes its length there when it is rendered.
        page.raw_headers += [
            (name, value)
            for name, value in start["headers"]
            if not name.startswith(b"content-") and name.decode("latin-1") not in page.headers
        ]
        await page(scope, receive, send)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
