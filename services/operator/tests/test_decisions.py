"""Which routes are accepted: reserved paths, grants, and the older of two."""

from __future__ import annotations

import pytest

from operator_samples import HOST, platform, route
from platform_operator.routes.decisions import admit_routes
from platform_operator.routes.grants import Grant
from platform_routes.model import RouteKey
from platform_routes.paths import INTERNAL_PATHS


def grant(*namespaces, prefixes=("",), hosts=(), name="everything", **allowed):
    allowed.setdefault("platform_host", not hosts)
    allowed.setdefault("max_routes", 10_000)
    allowed.setdefault("max_paths", 10_000)
    return Grant(name, frozenset(namespaces), tuple(hosts), tuple(prefixes), **allowed)


EVERYONE = [grant("echo", "other"), grant("echo", "other", hosts=("echo.test", "*.apps.test"), name="hosts")]


def admission(*routes, grants=EVERYONE, of=None, on=None):
    admissions = admit_routes(routes, grants, on or platform())
    return admissions[(of or routes[-1]).key]


def test_a_granted_route_is_accepted_and_says_by_which_grant():
    found = admission(route(), grants=[grant("echo", prefixes=["/echo"], name="team-echo")])
    assert (found.accepted, found.reason, found.grants) == (True, "Accepted", ("team-echo",))
    assert "team-echo" in found.message


def test_without_a_grant_nothing_is_accepted():
    found = admission(route(), grants=[])
    assert (found.accepted, found.reason) == (False, "NotGranted")
    assert found.message == f"No RouteGrant lets the namespace echo take /echo of the host {HOST}."


@pytest.mark.parametrize(
    ("prefix", "path", "accepted"),
    [
        ("/echo", "/echo", True),
        ("/echo", "/echo/x", True),
        ("/echo", "/echoes", False),
        ("/echo/x", "/echo", False),
        ("", "/anything", True),
    ],
)
def test_a_grant_covers_whole_path_elements(prefix, path, accepted):
    given = route(paths=[{"path": path}])
    assert admission(given, grants=[grant("echo", prefixes=[prefix])]).accepted is accepted


def test_every_path_needs_a_grant():
    given = route(paths=[{"path": "/echo"}, {"path": "/more"}])
    assert admission(given, grants=[grant("echo", prefixes=["/echo"])]).reason == "NotGranted"
    both = [grant("echo", prefixes=["/echo"], name="a"), grant("echo", prefixes=["/more"], name="b")]
    assert admission(given, grants=both).grants == ("a", "b")


def test_a_grant_is_for_its_namespaces_alone():
    assert admission(route(namespace="other"), grants=[grant("echo")]).reason == "NotGranted"


@pytest.mark.parametrize(
    ("hosts", "host", "accepted"),
    [
        (("echo.test",), "echo.test", True),
        (("echo.test",), "x.echo.test", False),
        (("*.echo.test",), "x.echo.test", True),
        (("*.echo.test",), "echo.test", False),
        (("*.echo.test",), "a.b.echo.test", False),
        ((), "echo.test", False),
        (("echo.test",), "", False),
        # the platform's own host is granted by no name and no pattern
        ((HOST,), "", False),
        (("*.test",), "", False),
    ],
)
def test_a_grant_is_for_its_hosts_alone(hosts, host, accepted):
    given = route(**({"host": host} if host else {}))
    assert admission(given, grants=[grant("echo", hosts=hosts)]).accepted is accepted


