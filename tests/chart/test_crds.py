"""The operator's kinds: their schemas are whole, their examples fit, and they outlive a release."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from rendering import CRDS_CHART, HELM, KUBERNETES, ROOT, of_kind, render
from test_schemas import strict

KINDS = ("ProtectedRoute", "RouteGrant", "SigningKeyRing")
EXAMPLES = sorted([*(CRDS_CHART / "examples").glob("*.yaml"), *(ROOT / "k8s" / "examples").glob("*/*.yaml")])


def kinds(*settings):
    """The kinds by their names."""
    made = of_kind(render("", *settings, chart=CRDS_CHART), "CustomResourceDefinition")
    return {crd["spec"]["names"]["kind"]: crd for crd in made}


def version(kind):
    (only,) = kinds()[kind]["spec"]["versions"]
    return only


def schema(kind):
    """The kind's schema, which knows no other fields than the ones it names."""
    result = strict(version(kind)["schema"]["openAPIV3Schema"])
    result["properties"]["metadata"] = {"type": "object"}
    return result


def examples():
    objects = [item for file in EXAMPLES for item in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
    return [item for item in objects if item["kind"] in KINDS]


def fields(schema, path=""):
    """Every schema of a field, with its path."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from fields(inner, f"{path}.{name}")
    if "items" in schema:
        yield from fields(schema["items"], f"{path}[]")


def test_the_three_kinds_are_there_and_kopfs_unless_somebody_else_has_brought_it():
    assert set(kinds()) == {*KINDS, "ClusterKopfPeering"}
    assert set(kinds("peering=false")) == set(KINDS)
    assert kinds()["RouteGrant"]["spec"]["scope"] == "Cluster"


@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_the_kinds_fit_the_schemas_of_each_supported_version(kubernetes):
    for crd in render("", kubernetes=kubernetes, chart=CRDS_CHART):
        kubernetes_validate.validate(crd, kubernetes, strict=True)


def test_helm_lint_is_content_with_the_kinds():
    command: list[Any] = [HELM, "lint", "--strict", "--kube-version", "1.34.0", CRDS_CHART]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_kinds_outlive_the_release_unless_configured_otherwise():
    for crd in kinds().values():
        assert crd["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    for crd in kinds("keep=false").values():
        assert "annotations" not in crd["metadata"]


def test_the_built_in_roles_of_a_namespace_cover_its_routes_and_nothing_else():
    roles = {role["metadata"]["name"].rpartition("-")[2]: role for role in cluster_roles()}
    aggregated = {
        name: {label.rpartition("-to-")[2] for label in role["metadata"]["labels"] if "aggregate-to" in label}
        for name, role in roles.items()
    }
    assert aggregated == {"view": {"view", "edit", "admin"}, "edit": {"edit", "admin"}}
    assert {rule["resources"][0] for role in roles.values() for rule in role["rules"]} == {"protectedroutes"}
    assert set(roles["view"]["rules"][0]["verbs"]) == {"get", "list", "watch"}
    assert {"create", "update", "patch", "delete"} <= set(roles["edit"]["rules"][0]["verbs"])
    assert cluster_roles("clusterRoles=false") == []


def cluster_roles(*settings):
    return of_kind(render("", *settings, chart=CRDS_CHART), "ClusterRole")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_status_columns_and_short_names(kind):
    assert version(kind)["subresources"] == {"status": {}}
    assert kinds()[kind]["spec"]["names"]["shortNames"]
    columns = [column["name"] for column in version(kind)["additionalPrinterColumns"]]
    assert columns[-1] == "Age"


def test_routes_are_listed_with_what_a_team_asks_first():
    columns = [column for column in version("ProtectedRoute")["additionalPrinterColumns"] if not column.get("priority")]
    assert [column["name"] for column in columns] == ["Host", "Paths", "Auth", "Ready", "Age"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described(kind):
    known = {"apiVersion", "kind", "metadata"} | {
        "type", "status", "reason", "message", "lastTransitionTime", "observedGeneration"
    }  # fmt: skip
    for path, field in fields(version(kind)["schema"]["openAPIV3Schema"]):
        name = path.rpartition(".")[2]
        if not path.endswith("[]") and name not in known:
            assert field.get("description"), path


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_and_text_of_a_spec_is_bounded(kind):
    """The API server refuses rules whose cost it cannot bound; an unbounded field is also a way to fill etcd."""
    spec = version(kind)["schema"]["openAPIV3Schema"]["properties"]["spec"]
    for path, field in fields(spec):
        if field["type"] == "array":
            assert "maxItems" in field, path
        if field["type"] == "string":
            assert "maxLength" in field or "enum" in field, path


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example['kind']}/{example['metadata']['name']}")
def test_the_examples_fit(example):
    jsonschema.validate(example, schema(example["kind"]))


def test_there_is_an_example_of_each_kind():
    assert {example["kind"] for example in examples()} == set(KINDS)


ROUTE = {
    "apiVersion": "memberplatform.dev/v1alpha1",
    "kind": "ProtectedRoute",
    "metadata": {"name": "echo", "namespace": "echo"},
    "spec": {"paths": [{"path": "/echo"}], "backend": {"service": "echo", "port": 80}},
}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"typo": 1}, "typo"),
        ({"paths": []}, "paths"),
        ({"paths": [{"path": "echo"}]}, "path"),
        ({"paths": [{"path": "/a//b"}]}, "path"),
        ({"paths": [{"path": "/a%2fb"}]}, "path"),
        ({"paths": [{"path": "/a;b"}]}, "path"),
        ({"host": "Echo.example.com"}, "host"),
        ({"host": "*.example.com"}, "host"),
        ({"methods": ["get"]}, "methods"),
        ({"methods": ["CONNECT"]}, "methods"),
        ({"backend": {"service": "echo"}}, "port"),
        ({"backend": {"service": "echo", "port": 0}}, "port"),
        ({"auth": {"mode": "sometimes"}}, "mode"),
        ({"auth": {"roles": ["a b"]}}, "roles"),
        ({"idempotency": {"failMode": "ajar"}}, "failMode"),
        ({"maxBodyBytes": -1}, "maxBodyBytes"),
    ],
)
def test_a_wrong_field_is_refused(change, named):
    wrong: dict[str, Any] = copy.deepcopy(ROUTE)
    wrong["spec"].update(change)
    with pytest.raises(jsonschema.ValidationError) as refused:
        jsonschema.validate(wrong, schema("ProtectedRoute"))
    assert named in json.dumps([str(part) for part in refused.value.absolute_path]) or named in refused.value.message


def test_nothing_of_a_template_is_left_in_the_kinds():
    assert not re.search(r"\{\{", json.dumps(of_kind(render("", chart=CRDS_CHART), "CustomResourceDefinition")))


def test_the_example_of_the_guide_fits_the_schemas_of_kubernetes():
    for file in sorted((ROOT / "k8s" / "examples").glob("*/*.yaml")):
        for item in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            if item["kind"] not in KINDS:
                kubernetes_validate.validate(item, "1.34.0", strict=True)
