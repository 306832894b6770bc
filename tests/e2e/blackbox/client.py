"""A client of the platform: plain HTTP, the few calls that every test makes, and the house rules on each response."""

from __future__ import annotations

import itertools
import secrets
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx2

from blackbox.house_rules import check_house_rules

Headers = Mapping[str, str] | Sequence[tuple[str, str]]

TIMEOUT = 30.0

# Made once: reading all certification authorities takes longer than a whole test.
TLS = ssl.create_default_context()


@dataclass(frozen=True)
class Account:
    """A member and its password."""

    email: str
    password: str
    display_name: str
    id: str = ""

    @property
    def registration(self) -> dict[str, str]:
        """The body that registers it."""
        return {"email": self.email, "password": self.password, "display_name": self.display_name}

    @property
    def credentials(self) -> dict[str, str]:
        """The body that logs it in."""
        return {"email": self.email, "password": self.password}


def new_account(prefix: str = "e2e") -> Account:
    """Return an account that no one has registered."""
    return Account(f"{prefix}-{secrets.token_hex(8)}@example.com", secrets.token_urlsafe(15), "Ada Example")


def new_key() -> str:
    """Return an idempotency key that no one has used."""
    return secrets.token_hex(16)


class Addresses:
    """Addresses to send from. The whole of 127.0.0.0/8 is ours on loopback, so each client there has one of its own."""

    def __init__(self, base_url: str) -> None:
        self._loopback = urlsplit(base_url).hostname in {"127.0.0.1", "localhost"}
        self._network = f"127.{secrets.randbelow(250) + 2}.{secrets.randbelow(256)}"
        self._numbers = itertools.count(1)

    @property
    def several(self) -> bool:
        """Whether clients can have addresses of their own."""
        return self._loopback

    def next(self) -> str | None:
        """Return an address that no client has had, or None where there is only the machine's own."""
        if not self._loopback:
            return None
        number = next(self._numbers)
        network, _, third = self._network.rpartition(".")
        return f"{network}.{(int(third) + number // 254) % 256}.{number % 254 + 1}"


class Client:
    """One client. With a `token`, every request carries it."""

    def __init__(self, base_url: str, address: str | None, token: str | None = None) -> None:
        self.base_url = base_url
        self.address = address
        self.token = token
        self._derived: list[Client] = []
        self._http = httpx2.Client(
            base_url=base_url,
            timeout=TIMEOUT,
            trust_env=False,
            verify=TLS,
            transport=httpx2.HTTPTransport(verify=TLS, local_address=address, trust_env=False),
        )

    def close(self) -> None:
        """Close its connections, and those of the clients that came from it."""
        for client in self._derived:
            client.close()
        self._http.close()

    def with_token(self, token: str | None) -> Client:
        """Return a client of the same address with `token` and connections of its own; it is closed with this one."""
        client = Client(self.base_url, self.address, token)
        self._derived.append(client)
        return client

    def request(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        if_match: str | None = None,
        headers: Headers = (),
        **content: Any,
    ) -> httpx2.Response:
        """Send one request and return its response, which keeps the house rules."""
        sent = list(headers.items() if isinstance(headers, Mapping) else headers)
        if self.token is not None and not any(name.lower() == "authorization" for name, _ in sent):
            sent.append(("Authorization", f"Bearer {self.token}"))
        if key is not None:
            sent.append(("X-Idempotency-Key", key))
        if if_match is not None:
            sent.append(("If-Match", if_match))
        response = self._http.request(method, path, headers=sent, **content)
        check_house_rules(method, path, response)
        return response

    def get(self, path: str, **options: Any) -> httpx2.Response:
        """GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> httpx2.Response:
        """POST `json`, or no body."""
        return self.request("POST", path, **({"json": json} if json is not None else {}), **options)

    def put(self, path: str, json: Any, **options: Any) -> httpx2.Response:
        """PUT `json`."""
        return self.request("PUT", path, json=json, **options)

    def patch(self, path: str, json: Any, **options: Any) -> httpx2.Response:
        """PATCH with `json` as a merge patch (RFC 7396)."""
        headers = {"Content-Type": "application/merge-patch+json", **dict(options.pop("headers", {}))}
        return self.request("PATCH", path, json=json, headers=headers, **options)

    def delete(self, path: str, **options: Any) -> httpx2.Response:
        """DELETE."""
        return self.request("DELETE", path, **options)

    def me(self, **options: Any) -> httpx2.Response:
        """Ask who the token's member is."""
        return self.get("/api/members/me", **options)

    def register(self, account: Account, **options: Any) -> Account:
        """Register `account` and return it with its id."""
        response = self.post("/auth/register", account.registration, **options)
        assert response.status_code == 201, response.text
        return replace(account, id=response.json()["id"])

    def log_in(self, account: Account) -> Session:
        """Log `account` in, on connections of the new session's own."""
        response = self.post("/auth/login", account.credentials)
        assert response.status_code == 200, response.text
        session = Session(self, account, response.json())
        self._derived.append(session)
        return session


class Session(Client):
    """A client that is logged in."""

    def __init__(self, client: Client, account: Account, response: Mapping[str, Any]) -> None:
        super().__init__(client.base_url, client.address, str(response["access_token"]))
        self.account = account
        self.access_token = str(response["access_token"])
        self.refresh_token = str(response["refresh_token"])
        self.member: dict[str, Any] = dict(response.get("member") or {})

    @property
    def path(self) -> str:
        """The member's own resource."""
        return f"/api/members/{self.account.id or self.member['id']}"

    def refresh(self, token: str | None = None) -> httpx2.Response:
        """Present the refresh token (its first one, unless another is given)."""
        return self.post("/auth/refresh", {"refresh_token": token or self.refresh_token})

    def log_out(self) -> None:
        """End the session."""
        response = self.post("/auth/logout")
        assert response.status_code == 204, response.text


def pages(client: Client, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """Yield every item of a list, page by page."""
    cursor: str | None = None
    while True:
        response = client.get(path, params={**query, **({"cursor": cursor} if cursor else {})})
        assert response.status_code == 200, response.text
        page = response.json()
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return
