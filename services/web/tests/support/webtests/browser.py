"""A browser without JavaScript, with the edge in front of web."""

from __future__ import annotations

import httpx2

from blackbox.pages import Form, Page

SITE = "https://shop.test"
ADDRESS = "203.0.113.9"
HTML = "text/html,application/xhtml+xml"


def cookie_lines(response: httpx2.Response) -> dict[str, str]:
    """Return the `Set-Cookie` lines of a response, by the cookie's name."""
    return {line.partition("=")[0]: line for line in response.headers.get_list("set-cookie")}


class Browser:
    """A browser without JavaScript, and the edge in front of web: `token` is what the edge hands on."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http
        self.token: str | None = None

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """Open a page."""
        return await self.http.get(path, headers=self.headers(headers))

    async def page(self, path: str, **headers: str) -> Page:
        """Open a page that must come."""
        response = await self.get(path, **headers)
        assert response.status_code == 200, (response.status_code, response.headers, response.text[:500])
        return Page(response.text)

    async def submit(self, form: Form, changes: dict[str, str] | None = None, **headers: str) -> httpx2.Response:
        """Send a form as it stands, but for `changes`."""
        given = {"Origin": SITE, "Sec_Fetch_Site": "same-origin", **headers}
        return await self.http.post(form.action, data=form.fields | (changes or {}), headers=self.headers(given))

    async def post(self, path: str, **headers: str) -> httpx2.Response:
        """Send a request as a script of ours does."""
        given = {"Accept": "*/*", "Sec_Fetch_Site": "same-origin", **headers}
        return await self.http.post(path, headers=self.headers(given))

    def cookie(self, name: str) -> str | None:
        """Return the value of a cookie that the browser holds."""
        return self.http.cookies.get(name)

    def headers(self, given: dict[str, str]) -> dict[str, str]:
        """Return the headers of a request, with those `given`."""
        headers = {"Accept": HTML, "Accept-Language": "en", "User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"}
        headers |= {name.replace("_", "-"): value for name, value in given.items()}
        return headers | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
