"""HTTPS at the edge: the whole way, the cookies that only it has, and plain HTTP that is sent on."""

from __future__ import annotations

import pytest
from by_tls import by_tls
from cluster import NAMESPACE, RELEASE
from journey import works
from outside import make_certificate, make_namespace


@pytest.mark.parametrize(
    ("name", "secret"),
    [("tls-secret", "platform-certificate"), ("tls-traefik", f"{RELEASE}-tls")],
)
def test_https_and_its_cookies(installed, name, secret):
    """A Secret with a name of one's own, and one with the name that cert-manager would use."""
    namespace = f"{NAMESPACE}-{name}"
    make_namespace(namespace)
    certificate = make_certificate(namespace, secret, f"{name}.platform.test")
    release = installed(name)
    with by_tls(release, certificate) as client:
        works(client)
        token, own = session(client, release)
        for cookie, status in (("__Host-access", 200), ("access", 401)):
            assert client.get(own, headers={"Cookie": f"{cookie}={token}"}).status_code == status
    with release.client() as client:
        response = client.get("/api/members/me?x=1", headers={"Cookie": f"__Host-access={token}"})
    assert response.status_code in {301, 308}
    assert response.headers["Location"] == f"https://{release.host}/api/members/me?x=1"
    assert "ok     HTTP is redirected to HTTPS" in release.test()


def session(client, release):
    """An administrator's access token and the path of its account."""
    body = {"email": "admin@example.com", "password": release.secret("admin", "password")}
    document = client.post("/auth/login", json=body).json()
    return document["access_token"], f"/api/members/{document['member']['id']}"
