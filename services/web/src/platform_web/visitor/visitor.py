"""The visitor of one request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from platform_common.tokens.access import Principal
from platform_web.clients.auth import Tokens
from platform_web.clients.http import RequestContext
from platform_web.visitor import form_token, preferences
from platform_web.visitor.cookies import CookieRules, cookie_values, is_cookie_value, read_cookies
from platform_web.visitor.preferences import Language, Theme
from platform_web.visitor.urls import url_of_referer

ACCESS = "access"
REFRESH = "refresh"
CART = "cart"

# Longer values are truncated: the user agent is only displayed in the list of sessions.
USER_AGENT_LENGTH = 300

# The maximum number of refresh cookies that are tried.
MAX_REFRESH_TOKENS = 3

STATE = "visitor"


@dataclass
class Visitor:
    """The visitor of a request. `principal` and `token` are set once the access token is verified."""

    rules: CookieRules
    cookies: dict[str, str]
    # More than one only where other sites can set this cookie: over plain HTTP in development.
    refresh_tokens: tuple[str, ...]
    language: Language
    theme: Theme
    address: str
    user_agent: str
    # Path and query of the page to return to; for a form, of the page that contains it.
    current_url: str
    principal: Principal | None = None
    token: str | None = None
    # Whether there may be a session that could not be checked.
    session_unknown: bool = False
    # `Set-Cookie` lines of the response, by the cookie's name.
    set_cookies: dict[str, str] = field(default_factory=dict)
    _form_secret: str = ""

    @classmethod
    def from_scope(cls, scope: Scope, rules: CookieRules) -> Visitor:
        """Create the visitor from the request's headers alone."""
        headers = Headers(scope=scope)
        lines = headers.getlist("cookie")
        cookies = read_cookies(lines)
        chosen = cookies.get(rules.host(preferences.LANGUAGE_COOKIE))
        client = scope.get("client")
        return cls(
            rules=rules,
            cookies=cookies,
            refresh_tokens=cookie_values(lines, rules.host(REFRESH))[:MAX_REFRESH_TOKENS],
            language=preferences.language_of(chosen, headers.get("accept-language", "")),
            theme=preferences.theme_of(cookies.get(rules.host(preferences.THEME_COOKIE))),
            address=client[0] if client else "",
            # Forwarded in a header, where control characters are not allowed.
            user_agent="".join(filter(str.isprintable, headers.get("user-agent", "")))[:USER_AGENT_LENGTH],
            current_url=_page_url(scope, headers),
        )

    @property
    def is_logged_in(self) -> bool:
        """Whether the visitor is logged in."""
        return self.principal is not None

    @property
    def is_admin(self) -> bool:
        """Whether the visitor is an administrator."""
        return self.principal is not None and self.principal.is_admin

    @property
    def access_token(self) -> str | None:
        """The access token of the cookie, which only the edge accepts."""
        return self.cookies.get(self.rules.host(ACCESS)) or None

    @property
    def cart_token(self) -> str | None:
        """The token of the anonymous cart, which only shop interprets."""
        token = self.cookies.get(self.rules.host(CART), "")
        # Sent in a header.
        return token if is_cookie_value(token) else None

    @property
    def form_secret(self) -> str:
        """The secret of the visitor's form tokens, created on first use."""
        if not self._form_secret:
            name = self.rules.host(form_token.COOKIE)
            known = self.cookies.get(name, "")
            self._form_secret = known if form_token.is_secret(known) else form_token.new_secret()
            if self._form_secret != known:
                self.set_cookie(self.rules.line(name, self._form_secret))
        return self._form_secret

    @property
    def form_holder(self) -> str:
        """The holder of the visitor's form tokens: the session, or `anonymous`."""
        return f"session {self.principal.session}" if self.principal else "anonymous"

    @property
    def request_context(self) -> RequestContext:
        """The context for calls to services."""
        return RequestContext(self.address, self.user_agent, self.language, self.token)

    def request_context_with(self, tokens: Tokens) -> RequestContext:
        """The context for calls in a new session."""
        return replace(self.request_context, token=tokens.access_token)

    def set_cookie(self, line: str) -> None:
        """Set a cookie by its `Set-Cookie` line; the last line per name counts."""
        self.set_cookies[line.partition("=")[0]] = line

    def set_session_cookies(self, tokens: Tokens) -> None:
        """Set the cookies of a session."""
        rules = self.rules
        self.set_cookie(rules.line(rules.host(ACCESS), tokens.access_token, tokens.expires_in))
        self.set_cookie(rules.line(rules.host(REFRESH), tokens.refresh_token, tokens.refresh_expires_in))

    def clear_session(self) -> None:
        """Remove the session's cookies from the browser."""
        self.principal = self.token = None
        self.remove(ACCESS)
        self.remove(REFRESH)

    def remove(self, name: str) -> None:
        """Remove a cookie of this host from the browser."""
        self.set_cookie(self.rules.removal(self.rules.host(name)))

    def set_language(self, language: Language) -> None:
        """Store the preferred language."""
        name = self.rules.host(preferences.LANGUAGE_COOKIE)
        self.set_cookie(self.rules.line(name, language, preferences.LIFETIME_SECONDS))

    def set_theme(self, theme: Theme) -> None:
        """Store the preferred theme."""
        name = self.rules.host(preferences.THEME_COOKIE)
        self.set_cookie(self.rules.line(name, theme, preferences.LIFETIME_SECONDS))


def get_visitor(request: Request) -> Visitor:
    """Return the request's visitor."""
    visitor: Visitor = request.scope["state"][STATE]
    return visitor


def _page_url(scope: Scope, headers: Headers) -> str:
    path: str = scope.get("raw_path", b"").decode("latin-1").partition("?")[0]
    if scope["method"] not in {"GET", "HEAD"}:
        return url_of_referer(headers.get("referer", ""), headers.get("host", "")) or path
    query: str = scope.get("query_string", b"").decode("latin-1")
    return path + (f"?{query}" if query else "")
