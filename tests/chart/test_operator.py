"""The operator's objects are the chart's, field by field; its rights are few; its pod gets the whole configuration."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest
from rendering import NAMESPACE, RELEASE, named, of_kind, render, route_table

from platform_routes import kong, nginx, traefik
from platform_routes.kong import build_service_annotations
from platform_routes.platform import read_platform

KONG = "operator-kong-values.yaml"
SERVICES = ("member", "auth", "web", "shop")
ROWS = tuple(route_table(*SERVICES))
TLS = ("edge.tls.enabled=true", "edge.tls.issuer.name=company", "edge.annotations.team=platform")


def platform_of(documents):
    """The platform as the operator's pod gets it."""
    return read_platform(json.loads(named(documents, "ConfigMap", "operator")["data"]["platform.json"]))


def row_of(platform, name):
    """A row of the table as a route, with the Service that the chart gives it."""
    row = next(row for row in platform.rows if row.key.name == name)
    return replace(row, service=f"{RELEASE}-{row.service}")


def without_mark(metadata):
    """The annotations that mean something to someone else."""
    return metadata.get("annotations", {})


@pytest.mark.parametrize("settings", [(), TLS], ids=["http", "tls"])
@pytest.mark.parametrize("name", ROWS)
def test_the_edges_ingress_is_the_charts(name, settings):
    documents = render(KONG, *settings)
    platform = platform_of(documents)
    (made,) = nginx.build_edge(row_of(platform, name), platform)
    # the row of the path / is an object of its own, under a name that never changes
    theirs = named(documents, "Ingress", f"edge-{'rest' if name == 'storefront' else name}")
    assert made["spec"] == theirs["spec"]
    assert without_mark(made["metadata"]) == without_mark(theirs["metadata"])
    assert made["metadata"]["namespace"] == theirs["metadata"]["namespace"]


@pytest.mark.parametrize("settings", [(), TLS], ids=["http", "tls"])
@pytest.mark.parametrize("name", ROWS)
def test_traefiks_rules_and_middlewares_are_the_charts(name, settings):
    documents = render(KONG, "edge.controller=traefik", *settings)
    platform = platform_of(documents)
    *middlewares, made = traefik.build_edge(row_of(platform, name), platform)
    theirs = named(documents, "IngressRoute", "edge")
    assert without_mark(made["metadata"]) == without_mark(theirs["metadata"])
    assert {key: value for key, value in made["spec"].items() if key != "routes"} == {
        key: value for key, value in theirs["spec"].items() if key != "routes"
    }
    by_match = {rule["match"]: rule for rule in theirs["spec"]["routes"]}
    for rule in made["spec"]["routes"]:
        chart = by_match[rule["match"]]
        assert {**rule, "middlewares": None} == {**chart, "middlewares": None}
        assert chain(rule, middlewares) == chain(chart, of_kind(documents, "Middleware"))


def chain(rule, middlewares):
    """What the rule's middlewares do; the chart's own one for public paths goes by its name."""
    specs = {middleware["metadata"]["name"]: middleware["spec"] for middleware in middlewares}
    specs.pop(f"{RELEASE}-edge-public", None)
    return [specs.get(item["name"], item["name"]) for item in rule["middlewares"]]


def kongs_routes(documents, name):
    """The routes of a row in Kong: the library's and the chart's."""
    platform = platform_of(documents)
    row = row_of(platform, name)
    made = kong.build_gateway(row, platform)
    for plugin in of_kind(made, "KongPlugin"):
        if plugin["plugin"] == "idempotency":
            # the chart's rows name a part; foreign keys are kept apart by namespace and Service
            assert plugin["config"]["service"] == row.service
            plugin["config"]["service"] = row.service.removeprefix(f"{RELEASE}-")
        elif plugin["plugin"] == "pre-function":
            # the operator's rows have joined, the chart's are the platform's own
            (code,) = plugin["config"]["access"]
            plugin["config"]["access"] = [code.replace(", joined = true, own_host = false", "")]
    ours = [described(ingress, made) for ingress in of_kind(made, "Ingress")]
    names = tuple(f"{RELEASE}-gateway-{name}-{index}" for index in range(10))
    theirs = [
        described(led_to(row.service, ingress), documents)
        for ingress in of_kind(documents, "Ingress")
        if ingress["metadata"]["name"].startswith(names)
    ]
    return sorted(ours, key=as_text), sorted(theirs, key=as_text)


