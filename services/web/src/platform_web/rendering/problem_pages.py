"""Problem documents rendered as pages for browsers."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from platform_common.middleware import HttpMiddleware
from platform_common.problem_documents import parse_problem
from platform_common.problems import MEDIA_TYPE
from platform_web.rendering.catalogues import N_
from platform_web.rendering.pages import Pages
from platform_web.visitor.visitor import STATE

# Heading and advice by status.
_TEXTS = {
    400: (N_("The request could not be understood"), N_("Go back and try again.")),
    401: (N_("Please log in"), N_("This page is for members.")),
    403: (N_("That is not allowed"), N_("Your account is not allowed to do this, or the page was open for too long.")),
    404: (N_("Page not found"), N_("The address may be mistyped, or the page has been removed.")),
    405: (N_("This page cannot be used like that"), N_("Go back and try again.")),
    409: (N_("Something has changed"), N_("This page has changed. Review it and try again.")),
    413: (N_("The request is too large"), N_("Send a smaller request.")),
    429: (N_("Too many attempts"), N_("Wait a moment and try again.")),
    500: (N_("Something went wrong on our side"), N_("This is our fault, not yours. Try again in a moment.")),
    503: (N_("We cannot do that right now"), N_("Part of the site is temporarily unavailable. Try again in a moment.")),
}
# Heading and advice by code, where the status alone would mislead.
_TEXTS_BY_CODE = {
    "csrf-token-invalid": (
        N_("This page is out of date"),
        N_("It belongs to an earlier session or was open for too long. Open it again and repeat your last step."),
    ),
}
_DEFAULT = (N_("That did not work"), N_("Go back and try again."))


class ProblemPagesMiddleware(HttpMiddleware):
    """Renders a problem document as a page if the client accepts HTML; status and headers are kept."""

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        super().__init__(app)
        self._pages = pages

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app`."""
        if "text/html" not in Headers(scope=scope).get("accept", ""):
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
                    await self._send_page(scope, receive, send, start, bytes(body))
                return
            await send(message)

        await self.app(scope, receive, send_page)

    async def _send_page(self, scope: Scope, receive: Receive, send: Send, start: Message, body: bytes) -> None:
        problem = parse_problem(body)
        status = int(start["status"])
        heading, advice = _TEXTS_BY_CODE.get(str(problem.get("code"))) or _TEXTS.get(status, _DEFAULT)
        page = self._pages.render(
            scope["state"][STATE],
            "rendering/problem.html",
            {"heading": heading, "advice": advice, "status": status, "problem": problem},
            status=status,
        )
        # Extend the page's own list: rendering sets Content-Length there.
        page.raw_headers += [
            (name, value)
            for name, value in start["headers"]
            if not name.startswith(b"content-") and name.decode("latin-1") not in page.headers
        ]
        await page(scope, receive, send)
