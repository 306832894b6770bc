"""The cluster under test and the release in it, by the commands that people use."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "member-platform"

MARK = "memberplatform.dev/test-cluster"
RELEASE = "member-platform"
NAMESPACE = os.environ.get("TEST_NAMESPACE", "member-platform-test")
STRANGE_NAMESPACE = f"{NAMESPACE}-elsewhere"
EDGE_NAMESPACE = os.environ.get("EDGE_NAMESPACE", "traefik")

# Where the edge listens for this machine, and the platform's host name there.
BASE_URL = os.environ.get("BASE_URL", "http://127.0.0.1").rstrip("/")
HOST = os.environ.get("PLATFORM_HOST", str(urlsplit(BASE_URL).hostname))
# Values for every release, beside the ones of ci/: `a=b,c=d`.
SETTINGS = os.environ.get("TEST_VALUES", "image.pullPolicy=Always").split(",")
VALUES = os.environ.get("TEST_VALUES_FILE", "traefik-standalone-values.yaml")

# The platform's own components that response HTTP; PostgreSQL and Redis are other people's programs.
SERVING = ("member", "auth", "shop", "web", "gateway")

# Measured on the way and reported at the end.
MEASURED: dict[str, str] = {}

# How long the cluster may take for anything (seconds).
PATIENCE = 180


class CommandFailed(AssertionError):
    """A command ended with an error; the message is what it said."""


def run(*command: str | Path, stdin: str | None = None, timeout: float = PATIENCE + 60) -> str:
    """Run a command and return its output. Raises CommandFailed."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=timeout)
    if done.returncode:
        raise CommandFailed(f"{' '.join(map(str, command))}: {done.stderr.strip()} {done.stdout.strip()}")
    return done.stdout


def kubectl(*arguments: str, namespace: str = NAMESPACE, stdin: str | None = None) -> str:
    """Run kubectl. Raises CommandFailed."""
    return run("kubectl", "--namespace", namespace, *arguments, stdin=stdin)


def objects(kind: str, *arguments: str, namespace: str = NAMESPACE) -> list[dict[str, Any]]:
    """Return the objects of a kind."""
    return list(json.loads(kubectl("get", kind, *arguments, "-o", "json", namespace=namespace))["items"])


def component_labels(component: str) -> dict[str, str]:
    """Return the labels by which policies know a component's pods."""
    return {
        "app.kubernetes.io/name": "member-platform",
        "app.kubernetes.io/instance": RELEASE,
        "app.kubernetes.io/component": component,
    }


def pods(component: str) -> set[str]:
    """Return the names of a component's pods that are not on their way out."""
    found = objects("pods", "-l", f"app.kubernetes.io/component={component},!probe")
    return {pod["metadata"]["name"] for pod in found if "deletionTimestamp" not in pod["metadata"]}


def until(what: str, ready: Callable[[], Any], within: float = PATIENCE, pause: float = 0.5) -> Any:
    """Return the first true answer of `ready`. Raises AssertionError when none comes within the limit."""
    deadline = time.monotonic() + within
    while not (response := ready()):
        assert time.monotonic() < deadline, f"not within {within:g} s: {what}"
        time.sleep(pause)
    return response


def values_of(name: str) -> dict[str, Any]:
    """Return the values of a file of ci/, by its name before `-values.yaml`."""
    return dict(yaml.safe_load((CHART / "ci" / f"{name}-values.yaml").read_text(encoding="utf-8")) or {})


def helm() -> str:
    """Return the helm command: HELM, or the one that the chart's tests install."""
    return os.environ.get("HELM", str(ROOT / ".tools" / "bin" / "helm"))


def suites_own() -> list[str]:
    """Return the settings of the suite's own release: sample products, and limits for a single client machine."""
    return [
        "shop.demoData=true",
        extra_env(
            "auth",
            AUTH_RATE_LIMIT_REGISTRATIONS_PER_ADDRESS="5000/10 minutes",
            AUTH_RATE_LIMIT_LOGINS_PER_ACCOUNT="5000/15 minutes",
        ),
        extra_env("shop", SHOP_NEW_CARTS_PER_ADDRESS=5000, SHOP_UNPAID_ORDERS_PER_ADDRESS=1000),
    ]


def extra_env(service: str, **variables: object) -> str:
    """Return the setting that gives a service additional environment variables."""
    return (
        f"{service}.extraEnv={json.dumps([{'name': name, 'value': str(value)} for name, value in variables.items()])}"
    )


@dataclass
class Release:
    """A release of the platform: the one under test, or one more with another file of ci/."""

    namespace: str = NAMESPACE
    values: str = VALUES
    host: str = HOST
    settings: list[str] = field(default_factory=suites_own)
    chart: Path = CHART
    # From the installation into an empty namespace to the first 200 through the edge.

    def install(self, *settings: str, timeout: int = PATIENCE) -> None:
        """Install it, or bring it to other settings, and wait until it is whole."""
        run(*self._command("upgrade", *self._given(*settings)), "--install", "--wait", "--timeout", f"{timeout}s")

    def rollback(self, revision: int) -> None:
        """Go back to a revision and wait until it is whole."""
        run(*self._command("rollback", str(revision)), "--wait", "--timeout", f"{PATIENCE}s")

    def uninstall(self) -> None:
        """Remove it; what it keeps stays."""
        run(*self._command("uninstall"), "--wait", "--timeout", f"{PATIENCE}s")

    def revision(self) -> int:
        """Return the number of the revision that is in force."""
        return int(json.loads(run(*self._command("status"), "-o", "json"))["version"])

    def test(self) -> str:
        """Run `helm test` and return what it logged. Raises CommandFailed."""
        return run(*self._command("test"), "--logs", "--timeout", f"{PATIENCE}s")

    def client(self) -> httpx2.Client:
        """Return a client of the platform, by its edge."""
        return httpx2.Client(base_url=BASE_URL, headers={"Host": self.host}, timeout=15)

    def secret(self, name: str, key: str) -> str:
        """Return a value of one of its Secrets."""
        path = f"jsonpath={{.data['{key}']}}"
        encoded = kubectl("get", "secret", f"{RELEASE}-{name}", "-o", path, namespace=self.namespace)
        return base64.b64decode(encoded).decode()

    def image(self, component: str) -> str:
        """Return the image of a component's pods."""
        name = f"{RELEASE}-{component}"
        deployment = json.loads(kubectl("get", "deployment", name, "-o", "json", namespace=self.namespace))
        return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])

    def _command(self, verb: str, *arguments: str | Path) -> list[str | Path]:
        return [helm(), verb, RELEASE, *arguments, "-n", self.namespace]

    def _given(self, *settings: str) -> list[str | Path]:
        given: list[str | Path] = [self.chart, "--create-namespace", "-f", CHART / "ci" / self.values]
        for setting in (*SETTINGS, f"edge.host={self.host}", *self.settings, *settings):
            given += ["--set-json" if "=[" in setting else "--set", setting]
        return given
