"""The cluster under test and the release in it, by the commands that people use."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
# Values for the release, beside the ones of ci/: `a=b,c=d`.
SETTINGS = os.environ.get("TEST_VALUES", "image.pullPolicy=Always")
VALUES = CHART / "ci" / os.environ.get("TEST_VALUES_FILE", "traefik-standalone-values.yaml")

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


def until(what: str, ready: Callable[[], Any], within: float = PATIENCE, pause: float = 0.5) -> Any:
    """Return the first true answer of `ready`. Raises AssertionError when none comes within the limit."""
    deadline = time.monotonic() + within
    while not (answer := ready()):
        assert time.monotonic() < deadline, f"not within {within:g} s: {what}"
        time.sleep(pause)
    return answer


def helm() -> str:
    """Return the helm command: HELM, or the one that the chart's tests install."""
    return os.environ.get("HELM", str(ROOT / ".tools" / "bin" / "helm"))


@dataclass
class Release:
    """The platform's release."""

    settings: list[str] = field(default_factory=lambda: [*SETTINGS.split(","), f"edge.host={HOST}"])

    def install(self, *settings: str, timeout: int = PATIENCE) -> None:
        """Install it, or bring it to other settings, and wait until it is whole."""
        self._apply(("upgrade", "--install"), settings, timeout)

    def rollback(self, revision: int) -> None:
        """Go back to a revision and wait until it is whole."""
        run(helm(), "rollback", RELEASE, str(revision), "-n", NAMESPACE, "--wait", "--timeout", f"{PATIENCE}s")

    def uninstall(self) -> None:
        """Remove it; what it keeps stays."""
        run(helm(), "uninstall", RELEASE, "-n", NAMESPACE, "--wait", "--timeout", f"{PATIENCE}s")

    def revision(self) -> int:
        """Return the number of the revision that is in force."""
        return int(json.loads(run(helm(), "status", RELEASE, "-n", NAMESPACE, "-o", "json"))["version"])

    def test(self) -> str:
        """Run `helm test` and return what it logged. Raises CommandFailed."""
        return run(helm(), "test", RELEASE, "-n", NAMESPACE, "--logs", "--timeout", f"{PATIENCE}s")

    def secret(self, name: str, key: str) -> str:
        """Return a value of one of its Secrets."""
        encoded = kubectl("get", "secret", f"{RELEASE}-{name}", "-o", f"jsonpath={{.data['{key}']}}")
        return base64.b64decode(encoded).decode()

    def image(self, part: str) -> str:
        """Return the image of a part's pods."""
        deployment = json.loads(kubectl("get", "deployment", f"{RELEASE}-{part}", "-o", "json"))
        return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])

    def _apply(self, verb: Sequence[str], settings: Sequence[str], timeout: int) -> None:
        command = [helm(), *verb, RELEASE, CHART, "-n", NAMESPACE, "--create-namespace", "-f", VALUES]
        for setting in (*self.settings, *settings):
            command += ["--set", setting]
        run(*command, "--wait", "--timeout", f"{timeout}s")
