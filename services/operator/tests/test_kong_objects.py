"""Kong's objects: a foreign service gets neither the platform's cookies nor a token, and closed stays closed."""

from __future__ import annotations

from operator_samples import backend, build_objects, by_kind, platform, route
from platform_routes.kong import build_service_annotations
from platform_routes.metadata import own_name


def ingresses(given):
    made = by_kind(build_objects(given, platform("traefik", "kong"), backend()), "Ingress")
    return {body["metadata"]["name"].removeprefix(f"{own_name(given)}-"): body for body in made}


def plugins(given):
    made = by_kind(build_objects(given, platform("traefik", "kong"), backend()), "KongPlugin")
    return {body["metadata"]["name"].removeprefix(f"{own_name(given)}-"): body for body in made}


def methods(ingress):
    return ingress["metadata"]["annotations"]["konghq.com/methods"].split(",")


def test_keyed_methods_are_a_route_of_their_own():
    given = route(idempotency={"methods": ["POST"]})
    found = ingresses(given)
    assert methods(found["0"]) == ["GET", "HEAD", "PUT", "PATCH", "DELETE"]
    assert methods(found["0-keyed"]) == ["POST"]
    assert found["0-keyed"]["metadata"]["annotations"]["konghq.com/plugins"].endswith("-idempotency")
    assert "idempotency" not in found["0"]["metadata"]["annotations"]["konghq.com/plugins"]


def test_what_the_path_lacks_is_refused_with_what_it_accepts():
    given = route(methods=["GET", "HEAD"])
    closed = ingresses(given)["0-closed"]
    assert methods(closed) == ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]
    assert closed["metadata"]["annotations"]["konghq.com/plugins"] == f"{own_name(given)}-0-methods"
    assert plugins(given)["0-methods"]["config"] == {"access": ['local allow = "GET, HEAD"']}


def sanitizing(given):
    (code,) = plugins(given)["sanitize"]["config"]["access"]
    return code


def test_the_service_gets_neither_cookies_nor_token_unless_it_asks():
    assert "cookies = false, bearer = false" in sanitizing(route())
    assert "cookies = false, bearer = true" in sanitizing(route(forward={"bearerToken": True}))


def test_the_gateway_itself_requires_an_identity_and_the_roles_of_the_route():
    assert "trusts_identity = true, requires_identity = true" in sanitizing(route())
    assert "trusts_identity = true, requires_identity = false" in sanitizing(route(auth={"mode": "optional"}))
    assert "trusts_identity = false, requires_identity = false" in sanitizing(route(auth={"mode": "public"}))
    given = route(auth={"mode": "required", "roles": ["staff", "admin"]})
    assert 'roles = { ["staff"] = true, ["admin"] = true }' in sanitizing(given)
    assert "roles" not in sanitizing(route())


def test_the_gateway_knows_a_joined_service_and_whether_it_has_a_host_of_its_own():
    assert "joined = true, own_host = false" in sanitizing(route())
    assert "joined = true, own_host = true" in sanitizing(route(host="echo.test"))


def test_a_public_route_reads_no_identity():
    given = route(auth={"mode": "public"}, idempotency={"enabled": False})
    assert "idempotency" not in plugins(given)
    given = route(auth={"mode": "public"}, idempotency={"required": True})
    assert plugins(given)["idempotency"]["config"]["identity_header"] == ""
    assert set(plugins(given)["no-identity"]["config"]["remove"]["headers"]) == {
        "X-Auth-Subject",
        "X-Auth-Session",
        "X-Auth-Roles",
    }


def test_keys_of_two_namespaces_never_meet():
    configs = []
    for namespace in ("one", "two"):
        given = route("echo", namespace, idempotency={"required": True})
        configs.append(plugins(given)["idempotency"]["config"]["service"])
    assert configs == ["one.echo", "two.echo"]


def test_ttl_and_fail_mode_are_the_routes_or_the_platforms():
    config = plugins(route(idempotency={"ttl": "7s", "failMode": "open"}))["idempotency"]["config"]
    assert (config["ttl"], config["fail_mode"], config["lock_ttl"]) == (7, "open", 120)
    config = plugins(route(idempotency={"scopeCookies": ["basket"], "anonymous": "reject"}))["idempotency"]["config"]
    assert (config["scope_cookies"], config["anonymous"]) == (["basket"], "reject")
    config = plugins(route(idempotency={"required": False, "enabled": True}))["idempotency"]["config"]
    assert (config["ttl"], config["fail_mode"]) == (60, "closed")


def test_no_secret_is_in_a_plugin():
    config = plugins(route(idempotency={"required": True}))["idempotency"]["config"]
    assert config["fingerprint_secret"].startswith("{vault://env/")
    assert config["redis"]["password"].startswith("{vault://env/")


def test_on_a_host_of_its_own_closed_paths_and_encoded_slashes_are_closed_too():
    found = ingresses(route(host="echo.test", paths=[{"path": "/"}]))
    never = [
        path["path"]
        for name, body in found.items()
        if "-never-" in name
        for path in body["spec"]["rules"][0]["http"]["paths"]
    ]
    assert never == ["/internal", "/auth/verify", "/metrics", "/livez", "/readyz"]
    assert found["0-slash"]["spec"]["rules"][0]["http"]["paths"][0]["path"] == "/~/.*%2[Ff]"


def test_every_route_carries_host_path_methods_and_kongs_class():
    for body in ingresses(route(idempotency={"required": True}, methods=["GET", "POST"])).values():
        (rule,) = body["spec"]["rules"]
        assert rule["host"] == "platform.test"
        assert rule["http"]["paths"][0]["backend"] == {"service": {"name": "echo", "port": {"number": 80}}}
        assert methods(body)
        assert body["spec"]["ingressClassName"] == "kong"


def test_the_service_is_told_to_try_once():
    assert build_service_annotations(platform("nginx", "kong"))["konghq.com/retries"] == "0"
