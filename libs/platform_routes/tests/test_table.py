"""The route table: what is refused, and who wins a request."""

from pathlib import Path

import pytest

from platform_routes.locations import locations
from platform_routes.table import RouteTableError, load_table, table_of

VALUES = Path(__file__).parents[3] / "charts" / "member-platform" / "values.yaml"
EVERY_SERVICE = {"member", "auth", "shop", "web"}


def row(path="/a", path_type="Exact", methods=("GET",), service="s", auth="public", **more):
    return {
        "paths": [{"path": path, "type": path_type}],
        "methods": list(methods),
        "service": service,
        "auth": auth,
        **more,
    }


def refusal(**rows):
    with pytest.raises(RouteTableError) as caught:
        table_of(rows, {"s"})
    sentence = str(caught.value)
    assert sentence.count("\n") == 0
    assert sentence.endswith(".")
    return sentence


def test_the_shipped_table_is_valid():
    assert {r.name for r in load_table(VALUES, EVERY_SERVICE).rows} >= {"members", "register", "storefront", "orders"}


def test_rows_of_services_that_are_not_enabled_are_left_out():
    table = load_table(VALUES, {"member", "auth"})
    assert {r.service for r in table.rows} == {"member", "auth"}


def test_a_service_that_does_not_exist_is_refused():
    assert refusal(echo=row(service="echo")) == (
        "The route echo names the service echo, which is not one of auth, member, s, shop, web."
    )


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(RouteTableError, match="cannot be read"):
        load_table(tmp_path / "none.yaml", EVERY_SERVICE)


@pytest.mark.parametrize("text", ["routes: [", "other: 1", "routes: []", ""])
def test_a_file_that_is_no_table_is_refused(tmp_path, text):
    path = tmp_path / "values.yaml"
    path.write_text(text)
    with pytest.raises(RouteTableError):
        load_table(path, EVERY_SERVICE)


@pytest.mark.parametrize(
    "bad",
    [
        row(path="a"),
        row(path="/a//b"),
        row(path="/a/../b"),
        row(path="/a%20b"),
        row(path="/a;b"),
        row(path_type="Regex"),
        row(methods=[]),
        row(methods=["get"]),
        row(methods=["GET", "GET"]),
        row(auth="maybe"),
        row(roles=["admin"]),
        row(auth="required", roles=["a b"]),
        row(colour="red"),
        row(idempotency={"enabled": True, "methods": ["POST"]}),
        row(methods=["POST"], idempotency={"enabled": True, "methods": ["POST"], "onUnknownOutcome": "guess"}),
        row(methods=["POST"], idempotency={"enabled": True, "methods": ["POST"], "anonymous": "allow"}),
        row(methods=["POST"], idempotency={"enabled": True, "methods": ["POST"], "scopeCookies": ["a b"]}),
        {"paths": [], "methods": ["GET"], "service": "s", "auth": "public"},
        {"methods": ["GET"], "service": "s", "auth": "public"},
        "text",
    ],
)
def test_a_wrong_row_is_refused_by_name(bad):
    assert "routename" in refusal(routename=bad)


def test_two_rows_for_one_request_are_refused():
    assert refusal(one=row(), two=row()) == "The routes one and two both match GET /a."


def test_a_prefix_is_the_same_with_and_without_its_last_slash():
    assert "both match" in refusal(one=row("/a", "Prefix"), two=row("/a/", "Prefix"))


def test_rows_that_share_a_path_must_agree_on_auth():
    assert "share the path /a" in refusal(one=row(), two=row(methods=["POST"], auth="required"))


def test_an_exact_path_and_a_prefix_that_meet_must_agree_on_auth():
    assert "share the path /a" in refusal(one=row("/a", "Prefix"), two=row(methods=["POST"], auth="required"))


def test_rows_that_share_a_path_must_agree_on_roles():
    assert "share the path" in refusal(
        one=row(auth="required"), two=row(methods=["POST"], auth="required", roles=["admin"])
    )


@pytest.mark.parametrize("path", ["/internal", "/internal/x", "/auth/verify", "/metrics", "/livez", "/readyz"])
def test_closed_paths_cannot_be_routed(path):
    assert "never routed" in refusal(one=row(path))


@pytest.mark.parametrize(
    ("method", "path", "winner"),
    [
        ("GET", "/api/members", "members"),
        ("GET", "/api/members/", "members"),
        ("PATCH", "/api/members/x/y", "members"),
        ("GET", "/api/membersx", "storefront"),
        ("PATCH", "/api/membersx", None),
        ("PURGE", "/api/members", None),
        ("POST", "/auth/register", "register"),
        ("GET", "/auth/register", None),
        ("DELETE", "/auth/register", None),
        ("GET", "/auth/register/x", "storefront"),
        ("POST", "/auth/email/verify", "auth-public"),
        ("GET", "/static/app.js", "static"),
        ("POST", "/static/app.js", None),
        ("GET", "/", "storefront"),
        ("GET", "/api/shop/products/1", "catalogue"),
        ("POST", "/api/shop/products", None),
        ("POST", "/api/shop/products/1", None),
        ("POST", "/api/shop/productsx", "storefront"),
        ("POST", "/api/shop/payments/stripe", "payment-webhooks"),
        ("GET", "/API/members", "storefront"),
    ],
)
def test_winner_of_the_shipped_table(method, path, winner):
    found = load_table(VALUES, EVERY_SERVICE).winner(method, path)
    assert (found.name if found else None) == winner


def test_every_method_that_the_edge_lets_through_has_a_row_that_asks_the_same():
    table = load_table(VALUES, EVERY_SERVICE)
    rows = {r.name: r for r in table.rows}
    queries = sorted({"", "?optional=1", "?role=admin"})
    checked = 0
    for location in locations(table, queries):
        path = location.match.removeprefix("= ")
        for method in location.methods:
            winner = table.winner(method, path if location.match.startswith("=") else f"{path}any")
            assert winner.policy == rows[location.name].policy, (method, path)
            checked += 1
    assert checked > 100


OVERLAPPING = {
    "open": row("/a/x", methods=["GET"]),
    "wide": row("/a", "Prefix", ["GET", "POST"], auth="required"),
    "more": row("/a/x", methods=["PUT"]),
    "root": row("/", "Prefix", ["GET", "DELETE"], auth="optional"),
}


def test_what_the_best_path_leaves_out_is_nobodys():
    table = table_of(OVERLAPPING, {"s"})
    winners = {
        (method, path): found.name
        for path in ("/a/x", "/a/y", "/b")
        for method in ("GET", "POST", "PUT", "DELETE")
        if (found := table.winner(method, path))
    }
    assert winners == {
        ("GET", "/a/x"): "open",
        ("PUT", "/a/x"): "more",
        ("GET", "/a/y"): "wide",
        ("POST", "/a/y"): "wide",
        ("GET", "/b"): "root",
        ("DELETE", "/b"): "root",
    }


def test_the_edge_lets_no_method_through_that_the_best_path_leaves_out():
    methods = {
        location.match: location.methods for location in locations(table_of(OVERLAPPING, {"s"}), ["", "?optional=1"])
    }
    assert methods == {
        "= /a/x": ("GET", "PUT"),
        "= /a": ("GET", "POST"),
        "/a/": ("GET", "POST"),
        "= /": ("DELETE", "GET"),
        "/": ("DELETE", "GET"),
    }