@pytest.mark.parametrize("name", ROWS)
def test_kongs_routes_and_plugins_are_the_charts(name):
    ours, theirs = kongs_routes(render(KONG), name)
    assert ours
    assert ours == theirs


def led_to(service, ingress):
    """The Ingress, with the row's own Service where the chart has one of no pods for what is closed.

    The operator makes no Services in a team's namespace: what its plugin closes would be the team's own.
    """
    changed = copy.deepcopy(ingress)
    for rule in changed["spec"]["rules"]:
        for path in rule["http"]["paths"]:
            if path["backend"]["service"]["name"] == f"{RELEASE}-nowhere":
                path["backend"]["service"]["name"] = service
    return changed


def as_text(document):
    return json.dumps(document, sort_keys=True)


def described(ingress, objects):
    """Kong's route in full: its spec, its annotations, and each of its plugins with its configuration."""
    plugins = {plugin["metadata"]["name"]: plugin for plugin in of_kind(objects, "KongPlugin")}
    annotations = dict(ingress["metadata"]["annotations"])
    chosen = [plugins[name] for name in annotations.pop("konghq.com/plugins").split(",")]
    return {
        "spec": ingress["spec"],
        "annotations": annotations,
        "plugins": [{"plugin": plugin["plugin"], "config": plugin["config"]} for plugin in chosen],
    }


def test_what_kong_reads_from_a_service_is_the_charts():
    documents = render(KONG)
    theirs = named(documents, "Service", "member")["metadata"]["annotations"]
    ours = build_service_annotations(platform_of(documents))
    assert {key: value for key, value in ours.items() if key.startswith("konghq.com/")} == theirs


@pytest.mark.parametrize("values", [KONG, "operator-traefik-values.yaml"])
def test_the_gateways_pods_are_those_that_the_policies_name(values):
    documents = render(values)
    platform = platform_of(documents)
    policy = named(documents, "NetworkPolicy", "member")
    peers = [peer for rule in policy["spec"]["ingress"] for peer in rule["from"]]
    own = platform.gateway.pods.namespace == NAMESPACE
    wanted = {"podSelector": {"matchLabels": dict(platform.gateway.pods.labels)}}
    if not own:
        wanted["namespaceSelector"] = {"matchLabels": {"kubernetes.io/metadata.name": platform.gateway.pods.namespace}}
    assert wanted in peers


