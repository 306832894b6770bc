"""The API server itself takes the objects of every values file, Kong's, Traefik's and the others' kinds included."""

from __future__ import annotations

from typing import Any

import pytest
from cluster import CHART, RELEASE, ROOT, CommandFailed, helm, kubectl, run
from cluster import NAMESPACE as SUITE
from kinds import install_kinds
from outside import make_namespace

NAMESPACE = f"{SUITE}-objects"
CI_FILES = sorted(path.name for path in (CHART / "ci").glob("*-values.yaml"))


@pytest.fixture(scope="module")
def namespace():
    """An empty namespace, and the operator's kinds."""
    install_kinds()
    make_namespace(NAMESPACE)
    yield
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.mark.parametrize("values", CI_FILES)
@pytest.mark.usefixtures("namespace")
def test_the_api_server_takes_the_objects(values):
    # another name than the installed release's, so that every object is a new one
    command: list[Any] = [
        helm(),
        "template",
        f"{RELEASE}-x",
        CHART,
        "-n",
        NAMESPACE,
        "-f",
        CHART / "ci" / values,
    ]
    # the pod of `helm test` needs the PriorityClass to be there, which a dry run does not make
    rendered = run(*command, "--kube-version", "1.34.0", "--skip-tests")
    said = kubectl("apply", "--dry-run=server", "-f", "-", namespace=NAMESPACE, stdin=rendered)
    assert len(said.splitlines()) > 10


@pytest.mark.usefixtures("namespace")
def test_the_api_server_takes_the_plugins_objects():
    chart = ROOT / "charts" / "kong-plugin-idempotency"
    rendered = run(helm(), "template", "plugin", chart, "-n", NAMESPACE, "--kube-version", "1.34.0")
    assert "configmap/kong-plugin-idempotency created" in kubectl(
        "apply", "--dry-run=server", "-f", "-", namespace=NAMESPACE, stdin=rendered
    )


@pytest.mark.usefixtures("namespace")
def test_kong_without_the_plugin_is_reported_in_a_sentence():
    """Asked of the cluster itself, for `helm template` cannot see what Kong's namespace holds."""
    command: list[Any] = [helm(), "install", f"{RELEASE}-x", CHART, "-n", NAMESPACE, "--dry-run=server"]
    with pytest.raises(CommandFailed, match="has no idempotency plugin: install charts/kong-plugin-idempotency there"):
        run(*command)
