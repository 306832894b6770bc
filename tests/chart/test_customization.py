"""What users of charts expect to change in every pod and object: one test for each value."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendering import CHART, HELM, NAMESPACE, Document, RenderingFailed, of_kind, parsed, pod_templates

VALUES: Document = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
SCHEMA: Document = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
# Every pod that the chart can create: with Traefik, the standalone gateway and the operator; and with a mail server.
EVERYTHING = CHART / "ci" / "operator-traefik-values.yaml"
MAIL = {"enabled": True, "smtp": {"host": "smtp.example.com"}, "sender": "no-reply@example.com"}
# Sections of values with the fields that apply to pods.
SERVICE_SECTIONS = ("member", "mail.worker", "auth", "web", "shop", "operator", "gateway.standalone")
POD_SECTIONS = (*SERVICE_SECTIONS, "postgres", "redis", "jobs")
# Jobs and the mail worker have the images of services.
IMAGE_SECTIONS = tuple(section for section in POD_SECTIONS if section not in {"jobs", "mail.worker"})
# Values whose entries are chosen by the user; null removes one of them, as everywhere in Helm.
FREE_FORM = ("routes", "resources", "parameters")
DIGEST = f"sha256:{'0f' * 32}"


def render_values(values: Document, tmp_path: Path, release: str = "member-platform") -> tuple[Document, ...]:
    """Render every component with additional values. Raises RenderingFailed."""
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    command: list[Any] = [HELM, "template", release, CHART, "--namespace", NAMESPACE, "--kube-version", "1.34.0"]
    done = subprocess.run(
        [*command, "--values", EVERYTHING, "--values", file], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RenderingFailed(done.stderr)
    return tuple(parsed(done.stdout))


def in_sections(sections: tuple[str, ...], fields: Document) -> Document:
    """Return values with `fields` in each of the sections."""
    values: Document = {}
    for section in sections:
        at = values
        for name in section.split("."):
            at = at.setdefault(name, {})
        at.update(fields)
    return values


def pods(fields: Document, tmp_path: Path) -> list[tuple[str, Document]]:
    values = in_sections(POD_SECTIONS, fields)
    values["mail"] |= MAIL
    found = list(pod_templates(render_values(values, tmp_path)))
    assert len(found) == 14, [name for name, _ in found]
    return found


def selector(template: Document) -> Document:
    labels = template["metadata"]["labels"]
    return {
        name: labels[name] for name in labels if re.fullmatch(r"app\.kubernetes\.io/(name|instance|component)", name)
    }


@pytest.mark.parametrize(
    ("field", "value", "at"),
    [
        ("nodeSelector", {"pool": "members"}, "nodeSelector"),
        ("tolerations", [{"key": "members", "operator": "Exists"}], "tolerations"),
        ("affinity", {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}, "affinity"),
        ("priorityClassName", "high", "priorityClassName"),
    ],
)
def test_every_pod_is_placed_as_its_values_say(field, value, at, tmp_path):
    for name, template in pods({field: value}, tmp_path):
        assert template["spec"][at] == value, name


def test_every_pod_spreads_by_its_own_labels(tmp_path):
    constraint = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
    for name, template in pods({"topologySpreadConstraints": [constraint]}, tmp_path):
        expected = constraint | {"labelSelector": {"matchLabels": selector(template)}}
        assert template["spec"]["topologySpreadConstraints"] == [expected], name


def test_every_pod_has_additional_labels_and_annotations_but_its_selector_is_the_charts(tmp_path):
    labels = {"team": "accounts", "app.kubernetes.io/component": "another"}
    for name, template in pods({"podLabels": labels, "podAnnotations": {"note": "text"}}, tmp_path):
        if name.startswith("Pod/"):
            continue  # the pod of `helm test` is an object of its own, with the labels of objects
        metadata = template["metadata"]
        assert metadata["labels"]["team"] == "accounts", name
        assert metadata["labels"]["app.kubernetes.io/component"] != "another", name
        assert metadata["annotations"]["note"] == "text", name


def test_every_main_container_has_additional_variables_and_mounts(tmp_path):
    variable = {"name": "EXTRA", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    source = {"secretRef": {"name": "more"}}
    volume = {"name": "certificates", "secret": {"secretName": "ca"}}
    mount = {"name": "certificates", "mountPath": "/etc/ca"}
    extra = {"extraEnv": [variable], "extraEnvFrom": [source], "extraVolumes": [volume], "extraVolumeMounts": [mount]}
    for name, template in pods(extra, tmp_path):
        container = template["spec"]["containers"][0]
        assert container["env"][-1] == variable, name
        assert container["envFrom"] == [source], name
        assert container["volumeMounts"][-1] == mount, name
        assert len(container["volumeMounts"]) > 1, name
        assert template["spec"]["volumes"][-1] == volume, name


def test_every_pod_has_additional_containers(tmp_path):
    init, sidecar = {"name": "first", "image": "init:1"}, {"name": "sidecar", "image": "sidecar:1"}
    for name, template in pods({"initContainers": [init], "extraContainers": [sidecar]}, tmp_path):
        assert template["spec"]["initContainers"][0] == init, name
        assert template["spec"]["containers"][-1] == sidecar, name
        assert len(template["spec"]["containers"]) == 2, name


def test_security_contexts_can_be_changed_field_by_field(tmp_path):
    changes = {"podSecurityContext": {"fsGroup": 4000}, "securityContext": {"readOnlyRootFilesystem": False}}
    for name, template in pods(changes, tmp_path):
        assert template["spec"]["securityContext"]["fsGroup"] == 4000, name
        assert template["spec"]["securityContext"]["runAsNonRoot"] is True, name
        for container in (*template["spec"]["containers"], *template["spec"].get("initContainers", ())):
            assert container["securityContext"]["readOnlyRootFilesystem"] is False, name
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name


def test_the_platform_may_assign_user_ids(tmp_path):
    for name, template in pod_templates(render_values({"assignUserIds": False}, tmp_path)):
        security = template["spec"]["securityContext"]
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & security.keys(), name
        assert security["runAsNonRoot"] is True, name


def test_every_component_has_a_service_account_with_annotations_and_no_mounted_token(tmp_path):
    account = {"serviceAccount": {"annotations": {"role": "arn"}}}
    documents = render_values(in_sections(POD_SECTIONS, account), tmp_path)
    accounts = {document["metadata"]["name"]: document for document in of_kind(documents, "ServiceAccount")}
    for name, template in pod_templates(documents):
        used = accounts.pop(template["spec"]["serviceAccountName"], None)
        if used is not None and not used["metadata"]["name"].endswith("-auth-keys"):
            assert used["metadata"]["annotations"] == {"role": "arn"}, name
            assert used["automountServiceAccountToken"] is False, name
        assert template["spec"]["automountServiceAccountToken"] is False, name
    assert not accounts, "nothing uses these service accounts"


def test_a_service_account_of_the_users_own_is_used_and_not_created(tmp_path):
    account = {"serviceAccount": {"create": False, "name": "ours"}}
    documents = render_values(in_sections(POD_SECTIONS, account), tmp_path)
    assert [document["metadata"]["name"] for document in of_kind(documents, "ServiceAccount")] == [
        "member-platform-auth-keys"
    ]
    for name, template in pod_templates(documents):
        if "auth-keys" not in name:
            assert template["spec"]["serviceAccountName"] == "ours", name
    (operator,) = (d for d in of_kind(documents, "RoleBinding") if d["metadata"]["name"].endswith("-operator"))
    assert operator["subjects"][0]["name"] == "ours"
    policies = str(of_kind(documents, "ValidatingAdmissionPolicy"))
    assert f"system:serviceaccount:{NAMESPACE}:ours" in policies


def images(documents: tuple[Document, ...]) -> Iterator[str]:
    for _, template in pod_templates(documents):
        for container in (*template["spec"]["containers"], *template["spec"].get("initContainers", ())):
            yield container["image"]


def test_every_image_comes_from_the_global_registry(tmp_path):
    values = {"global": {"imageRegistry": "registry.example.com"}, "image": {"registry": "other.example.com"}}
    found = set(images(render_values(values, tmp_path)))
    assert len(found) == 8
    assert all(re.fullmatch(r"registry\.example\.com/[a-z/-]+:[\d.]+", image) for image in found), found


def test_every_image_can_be_pinned_by_digest(tmp_path):
    values = in_sections(IMAGE_SECTIONS, {"image": {"digest": DIGEST}})
    assert all(image.endswith(f"@{DIGEST}") for image in images(render_values(values, tmp_path)))
    with pytest.raises(RenderingFailed, match="digest"):
        render_values({"member": {"image": {"digest": "latest"}}}, tmp_path)


def test_pull_secrets_of_the_chart_and_of_its_parent_are_joined(tmp_path):
    values = {"global": {"imagePullSecrets": [{"name": "a"}, {"name": "b"}]}, "imagePullSecrets": [{"name": "b"}]}
    for name, template in pod_templates(render_values(values, tmp_path)):
        assert template["spec"]["imagePullSecrets"] == [{"name": "a"}, {"name": "b"}], name


def test_a_volumes_own_storage_class_has_priority_over_the_global_one(tmp_path):
    values = {"global": {"storageClass": "fast"}, "postgres": {"persistence": {"storageClassName": "safe"}}}
    classes = {
        document["metadata"]["name"]: document["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"]
        for document in of_kind(render_values(values, tmp_path), "StatefulSet")
    }
    assert classes == {
        "member-platform-postgres": "safe",
        "member-platform-redis-sessions": "fast",
        "member-platform-redis-idempotency": "fast",
    }


def test_common_labels_are_on_every_object_and_never_in_a_selector(tmp_path):
    common = {"cost-center": "42", "app.kubernetes.io/name": "another"}
    plain = {key(document): document for document in render_values({}, tmp_path)}
    for document in render_values({"commonLabels": common, "global": {"commonLabels": {"team": "accounts"}}}, tmp_path):
        labels = document["metadata"]["labels"]
        assert labels["cost-center"] == "42", key(document)
        assert labels["team"] == "accounts", key(document)
        assert labels["app.kubernetes.io/name"] != "another", key(document)
        assert selectors(document) == selectors(plain[key(document)])


def key(document: Document) -> tuple[str, str, str]:
    metadata = document["metadata"]
    return document["kind"], metadata.get("namespace", ""), metadata["name"]


def selectors(tree: Any) -> list[Any]:
    """Return all selectors within an object."""
    if isinstance(tree, dict):
        own = [value for name, value in tree.items() if name.lower().endswith("selector")]
        return own + [found for value in tree.values() for found in selectors(value)]
    if isinstance(tree, list):
        return [found for value in tree for found in selectors(value)]
    return []


def test_additional_objects_are_templates(tmp_path):
    objects = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-more"}},
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Namespace }}-text\n",
    ]
    names = {document["metadata"]["name"] for document in render_values({"extraObjects": objects}, tmp_path)}
    assert {"member-platform-more", f"{NAMESPACE}-text"} <= names


@pytest.mark.parametrize("release", ["1password", "a.b", "a" * 53, "a" * 39 + "-b", "member-platform"])
def test_names_are_valid_whatever_the_releases_name(release, tmp_path):
    for document in render_values({}, tmp_path, release):
        name = document["metadata"]["name"]
        if document["kind"] == "Service":
            assert re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", name), name
        if document["kind"] in {"Deployment", "StatefulSet", "Job", "Pod", "Service"}:
            assert len(name) <= 63, name


def test_pods_listen_on_both_address_families(tmp_path):
    hosts = {}
    for _, template in pod_templates(render_values({}, tmp_path)):
        container = template["spec"]["containers"][0]
        hosts |= {
            v["name"]: v.get("value", v.get("valueFrom"))
            for v in container.get("env", ())
            if v["name"].endswith("_HOST")
        }
    services = {"MEMBER_HOST", "AUTH_HOST", "WEB_HOST", "SHOP_HOST"}
    assert {hosts[name] for name in services} == {"*"}
    assert hosts["OPERATOR_HOST"] == {"fieldRef": {"fieldPath": "status.podIP"}}


def test_two_releases_never_share_a_name(tmp_path):
    releases = ("a" * 50 + "-1", "a" * 50 + "-2", "a.b", "a-b", "1a", "r1a")
    names = [
        {document["metadata"]["name"] for document in of_kind(render_values({}, tmp_path, release), "Deployment")}
        for release in releases
    ]
    assert sum(len(own) for own in names) == len(set().union(*names))


def integers(schema: Document, values: Document) -> Document:
    """Return the largest allowed value, or two million, for every integer outside of the route table."""
    result: Document = {}
    for name, value in values.items():
        own = schema.get("properties", {}).get(name, {})
        if isinstance(value, dict) and name not in FREE_FORM:
            result[name] = integers(own, value)
        elif isinstance(value, int) and not isinstance(value, bool):
            result[name] = own.get("maximum", 2_097_152)
    return result


def test_large_integers_have_no_exponent(tmp_path):
    values = integers(SCHEMA, VALUES)
    values["postgres"]["parameters"] = {"autovacuum_freeze_max_age": 200_000_000, "checkpoint_completion_target": 0.9}
    # must be shorter than other durations
    for at, name, value in (
        (values["gateway"]["timeouts"], "connectSeconds", 60),
        (values["gateway"]["timeouts"], "sendSeconds", 60),
        (values["gateway"]["timeouts"], "readSeconds", 60),
        (values["gateway"]["idempotency"], "lockTtlSeconds", 3_000),
        (values["gateway"]["idempotency"], "waitTimeoutSeconds", 60),
        (values["operator"]["signingKeyRing"], "rotationIntervalSeconds", 3_145_728),
        (values["operator"]["signingKeyRing"], "prePublishSeconds", 604_800),
        (values["operator"]["signingKeyRing"], "accessTokenTtlSeconds", 3_600),
        (values["auth"]["session"], "absoluteTimeoutSeconds", 31_536_000),
    ):
        at[name] = value
    documents = render_values(values, tmp_path)
    text = yaml.safe_dump_all(document for document in documents if document["kind"] != "Secret")
    assert not re.findall(r".*\b\d(?:\.\d+)?e\+\d+.*", text)
    (postgres,) = (d for d in of_kind(documents, "StatefulSet") if d["metadata"]["name"].endswith("-postgres"))
    assert "autovacuum_freeze_max_age=200000000" in postgres["spec"]["template"]["spec"]["containers"][0]["args"]


def nulls(values: Document, depth: int) -> Document:
    """Return null for every value at `depth`, and for every one above it that is no section."""
    return {
        name: nulls(value, depth - 1) if isinstance(value, dict) and value and depth and name not in FREE_FORM else None
        for name, value in values.items()
    }


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_null_means_the_default(depth, tmp_path):
    def comparable(documents: tuple[Document, ...]) -> list[Document]:
        return sorted((document for document in documents if document["kind"] != "Secret"), key=key)

    plain, without = tmp_path / "plain", tmp_path / "null"
    for folder in (plain, without):
        folder.mkdir()
    values = nulls(VALUES, depth)
    # what the values file of the comparison sets
    for name in yaml.safe_load(EVERYTHING.read_text(encoding="utf-8")):
        del values[name]
    assert comparable(render_values(values, without)) == comparable(render_values({}, plain))


def test_every_template_sets_the_defaults_first():
    templates = [path for path in (CHART / "templates").rglob("*") if path.suffix in {".yaml", ".txt"}]
    assert len(templates) > 40
    for path in templates:
        assert path.read_text(encoding="utf-8").startswith('{{- include "member-platform.setDefaults" . -}}\n'), path


@pytest.mark.parametrize("enabled", [True, False])
def test_a_parent_chart_includes_the_platform_by_its_condition(enabled, tmp_path):
    parent = tmp_path / "parent"
    (parent / "charts").mkdir(parents=True)
    shutil.copytree(CHART, parent / "charts" / "member-platform")
    dependency = {"name": "member-platform", "version": "0.1.0", "condition": "member-platform.enabled"}
    chart = {"apiVersion": "v2", "name": "parent", "version": "1.0.0", "dependencies": [dependency]}
    (parent / "Chart.yaml").write_text(yaml.safe_dump(chart), encoding="utf-8")
    values = {"member-platform": {"enabled": enabled}, "global": {"imageRegistry": "registry.example.com", "other": 1}}
    (parent / "values.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    done = subprocess.run(
        [HELM, "template", "shop", parent, "--kube-version", "1.34.0"], capture_output=True, text=True, check=True
    )
    documents = tuple(parsed(done.stdout))
    assert bool(documents) is enabled
    assert all(image.startswith("registry.example.com/") for image in images(documents))
