"""The route table: what is refused, and who wins a request."""

from pathlib import Path

import pytest

from standalone.nginx.edge import locations
from standalone.nginx.routes import RouteTableError, load_table, table_of

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
        row(methods=["POST"], idempotency={"enabled": True, "methods": ["POST"], "onUnknown": "guess"}),
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
        ("GET", "/auth/register", "storefront"),
        ("DELETE", "/auth/register", None),
        ("GET", "/auth/register/x", "storefront"),
        ("POST", "/auth/email/verify", "auth-public"),
        ("GET", "/static/app.js", "static"),
        ("POST", "/static/app.js", "storefront"),
        ("GET", "/", "storefront"),
        ("GET", "/api/shop/products/1", "catalogue"),
        ("POST", "/api/shop/payments/stripe", "payment-webhooks"),
        ("GET", "/API/members", "storefront"),
    ],
)
def test_winner_of_the_shipped_table(method, path, winner):
    found = load_table(VALUES, EVERY_SERVICE).winner(method, path)
    assert (found.name if found else None) == winner


def test_the_edge_never_asks_less_than_the_winning_row():
    """A method that a public path does not list falls to a wider row: the edge must not let it through unasked."""
    table = load_table(VALUES, EVERY_SERVICE)
    rows = {r.name: r for r in table.rows}
    queries = sorted({"", "?optional=1", "?role=admin"})
    strictness = {"public": 0, "optional": 1, "required": 2}
    checked = 0
    for location in locations(table, queries):
        path = location.match.removeprefix("= ")
        for method in location.methods:
            winner = table.winner(method, path if location.match.startswith("=") else f"{path}any")
            asked = rows[location.name]
            assert strictness[winner.auth] <= strictness[asked.auth], (method, path)
            assert set(winner.roles) >= set(asked.roles) if winner.roles else True
            checked += 1
    assert checked > 100


def test_a_method_whose_row_asks_more_is_not_let_through():
    table = table_of(
        {"open": row("/a/x", methods=["GET"]), "closed": row("/a", "Prefix", ["GET", "POST"], auth="required")}, {"s"}
    )
    methods = {location.match: location.methods for location in locations(table, [""])}
    assert methods == {"= /a/x": ("GET",), "= /a": ("GET", "POST"), "/a/": ("GET", "POST")}
