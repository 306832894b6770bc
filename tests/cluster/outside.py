"""What a release may be given instead of making it: certificates, Secrets, and stores in another namespace."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster import NAMESPACE, PATIENCE, ROOT, kubectl

DATA_NAMESPACE = f"{NAMESPACE}-data"
POSTGRES_PORT, REDIS_PORT = 5433, 6380

# The guide's own lines: its commands run here.
GUIDE = (ROOT / "docs" / "guides" / "kubernetes.md").read_text(encoding="utf-8")


def guide(language: str, mark: str) -> str:
    """Return the block of the guide in a language that contains a mark."""
    return next(block for block in re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL) if mark in block)


def make_secret(namespace: str, name: str, values: Mapping[str, str], kind: str = "Opaque") -> None:
    """Make a Secret, or make it again."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "type": kind,
        "stringData": dict(values),
    }
    kubectl("apply", "-f", "-", namespace=namespace, stdin=json.dumps(secret))


def make_namespace(name: str) -> None:
    """Make a namespace unless it is there; one that is going, from an earlier run, goes first."""
    there = kubectl("get", "namespace", name, "--ignore-not-found", "-o", "jsonpath={.status.phase}")
    if there == "Terminating":
        kubectl("wait", "--for=delete", f"namespace/{name}", f"--timeout={PATIENCE}s")
    if there != "Active":
        kubectl("create", "namespace", name)


def make_certificate(namespace: str, name: str, host: str) -> str:
    """Make a Secret with a certificate for a host, as cert-manager would, and return the certificate."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = Path(folder, "tls.key"), Path(folder, "tls.crt")
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "2", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
        subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        pair = {"tls.crt": certificate.read_text(encoding="utf-8"), "tls.key": key.read_text(encoding="utf-8")}
    make_secret(namespace, name, pair, "kubernetes.io/tls")
    return pair["tls.crt"]


def key_ring() -> dict[str, str]:
    """Return a new ring of signing keys, file by file."""
    with tempfile.TemporaryDirectory() as folder:
        ring = Path(folder, "ring")
        command: list[str | Path] = [ROOT / ".venv" / "bin" / "auth", "keys", "init", "--dir", ring]
        subprocess.run(command, check=True, capture_output=True)
        return {file.name: file.read_text(encoding="utf-8") for file in ring.iterdir() if file.is_file()}


def pod(name: str, image: str, command: list[str], port: int, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return a pod of one container."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": name,
                    "image": image,
                    "command": command,
                    "env": [{"name": key, "value": value} for key, value in environment.items()],
                    "readinessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 1},
                }
            ],
        },
    }


@dataclass(frozen=True)
class Stores:
    """PostgreSQL and Redis outside of the release: the Secrets' values that lead there, and the chart's own."""

    databases: dict[str, dict[str, str]]
    redis: dict[str, str]
    settings: list[str]


def start_stores(postgres_image: str, redis_image: str) -> Stores:
    """Start PostgreSQL and Redis as someone who runs them would: by the guide."""
    # what a run that was cut short left there has other passwords
    kubectl("delete", "namespace", DATA_NAMESPACE, "--ignore-not-found", "--wait")
    make_namespace(DATA_NAMESPACE)
    gateway, auth = secrets.token_hex(16), secrets.token_hex(16)
    users = guide("text", "user gateway").replace("GATEWAY-PASSWORD", gateway).replace("AUTH-PASSWORD", auth)
    serve = ["docker-entrypoint.sh", "postgres", "-p", str(POSTGRES_PORT)]
    listen = ["sh", "-c", f'echo "$USERS" >/tmp/acl; exec valkey-server --port {REDIS_PORT} --aclfile /tmp/acl']
    for item in (
        pod("postgres", postgres_image, serve, POSTGRES_PORT, {"POSTGRES_PASSWORD": secrets.token_hex(16)}),
        pod("redis", redis_image, listen, REDIS_PORT, {"USERS": users}),
    ):
        kubectl("apply", "-f", "-", namespace=DATA_NAMESPACE, stdin=json.dumps(item))
    kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=120s", namespace=DATA_NAMESPACE)
    sql = guide("sql", "CREATE ROLE member_owner")
    passwords = {
        f"{component}-{role}": secrets.token_hex(16) for component in ("member", "shop") for role in ("owner", "app")
    }
    for role, password in passwords.items():
        sql = sql.replace(f"{role.upper()}-PASSWORD", password)
    psql = ["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-p", str(POSTGRES_PORT)]
    kubectl("exec", "-i", "postgres", "--", *psql, namespace=DATA_NAMESPACE, stdin=sql)
    postgres, redis = address("postgres"), address("redis")
    return Stores(
        databases={
            component: database_urls(
                component, f"{postgres}:{POSTGRES_PORT}", passwords[f"{component}-owner"], passwords[f"{component}-app"]
            )
            for component in ("member", "shop")
        },
        redis={"auth-url": f"redis://auth:{auth}@{redis}:{REDIS_PORT}/1", "gateway-password": gateway},
        settings=[
            f"postgres.external.cidrs={{{postgres}/32}}",
            f"redis.external.cidrs={{{redis}/32}}",
            f"redis.external.host={redis}",
        ],
    )


def database_urls(component: str, server: str, owner: str, app: str) -> dict[str, str]:
    """Return the two URLs of a component's database, as its Secret holds them; `server` is host:port."""
    return {
        "url": f"postgresql://{component}_app:{app}@{server}/{component}",
        "migration-url": f"postgresql://{component}_owner:{owner}@{server}/{component}",
    }


def address(name: str) -> str:
    """Return a pod's address."""
    return kubectl("get", "pod", name, "-o", "jsonpath={.status.podIP}", namespace=DATA_NAMESPACE)
