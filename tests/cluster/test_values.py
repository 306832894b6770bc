"""Every file of charts/member-platform/ci, installed: what can run here runs, and is used through the edge.

Each has a namespace and a host of its own. Kong and its controller are no part of this suite: with them as the gateway
the services become ready, and the API server takes every object.
"""

from __future__ import annotations

import base64
import json
import secrets

import pytest
import yaml
from cluster import CHART, NAMESPACE, RELEASE, kubectl, objects, until, values_of
from journey import works
from outside import DATA_NAMESPACE, database_urls, key_ring, make_namespace, make_secret, start_stores

CI_FILES = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))
# What the services want to know, wherever the stores are.
KEYS = ("service-token-key", "fingerprint-key", "factor-keys", "password", "cart-key", "payment-webhook-secret")
CHART_VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))


PLAIN = (
    "demo-data",
    "development",
    "minimal",
    "nginx-standalone",
    "redis-image",
    "operator-traefik",
    "traefik-standalone",
)
WITH_KONG = ("accounts-only", "default", "operator-kong", "tls-issuer", "traefik-kong")
# Each has a test of its own below.
WITH_MORE = (
    "external-data",
    "gitops",
    "mail",
    "monitoring",
    "production",
    "removable",
    "tls-secret",
    "tls-traefik",
)


def test_every_file_is_installed_by_a_test():
    assert sorted((*PLAIN, *WITH_KONG, *WITH_MORE)) == CI_FILES


@pytest.mark.parametrize("name", PLAIN)
def test_it_works_through_the_edge(installed, name):
    release = installed(name)
    with release.client() as client:
        works(client)
    if values_of(name).get("member", {}).get("admin", {}).get("create", True):
        assert "ok     the token is invalid at once" in release.test()


@pytest.mark.parametrize("name", WITH_KONG)
def test_with_kong_the_services_are_ready_and_every_object_is_taken(installed, name):
    release = installed(name)
    ready = {item["metadata"]["name"] for item in objects("deployments", namespace=release.namespace)}
    assert ready >= {f"{RELEASE}-member", f"{RELEASE}-auth"}
    classes = {item["spec"]["ingressClassName"] for item in objects("ingresses", namespace=release.namespace)}
    assert "kong" in classes
    assert objects("kongplugins.configuration.konghq.com", namespace=release.namespace)


def test_with_a_mail_server_out_of_reach_everything_runs_and_mails_wait(installed):
    namespace = f"{NAMESPACE}-mail"
    make_namespace(namespace)
    make_secret(namespace, "smtp", {"username": "platform", "password": secrets.token_hex(16)})
    release = installed("mail")
    with release.client() as client:
        works(client)
        response = client.post("/auth/password/forgot", json={"email": "admin@example.com"})
        assert (response.status_code, response.content) == (202, b"")
    names = {item["metadata"]["name"] for item in objects("deployments", namespace=namespace)}
    assert f"{RELEASE}-mail-worker" in names


def test_stores_of_ones_own_in_another_namespace(installed):
    images = CHART_VALUES["postgres"]["image"], CHART_VALUES["redis"]["image"]
    stores = start_stores(*(f"{image['repository']}:{image['tag']}" for image in images))
    namespace = f"{NAMESPACE}-external-data"
    make_namespace(namespace)
    made = {key: secrets.token_hex(16) for key in ("fingerprint-secret", *KEYS)}
    make_secret(namespace, "given", {**stores.databases["member"], **stores.redis, **made})
    make_secret(namespace, "given-shop-database", stores.databases["shop"])
    make_secret(namespace, "given-keys", key_ring())
    try:
        release = installed("external-data", *stores.settings)
        with release.client() as client:
            works(client)
            issuer = json.loads(decoded(token_of(client, namespace)))["iss"]
        assert issuer == "https://accounts.example.com"
        assert objects("statefulsets", namespace=namespace) == []
        assert {
            item["metadata"]["name"] for item in objects("secrets", "--field-selector=type=Opaque", namespace=namespace)
        } == {"given", "given-shop-database", "given-keys"}
    finally:
        kubectl("delete", "namespace", DATA_NAMESPACE, "--wait=false")


def token_of(client, namespace):
    """An administrator's access token."""
    password = kubectl("get", "secret", "given", "-o", "jsonpath={.data.password}", namespace=namespace)
    body = {"email": "admin@example.com", "password": base64.b64decode(password).decode()}
    return client.post("/auth/login", json=body).json()["access_token"]


def decoded(token):
    """The claims of a token, as text."""
    claims = token.split(".")[1]
    return base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)).decode()


def test_every_secret_given_as_a_gitops_tool_needs_it(installed):
    namespace = f"{NAMESPACE}-gitops"
    make_namespace(namespace)
    keys = ("superuser-password", "gateway-password", "auth-password", "fingerprint-secret", *KEYS)
    make_secret(namespace, "given", {key: secrets.token_hex(16) for key in keys})
    server = f"{RELEASE}-postgres.{namespace}.svc.cluster.local:5432"
    for part, name in (("member", "given-database"), ("shop", "given-shop-database")):
        owner, app = secrets.token_hex(16), secrets.token_hex(16)
        passwords = {"owner-password": owner, "app-password": app}
        make_secret(namespace, name, passwords | database_urls(part, server, owner, app))
    release = installed("gitops")
    with release.client() as client:
        works(client)
    assert "ok     the token is invalid at once" in release.test()


def test_what_is_not_to_be_kept_goes_with_the_release(installed):
    release = installed("removable")
    with release.client() as client:
        works(client)
    release.uninstall()
    until("the volumes are gone", lambda: not objects("persistentvolumeclaims", namespace=release.namespace))
    left = [item["metadata"]["name"] for item in objects("secrets", namespace=release.namespace)]
    assert left == ["accounts-auth-keys"]
