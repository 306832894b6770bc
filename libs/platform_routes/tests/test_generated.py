"""What the charts contain of the route table is what the library says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from platform_routes.generate import chart_data, generated
from platform_routes.model import KEYED_METHODS, METHODS, Idempotency
from platform_routes.paths import CLOSED_PATHS, INTERNAL_PATHS, PATTERN, is_closed
from platform_routes.paths import Path as RoutePath
from platform_routes.table import DURATIONS

ROOT = Path(__file__).parents[3]


def test_the_generated_files_are_up_to_date():
    """Fixed by `make route-files`."""
    for path, text in generated(ROOT).items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, path


def test_every_attribute_of_idempotency_is_a_setting_of_the_plugin_in_rows():
    attributes = {entry["attribute"] for entry in chart_data()["pluginSettings"]}
    assert attributes == {info.alias for info in Idempotency.model_fields.values()} - {"enabled", "methods", *DURATIONS}


@pytest.mark.parametrize(
    "path",
    [*CLOSED_PATHS, *INTERNAL_PATHS, *(f"{path}/x" for path in CLOSED_PATHS), "/metrics/", "/internals", "/xedge", "/"],
)
def test_the_charts_pattern_closes_the_same_paths(path):
    assert bool(re.match(chart_data()["closedPattern"], path)) is is_closed(RoutePath(path))


def test_the_kind_has_the_same_paths_methods_and_modes():
    text = (ROOT / "charts/member-platform-crds/templates/protectedroutes.yaml").read_text(encoding="utf-8")
    plain = "\n".join(line for line in text.splitlines() if "{{" not in line)
    version = yaml.safe_load(plain)["spec"]["versions"][0]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    assert spec["paths"]["items"]["properties"]["path"]["pattern"] == PATTERN
    assert tuple(spec["methods"]["items"]["enum"]) == METHODS
    assert set(KEYED_METHODS) < set(METHODS)
    assert spec["auth"]["properties"]["mode"]["enum"] == ["public", "optional", "required"]
