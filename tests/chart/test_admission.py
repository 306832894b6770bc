"""What the admission policies let pass: ExternalNames, and Traefik's rules as its parser (Go) reads their strings."""

from __future__ import annotations

import re

import pytest
from rendering import of_kind, render

HOST = "members.example.com"

# Each reads `… || PathPrefix(…) || …` to Traefik; a backtick that begins no string hides that from a plain expression.
TAKING = [
    'Host(`own.test`) && Header("a", "`") || PathPrefix("/auth") || Header("b", "`")',
    "Host(`own.test`) && Header(`a`, `b` /* ` */) || PathPrefix(`/auth`) || Header(`a`, `b` /* ` */)",
    'Host(`own.test`) && (Path(`/x`) || Header(`a`, "`")) || PathPrefix("/auth") || (Header("a", "`"))',
    "Host(`members\r.example.com`)",
]
OWN = [
    "Host(`own.test`)",
    'Host(`own.test`) && Header("a", "b c") && PathPrefix("/x")',
    'Host(`own.test`) && (PathPrefix(`/x`) || Path(`/it\'s/"y"`)) && !Header(`a`, `b`)',
    "(Host(`own.test`) || Host(`also-own.test`)) && PathRegexp(`^/(a|b)$`)",
]


def policy(name, values, *settings):
    """Return the `spec` of an admission policy."""
    documents = render(values, f"edge.host={HOST}", *settings)
    [found] = [
        found
        for found in of_kind(documents, "ValidatingAdmissionPolicy")
        if found["metadata"]["name"].endswith(f"-member-platform-{name}")
    ]
    return found["spec"]


def pattern(expression, around):
    """Return the regular expression within a CEL expression; CEL and Python agree on what these mean."""
    text = re.fullmatch(re.escape(around).replace("…", "(.+)"), expression)
    assert text, expression
    return re.compile(text[1].replace("\\\\", "\\"))


@pytest.fixture(scope="module")
def accepts():
    """Whether the expression for rules of HTTP accepts one."""
    expression = policy("traefik", "traefik-standalone-values.yaml")["validations"][1]["expression"]
    around = "object.kind != 'IngressRoute' || object.spec.routes.all(r, r.match.matches('…'))"
    shape = pattern(expression, around)
    return lambda rule: shape.search(rule) is not None


@pytest.mark.parametrize("rule", TAKING)
def test_no_text_within_a_rule_hides_a_path_of_every_host(accepts, rule):
    assert not accepts(rule)


@pytest.mark.parametrize("rule", OWN)
def test_rules_for_hosts_of_their_own_are_free(accepts, rule):
    assert accepts(rule)


def refused_names(values, *settings):
    """Return whether the policy refuses a Service of type ExternalName, by its name."""
    spec = policy("services", values, *settings)
    assert spec["matchConstraints"]["resourceRules"] == [
        {"apiGroups": [""], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"], "resources": ["services"]}
    ]
    [validation] = spec["validations"]
    around = "!has(object.spec.externalName) || !object.spec.externalName.lowerAscii().matches('…')"
    shape = pattern(validation["expression"], around)
    return lambda name: shape.search(name.lower()) is not None


CONTROLLERS = ["traefik-standalone-values.yaml", "nginx-standalone-values.yaml", "operator-kong-values.yaml"]


@pytest.mark.parametrize("values", CONTROLLERS)
@pytest.mark.parametrize("dot", ["", "."])
@pytest.mark.parametrize(
    "name",
    [
        *("member-platform-gateway", "member-platform-gateway.members", "member-platform-gateway.members.svc"),
        *("member-platform-gateway.members.svc.cluster.local", "Member-Platform-GATEWAY.Members.SVC"),
        *("10-0-0-7.member-platform-gateway.members.svc", "member-platform-gateway-0.member-platform-gateway.members"),
        *("member-platform-auth.members.svc", "member-platform-shop-pods.members", "member-platform-postgres"),
        *("10-96-0-7.members.pod", "10-96-0-7.own.pod.cluster.local", "10.96.0.7"),
    ],
)
def test_an_external_name_leads_to_nothing_of_the_platform(values, name, dot):
    assert refused_names(values)(name + dot)


@pytest.mark.parametrize("name", ["kong-gateway-proxy", "kong-gateway-proxy.kong", "kong-gateway-admin.kong.svc"])
def test_an_external_name_leads_to_nothing_of_kong(name):
    assert refused_names("operator-kong-values.yaml")(name)
    assert not refused_names("traefik-standalone-values.yaml")(name)


def test_external_names_follow_the_releases_names():
    refused = refused_names(
        "operator-kong-values.yaml",
        *("clusterDomain=k8s.example", "gateway.kong.namespace=proxy", "gateway.kong.proxyServiceName=front"),
    )
    assert refused("member-platform-gateway.members.svc.k8s.example")
    assert refused("front.proxy.svc.k8s.example")
    assert not refused("member-platform-gateway.members.svc.cluster.local")
    assert not refused("kong-gateway-proxy.kong.svc")


@pytest.mark.parametrize("values", CONTROLLERS)
@pytest.mark.parametrize(
    "name",
    [
        *("db.example.com", "member-platform-gateway.example.com", "api.members", "orders.own.svc.cluster.local"),
        *("member-platform-gateway.own.svc", "members.svc.example.com", "7.example.com"),
    ],
)
def test_other_external_names_are_free(values, name):
    assert not refused_names(values)(name)


def test_external_names_are_free_in_the_platforms_namespace():
    """Kong is the backend of the chart's own ExternalName."""
    conditions = policy("services", "operator-kong-values.yaml")["matchConditions"]
    assert conditions[0]["expression"] == '!(request.namespace in ["members"])'
