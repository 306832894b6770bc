"""Security headers of every response (ASVS 3.4)."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from platform_common.middleware import HttpMiddleware, on_response_start

# One year, without includeSubDomains, which is the domain owner's decision (RFC 6797, section 6.1).
_TRANSPORT = "max-age=31536000"

# A page loads only its own scripts (by nonce) and styles: no other site, no inline code, no frames, and scripts cannot
# turn text into markup (Trusted Types).
_PAGE_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)
# Other responses load nothing.
_OTHER_POLICY = "default-src 'none'; frame-ancestors 'none'"

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}


def page_policy(nonce: str) -> str:
    """Return the Content-Security-Policy of a page whose scripts carry `nonce`."""
    return _PAGE_POLICY.format(nonce=nonce)


class SecurityHeadersMiddleware(HttpMiddleware):
    """Sets the headers on every response; pages set their own content policy."""

    def __init__(self, app: ASGIApp, *, strict_transport: bool) -> None:
        super().__init__(app)
        self._always = ALWAYS | ({"Strict-Transport-Security": _TRANSPORT} if strict_transport else {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app`."""

        def set_headers(message: Message) -> None:
            headers = MutableHeaders(scope=message)
            for name, value in self._always.items():
                headers[name] = value
            headers.setdefault("Content-Security-Policy", _OTHER_POLICY)

        await self.app(scope, receive, on_response_start(send, set_headers))
