"""A service of another team behind the platform, by the example of the guide; and keys that turn under load."""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from cluster import MEASURED, RELEASE, ROOT, kubectl, objects, until
from kinds import install_kinds
from load import Load

EXAMPLE = ROOT / "k8s" / "examples" / "echo"
# The kubelet renews a mounted ConfigMap or Secret about once a minute.
SPREAD = 150
# How long the next key is published before it signs: longer than that takes.
PUBLISH = 150


@pytest.fixture(scope="module")
def operated(alone, release):  # noqa: ARG001 (it has to be there)
    """The release with the operator in it."""
    install_kinds()
    release.install("operator.enabled=true", f"operator.signingKeyRing.prePublishSeconds={PUBLISH}")
    yield release
    release.install()
    kubectl("delete", "namespace", "echo", "--ignore-not-found", "--wait")
    kubectl("delete", "routegrant", "echo", "--ignore-not-found")


@pytest.fixture(scope="module")
def echo(operated, log_in, client):  # noqa: ARG001 (it has to be there)
    """The example, applied as the guide says, and in reach."""
    kubectl("apply", "-f", str(EXAMPLE), namespace="echo")
    kubectl("wait", "--for=condition=Ready", "protectedroute/echo", "--timeout=120s", namespace="echo")
    headers, member = log_in()
    assert client.get("/echo", headers=headers).status_code == 200
    return headers, member


def test_members_reach_it_and_nobody_else(echo, client):
    headers, _ = echo
    assert client.get("/echo").status_code == 401
    assert client.get("/echo/deeper", headers={"Authorization": "Bearer x"}).status_code == 401
    assert client.get("/echo/deeper?a=b", headers=headers).json()["path"] == "/echo/deeper?a=b"
    assert client.get("/echoes", headers=headers).status_code == 404


def test_it_is_told_who_calls_and_gets_neither_cookies_nor_token(echo, client):
    headers, member = echo
    spoofed = {"X-Auth-Subject": "someone", "X-Auth-Roles": "admin,root", "X_Auth_Subject": "someone"}
    cookies = {"Cookie": "__Host-access=a; own=mine; __Host-refresh=b"}
    seen = client.get("/echo", headers={**headers, **spoofed, **cookies}).json()["headers"]
    assert seen["x-auth-subject"] == member["id"]
    assert set(seen["x-auth-roles"].split(",")) == {"admin", "member"}
    assert seen["x-auth-session"]
    assert "authorization" not in seen
    assert "x_auth_subject" not in seen
    assert seen["cookie"] == "own=mine"


def test_a_write_that_is_repeated_happens_once(echo, client):
    headers, _ = echo
    keyed = {**headers, "X-Idempotency-Key": uuid.uuid4().hex}
    first, second = (client.post("/echo", headers=keyed, content=b"hello") for _ in range(2))
    assert first.status_code == 200
    assert (second.content, second.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert client.post("/echo", headers=headers, content=b"hello").json()["number"] > first.json()["number"]


def test_a_log_out_is_seen_at_once(echo, client, log_in):  # noqa: ARG001 (it has to be there)
    headers, _ = log_in()
    assert client.get("/echo", headers=headers).status_code == 200
    assert client.post("/auth/logout", headers=headers).status_code == 204
    assert client.get("/echo", headers=headers).status_code == 401


SECRET: dict[str, Any] = {
    "apiVersion": "memberplatform.dev/v1alpha1",
    "kind": "ProtectedRoute",
    "metadata": {"name": "secret"},
    "spec": {
        "paths": [{"path": "/secret"}],
        "backend": {"service": "echo", "port": 80},
        "auth": {"mode": "required", "roles": ["admin"]},
    },
}
SECRET_GRANT = {
    "apiVersion": "memberplatform.dev/v1alpha1",
    "kind": "RouteGrant",
    "metadata": {"name": "echo-secret"},
    "spec": {"namespaces": ["echo"], "allowPlatformHost": True, "pathPrefixes": ["/secret", "/renamed"]},
}


@pytest.fixture
def secret(echo, client):
    """A path for administrators, in reach; the team has another route to the same Service."""
    headers, _ = echo
    kubectl("apply", "-f", "-", stdin=json.dumps(SECRET_GRANT))
    kubectl("apply", "-f", "-", namespace="echo", stdin=json.dumps(SECRET))
    kubectl("wait", "--for=condition=Ready", "protectedroute/secret", "--timeout=120s", namespace="echo")
    assert client.get("/secret", headers=headers).status_code == 200
    yield headers
    kubectl("delete", "protectedroute", "secret", "--ignore-not-found", namespace="echo")
    kubectl("delete", "routegrant", "echo-secret", "--ignore-not-found")


class Strangers:
    """Anonymous requests for a path, all the time; `statuses`: how they were answered."""

    def __init__(self, release, path):
        self._release = release
        self._path = path
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self.statuses = []

    def _ask(self):
        with self._release.client() as client:
            while not self._stop.wait(0.02):
                with suppress(httpx2.HTTPError):
                    self.statuses.append(client.get(self._path).status_code)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


@pytest.mark.parametrize("end", ["renamed", "removed", "revoked"])
def test_a_path_that_goes_is_open_to_strangers_at_no_moment(secret, operated, client, end):
    with Strangers(operated, "/secret/x") as strangers:
        until("they are refused", lambda: strangers.statuses[-1:] == [401], within=20)
        if end == "renamed":
            rename = {"spec": {"paths": [{"path": "/renamed"}]}}
            kubectl("patch", "protectedroute", "secret", "--type=merge", "-p", json.dumps(rename), namespace="echo")
            until("the new path is there", lambda: client.get("/renamed", headers=secret).status_code == 200)
        elif end == "removed":
            kubectl("delete", "protectedroute", "secret", namespace="echo")
        else:
            kubectl("delete", "routegrant", "echo-secret")
        until("no route has the path", lambda: client.get("/secret", headers=secret).status_code == 404, within=SPREAD)
        seen = len(strangers.statuses)
        until("some more are asked", lambda: len(strangers.statuses) > seen + 100, within=60)
    assert 200 not in strangers.statuses
    MEASURED[f"anonymous requests while a path was {end}, none let in"] = str(len(strangers.statuses))


def test_ready_means_that_requests_arrive(secret, client):
    for number in range(3):
        name = f"at-once-{number}"
        body = {**SECRET, "metadata": {"name": name}}
        body["spec"] = {**SECRET["spec"], "paths": [{"path": f"/renamed/{name}"}]}
        began = time.monotonic()
        kubectl("apply", "-f", "-", namespace="echo", stdin=json.dumps(body))
        kubectl("wait", "--for=condition=Ready", f"protectedroute/{name}", "--timeout=60s", namespace="echo")
        MEASURED["from a ProtectedRoute to Ready"] = f"{time.monotonic() - began:.1f} s"
        assert client.get(f"/renamed/{name}", headers=secret).status_code == 200
        kubectl("delete", "protectedroute", name, namespace="echo")


REACH = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], 8080), timeout=3).close()
    print("open")