@pytest.mark.parametrize(
    "path",
    [
        *INTERNAL_PATHS,
        "/gateway_error/x",
        "/internal",
        "/internal/x",
        "/auth/verify",
        "/auth/verify/x",
        "/metrics",
        "/livez",
        "/readyz",
        "/readyz/",
    ],
)
@pytest.mark.parametrize("host", ["", "echo.test"])
def test_what_is_never_routed_cannot_be_taken_on_any_host(path, host):
    given = route(paths=[{"path": path}], **({"host": host} if host else {}))
    assert admission(given).reason == "PathReserved"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/members", "Prefix"),
        ("/api/members/me", "Prefix"),
        ("/api/members/me", "Exact"),
        ("/api", "Prefix"),
        ("/auth/login", "Exact"),
        ("/auth", "Prefix"),
        ("/auth/email/x", "Exact"),
        ("/", "Prefix"),
        ("/", "Exact"),
    ],
)
def test_the_platforms_own_paths_are_reserved(path, kind):
    found = admission(route(paths=[{"path": path, "type": kind}]))
    assert (found.accepted, found.reason) == (False, "PathReserved")


@pytest.mark.parametrize(("path", "kind"), [("/api/membership", "Prefix"), ("/auth/login/x", "Exact"), ("/a", "Exact")])
def test_paths_beside_the_platforms_are_free(path, kind):
    assert admission(route(paths=[{"path": path, "type": kind}])).accepted


def test_another_host_is_free_of_the_platforms_paths():
    assert admission(route(host="echo.test", paths=[{"path": "/"}])).accepted


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        (("/a", "Prefix"), ("/a", "Prefix"), True),
        (("/a", "Prefix"), ("/a/b", "Prefix"), True),
        (("/a/b", "Prefix"), ("/a", "Prefix"), True),
        (("/a", "Prefix"), ("/a/b/c", "Exact"), True),
        (("/a/b/c", "Exact"), ("/a", "Prefix"), True),
        (("/a", "Exact"), ("/a", "Prefix"), True),
        (("/a", "Exact"), ("/a", "Exact"), True),
        (("/a/", "Prefix"), ("/a", "Prefix"), True),
        (("/a", "Exact"), ("/a/b", "Exact"), False),
        (("/a", "Exact"), ("/a/b", "Prefix"), False),
        (("/a/b", "Prefix"), ("/a", "Exact"), False),
        (("/a", "Prefix"), ("/ab", "Prefix"), False),
        (("/a/b", "Prefix"), ("/a/c", "Prefix"), False),
    ],
)
def test_of_two_overlapping_routes_the_older_wins(one, other, conflict):
    older = route("older", paths=[dict(zip(("path", "type"), one, strict=True))])
    newer = route("newer", "other", "2026-01-02T00:00:00Z", paths=[dict(zip(("path", "type"), other, strict=True))])
    for order in ((older, newer), (newer, older)):
        admissions = admit_routes(order, EVERYONE, platform())
        assert admissions[older.key].accepted
        assert admissions[newer.key].accepted is not conflict
    if conflict:
        assert admissions[newer.key].reason == "Conflict"
        assert "echo/older" in admissions[newer.key].message


def test_the_same_path_of_another_host_is_no_conflict():
    older, newer = route("older", paths=[{"path": "/a"}]), route("newer", host="echo.test", paths=[{"path": "/a"}])
    assert admission(older, newer).accepted


def test_a_route_may_overlap_itself():
    assert admission(route(paths=[{"path": "/a"}, {"path": "/a/b"}])).accepted


def test_who_is_refused_stands_in_nobodys_way():
    refused = route("older", "stranger", paths=[{"path": "/a"}])
    assert admission(refused, route("newer", created="2026-01-02T00:00:00Z", paths=[{"path": "/a/b"}])).accepted


def test_of_two_of_the_same_second_the_same_one_always_wins():
    one, other = route("a", paths=[{"path": "/x"}]), route("b", paths=[{"path": "/x"}])
    for order in ((one, other), (other, one)):
        admissions = admit_routes(order, EVERYONE, platform())
        assert (admissions[one.key].accepted, admissions[other.key].accepted) == (True, False)


def test_a_larger_body_than_the_platforms_is_refused():
    assert admission(route(maxBodyBytes=1048576)).accepted
    found = admission(route(maxBodyBytes=1048577))
    assert (found.accepted, found.reason) == (False, "LimitExceeded")


