"""A journey that shows that a platform works: sign up, log in, be recognized, log out."""

from __future__ import annotations

import uuid
from contextlib import suppress

import httpx2
from cluster import until

PASSWORD = "correct horse battery"


def walk_through(client: httpx2.Client) -> dict[str, str]:
    """Take the whole way through the edge and return the member. Raises AssertionError at the first surprise."""
    email = f"{uuid.uuid4().hex}@example.com"
    new = {"email": email, "password": PASSWORD, "display_name": "Someone"}
    keyed = {"X-Idempotency-Key": uuid.uuid4().hex}
    first = client.post("/auth/register", json=new, headers=keyed)
    assert first.status_code == 201, first.text
    again = client.post("/auth/register", json=new, headers=keyed)
    assert (again.status_code, again.content) == (201, first.content), "a repeated registration"
    session = client.post("/auth/login", json={"email": email, "password": PASSWORD})
    assert session.status_code == 200, session.text
    bearer = {"Authorization": f"Bearer {session.json()['access_token']}"}
    own = f"/api/members/{session.json()['member']['id']}"
    assert client.get(own, headers=bearer).json()["email"] == email
    assert client.get(own).status_code == 401
    assert client.post("/auth/logout", headers=bearer).status_code == 204
    assert client.get(own, headers=bearer).status_code == 401
    return dict(first.json())


def responds(client: httpx2.Client) -> bool:
    """Tell whether the platform answers with its keys."""
    with suppress(httpx2.TransportError):
        return client.get("/.well-known/jwks.json").status_code == 200
    return False


def reaches_member(client: httpx2.Client) -> bool:
    """Tell whether auth gets a response from member: a log-in of no one is refused, and not for want of member."""
    unknown = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD}
    with suppress(httpx2.TransportError):
        return client.post("/auth/login", json=unknown).status_code == 401
    return False


def works(client: httpx2.Client) -> dict[str, str]:
    """Use the platform as a client would, once the edge has found the pods, shortly after they are ready."""
    until("the first 200 through the edge", lambda: responds(client), within=60)
    until("auth reaches member", lambda: reaches_member(client), within=30)
    return walk_through(client)
