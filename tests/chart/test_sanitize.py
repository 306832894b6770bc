"""What Kong takes from a request: which route has which plugin, and what the plugin's code does when it is run."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile

import pytest
from kong import routes
from rendering import CHART, HELM, RELEASE, ROOT, named, of_kind, render, route_table

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
local function nothing() end
kong = {{ ctx = {{ plugin = {{}} }}, ip = {{ is_trusted = nothing }}, request = {{ get_forwarded_port = nothing }},
  response = {{ exit = function(status, body, given)
  print("exit: " .. status .. " " .. (body:match('"code":"([^"]+)"') or "page") .. " " .. (given.Allow or ""))
  os.exit(0)
end }} }}
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
    if "X-Request-ID" not in headers and "exit" not in left:
        assert left.pop("X-Request-ID") == "0123456789abcdef"
    return left


def plugin(name):
    return named(render("default-values.yaml"), "KongPlugin", name)


def sanitizing(row):
    return plugin(f"sanitize-{row}")


def test_a_package_of_the_chart_holds_the_standalone_gateways_code(tmp_path):
    subprocess.run([HELM, "package", CHART, "-d", tmp_path], capture_output=True, check=True)
    (path,) = tmp_path.glob("*.tgz")
    with tarfile.open(path) as package:
        inside = {
            member.name.rpartition("/")[2]: package.extractfile(member).read()
            for member in package.getmembers()
            if "/files/sanitize/" in member.name
        }
    assert inside
    assert inside == {name: (GATEWAY / name).read_bytes() for name in inside}


def test_public_routes_lose_identity_headers_and_all_but_webs_lose_cookies():
    documents = render("default-values.yaml")
    code = {
        plugin["metadata"]["name"]: plugin
        for plugin in of_kind(documents, "KongPlugin")
        if plugin["plugin"] == "pre-function"
    }
    table = route_table("member", "auth", "web", "shop")
    sent = {"X-Auth-Subject": "m1", "X-Auth-Roles": "admin", "Cookie": "__Host-access=x"}
    seen = set()
    for route in routes(documents):
        name = route.name.removeprefix(f"{RELEASE}-gateway-")
        row = next((row for row in sorted(table, key=len, reverse=True) if name.startswith(f"{row}-")), None)
        if row is None or route.service == f"{RELEASE}-nowhere":
            continue
        (plugin,) = [code[name] for name in route.plugins if name in code]
        left = run(plugin, sent)
        public = table[row]["auth"] == "public"
        assert ("X-Auth-Subject" in left) is not public, row
        assert (f"{RELEASE}-no-identity" in route.plugins) is public, row
        assert ("Cookie" in left) is table[row].get("forwardCookies", False), row
        seen.add(row)
    assert seen == set(table)


KINDS = {
    "sanitize": "pre-function",
    "not-allowed-but": "pre-function",
    "not-found": "pre-function",
    "no-identity": "request-transformer",
    "idempotency": "idempotency",
}


def test_no_plugin_changes_its_kind(documents):
    """The API server refuses that, and with it the upgrade: another kind needs another name."""
    for found in of_kind(documents, "KongPlugin"):
        name = found["metadata"]["name"].removeprefix(f"{RELEASE}-")
        (kind,) = [kind for prefix, kind in KINDS.items() if name == prefix or name.startswith(f"{prefix}-")]
        assert found["plugin"] == kind, name


def test_every_response_tells_the_requests_id(documents):
    for plugin in of_kind(documents, "KongPlugin"):
        if plugin["plugin"] == "pre-function":
            assert "X-Request-ID" in plugin["config"]["header_filter"][0], plugin["metadata"]["name"]


def test_a_client_says_nothing_of_its_own_address():
    assert run(sanitizing("storefront"), {"Forwarded": "for=1.2.3.4", "X-Original-Forwarded-For": "1.2.3.4"}) == {}


def test_the_plain_plugin_removes_what_the_edge_would_have_set():
    assert plugin("no-identity")["config"]["remove"]["headers"] == IDENTITY


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("cart=a; __Host-access=x; __Host-cart=b", "cart=a; __Host-cart=b"),
        ("__Host-access=x; __Host-refresh=y; access=z; refresh=w; form=v", None),
        (["cart=a; access=x", "__Host-refresh=y"], "cart=a"),
        ('a="1; refresh=x"', 'a="1'),
        ("accessory=1; __host-access=2", "accessory=1; __host-access=2"),
    ],
)
def test_the_platforms_credentials_alone_are_removed(sent, kept):
    assert run(sanitizing("cart"), {"Cookie": sent}).get("Cookie") == kept


OWN = {"X-Auth-Subject": "m1", "X-Auth-Session": "s1", "X-Auth-Roles": "member", "Authorization": "Bearer t"}


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"X-Auth-Subject": ""},
        {"X-Auth-Subject": " "},
        {"X-Auth-Subject": ["m1", "m1"]},
        {"X-Auth-Subject": "m1", "x-auth-subject": "m1"},
        {"X_Auth_Subject": "m1"},
        {"X-Auth-Roles": "admin"},
        {"Authorization": "Bearer t", "Cookie": "__Host-access=t"},
    ],
)
@pytest.mark.parametrize("row", ["members", "orders", "admin"])
def test_a_required_row_refuses_what_the_edge_has_not_checked(row, sent):
    assert run(sanitizing(row), sent)["exit"].split() == ["401", "unauthenticated"]


@pytest.mark.parametrize(("roles", "passes"), [("member", False), ("", False), ("member,admin", True)])
def test_a_row_with_roles_refuses_members_without_one(roles, passes):
    left = run(sanitizing("admin"), {**OWN, "X-Auth-Roles": roles})
    assert left.get("exit", "").split() == ([] if passes else ["403", "forbidden"])


def test_what_is_closed_says_what_the_path_accepts():
    assert run(plugin("not-allowed-but-get-head"), {})["exit"].split() == ["405", "method-not-allowed", "GET,", "HEAD"]
    assert run(plugin("not-found"), {})["exit"].split() == ["404", "route-not-found"]


def test_a_browser_gets_a_page():
    assert run(plugin("not-found"), {"Accept": "text/html,*/*;q=0.8"})["exit"].split() == ["404", "page"]


@pytest.mark.parametrize("name", ["x-auth-subject", "X_Auth_Subject", "X-Auth_Roles", "x_auth-session", "X-Auth-Other"])
def test_public_routes_lose_identity_in_every_spelling_beyond_the_first_hundred_headers(name):
    many = {f"X-Filler-{index}": "x" for index in range(300)}
    assert run(sanitizing("catalogue"), {**many, name: "evil"}) == many


@pytest.mark.parametrize("name", ["X_Auth_Subject", "X-Auth_Subject", "X-Auth-Other", "X_Forwarded_For"])
def test_other_routes_keep_what_the_edge_set_and_lose_other_spellings(name):
    assert run(sanitizing("members"), {**OWN, name: "evil"}) == OWN


def test_cookies_in_two_spellings_of_the_header_are_one():
    left = run(sanitizing("cart"), {"Cookie": ["a=1; access=x", "b=2"], "cookie": "c=3; refresh=y"})
    assert list(left) == ["Cookie"]
    assert sorted(left["Cookie"].split("; ")) == ["a=1", "b=2", "c=3"]


@pytest.mark.parametrize("bad", ["short", "x" * 129, "with space", 'quoted"id'])
def test_a_request_has_an_id_that_is_fit_for_a_log(bad):
    assert run(sanitizing("storefront"), {"X-Request-ID": bad}) == {"X-Request-ID": "0123456789abcdef"}
    assert run(sanitizing("storefront"), {"X-Request-ID": "client-chosen.1"}) == {"X-Request-ID": "client-chosen.1"}


def test_web_gets_its_cookies():
    sent = {"Cookie": "__Host-access=x", "X-Auth-Subject": "m1"}
    assert run(sanitizing("storefront"), sent) == sent


# The same code with what a response has: header_filter after access, in one request.
RESPONSE = """
local sent = {{ {headers} }}
local context = {{}}
local function nothing() end
ngx = {{ req = {{ get_headers = function() return {{}} end, clear_header = nothing, set_header = nothing }},
  var = {{ kong_request_id = "0123456789abcdef" }}, header = sent }}
