"""The API server refuses, outside the platform's namespace, what takes the platform's host or the gateway's class."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from cluster import CHART, NAMESPACE, RELEASE, CommandFailed, helm, kubectl, run, until

PLATFORM, TEAM, EXEMPT = f"{NAMESPACE}-guarded", f"{NAMESPACE}-tenant", f"{NAMESPACE}-trusted"
HOST = "members.guarded.test"
# A person with the built-in role `edit` in the team's namespace, and nothing else.
EDITOR = f"system:serviceaccount:{TEAM}:default"
OPERATOR = f"system:serviceaccount:{PLATFORM}:{RELEASE}-operator"
REFUSED = "member platform"


def policies(edge_class):
    settings = (f"edge.host={HOST}", f"edge.controller={edge_class}", f"admissionPolicy.exemptNamespaces={{{EXEMPT}}}")
    command: list[Any] = [helm(), "template", RELEASE, CHART, "-n", PLATFORM, "--kube-version", "1.34.0"]
    for setting in (*settings, "gateway.implementation=kong"):
        command += ["--set", setting]
    documents = yaml.safe_load_all(run(*command))
    return [item for item in documents if item and item["kind"].startswith("ValidatingAdmissionPolicy")]


@pytest.fixture(scope="module", params=["nginx", "traefik"])
def edge(request):
    """The policies of a release with this class of edge, in force."""
    for namespace in (PLATFORM, TEAM, EXEMPT):
        kubectl("apply", "-f", "-", stdin=json.dumps(named("v1", "Namespace", namespace)))
    for user, namespace in ((EDITOR, TEAM), (OPERATOR, TEAM), (EDITOR, EXEMPT), (EDITOR, PLATFORM)):
        binding = named("rbac.authorization.k8s.io/v1", "RoleBinding", f"edit-{user.rpartition(':')[2]}")
        binding["roleRef"] = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
        account = user.split(":")
        binding["subjects"] = [{"kind": "ServiceAccount", "namespace": account[2], "name": account[3]}]
        kubectl("apply", "-f", "-", namespace=namespace, stdin=json.dumps(binding))
    made = policies(request.param)
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(made))
    until("the policies are in force", lambda: REFUSED in attempt(ingress(HOST)), within=60)
    yield request.param
    kubectl("delete", "-f", "-", "--ignore-not-found", stdin=yaml.safe_dump_all(made))
    for namespace in (PLATFORM, TEAM, EXEMPT):
        kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=true")


def named(api_version, kind, name, **fields):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **fields}


def ingress(host=None, class_name="nginx", path="/", **annotations):
    rule = {"http": {"paths": [{"path": path, "pathType": "ImplementationSpecific", "backend": backend()}]}}
    if host is not None:
        rule["host"] = host
    spec = {"rules": [rule]}
    if class_name:
        spec["ingressClassName"] = class_name
    body = named("networking.k8s.io/v1", "Ingress", "thief", spec=spec)
    body["metadata"]["annotations"] = {name.replace("__", "/"): value for name, value in annotations.items()}
    return body


def backend():
    return {"service": {"name": "thief", "port": {"number": 80}}}


def attempt(body, namespace=TEAM, user=EDITOR):
    """Make the object, without making it; return what the API server says against it."""
    as_user = [f"--as={user}"] if user else []
    try:
        kubectl("create", "--dry-run=server", "-f", "-", *as_user, namespace=namespace, stdin=json.dumps(body))
    except CommandFailed as refusal:
        return str(refusal)
    return ""


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize(
    "body",
    [
        # the next log-in's password, by Kong; and past auth, with the token, by ingress-nginx
        ingress(HOST, "kong", "/~/auth/login$", **{"konghq.com__regex-priority": "999999"}),
        ingress(HOST, "nginx", "/api/members/me"),
        ingress("*.guarded.test"),
        ingress(HOST, None),
        ingress("own.test", "kong"),
        ingress(None, "kong"),
        ingress("own.test", None, **{"kubernetes.io__ingress.class": "kong"}),
        ingress("own.test", **{"nginx.ingress.kubernetes.io__server-alias": f"a.test,{HOST}"}),
        ingress("own.test", **{"nginx.ingress.kubernetes.io__server-alias": f"a.test,\t{HOST}"}),
        named(
            "networking.k8s.io/v1",
            "Ingress",
            "certificate",
            spec={"tls": [{"hosts": [HOST], "secretName": "mine"}], "defaultBackend": backend()},
        ),
    ],
    ids=lambda body: json.dumps(body["spec"])[:80],
)
def test_a_namespace_without_a_grant_takes_nothing_of_the_platform(body):
    assert REFUSED in attempt(body)


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("host", ["own.test", "x.members.guarded.test", "*.own.test", "guarded.test"])
def test_other_hosts_are_free(host):
    assert attempt(ingress(host)) == ""
    assert attempt(ingress(host, class_name="another")) == ""


@pytest.mark.usefixtures("edge")
def test_an_external_name_leads_to_nothing_of_the_platform():
    def service(name):
        return named("v1", "Service", "thief", spec={"type": "ExternalName", "externalName": name})

    gateway = f"{RELEASE}-gateway.{PLATFORM}.svc.cluster.local"
    until("the policy is in force", lambda: REFUSED in attempt(service(gateway)), within=60)
    assert attempt(service(gateway), namespace=EXEMPT) == ""
    assert attempt(service("db.own.test")) == ""


@pytest.mark.usefixtures("edge")
def test_the_platform_its_operator_and_exempt_namespaces_are_free():
    assert attempt(ingress(HOST), namespace=PLATFORM) == ""
    assert attempt(ingress(HOST), namespace=EXEMPT) == ""
    assert attempt(ingress(HOST, "kong"), user=OPERATOR) == ""


@pytest.mark.usefixtures("edge")
def test_what_the_operator_made_in_a_teams_namespace_is_not_the_teams_to_change():
    made = ingress(HOST, "kong", "/own")
    kubectl("create", "-f", "-", f"--as={OPERATOR}", namespace=TEAM, stdin=json.dumps(made))
    patch = json.dumps([{"op": "replace", "path": "/spec/rules/0/http/paths/0/path", "value": "/~/auth/login$"}])
    with pytest.raises(CommandFailed, match=REFUSED):
        kubectl("patch", "ingress", "thief", "--type=json", "-p", patch, f"--as={EDITOR}", namespace=TEAM)
    kubectl("delete", "ingress", "thief", namespace=TEAM)


@pytest.mark.usefixtures("edge")
@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute"])
def test_routes_of_the_gateway_api_take_no_host_of_the_platform(kind):
    def route(host):
        return named("gateway.networking.k8s.io/v1", kind, "thief", spec={"hostnames": [host]})

    assert REFUSED in attempt(route(HOST), user=None)
    assert REFUSED in attempt(route("*.guarded.test"), user=None)
    assert attempt(route("own.test"), user=None) == ""


def rule(match, kind="IngressRoute", entry_points=("web",)):
    services = [{"name": "thief", "port": 80}]
    route = {"match": match, "services": services}
    if kind == "IngressRoute":
        route |= {"kind": "Rule", "priority": 999_999}
    return named("traefik.io/v1alpha1", kind, "thief", spec={"entryPoints": list(entry_points), "routes": [route]})


TAKING = [
    f"Host(`{HOST}`)",
    f"Host(`{HOST.upper()}`)",
    f"Host(`{HOST}.`) && PathPrefix(`/auth`)",
    f"Host(`own.test`, `{HOST}`)",
    f"Host(`own.test`) || Host(`{HOST}`)",
    f'Host("{HOST}")',
    "PathPrefix(`/auth/login`)",
    "HostRegexp(`.*`)",
    "HostRegexp(`^members`) && PathPrefix(`/`)",
    "!Host(`own.test`)",
    "Host(`own.test`) || PathPrefix(`/auth`)",
    "Host(`own.test`) && PathPrefix(`/x`) || PathPrefix(`/auth`)",
    "PathPrefix(`/auth`) || Host(`own.test`) && PathPrefix(`/x`)",
    "(Host(`own.test`) || PathPrefix(`/`)) && PathPrefix(`/auth`)",
    # a backtick in a string of the other kind, and one in a comment
    'Host(`own.test`) && Header("a", "`") || PathPrefix("/auth") || Header("b", "`")',
    "Host(`own.test`) && Header(`a`, `b` /* ` */) || PathPrefix(`/auth`) || Header(`a`, `b` /* ` */)",
    # Traefik drops the carriage return
    f"Host(`{HOST[:7]}\r{HOST[7:]}`)",
]
OWN = [
    "Host(`own.test`)",
    "Host(`own.test`) && PathPrefix(`/x`)",
    "PathPrefix(`/x`) && Host(`own.test`)",
    "Host(`own.test`) || Host(`also.test`)",
    "(Host(`own.test`) || Host(`also.test`)) && PathPrefix(`/x`)",
    "Host(`own.test`) && (PathPrefix(`/x`) || Path(`/y`)) && !Header(`a`, `b`)",
    "Host(`own.test`) && PathRegexp(`^/(a|b)$`)",
    'Host(`own.test`) && Header("a", "b c")',
]


@pytest.mark.parametrize("match", TAKING)
def test_rules_of_traefik_take_no_request_of_the_platform(edge, match):
    if edge == "traefik":
        assert REFUSED in attempt(rule(match), user=None)


@pytest.mark.parametrize("match", OWN)
def test_rules_of_traefik_for_hosts_of_their_own_are_free(edge, match):
    assert edge
    assert attempt(rule(match), user=None) == ""


def test_traefik_passes_no_connection_on_before_the_platforms_rules(edge):
    if edge == "traefik":
        assert "names its hosts" in attempt(rule("HostSNI(`*`)", "IngressRouteTCP"), user=None)
        assert REFUSED in attempt(rule(f"HostSNI(`{HOST}`)", "IngressRouteTCP", ("websecure",)), user=None)
        assert attempt(rule("HostSNI(`*`)", "IngressRouteTCP", ("postgres",)), user=None) == ""
        assert attempt(rule("HostSNI(`own.test`)", "IngressRouteTCP", ("websecure",)), user=None) == ""
        assert REFUSED in attempt(ingress(None, "traefik"))
