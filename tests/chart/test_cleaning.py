"""What Kong takes from a request: which route has which plugin, and what the plugin's code does when it is run."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from kong import routes
from rendering import CHART, RELEASE, ROOT, named, of_kind, render, route_table

GATEWAY = ROOT / "standalone" / "gateway" / "lua" / "gateway"
IDENTITY = ["X-Auth-Subject", "X-Auth-Session", "X-Auth-Roles"]

# Runs the code on headers as the pre-function plugin would: the chunk returns a function, which is called a request.
HARNESS = """
local headers = {{ {headers} }}
ngx = {{ req = {{
  get_headers = function(max) assert(max == 0, "every header is looked at") local copy = {{}}
    for name, value in pairs(headers) do copy[name] = value end return copy end,
  clear_header = function(name) for other in pairs(headers) do
    if other:lower() == name:lower() then headers[other] = nil end end end,
  set_header = function(name, value) ngx.req.clear_header(name) headers[name] = value end,
}} }}
ngx.var = setmetatable({{ kong_request_id = "0123456789abcdef" }}, {{
  __index = function(_, name) for other, value in pairs(headers) do
    if "http_" .. other:lower():gsub("-", "_") == name then return value end end end,
}})
require = nil
assert(load(io.read("*a")))()()
for name, value in pairs(headers) do
  if type(value) == "table" then value = table.concat(value, "|") end
  print(name .. ": " .. value)
end
"""


def run(plugin, headers):
    """Return the headers (name, value or a list) that the code of a KongPlugin leaves."""
    program = shutil.which("luajit")
    assert program, "make setup installs luajit"
    (code,) = plugin["config"]["access"]
    given = ", ".join(
        f"[{json.dumps(name)}] = "
        + ("{" + ", ".join(map(json.dumps, value)) + "}" if isinstance(value, list) else json.dumps(value))
        for name, value in headers.items()
    )
    done = subprocess.run(
        [program, "-e", HARNESS.format(headers=given)], input=code, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    left = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    if "X-Request-ID" not in headers:
        assert left.pop("X-Request-ID") == "0123456789abcdef"
    return left


def cleaning(name):
    return named(render("default-values.yaml"), "KongPlugin", name)


@pytest.mark.parametrize("file", ["cookies.lua", "identity.lua", "cleaning.lua"])
def test_both_gateways_run_the_same_code(file):
    assert (CHART / "files" / "cleaning" / file).read_bytes() == (GATEWAY / file).read_bytes(), "make chart-docs"


def test_public_routes_lose_identity_headers_and_all_but_webs_lose_cookies():
    documents = render("default-values.yaml")
    code = {
        plugin["metadata"]["name"]: plugin
        for plugin in of_kind(documents, "KongPlugin")
        if plugin["plugin"] == "pre-function"
    }
    table = route_table("member", "auth", "web", "shop")
    sent = {"X-Auth-Subject": "m1", "Cookie": "__Host-access=x"}
    seen = set()
    for route in routes(documents):
        name = route.name.removeprefix(f"{RELEASE}-gateway-")
        row = next((row for row in sorted(table, key=len, reverse=True) if name.startswith(f"{row}-")), None)
        if row is None or route.plugins == (f"{RELEASE}-not-found",):
            continue
        (plugin,) = [code[name] for name in route.plugins if name in code]
        left = run(plugin, sent)
        public = table[row]["auth"] == "public"
        assert ("X-Auth-Subject" in left) is not public, row
        assert (f"{RELEASE}-no-identity" in route.plugins) is public, row
        assert ("Cookie" in left) is table[row].get("cookies", False), row
        seen.add(row)
    assert seen == set(table)


KINDS = {
    "cleaning": "pre-function",
    "cleaning-cookies": "pre-function",
    "cleaning-identity": "pre-function",
    "cleaning-identity-cookies": "pre-function",
    "not-found": "pre-function",
    "no-identity": "request-transformer",
}


def test_no_plugin_changes_its_kind(documents):
    """The API server refuses that, and with it the upgrade: another kind needs another name."""
    for plugin in of_kind(documents, "KongPlugin"):
        name = plugin["metadata"]["name"].removeprefix(f"{RELEASE}-")
        assert plugin["plugin"] == ("idempotency" if name.startswith("idempotency-") else KINDS[name]), name


def test_every_answer_tells_the_requests_id(documents):
    for plugin in of_kind(documents, "KongPlugin"):
        if plugin["plugin"] == "pre-function":
            assert "X-Request-ID" in plugin["config"]["header_filter"][0], plugin["metadata"]["name"]


def test_a_client_says_nothing_of_its_own_address():
    assert run(cleaning("cleaning"), {"Forwarded": "for=1.2.3.4", "X-Original-Forwarded-For": "1.2.3.4"}) == {}


def test_the_plain_plugin_removes_what_the_edge_would_have_set():
    assert cleaning("no-identity")["config"]["remove"]["headers"] == IDENTITY


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("cart=a; __Host-access=x; __Host-cart=b", "cart=a; __Host-cart=b"),
        ("__Host-access=x; __Host-refresh=y; access=z; refresh=w", None),
        (["cart=a; access=x", "__Host-refresh=y"], "cart=a"),
        ('a="1; refresh=x"', 'a="1'),
        ("accessory=1; __host-access=2", "accessory=1; __host-access=2"),
    ],
)
def test_the_platforms_cookies_alone_are_removed(sent, kept):
    assert run(cleaning("cleaning-cookies"), {"Cookie": sent}).get("Cookie") == kept


@pytest.mark.parametrize("name", ["x-auth-subject", "X_Auth_Subject", "X-Auth_Roles", "x_auth-session", "X-Auth-Other"])
def test_public_routes_lose_identity_in_every_spelling_beyond_the_first_hundred_headers(name):
    many = {f"X-Filler-{index}": "x" for index in range(300)}
    assert run(cleaning("cleaning-identity-cookies"), {**many, name: "evil"}) == many


@pytest.mark.parametrize("name", ["X_Auth_Subject", "X-Auth_Subject", "X-Auth-Other", "X_Forwarded_For"])
def test_other_routes_keep_what_the_edge_set_and_lose_other_spellings(name):
    own = {"X-Auth-Subject": "m1", "X-Auth-Session": "s1", "X-Auth-Roles": "member", "Authorization": "Bearer t"}
    assert run(cleaning("cleaning-cookies"), {**own, name: "evil"}) == own


def test_cookies_in_two_spellings_of_the_header_are_one():
    left = run(cleaning("cleaning-cookies"), {"Cookie": ["a=1; access=x", "b=2"], "cookie": "c=3; refresh=y"})
    assert list(left) == ["Cookie"]
    assert sorted(left["Cookie"].split("; ")) == ["a=1", "b=2", "c=3"]


@pytest.mark.parametrize("bad", ["short", "x" * 129, "with space", 'quoted"id'])
def test_a_request_has_an_id_that_is_fit_for_a_log(bad):
    assert run(cleaning("cleaning"), {"X-Request-ID": bad}) == {"X-Request-ID": "0123456789abcdef"}
    assert run(cleaning("cleaning"), {"X-Request-ID": "client-chosen.1"}) == {"X-Request-ID": "client-chosen.1"}


def test_web_gets_its_cookies():
    sent = {"Cookie": "__Host-access=x", "X-Auth-Subject": "m1"}
    assert run(cleaning("cleaning"), sent) == sent