kong = {{ ctx = {{ plugin = context }}, ip = {{ is_trusted = nothing }},
  request = {{ get_header = function() return "0123456789abcdef" end, get_forwarded_port = nothing }},
  response = {{ get_header = function(name) return sent[name] end,
    set_header = function(name, value) sent[name] = value end }} }}
require = nil
local access, header_filter = io.read("*a"):match("^(.*)==split==(.*)$")
assert(load(access))()()
assert(load(header_filter))()()
for name, value in pairs(sent) do
  print(name .. ": " .. (type(value) == "table" and table.concat(value, "|") or value))
end
"""
SENT = """["Set-Cookie"] = {"a=1", "__Host-access=evil; Path=/", "=cart=evil"}, ["Clear-Site-Data"] = "*",
["Service-Worker-Allowed"] = "/", ["WWW-Authenticate"] = "Basic", ["ETag"] = "1" """


@pytest.mark.parametrize(
    ("route", "left"),
    [
        ("joined = true", {"Set-Cookie": "a=1", "ETag": "1"}),
        (
            "joined = true, own_host = true",
            {"Set-Cookie": "a=1", "ETag": "1", "Service-Worker-Allowed": "/", "WWW-Authenticate": "Basic"},
        ),
        ("cookies = true", None),
    ],
)
def test_a_joined_services_response_is_sanitized_in_kong(route, left):
    documents = render("operator-kong-values.yaml")
    (config,) = [one for one in of_kind(documents, "ConfigMap") if one["metadata"]["name"] == f"{RELEASE}-operator"]
    plugin_config = json.loads(config["data"]["platform.json"])["gateway"]["sanitize"]["config"]
    code = (
        plugin_config["access"][0].replace("@ROUTE@", "{ " + route + " }")
        + "==split=="
        + plugin_config["header_filter"][0]
    )
    program = shutil.which("luajit")
    assert program
    done = subprocess.run(
        [program, "-e", RESPONSE.format(headers=SENT)], input=code, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert found.pop("X-Content-Type-Options") == "nosniff"
    assert found.pop("X-Request-ID") == "0123456789abcdef"
    if left is None:
        assert found["Clear-Site-Data"] == "*"
        assert "__Host-access" in found["Set-Cookie"]
    else:
        assert found == left