except OSError:
    print("closed")
"""


def reach(namespace, address, **labels):
    """Try a connection from a pod of a namespace."""
    name = f"reach-{uuid.uuid4().hex[:6]}"
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "reach",
                "image": "python:3.13-slim",
                "command": ["python", "-c", REACH, address],
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            }
        ],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(pod))
    try:
        kubectl("wait", f"pod/{name}", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s", namespace=namespace)
        return kubectl("logs", name, namespace=namespace).strip()
    finally:
        kubectl("delete", "pod", name, "--wait=false", namespace=namespace)


def test_its_pods_are_closed_to_all_but_the_gateway_and_callers_that_are_named(echo):  # noqa: ARG001 (it has to be there)
    (pod,) = objects("pods", "-l", "app=echo", namespace="echo")
    address = pod["status"]["podIP"]
    assert reach("default", address) == "closed"
    assert reach("echo", address) == "closed"
    caller = {"spec": {"allowedCallers": [{"namespace": "default", "podLabels": {"is": "named"}}]}}
    kubectl("patch", "protectedroute", "echo", "--type=merge", "-p", json.dumps(caller), namespace="echo")
    until("the caller gets in", lambda: reach("default", address, **{"is": "named"}) == "open", within=60)
    assert reach("default", address) == "closed"


def ring():
    return json.loads(kubectl("get", "secret", f"{RELEASE}-auth-keys", "-o", "json"))["data"]


def current_kid():
    status = objects("signingkeyrings.memberplatform.dev")[0].get("status") or {}
    return next((key["kid"] for key in status.get("keys", ()) if key["state"] == "current"), None)


def ask(what):
    """Ask for something by an annotation, as a person would."""
    annotation = f"memberplatform.dev/{what}={uuid.uuid4()}"
    kubectl("annotate", "signingkeyrings.memberplatform.dev", "--all", annotation, "--overwrite")


def test_keys_turn_under_load_and_no_token_is_refused(operated, log_in):
    """Tokens of both keys, at auth (by the edge) and at member (by its own copy of the keys), all the time."""
    until("the ring is taken over", current_kid, within=60)
    before, kid = ring(), current_kid()
    tokens = [log_in()]
    stop = threading.Event()

    def new_tokens():
        while not stop.wait(5):
            # a log-in that a busy machine does not get to is no token that is refused
            with suppress(AssertionError, httpx2.HTTPError):
                tokens.append(log_in())

    def send(client, number):
        headers, member = tokens[number % len(tokens)]
        return client.get(f"/api/members/{member['id']}", headers=headers)

    logging_in = threading.Thread(target=new_tokens, daemon=True)
    logging_in.start()
    with Load(send, operated.client, rate=20) as load:
        ask("rotate")
        until("the next key signs", lambda: current_kid() != kid, within=PUBLISH + 60)
        turned = len(tokens)
        # every pod of auth has the new ring, and members have come with tokens of the new key
        until("it signs everywhere", lambda: kid_of(tokens[-1]) == current_kid(), within=SPREAD)
        until("both keys were used", lambda: len(tokens) > turned + 8, within=SPREAD)
    stop.set()
    logging_in.join()
    assert load.failures == []
    assert {kid_of(token) for token in tokens} == {kid, current_kid()}
    after = ring()
    assert after["current.pem"] == before["next.pem"]
    assert before["current.pem"] in after.values()
    MEASURED["requests while the keys turned, none refused"] = str(load.sent)


def kid_of(token):
    headers, _ = token
    head = headers["Authorization"].removeprefix("Bearer ").partition(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


def test_neither_upgrade_nor_rollback_touches_the_ring(operated):
    before, revision = ring(), operated.revision()
    operated.install(
        "operator.enabled=true", f"operator.signingKeyRing.prePublishSeconds={PUBLISH}", "auth.podAnnotations.a=b"
    )
    operated.rollback(revision)
    assert ring() == before


def test_an_emergency_ends_every_token_and_session(operated, log_in, client):
    headers, member = log_in()
    body = {"email": "admin@example.com", "password": operated.secret("admin", "password")}
    session = client.post("/auth/login", json=body).json()
    own = f"/api/members/{member['id']}"
    assert client.get(own, headers=headers).status_code == 200
    began = time.monotonic()
    ask("revoke")
    until("the token is dead", lambda: refused(client, own, headers), within=SPREAD, pause=0.1)
    MEASURED["from revoking every key to the first refusal of a former token"] = f"{time.monotonic() - began:.1f} s"
    kubectl("wait", "signingkeyring", "--all", "--for=condition=Ready", "--timeout=180s")
    MEASURED["from revoking every key to the end of the last former pod"] = f"{time.monotonic() - began:.1f} s"
    until("log-in works with the new keys", lambda: works_again(client, log_in), within=SPREAD)
    assert client.get(own, headers=headers).status_code == 401
    renewed = client.post("/auth/refresh", json={"refresh_token": session["refresh_token"]})
    assert (renewed.status_code, renewed.json()["code"]) == (401, "session-revoked")


def test_an_emergency_outlives_the_secret_of_the_keys(operated, log_in, client):
    """After it, the Secret is lost: sessions from before stay ended."""
    body = {"email": "admin@example.com", "password": operated.secret("admin", "password")}
    session = client.post("/auth/login", json=body).json()
    before = ring()
    ask("revoke")
    until("every key is another one", lambda: not set(ring().values()) & set(before.values()), within=60)
    kubectl("wait", "signingkeyring", "--all", "--for=condition=Ready", "--timeout=180s")
    marked = ring()["sessions-until"]
    kubectl("delete", "secret", f"{RELEASE}-auth-keys")
    until("it is made again", lambda: f"{RELEASE}-auth-keys" in secrets(), within=60)
    assert ring()["sessions-until"] == marked
    kubectl("rollout", "restart", f"deployment/{RELEASE}-auth")
    kubectl("rollout", "status", f"deployment/{RELEASE}-auth", "--timeout=120s")
    until("log-in works", lambda: works_again(client, log_in), within=SPREAD)
    renewed = client.post("/auth/refresh", json={"refresh_token": session["refresh_token"]})
    assert (renewed.status_code, renewed.json()["code"]) == (401, "session-revoked")


def secrets():
    return {secret["metadata"]["name"] for secret in objects("secrets")}


def refused(client, path, headers):
    try:
        return client.get(path, headers=headers).status_code == 401
    except httpx2.HTTPError:
        return False


def works_again(client, log_in):
    try:
        headers, member = log_in()
        return client.get(f"/api/members/{member['id']}", headers=headers).status_code == 200
    except (AssertionError, httpx2.HTTPError):
        return False


def test_what_is_removed_is_gone(echo, client, log_in):  # noqa: ARG001 (it has to be there)
    headers, _ = log_in()
    kubectl("delete", "protectedroute", "echo", namespace="echo")
    selector = "memberplatform.dev/route=echo,memberplatform.dev/route-namespace=echo"
    kinds = ("networkpolicies", "ingresses", "ingressroutes.traefik.io", "middlewares.traefik.io")
    until("its objects are gone", lambda: not any(objects(kind, "-A", "-l", selector) for kind in kinds), within=30)
    until("its path is no one's", lambda: client.get("/echo", headers=headers).status_code == 404, within=SPREAD)


def test_a_revision_without_the_operator_leaves_nothing_of_routes_and_a_rollback_brings_it_back(operated):
    kubectl("apply", "-f", str(EXAMPLE), namespace="echo")
    kubectl("wait", "--for=condition=Ready", "protectedroute/echo", "--timeout=120s", namespace="echo")
    selector = "memberplatform.dev/route=echo"
    kinds = ("networkpolicies", "ingresses", "ingressroutes.traefik.io", "middlewares.traefik.io")

    def made():
        return [item["kind"] for kind in kinds for item in objects(kind, "-A", "-l", selector)]

    before, revision = sorted(made()), operated.revision()
    assert {"NetworkPolicy", "IngressRoute"} <= set(before)
    operated.install()
    until("everything is collected", lambda: made() == [])
    operated.rollback(revision)
    until("it is there again", lambda: sorted(made()) == before)
