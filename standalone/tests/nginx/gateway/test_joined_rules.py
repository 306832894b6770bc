"""One rule set: what the operator accepts, the gateway accepts. Generated tables, read by the real loader."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operator_samples import backend, platform
from platform_operator.routes.decisions import admit_routes
from platform_operator.routes.grants import Grant
from platform_routes.gateway_file import ExternalTable, RedisSettings, Upstream, build_entry, external_file
from platform_routes.model import read_route
from platform_routes.table import table_of
from platform_standalone.nginx.gateway import GatewaySettings, render_gateway
from platform_standalone.nginx.program import replace

TEAMS = ("a", "b")
EVERYTHING = [
    Grant("own", frozenset(TEAMS), (), ("",), platform_host=True, bearer=True, max_routes=999, max_paths=9999),
    Grant("hosts", frozenset(TEAMS), ("*.test",), ("",), bearer=True, max_routes=999, max_paths=9999),
]
OWN = {"web": {"paths": [{"path": "/", "type": "Prefix"}], "methods": ["GET"], "service": "web", "auth": "optional"}}

# Names, paths and hosts are few, so that they meet; some are such as no schema of ours lets through.
names = st.sampled_from(["x", "y", "x.keyed", "x.closed", "x-keyed", "y.z", "closed"])
elements = st.sampled_from(["a", "b", "A", "a.b", "a-b", "_", "1", "x", "y", "z", "X", "Y", "Z", "c", "d", "e"])
plain_paths = st.lists(elements, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))
slashed_paths = plain_paths.map(lambda path: path.rstrip("/") + "/")
wrong_paths = st.sampled_from(["", "a", "//", "/a//b", "/a/../b", "/..", "/.", "/a%2fb", "/a b", "/~a", "/a;b", "/é"])


def mostly(right, wrong):
    """Seldom something wrong: a route has many fields, and few would be left."""
    return st.integers(0, 15).flatmap(lambda number: right if number else wrong)


paths = st.fixed_dictionaries(
    {
        "path": mostly(st.one_of(plain_paths, slashed_paths), wrong_paths),
        "type": st.sampled_from(["Prefix", "Prefix", "Exact"]),
    }
)
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
methods = mostly(
    st.lists(st.sampled_from(METHODS), min_size=1, unique=True), st.sampled_from([[], ["get"], ["BREW"], ["GET "]])
)
hosts = mostly(
    st.sampled_from(["", "own.test", "other.test"]),
    st.sampled_from(["Own.test", "own.test:80", "*.test", "own_test", "-.test"]),
)
idempotency = st.fixed_dictionaries(
    {
        "enabled": st.booleans(),
        "required": st.booleans(),
        "onUnknownOutcome": st.sampled_from(["keepLock", "releaseLock"]),
    },
    optional={
        "methods": mostly(st.just(["POST"]), st.sampled_from([["GET"], ["DELETE"], ["PUT", "PATCH"]])),
        "ttl": st.integers(1, 604_800).map("{}s".format),
        "failMode": st.sampled_from(["open", "closed"]),
        "anonymous": st.sampled_from(["client_ip", "reject", "bypass"]),
        "scopeCookies": mostly(
            st.lists(st.text("azAZ09!#$%&'*+.^_`|~-", min_size=1, max_size=8), max_size=2, unique=True),
            st.sampled_from([["a b"], ["a=b"], [""]]),
        ),
    },
)
specs = st.fixed_dictionaries(
    {
        "paths": st.lists(paths, min_size=1, max_size=4),
        "methods": methods,
        "backend": st.just({"service": "echo", "port": 80}),
        "auth": mostly(
            st.sampled_from([{"mode": "public"}, {"mode": "optional"}, {"mode": "required", "roles": ["admin"]}]),
            st.sampled_from([{"mode": "sometimes"}, {"mode": "public", "roles": ["admin"]}]),
        ),
        "forward": st.fixed_dictionaries({"bearerToken": st.booleans()}),
    },
    optional={"idempotency": idempotency, "host": hosts},
)
tables = st.dictionaries(st.tuples(st.sampled_from(TEAMS), names), specs, min_size=6, max_size=14)


def routes_of(table):
    for number, ((namespace, name), spec) in enumerate(table.items()):
        created = f"2026-01-01T00:00:{number:02}Z"
        yield read_route(
            {"metadata": {"namespace": namespace, "name": name, "creationTimestamp": created}, "spec": spec}
        )


def test_the_gateway_skips_no_row_that_the_operator_accepts(run, free_ports, tmp_path, wait):
    port, status_port = free_ports(2)
    given_settings = GatewaySettings(
        state=tmp_path,
        port=port,
        status_port=status_port,
        workers=1,
        services={"web": Upstream(addresses=("127.0.0.1:1",))},
        redis=RedisSettings(host="127.0.0.1", port=1),
        fingerprint_secret="secret" * 6,
        idempotency={"ttl": 60},
    )
    program = render_gateway(given_settings, table_of(OWN, {"web"}), external_file(given_settings, {}))
    running = run(program, port, status_port)
    serial = 0
    accepted = 0

    def followed():
        return json.loads(running.status("/joined"))

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(tables)
    def check(table):
        nonlocal serial, accepted
        routes = list(routes_of(table))
        admissions = admit_routes(routes, EVERYTHING, platform())
        taken = [route for route in routes if admissions[route.key].accepted]
        entries = {str(route.key): build_entry(route, platform(), backend()) for route in taken}
        serial += 1
        accepted += len(entries)
        written = ExternalTable(serial=serial, routes=entries)
        replace(program.folder / "joined.json", external_file(given_settings, {0: written}))
        wait(lambda: followed()["serials"] == {"0": serial} and followed()["followed"], "the generated table")
        assert followed()["skipped"] == {}

    check()
    assert accepted > 25
