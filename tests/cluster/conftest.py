"""The platform on a cluster that is marked as one for tests; without the mark nothing is touched."""

from __future__ import annotations

import os
from contextlib import suppress

import httpx2
import pytest
from cluster import BASE_URL, HOST, MARK, NAMESPACE, STRANGE_NAMESPACE, CommandFailed, Release, kubectl, until


def pytest_sessionstart():
    """Refuse a cluster that is not marked: what follows deletes namespaces and kills pods."""
    if not os.environ.get("KUBECONFIG"):
        pytest.exit("Say which cluster: make test-cluster KUBECONFIG=…", 2)
    try:
        labels = kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.labels}")
    except CommandFailed as error:
        pytest.exit(f"The cluster does not answer: {error}", 2)
    if f'"{MARK}":"true"' not in labels:
        pytest.exit(
            f"This cluster is not marked as one for tests. If nothing on it matters: "
            f"kubectl label namespace kube-system {MARK}=true",
            2,
        )


@pytest.fixture(scope="session")
def absent_release():
    """The release before it is installed: no trace of an earlier run."""
    for namespace in (NAMESPACE, STRANGE_NAMESPACE):
        kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait")
    yield Release()
    if not os.environ.get("KEEP"):
        for namespace in (NAMESPACE, STRANGE_NAMESPACE):
            kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")


@pytest.fixture(scope="session")
def client():
    """A client of the platform, by its edge."""
    with httpx2.Client(base_url=BASE_URL, headers={"Host": HOST}, timeout=10) as client:
        yield client


@pytest.fixture(scope="session")
def release(absent_release, client):
    """The platform, installed into an empty namespace, whose first answer through the edge came in time.

    The chart's promise: at most 90 s to the first 200, with the images on the node.
    """
    absent_release.install(timeout=90)
    until("the first 200 through the edge", lambda: answers(client), within=30)
    return absent_release


def answers(client):
    """Tell whether the platform answers with its keys."""
    with suppress(httpx2.TransportError):
        return client.get("/.well-known/jwks.json").status_code == 200
    return False


@pytest.fixture(scope="session")
def log_in(client, release):
    """Log the administrator in, and return the access token and the member."""

    def log_in():
        body = {"email": "admin@example.com", "password": release.secret("admin", "password")}
        answer = client.post("/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        document = answer.json()
        return {"Authorization": f"Bearer {document['access_token']}"}, document["member"]

    return log_in
