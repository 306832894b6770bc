"""What linters say of the charts: helm lint, kube-score, and the charts' own unit tests."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
import yaml
from rendering import CHART, CI_FILES, HELM, PLUGIN_CHART, TOOLS, render

# kube-score's checks that are left out, and why.
LEFT_OUT = {
    "container-image-pull-policy": "tags of releases do not move; Always needs the registry at each start",
    "statefulset-has-servicename": "one pod each, reached by a stable address: a headless name would be cached",
    "deployment-strategy": "the operator is never two pods at a time; test_pods.py looks at the others",
    "deployment-replicas": "how many pods is the user's choice; one is enough for development",
    "statefulset-has-poddisruptionbudget": "a budget for a single pod only blocks draining its node",
    "deployment-has-poddisruptionbudget": "off by default for that reason; values-production.yaml has them",
    "horizontalpodautoscaler-has-target": "kube-score looks for the target in the same file only",
}


@pytest.mark.parametrize("values", CI_FILES)
def test_kube_score_has_nothing_to_say(values, tmp_path):
    objects = tmp_path / "objects.yaml"
    known = [d for d in render(values) if d["apiVersion"] in {"v1", "apps/v1", "batch/v1", "networking.k8s.io/v1"}]
    objects.write_text(yaml.safe_dump_all(known))
    command: list[Any] = [
        TOOLS / "bin" / "kube-score",
        "score",
        "--kubernetes-version",
        "v1.34",
        "--output-format",
        "ci",
    ]
    command += ["--ignore-container-cpu-limit", *(f"--ignore-test={name}" for name in LEFT_OUT), objects]
    if values == "development-values.yaml":
        command.insert(-1, "--ignore-test=container-security-context-readonlyrootfilesystem")
    if values == "minimal-values.yaml":
        command.insert(-1, "--ignore-test=pod-networkpolicy")
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "[OK]" in said
    assert not [line for line in said.splitlines() if line.startswith(("[CRITICAL]", "[WARNING]"))]


@pytest.mark.parametrize("values", CI_FILES)
def test_helm_lint_is_content(values):
    command: list[Any] = [
        HELM,
        "lint",
        "--strict",
        "--kube-version",
        "1.34.0",
        CHART,
        "--values",
        CHART / "ci" / values,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_helm_lint_is_content_with_the_plugins_chart():
    command: list[Any] = [HELM, "lint", "--strict", "--kube-version", "1.34.0", PLUGIN_CHART]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_charts_unit_tests_pass():
    command: list[Any] = [TOOLS / "bin" / "helm-unittest", "--strict", "--file", "tests/*_test.yaml", CHART]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Tests:" in done.stdout
