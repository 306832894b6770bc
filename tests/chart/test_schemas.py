"""Every object that the charts render is one that the API servers of the supported versions take."""

from __future__ import annotations

import os
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
from rendering import CI_FILES, CRDS_CHART, KUBERNETES, PLUGIN_CHART, TOOLS, of_kind, parsed, render

FOREIGN = (
    "monitoring.coreos.com/",
    "traefik.io/",
    "cert-manager.io/",
    "configuration.konghq.com/",
    "memberplatform.dev/",
    "kopf.dev/",
)

# Kong's kinds come with no package. `KONG_CRDS` names a file with them; this is what of them is used here.
KONG_PLUGIN = {
    "type": "object",
    "additionalProperties": False,
    "required": ["apiVersion", "kind", "metadata", "plugin"],
    "properties": {
        "apiVersion": {"const": "configuration.konghq.com/v1"},
        "kind": {"const": "KongPlugin"},
        "metadata": {"type": "object"},
        "plugin": {"type": "string", "minLength": 1},
        "config": {"type": "object"},
    },
}


def strict(schema):
    """Turn a CRD's schema into a JSON schema that knows no other fields than the ones it names."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {
        key: strict(value) for key, value in schema.items() if not key.startswith("x-kubernetes-") and key != "nullable"
    }
    if schema.get("x-kubernetes-int-or-string"):
        result.pop("type", None)
    closed = "properties" in schema and isinstance(schema["properties"], dict) and schema.get("type") == "object"
    if closed and not schema.get("x-kubernetes-preserve-unknown-fields") and "additionalProperties" not in schema:
        result["additionalProperties"] = False
    return result


def foreign_schemas():
    """Return the schemas of other projects' kinds by (apiVersion, kind)."""
    files = sorted((TOOLS / "crds").iterdir())
    kong = os.environ.get("KONG_CRDS")
    if kong:
        files.append(Path(kong))
    schemas = {} if kong else {("configuration.konghq.com/v1", "KongPlugin"): KONG_PLUGIN}
    kinds = [crd for file in files for crd in parsed(file.read_text(encoding="utf-8"))]
    for crd in (*kinds, *render("", chart=CRDS_CHART)):
        if crd.get("kind") == "CustomResourceDefinition":
            for version in crd["spec"]["versions"]:
                schema = strict(version["schema"]["openAPIV3Schema"])
                schema["properties"]["metadata"] = {"type": "object"}
                schemas[f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"]] = schema
    return schemas


@pytest.fixture(scope="module")
def schemas():
    return foreign_schemas()


@pytest.mark.parametrize("kubernetes", KUBERNETES)
@pytest.mark.parametrize("values", CI_FILES)
def test_objects_fit_the_schemas_of_each_supported_version(values, kubernetes):
    checked = 0
    for document in render(values, kubernetes=kubernetes):
        if not document["apiVersion"].startswith(FOREIGN):
            kubernetes_validate.validate(document, kubernetes, strict=True)
            checked += 1
    assert checked > 10


def test_objects_of_other_projects_fit_their_schemas(documents, schemas):
    for document in documents:
        if document["apiVersion"].startswith(FOREIGN):
            jsonschema.validate(document, schemas[document["apiVersion"], document["kind"]])


def test_the_ci_files_together_use_every_foreign_kind():
    kinds = {document["kind"] for values in CI_FILES for document in render(values)}
    assert {"KongPlugin", "IngressRoute", "Middleware", "Certificate", "ServiceMonitor", "SigningKeyRing"} <= kinds


def test_a_schema_that_knows_fewer_fields_refuses(schemas):
    (middleware, *_) = of_kind(render("traefik-standalone-values.yaml"), "Middleware")
    wrong = {**middleware, "spec": {**middleware["spec"], "typo": {}}}
    with pytest.raises(jsonschema.ValidationError, match="typo"):
        jsonschema.validate(wrong, schemas[middleware["apiVersion"], "Middleware"])


@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_the_plugins_objects_fit_the_schemas(kubernetes):
    for document in render(kubernetes=kubernetes, chart=PLUGIN_CHART):
        kubernetes_validate.validate(document, kubernetes, strict=True)


CLUSTER_WIDE = {
    "PriorityClass",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterKopfPeering",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}


def test_names_are_unique_and_no_object_is_outside_of_the_release(documents):
    keys = [(document["kind"], document["metadata"]["name"]) for document in documents]
    assert len(keys) == len(set(keys))
    for document in documents:
        if document["kind"] not in CLUSTER_WIDE:
            assert document["metadata"]["namespace"] == "members", document["metadata"]["name"]
