"""What is generated into the repository is what would be generated now."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from network_document import document
from rendering import CHART, CRDS_CHART, KUBERNETES, PLUGIN_CHART, ROOT, TOOLS


def test_the_network_document_is_up_to_date():
    """Fixed by `make chart-docs`."""
    assert (ROOT / "docs" / "network-policies.md").read_text(encoding="utf-8") == document()


@pytest.mark.parametrize("chart", [CHART, PLUGIN_CHART, CRDS_CHART], ids=lambda chart: chart.name)
def test_the_charts_readme_is_up_to_date(chart, tmp_path):
    """Fixed by `make chart-docs`."""
    copy = tmp_path / chart.name
    shutil.copytree(chart, copy, symlinks=False)
    subprocess.run([TOOLS / "bin" / "helm-docs", f"--chart-search-root={tmp_path}"], check=True, capture_output=True)
    assert (copy / "README.md").read_text(encoding="utf-8") == (chart / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_the_kubernetes_versions_that_are_tested():
    first, last = (version.rsplit(".", 1)[0] for version in (KUBERNETES[0], KUBERNETES[-1]))
    assert f"Kubernetes {first} to {last}" in (CHART / "README.md").read_text(encoding="utf-8")


def test_every_value_is_described():
    lines = (CHART / "README.md").read_text(encoding="utf-8").splitlines()
    values = [line for line in lines if line.startswith("| ") and line.count("|") >= 5 and "`" in line]
    assert len(values) > 150
    bare = [line.split("|")[1].strip() for line in values if not line.split("|")[-2].strip()]
    assert [name for name in bare if not name.startswith("routes.")] == []
