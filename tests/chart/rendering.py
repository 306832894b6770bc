"""The charts as Helm renders them, without a cluster."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
HELM = TOOLS / "bin" / "helm"
CHART = ROOT / "charts" / "member-platform"
PLUGIN_CHART = ROOT / "charts" / "kong-plugin-idempotency"
CRDS_CHART = ROOT / "charts" / "member-platform-crds"

RELEASE = "member-platform"
NAMESPACE = "members"

# The minors that the chart's README names; each is checked against its own schemas.
KUBERNETES = ("1.32.0", "1.33.0", "1.34.0", "1.35.0", "1.36.0", "1.37.0")

CI_FILES = tuple(sorted(path.name for path in (CHART / "ci").glob("*-values.yaml")))

Document = dict[str, Any]


class RenderingFailed(Exception):
    """Helm refused; the message is what it said."""


@functools.cache
def render(
    values: str = "default-values.yaml", *settings: str, kubernetes: str = "1.34.0", chart: Path = CHART
) -> tuple[Document, ...]:
    """Return the objects of a release with a values file of ci/ and `--set` settings. Raises RenderingFailed."""
    command: list[Any] = [
        HELM,
        "template",
        RELEASE,
        chart,
        "--namespace",
        NAMESPACE,
        "--kube-version",
        kubernetes,
    ]
    if (chart / "ci" / values).exists():
        command += ["--values", chart / "ci" / values]
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RenderingFailed(done.stderr)
    return tuple(parsed(done.stdout))


def parsed(text: str) -> list[Document]:
    """Return the objects of a YAML text; libyaml reads them, which is six times as fast."""
    return [document for document in yaml.load_all(text, yaml.CSafeLoader) if document]


def of_kind(documents: Iterable[Document], *kinds: str) -> list[Document]:
    """Return the objects of these kinds."""
    return [document for document in documents if document["kind"] in kinds]


def named(documents: tuple[Document, ...], kind: str, name: str) -> Document:
    """Return one object by its name without the release's."""
    full = f"{RELEASE}-{name}" if name else RELEASE
    return next(document for document in of_kind(documents, kind) if document["metadata"]["name"] == full)


def pod_templates(documents: tuple[Document, ...]) -> Iterator[tuple[str, Document]]:
    """Yield the pods that the objects make: a name for messages, and metadata and spec."""
    for document in documents:
        name = f"{document['kind']}/{document['metadata']['name']}"
        if document["kind"] == "Pod":
            yield name, {"metadata": document["metadata"], "spec": document["spec"]}
        elif document["kind"] in {"Deployment", "StatefulSet", "Job"}:
            yield name, document["spec"]["template"]


def route_table(*services: str) -> dict[str, Document]:
    """Return the rows of the route table whose service is one of these."""
    table = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))["routes"]
    return {name: row for name, row in table.items() if row["service"] in services}
