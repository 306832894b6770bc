"""The names of values: unknown ones are rejected, and durations end in `Seconds`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import yaml
from rendering import CHART, RenderingFailed, named, render

VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))


def names(tree: object, prefix: str = "") -> Iterator[str]:
    """Yield the paths of all values outside of the route table."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            path = f"{prefix}{name}"
            yield path
            if path not in {"routes", "postgres.parameters"}:
                yield from names(value, f"{path}.")


@pytest.mark.parametrize(
    "section", ["edge", "gateway.kong", "gateway.standalone", "member", "auth.session", "redis", ""]
)
def test_an_unknown_value_is_rejected_by_its_name(section):
    prefix = f"{section}." if section else ""
    with pytest.raises(RenderingFailed, match="additional properties 'unknown' not allowed"):
        render("default-values.yaml", f"{prefix}unknown=1")


def test_every_section_of_the_schema_rejects_unknown_values():
    def check(schema, path):
        for name, value in schema.get("properties", {}).items():
            # a parent chart may have global values for its other charts
            if "properties" in value and name != "global":
                assert value["additionalProperties"] is False, f"{path}{name}"
                check(value, f"{path}{name}.")

    check(SCHEMA, "")


def test_durations_name_their_unit():
    durations = ("timeout", "interval", "ttl", "delay", "deadline", "prepublish", "shutdown")
    for path in names(VALUES):
        name = path.rpartition(".")[2].lower()
        if any(word in name for word in durations) and not isinstance(value(path), dict):
            assert name.endswith("seconds"), path


def value(path: str) -> object:
    """Return a value by its path."""
    found = VALUES
    for name in path.split("."):
        found = found[name]
    return found


def test_a_variable_of_the_environment_is_text():
    with pytest.raises(RenderingFailed, match="got number, want string"):
        render("default-values.yaml", "auth.extraEnv[0].name=AUTH_LOG_LEVEL", "auth.extraEnv[0].value=1")


@pytest.mark.parametrize(
    ("component", "port"), [("member", 8080), ("redis-sessions", 6379), ("postgres", 5432), ("gateway", 8000)]
)
def test_an_additional_peer_reaches_a_components_own_port(component, port):
    peer = f"networkPolicy.extraIngress.{component}[0].namespaceSelector.matchLabels.team=accounts"
    policy = named(render("traefik-standalone-values.yaml", peer), "NetworkPolicy", component)
    (rule,) = (
        rule
        for rule in policy["spec"]["ingress"]
        if rule["from"] == [{"namespaceSelector": {"matchLabels": {"team": "accounts"}}}]
    )
    assert rule["ports"] == [{"protocol": "TCP", "port": port}]