def rules(documents, kind):
    (role,) = [role for role in of_kind(documents, kind) if role["metadata"]["name"].endswith("-operator")]
    return [
        (group, resource, verb, tuple(rule.get("resourceNames", ())))
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


WRITING = {"create", "update", "patch", "delete"}


@pytest.mark.parametrize(
    ("values", "settings", "written"),
    [
        ("operator-traefik-values.yaml", (), {"networkpolicies"}),
        ("operator-traefik-values.yaml", ("edge.controller=nginx",), {"networkpolicies"}),
        (KONG, (), {"networkpolicies", "ingresses", "kongplugins", "services"}),
    ],
)
def test_in_every_namespace_the_operator_writes_little(values, settings, written):
    found = rules(render(values, *settings), "ClusterRole")
    # what is left of a revision with another gateway is removed, and never written
    ours = {resource for _, resource, verb, _ in found if verb in WRITING - {"delete"}}
    assert ours == written | {"protectedroutes/status", "routegrants/status", "events", "clusterkopfpeerings"}
    assert not [rule for rule in found if rule[1] in {"secrets", "pods"} or "*" in rule]


@pytest.mark.parametrize("values", [KONG, "operator-traefik-values.yaml"])
def test_of_secrets_the_operator_reads_the_ring_alone(values):
    secrets = [rule for rule in rules(render(values), "Role") if rule[1] == "secrets"]
    assert {verb for _, _, verb, names in secrets if not names} == {"create"}
    assert {names for _, _, verb, names in secrets if verb != "create"} == {(f"{RELEASE}-auth-keys",)}


def test_without_the_ring_the_operator_reads_no_secret():
    documents = render(KONG, "operator.signingKeyRing.enabled=false")
    assert not [rule for rule in rules(documents, "Role") if rule[1] == "secrets"]
    assert of_kind(documents, "SigningKeyRing") == []


def test_never_two_operators_at_a_time():
    spec = named(render(KONG), "Deployment", "operator")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_its_pods_tell_each_other_of_themselves_in_a_peering_of_the_release():
    documents = render(KONG)
    (peering,) = of_kind(documents, "ClusterKopfPeering")
    name = peering["metadata"]["name"]
    assert name == f"{NAMESPACE}-{RELEASE}-operator"
    (container,) = named(documents, "Deployment", "operator")["spec"]["template"]["spec"]["containers"]
    assert {"name": "OPERATOR_PEERING", "value": name} in container["env"]
    found = {(verb, names) for _, resource, verb, names in rules(documents, "ClusterRole") if "peering" in resource}
    assert found == {("list", ()), ("watch", ()), ("get", (name,)), ("patch", (name,))}


def test_without_peering_nothing_of_kopfs_is_asked_for():
    documents = render(KONG, "operator.leaderElection.enabled=false")
    assert of_kind(documents, "ClusterKopfPeering") == []
    assert "peering" not in json.dumps(rules(documents, "ClusterRole")).lower()
    (container,) = named(documents, "Deployment", "operator")["spec"]["template"]["spec"]["containers"]
    assert "OPERATOR_PEERING" not in {variable["name"] for variable in container["env"]}


def test_what_the_operator_makes_is_owned_by_an_object_of_the_release_that_it_may_read():
    for values in (KONG, "operator-traefik-values.yaml"):
        documents = render(values)
        owner = platform_of(documents).owner_name
        assert owner in {role["metadata"]["name"] for role in of_kind(documents, "ClusterRole")}
        assert ("rbac.authorization.k8s.io", "clusterroles", "get", (owner,)) in rules(documents, "ClusterRole")
        without = render(values, "operator.enabled=false")
        assert owner not in {role["metadata"]["name"] for role in of_kind(without, "ClusterRole")}


def test_the_gateways_tables_have_no_data_that_an_upgrade_could_take_away():
    documents = render("operator-traefik-values.yaml", "gateway.standalone.joinedTables=3")
    names = [f"{RELEASE}-external-routes-{number}" for number in range(3)]
    made = {body["metadata"]["name"]: body for body in of_kind(documents, "ConfigMap")}
    assert all("data" not in made[name] for name in names)
    assert platform_of(documents).gateway.tables == 3
    allowed = {names for _, resource, _, names in rules(documents, "Role") if resource == "configmaps"}
    assert allowed == {tuple(names)}
    spec = named(documents, "Deployment", "gateway")["spec"]["template"]["spec"]
    (volume,) = [volume for volume in spec["volumes"] if volume["name"] == "joined"]
    mounted = [
        (one["configMap"]["name"], one["configMap"]["items"][0]["path"]) for one in volume["projected"]["sources"]
    ]
    assert mounted == [(name, f"{number}.json") for number, name in enumerate(names)]
    (container,) = named(documents, "Deployment", "gateway")["spec"]["template"]["spec"]["containers"]
    assert {"name": "joined", "mountPath": "/etc/gateway-joined", "readOnly": True} in container["volumeMounts"]


def test_a_change_of_the_platform_starts_the_operator_again():
    marks = [
        named(render(KONG, setting), "Deployment", "operator")["spec"]["template"]["metadata"]["annotations"]
        for setting in ("edge.maxBodyBytes=1048576", "edge.maxBodyBytes=2048")
    ]
    assert marks[0] != marks[1]
