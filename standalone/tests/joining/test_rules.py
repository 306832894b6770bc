"""Paths that a joined service may not take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from platform_standalone.errors import PlatformError
from platform_standalone.joining.manifest import parse
from platform_standalone.joining.registry import ROUTE_TABLE, platform_table
from platform_standalone.joining.rules import check, reserved_paths

ROOT = Path(__file__).parents[3]
TABLE = platform_table(ROOT)
RESERVED = reserved_paths(ROOT / ROUTE_TABLE)


def service(path, kind="Prefix", name="notes"):
    spec = {"paths": [{"path": path, "type": kind}], "backend": {"url": "http://127.0.0.1:9480"}}
    metadata = {"name": name}
    document = {"apiVersion": "memberplatform.dev/v1alpha1", "kind": "ProtectedRoute", "metadata": metadata}
    return parse(yaml.safe_dump(document | {"spec": spec}), "x")


def refusal(taken, others=()):
    with pytest.raises(PlatformError) as error:
        check(taken, TABLE, RESERVED, others)
    return str(error.value)


@pytest.mark.parametrize(
    "path", ["/internal", "/internal/x", "/auth/verify", "/metrics/", "/livez", "/readyz/x", "/.edge/problem"]
)
def test_closed_paths_are_never_routed(path):
    assert refusal(service(path)) == f"The path {path} of notes is never routed; use another."


@pytest.mark.parametrize(
    ("path", "kind", "owner"),
    [
        ("/", "Prefix", "the route static"),
        ("/", "Exact", "the route storefront"),
        ("/api", "Prefix", "the route members"),
        ("/api/members/x", "Exact", "the route members"),
        ("/auth", "Prefix", "the route register"),
        ("/log-in", "Exact", "/log-in"),
        ("/account/x", "Prefix", "/account"),
        ("/checkout", "Prefix", "/checkout"),
        ("/api/shop/new", "Prefix", "/api/shop"),
    ],
)
def test_the_platforms_own_paths_and_pages_are_reserved(path, kind, owner):
    assert refusal(service(path, kind)) == (
        f"The path {path} of notes overlaps {owner}, which the platform reserves; use another."
    )


@pytest.mark.parametrize(
    ("path", "kind"), [("/notes", "Prefix"), ("/notes/a", "Prefix"), ("/notes/a", "Exact"), ("/notes/", "Prefix")]
)
def test_two_joined_services_share_no_path(path, kind):
    sentence = refusal(service(path, kind), [service("/notes", name="other")])

    assert sentence == (
        f"The path {path} of notes overlaps one of the joined service other; "
        "use another, or make leave SERVICE=other first."
    )


@pytest.mark.parametrize("path", ["/notes", "/api/notes", "/accounting", "/log-ins"])
def test_other_paths_are_free(path):
    check(service(path), TABLE, RESERVED, [service("/other", name="other"), service("/notes2", "Exact", name="third")])


def test_no_internal_location_of_edge_or_gateway_can_be_taken():
    templates = [file.read_text() for file in (ROOT / "standalone/gateway/nginx").glob("*.j2")]
    internal = {path for text in templates for path in re.findall(r"location = (/[^ {]+) \{\n *internal;", text)}

    assert "/.edge/problem" in internal
    for path in internal:
        assert "is never routed" in refusal(service(path))


def test_every_reserved_path_of_the_chart_is_reserved():
    for path in RESERVED:
        assert "which the platform reserves" in refusal(service(path))
