"""The visitor of one request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from platform_common.tokens.access import Principal
from platform_web.clients.auth import Tokens
from platform_web.clients.http import OnBehalfOf
from platform_web.visitor import form_token, preferences
from platform_web.visitor.cookies import CookieRules, cookie_values, is_cookie_value, read_cookies
from platform_web.visitor.places import place_of_referer
from platform_web.visitor.preferences import Language, Theme

ACCESS = "access"
REFRESH = "refresh"
CART = "cart"

# What identifies a browser to a service is cut here: it is shown in the list of sessions, no more.
USER_AGENT_LENGTH = 300

# More refresh cookies than this are not tried.
MAX_REFRESH_TOKENS = 3

STATE = "visitor"


@dataclass
class Visitor:
    """Who looks, as far as the request says. `principal` and `token` are set once the edge's word was checked."""

    rules: CookieRules
    cookies: dict[str, str]
    # Several only where other sites can set a cookie of that name: over plain HTTP in development.
    refresh_tokens: tuple[str, ...]
    language: Language
    theme: Theme
    address: str
    user_agent: str
    # The address of the page, path and query, for coming back to it; for a form, of the page that holds it.
    here: str
    principal: Principal | None = None
    token: str | None = None
    # Whether there may be a session that could not be looked up just now.
    session_unsure: bool = False
    # `Set-Cookie` lines of the response, by the cookie's name.
    set_cookies: dict[str, str] = field(default_factory=dict)
    _form_secret: str = ""

    @classmethod
    def of(cls, scope: Scope, rules: CookieRules) -> Visitor:
        """Read what the headers say of the visitor; nobody is asked."""
        headers = Headers(scope=scope)
        lines = headers.getlist("cookie")
        cookies = read_cookies(lines)
        chosen = cookies.get(preferences.LANGUAGE_COOKIE)
        client = scope.get("client")
        return cls(
            rules=rules,
            cookies=cookies,
            refresh_tokens=cookie_values(lines, rules.host(REFRESH))[:MAX_REFRESH_TOKENS],
            language=preferences.language_of(chosen, headers.get("accept-language", "")),
            theme=preferences.theme_of(cookies.get(preferences.THEME_COOKIE)),
            address=client[0] if client else "",
            # It goes into a header again, where control characters are refused.
            user_agent="".join(filter(str.isprintable, headers.get("user-agent", "")))[:USER_AGENT_LENGTH],
            here=_page_of(scope, headers),
        )

    @property
    def is_known(self) -> bool:
        """Whether the visitor is logged in."""
        return self.principal is not None

    @property
    def is_admin(self) -> bool:
        """Whether the visitor may see the administrator's pages."""
        return self.principal is not None and self.principal.is_admin

    @property
    def access_token(self) -> str | None:
        """The access token of the cookie, which the edge alone may accept."""
        return self.cookies.get(self.rules.host(ACCESS)) or None

    @property
    def cart_token(self) -> str | None:
        """The anonymous cart's cookie, which is shop's to read."""
        token = self.cookies.get(self.rules.host(CART), "")
        # It goes into a header.
        return token if is_cookie_value(token) else None

    @property
    def form_secret(self) -> str:
        """What the visitor's forms are recognised by; made when it is first asked for."""
        if not self._form_secret:
            name = self.rules.host(form_token.COOKIE)
            known = self.cookies.get(name, "")
            self._form_secret = known if form_token.is_secret(known) else form_token.new_secret()
            if self._form_secret != known:
                self.set_cookie(self.rules.line(name, self._form_secret))
        return self._form_secret

    @property
    def form_holder(self) -> str:
        """Whom the visitor's forms are made for: this session, or every visitor without one."""
        return f"session {self.principal.session}" if self.principal else "anonymous"

    @property
    def on_behalf(self) -> OnBehalfOf:
        """The visitor, as services are told of it."""
        return OnBehalfOf(self.address, self.user_agent, self.language, self.token)

    def on_behalf_with(self, tokens: Tokens) -> OnBehalfOf:
        """The same, in a session that has just been opened."""
        return replace(self.on_behalf, token=tokens.access_token)

    def set_cookie(self, line: str) -> None:
        """Set a cookie by its `Set-Cookie` line; the last line of a name counts."""
        self.set_cookies[line.partition("=")[0]] = line

    def keep_session(self, tokens: Tokens) -> None:
        """Give the browser the cookies of a session."""
        rules = self.rules
        self.set_cookie(rules.line(rules.host(ACCESS), tokens.access_token, tokens.expires_in))
        self.set_cookie(rules.line(rules.host(REFRESH), tokens.refresh_token, tokens.refresh_expires_in))

    def forget_session(self) -> None:
        """Remove the session's cookies from the browser."""
        self.principal = self.token = None
        self.remove(ACCESS)
        self.remove(REFRESH)

    def remove(self, name: str) -> None:
        """Remove a cookie of this host from the browser."""
        self.set_cookie(self.rules.removal(self.rules.host(name)))

    def keep_language(self, language: Language) -> None:
        """Show pages in `language` from now on."""
        self.set_cookie(self.rules.line(preferences.LANGUAGE_COOKIE, language, preferences.KEPT_SECONDS))

    def keep_theme(self, theme: Theme) -> None:
        """Show pages in `theme` from now on."""
        self.set_cookie(self.rules.line(preferences.THEME_COOKIE, theme, preferences.KEPT_SECONDS))


def visitor_of(request: Request) -> Visitor:
    """Return the request's visitor."""
    visitor: Visitor = request.scope["state"][STATE]
    return visitor


def _page_of(scope: Scope, headers: Headers) -> str:
    path: str = scope.get("raw_path", b"").decode("latin-1").partition("?")[0]
    if scope["method"] not in {"GET", "HEAD"}:
        return place_of_referer(headers.get("referer", ""), headers.get("host", "")) or path
    query: str = scope.get("query_string", b"").decode("latin-1")
    return path + (f"?{query}" if query else "")
