"""What the admission policies let pass of Traefik's rules, read as Traefik's parser reads them: strings are Go's."""

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


@pytest.fixture(scope="module")
def accepts():
    """Whether the expression for rules of HTTP accepts one; CEL and Python agree on what these expressions mean."""
    documents = render("traefik-standalone-values.yaml", f"edge.host={HOST}")
    [policy] = [
        found
        for found in of_kind(documents, "ValidatingAdmissionPolicy")
        if found["metadata"]["name"].endswith("-traefik")
    ]
    expression = policy["spec"]["validations"][1]["expression"]
    text = re.fullmatch(
        r"object\.kind != 'IngressRoute' \|\| object\.spec\.routes\.all\(r, r\.match\.matches\('(.+)'\)\)", expression
    )
    assert text, expression
    shape = re.compile(text[1].replace("\\\\", "\\"))
    return lambda rule: shape.search(rule) is not None


@pytest.mark.parametrize("rule", TAKING)
def test_no_text_within_a_rule_hides_a_path_of_every_host(accepts, rule):
    assert not accepts(rule)


@pytest.mark.parametrize("rule", OWN)
def test_rules_for_hosts_of_their_own_are_free(accepts, rule):
    assert accepts(rule)
