"""The chart and the library read a table in the same way: both refuse it, or both make the same objects of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from rendering import CHART, HELM, NAMESPACE, RELEASE, named, parsed
from test_operator import KONG, kongs_routes, platform_of, row_of, without_mark

from platform_routes import nginx
from platform_routes.table import RouteTableError, load_table, table_of

SERVICES = ("member", "auth", "web", "shop")


def row(path="/x", kind="Prefix", methods=("GET",), auth="public", **more):
    paths = [{"path": path, "type": kind}]
    return {"paths": paths, "methods": list(methods), "service": "shop", "auth": auth, **more}


KEYED = {"scopeCookies": ["basket"], "failMode": "open", "onUnknownOutcome": "releaseLock"}

ACCEPTED = {
    "a prefix": {"x": row()},
    "a prefix with a slash": {"x": row("/x/")},
    "an exact path": {"x": row("/x.json", "Exact")},
    "roles": {"x": row(auth="required", roles=["staff", "admin"])},
    "cookies": {"x": row(auth="optional", forwardCookies=True)},
    "keys with defaults": {"x": row(methods=["GET", "POST", "DELETE"], idempotency={})},
    "keys switched off": {"x": row(methods=["GET"], idempotency={"enabled": False})},
    "keys with every attribute": {
        "x": row(methods=["PUT"], idempotency={"methods": ["PUT"], "required": True, "anonymous": "bypass", **KEYED})
    },
    "two rows of one path": {"x": row(), "y": row(methods=["POST"])},
    "a row below another": {"x": row(auth="required"), "y": row("/x/y", "Exact")},
}
REFUSED = {
    "a closed path": {"x": row("/metrics")},
    "below a closed path": {"x": row("/internal/x")},
    "an internal location": {"x": row("/gateway_error", "Exact")},
    "roles of nobody": {"x": row(roles=["admin"])},
    "the same request twice": {"x": row(), "y": row("/x/")},
    "one path, two policies": {"x": row(), "y": row(methods=["POST"], auth="required")},
    "a prefix and an exact path with two policies": {"x": row(), "y": row(kind="Exact", auth="required")},
    "keys of a method that is not listed": {"x": row(idempotency={"methods": ["POST"]})},
    "keys without a method": {"x": row(idempotency={})},
    "an attribute that does not exist": {"x": row(colour="red")},
    "a path out of normal form": {"x": row("/a//b")},
    "a path with a tilde": {"x": row("/~a")},
    "an unknown method": {"x": row(methods=["BREW"])},
    "a duration, which templates cannot read": {"x": row(methods=["POST"], idempotency={"ttl": "1h"})},
    "an unknown outcome": {"x": row(methods=["POST"], idempotency={"onUnknownOutcome": "guess"})},
}


def helm(rows):
    """Return what Helm does with these rows added to the shipped ones."""
    command: list[str | Path] = [HELM, "template", RELEASE, CHART, "--namespace", NAMESPACE, "--kube-version", "1.34.0"]
    command += ["--values", CHART / "ci" / KONG, "--values", "-"]
    return subprocess.run(command, input=json.dumps({"routes": rows}), capture_output=True, text=True, check=False)


def library(rows):
    shipped = load_table(CHART / "values.yaml", SERVICES).rows
    return (*shipped, *table_of(rows, SERVICES).rows)


@pytest.mark.parametrize("rows", REFUSED.values(), ids=REFUSED)
def test_both_refuse(rows):
    with pytest.raises(RouteTableError):
        table_of(rows, SERVICES)
    done = helm(rows)
    assert done.returncode != 0
    assert "routes" in done.stderr or "row" in done.stderr


@pytest.mark.parametrize("rows", ACCEPTED.values(), ids=ACCEPTED)
def test_both_accept_and_make_the_same_objects(rows):
    done = helm(rows)
    assert done.returncode == 0, done.stderr
    documents = tuple(parsed(done.stdout))
    platform = platform_of(documents)
    assert {(read.name, read.paths, read.keyed_methods, read.policy) for read in platform.rows} == {
        (read.name, read.paths, read.keyed_methods, read.policy) for read in library(rows)
    }
    # of rows that share a path the chart refuses other methods once, with the first
    ours, theirs = kongs_routes(documents, "x")
    assert ours == theirs
    (made,) = nginx.build_edge(row_of(platform, "x"), platform)
    chart = named(documents, "Ingress", "edge-x")
    assert made["spec"] == chart["spec"]
    assert without_mark(made["metadata"]) == without_mark(chart["metadata"])
