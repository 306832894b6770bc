"""Pod Security "restricted" and what this platform asks beyond it, of every pod that any values file makes."""

from __future__ import annotations

import re
import shutil

import pytest
from rendering import CHART, CI_FILES, RELEASE, of_kind, pod_templates, render

CASES = [
    pytest.param(template, id=f"{values}:{name}")
    for values in CI_FILES
    for name, template in pod_templates(render(values))
]
# Volume types of the Pod Security standard "restricted"; hostPath and its like are not among them.
VOLUMES = {"configMap", "downwardAPI", "emptyDir", "persistentVolumeClaim", "projected", "secret", "csi", "ephemeral"}


def containers(template):
    return [*template["spec"].get("initContainers", ()), *template["spec"]["containers"]]


@pytest.mark.parametrize("template", CASES)
def test_the_pod_is_restricted(template):
    spec = template["spec"]
    security = spec["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] > 0
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    for volume in spec.get("volumes", ()):
        assert volume.keys() - {"name"} <= VOLUMES
    for container in containers(template):
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert "privileged" not in own
        assert not any("hostPort" in port for port in container.get("ports", ()))


@pytest.mark.parametrize("template", CASES)
def test_no_pod_but_the_operator_and_the_one_that_makes_the_keys_has_a_token(template):
    spec = template["spec"]
    assert spec["automountServiceAccountToken"] is False
    projected = [
        source for volume in spec.get("volumes", ()) for source in volume.get("projected", {}).get("sources", ())
    ]
    tokens = [source["serviceAccountToken"] for source in projected if "serviceAccountToken" in source]
    if template["metadata"]["labels"]["app.kubernetes.io/component"] == "auth-keys":
        assert [token["expirationSeconds"] for token in tokens] == [600]
    elif template["metadata"]["labels"]["app.kubernetes.io/component"] == "operator":
        assert [token["expirationSeconds"] for token in tokens] == [3600]
    else:
        assert not tokens


@pytest.mark.parametrize("values", CI_FILES)
def test_root_file_systems_are_read_only_unless_sources_are_reloaded(values):
    for name, template in pod_templates(render(values)):
        for container in containers(template):
            writable = (
                values == "development-values.yaml"
                and name.endswith(("-member", "-auth", "-shop", "-web"))
                and container in template["spec"]["containers"]
            )
            assert container["securityContext"]["readOnlyRootFilesystem"] is not writable, (name, container["name"])


@pytest.mark.parametrize("template", CASES)
def test_every_container_says_what_it_needs_and_has_a_limit(template):
    for container in containers(template):
        assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]


def test_long_running_pods_have_probes_and_lose_no_request(documents):
    for name, template in pod_templates(documents):
        if not name.startswith(("Deployment/", "StatefulSet/")):
            continue
        for container in template["spec"]["containers"]:
            assert container.keys() >= {"startupProbe", "readinessProbe", "livenessProbe"}, name
    for document in documents:
        # the operator is one pod, never two, and on no request's way
        if document["kind"] == "Deployment" and document["metadata"]["name"] != f"{RELEASE}-operator":
            assert document["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_a_pod_is_given_more_time_to_stop_than_it_takes(documents):
    for name, template in pod_templates(documents):
        if not name.startswith("Deployment/"):
            continue
        grace = template["spec"]["terminationGracePeriodSeconds"]
        (container,) = template["spec"]["containers"]
        sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        named = {variable["name"]: variable.get("value") for variable in container["env"]}
        waits = sum(
            int(value)
            for key, value in named.items()
            if key.endswith(("_SHUTDOWN_DELAY_SECONDS", "_GRACEFUL_SHUTDOWN_SECONDS"))
        )
        assert grace >= sleep + waits + 5, name


def test_secrets_reach_pods_by_reference_only(documents):
    for name, template in pod_templates(documents):
        for container in containers(template):
            for variable in container.get("env", ()):
                if variable["name"].endswith(("PASSWORD", "SECRET", "_KEY")):
                    assert "secretKeyRef" in variable.get("valueFrom", {}), (name, variable["name"])


def test_no_generated_secret_is_in_another_object(documents):
    values = [
        value for document in documents if document["kind"] == "Secret" for value in document["stringData"].values()
    ]
    others = str([document for document in documents if document["kind"] != "Secret"])
    assert not [value for value in values if value in others]


def lasting_pods(documents):
    """Return the pod templates that an upgrade keeps running; Jobs belong to one revision each."""
    return {
        f"{document['kind']}/{document['metadata']['name']}": document["spec"]["template"]
        for document in of_kind(documents, "Deployment", "StatefulSet")
    }


@pytest.mark.parametrize("values", ["traefik-standalone-values.yaml", "operator-traefik-values.yaml"])
def test_a_new_chart_version_alone_restarts_no_pod(tmp_path, values):
    chart = tmp_path / "member-platform"
    shutil.copytree(CHART, chart)
    metadata = (chart / "Chart.yaml").read_text(encoding="utf-8")
    newer = re.sub(r"(?m)^(version|appVersion): .*$", r'\1: "9.9.9"', metadata)
    (chart / "Chart.yaml").write_text(newer, encoding="utf-8")
    passwords = "redis.existingSecret=given", "postgres.existingSecret=given", "image.tag=same"
    before = lasting_pods(render(values, *passwords))
    after = lasting_pods(render(values, *passwords, chart=chart))
    assert before == after


def test_a_new_revision_alone_restarts_no_pod(documents):
    """A Job has its revision's number in its name; a pod that names the Job would restart with every upgrade."""
    jobs = {job["metadata"]["name"] for job in of_kind(documents, "Job")}
    for name, template in lasting_pods(documents).items():
        for job in jobs:
            assert job not in str(template), name


def test_a_pod_counts_as_available_only_once_edge_and_gateway_know_it(documents):
    """Traefik applies changes every 2 s at most, the standalone gateway looks every second."""
    for deployment in of_kind(documents, "Deployment"):
        if not deployment["metadata"]["name"].endswith("-operator"):
            assert deployment["spec"]["minReadySeconds"] > 2, deployment["metadata"]["name"]