def test_a_thousand_routes_are_decided_at_once():
    routes = [route(f"r{number}", paths=[{"path": f"/r/{number}"}]) for number in range(1000)]
    admissions = admit_routes(routes, EVERYONE, platform())
    assert all(found.accepted for found in admissions.values())
    assert admissions.keys() == {RouteKey("echo", f"r{number}") for number in range(1000)}


def test_the_platforms_own_host_needs_a_grant_that_says_so():
    found = admission(route(), grants=[grant("echo", platform_host=False)])
    assert found.reason == "NotGranted"
    assert "allowPlatformHost: true" in found.message


def test_a_grant_of_everything_gives_away_none_of_the_platforms_pages():
    for path in ("/log-in", "/log-in/x", "/account", "/account/password"):
        found = admission(route(paths=[{"path": path}]))
        assert (found.accepted, found.reason) == (False, "PathReserved")
    assert admission(route(host="echo.test", paths=[{"path": "/log-in"}])).accepted
    assert admission(route(paths=[{"path": "/log-insight"}])).accepted


def test_only_a_grant_gives_a_service_the_members_token():
    asking = route(forward={"bearerToken": True})
    found = admission(asking, grants=[grant("echo", name="plain")])
    assert (found.accepted, found.reason) == (False, "BearerTokenNotGranted")
    assert "plain" in found.message
    both = [grant("echo", name="plain"), grant("echo", name="trusted", bearer=True)]
    assert admission(asking, grants=both).grants == ("trusted",)


def test_a_grant_carries_so_many_routes_and_the_oldest_have_them():
    routes = [route(f"r{number}", created=f"2026-01-0{number}T00:00:00Z") for number in (1, 2, 3)]
    admissions = admit_routes(reversed(routes), [grant("echo", max_routes=2)], platform())
    assert [admissions[one.key].reason for one in routes] == ["Accepted", "Accepted", "QuotaExceeded"]
    admissions = admit_routes(routes[1:], [grant("echo", max_routes=2)], platform())
    assert all(found.accepted for found in admissions.values())


def test_a_grant_carries_so_many_paths_over_all_its_routes():
    wide = route("wide", paths=[{"path": f"/wide/{number}"} for number in range(3)])
    narrow = route("narrow", created="2026-01-02T00:00:00Z")
    assert admission(wide, narrow, grants=[grant("echo", max_paths=3)]).reason == "QuotaExceeded"
    assert admission(wide, narrow, grants=[grant("echo", max_paths=4)]).accepted
    assert admission(wide, grants=[grant("echo", max_paths=2)]).reason == "QuotaExceeded"


def test_a_used_up_grant_does_not_count_against_another_one():
    routes = [route(f"r{number}", created=f"2026-01-0{number}T00:00:00Z") for number in (1, 2)]
    both = [grant("echo", name="a", max_routes=1), grant("echo", name="b", max_routes=1)]
    assert [found.grants for found in admit_routes(routes, both, platform()).values()] == [("a",), ("b",)]


@pytest.mark.parametrize(
    "given",
    [
        {"paths": [{"path": "/x"}, {"path": "/x/"}]},
        {"paths": [{"path": "/x"}, {"path": "/x"}]},
        {"paths": [{"path": "/~x"}]},
        {"paths": [{"path": "/x/../y"}]},
        {"paths": [{"path": "/x//y"}]},
        {"methods": ["get"]},
        {"methods": ["GET"], "idempotency": {"methods": ["POST"]}},
        {"host": "Echo.test"},
        {"auth": {"mode": "public", "roles": ["admin"]}},
    ],
)
def test_what_no_gateway_could_follow_is_refused_whatever_the_schema_let_through(given):
    found = admission(route(**given))
    assert (found.accepted, found.reason) == (False, "Invalid")
