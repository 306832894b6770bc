"""The operator as a process of this machine, with the configuration of a platform that need not exist."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import yaml
from api_proxy import ApiProxy
from cluster import CHART, RELEASE, ROOT, helm, kubectl, run, until

PROGRAM = ROOT / ".venv" / "bin" / "operator"
PYTHON = ROOT / ".venv" / "bin" / "python"


class ApiDoor:
    """`kubectl proxy`: the API server by plain HTTP, as anyone who runs the tests."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            ["kubectl", "proxy", "--port=0", "--reject-methods=^$"], stdout=subprocess.PIPE, text=True
        )
        assert self._child.stdout
        found = re.search(r":(\d+)\s*$", self._child.stdout.readline())
        assert found
        self.address = ("127.0.0.1", int(found[1]))

    def close(self) -> None:
        """End it."""
        self._child.terminate()
        self._child.wait()
        assert self._child.stdout
        self._child.stdout.close()


def prepared(namespace: str, *settings: str) -> dict[str, Any]:
    """Create what the operator needs of a release in a namespace. Return its configuration by the chart."""
    command: list[str | Path] = [helm(), "template", RELEASE, CHART, "-n", namespace, "--kube-version", "1.34.0"]
    for setting in ("operator.enabled=true", "gateway.implementation=standalone", *settings):
        command += ["--set", setting]
    documents = [document for document in yaml.safe_load_all(run(*command)) if document]
    by_name = {(item["kind"], item["metadata"]["name"]): item for item in documents}
    platform_config = json.loads(by_name["ConfigMap", f"{RELEASE}-operator"]["data"]["platform.json"])
    tables = [body for (kind, name), body in by_name.items() if kind == "ConfigMap" and "-external-routes-" in name]
    owner = by_name["ClusterRole", platform_config["owner_name"]]
    kubectl("apply", "-f", "-", namespace=namespace, stdin=yaml.safe_dump_all([owner, *tables]))
    return platform_config


def release_owner(namespace: str) -> str:
    """Return the name of the object that owns what the operator makes for a release in a namespace."""
    return f"{namespace}-{RELEASE}-operator"


# Every route gets the same names, which no search could achieve.
COLLIDING = """
import sys
import platform_routes.metadata as metadata
metadata._digest = lambda text: "0" * 32
metadata.READABLE_LENGTH = 3
from platform_operator.main import serve
serve()
"""


class OperatorProcess:
    """One operator; it may be killed and started again."""

    def __init__(
        self,
        folder: Path,
        platform_config: dict[str, Any],
        proxy: ApiProxy,
        resync_seconds: int = 600,
        peering: str = "",
    ) -> None:
        self.proxy = proxy
        self.command: list[str | Path] = [PROGRAM, "serve"]
        self._peering = peering
        self._folder = folder
        self._resync_seconds = resync_seconds
        self.configure(platform_config)
        (folder / "kubeconfig").write_text(json.dumps(kubeconfig(proxy.url)))
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, wait: bool = True) -> None:
        """Start it, and wait until it works."""
        self._port, metrics, self.tables_port = free_port(), free_port(), free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "KUBECONFIG": str(self._folder / "kubeconfig"),
            "OPERATOR_PLATFORM_FILE": str(self._folder / "platform.json"),
            "OPERATOR_PORT": str(self._port),
            "OPERATOR_METRICS_PORT": str(metrics),
            "OPERATOR_TABLES_PORT": str(self.tables_port),
            "OPERATOR_RESYNC_SECONDS": str(self._resync_seconds),
            "OPERATOR_PEERING": self._peering,
            "OPERATOR_IDENTITY": self._folder.name,
        }
        self.metrics_port = metrics
        log = (self._folder / "log").open("ab")
        self._child = subprocess.Popen(self.command, env=environment, stdout=log, stderr=log)
        log.close()
        if wait:
            started = self.log().count('"started"')
            until("the operator works", lambda: self.log().count('"started"') > started or self.is_ended, within=60)
            assert not self.is_ended, self.log()[-2000:]

    def configure(self, platform_config: dict[str, Any]) -> None:
        """Set the release that it manages from its next start on."""
        (self._folder / "platform.json").write_text(json.dumps(platform_config))

    @property
    def is_ended(self) -> bool:
        """Whether it runs no more."""
        return self._child is None or self._child.poll() is not None

    def kill(self) -> None:
        """End it with SIGKILL."""
        assert self._child
        self._child.send_signal(signal.SIGKILL)
        self._child.wait()

    def stop(self) -> int:
        """End it as the kubelet does, and return its exit code."""
        if self._child is None:
            return 0
        self._child.terminate()
        return self._child.wait(timeout=60)

    def log(self) -> str:
        """Return what it has written."""
        file = self._folder / "log"
        return file.read_text() if file.exists() else ""

    def metrics(self) -> str:
        """Return its metrics."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as response:
            return str(response.read().decode())

    def is_quiet(self) -> bool:
        """Tell whether no object waits to be looked at."""
        return "operator_workqueue_depth 0.0" in self.metrics()

    def leads(self) -> bool:
        """Tell whether it is the one of its peers that works."""
        return "operator_leader 1.0" in self.metrics()

    def memory(self) -> int:
        """Return its resident memory, in bytes."""
        assert self._child
        status = Path(f"/proc/{self._child.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) * 1024

    def is_alive(self) -> bool:
        """Tell whether /livez answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/livez", timeout=5) as response:
            return bool(response.status == 200)


def kubeconfig(server: str) -> dict[str, Any]:
    """Return a configuration for an API server by plain HTTP."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": server}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "users": [{"name": "test", "user": {}}],
    }


def free_port() -> int:
    """Return a port of loopback that no one listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
