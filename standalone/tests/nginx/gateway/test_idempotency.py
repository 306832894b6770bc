"""The platform's gateway as it is rendered from a table: the real plugin, on a real Valkey."""

import json
import os
import subprocess
import threading

import pytest

from platform_routes.gateway_file import RedisSettings, Upstream
from platform_routes.table import table_of
from platform_standalone.nginx.gateway import GatewaySettings, HostSettings, render_gateway, render_host
from platform_standalone.nginx.program import start_failure
from platform_testing.valkey import PLATFORM_RULES, AclUser, EphemeralValkey

PASSWORD = "gateway password with {odd} \"characters\" and 'quotes'"
ROUTES = {
    "orders": {
        "paths": [{"path": "/orders", "type": "Prefix"}],
        "methods": ["GET", "POST"],
        "service": "shop",
        "auth": "required",
        "idempotency": {"enabled": True, "methods": ["POST"], "onUnknownOutcome": "releaseLock"},
    },
    "register": {
        "paths": [{"path": "/register", "type": "Exact"}],
        "methods": ["POST"],
        "service": "shop",
        "auth": "public",
        "idempotency": {"enabled": True, "methods": ["POST"]},
    },
}
KEY = ("X-Idempotency-Key", "k1")


@pytest.fixture(scope="module")
def valkey(tmp_path_factory):
    server = EphemeralValkey(
        tmp_path_factory.mktemp("valkey"), {"gateway": AclUser(PASSWORD, PLATFORM_RULES["gateway"])}
    )
    server.start()
    yield server
    server.stop()


class Shop:
    def __init__(self, run, upstream, make_answer, free_ports, state, valkey):
        self.count = 0
        self.upstream = upstream(self._answer)
        self._make_answer = make_answer
        port, status_port = free_ports(2)
        program = render_gateway(
            GatewaySettings(
                state=state,
                port=port,
                status_port=status_port,
                services={"shop": Upstream(addresses=[self.upstream.address])},
                redis=RedisSettings(
                    host="127.0.0.1",
                    port=valkey.port,
                    username="gateway",
                    password="{vault://env/gateway-redis-password}",
                ),
                fingerprint_secret="{vault://env/gateway-fingerprint-secret}",
                # tests share the server: the name keeps their keys apart
                idempotency={"service": state.name},
            ),
            table_of(ROUTES, {"shop"}),
        )
        secrets = {"GATEWAY_REDIS_PASSWORD": PASSWORD, "GATEWAY_FINGERPRINT_SECRET": "fingerprint secret"}
        self.running = run(program, port, status_port, {**os.environ, **secrets})
        self.client = self.running.client
        self.files = "".join(path.read_text() for path in program.files)

    def _answer(self, _seen):
        self.count += 1
        return self._make_answer(201, b"order %d" % self.count, Content_Type="text/plain")

    def post(self, *headers, path="/orders", body=b"{}"):
        return self.client.request("POST", path, [("X-Auth-Subject", "m1"), *headers], body)


@pytest.fixture
def shop(run, upstream, make_answer, free_ports, tmp_path, valkey):
    return Shop(run, upstream, make_answer, free_ports, tmp_path, valkey)


def test_a_repeat_gets_the_first_response(shop):
    first, second = shop.post(KEY), shop.post(KEY)
    assert (first.status, first.body) == (second.status, second.body) == (201, b"order 1")
    assert first.get("Idempotent-Replayed") is None
    assert second.get("Idempotent-Replayed") == "true"
    assert shop.count == 1


def test_without_a_key_each_request_goes_through(shop):
    assert [shop.post().body, shop.post().body] == [b"order 1", b"order 2"]


def test_another_body_under_the_key_is_422(shop):
    shop.post(KEY)
    assert shop.post(KEY, body=b"{1}").problem["code"] == "idempotency-key-reused"


@pytest.mark.parametrize("headers", [[], [("X-Request-ID", "client-chosen.1")], [("X-Request-ID", "bad")]])
def test_the_plugins_problems_have_the_requests_id(shop, headers):
    shop.post(KEY)
    assert shop.post(KEY, *headers, body=b"{1}").problem["status"] == 422


def test_two_members_do_not_share_a_key(shop):
    shop.client.request("POST", "/orders", [("X-Auth-Subject", "m1"), KEY], b"{}")
    other = shop.client.request("POST", "/orders", [("X-Auth-Subject", "m2"), KEY], b"{}")
    assert other.body == b"order 2"


def test_a_forged_identity_on_a_public_route_does_not_change_the_scope(shop):
    first = shop.post(KEY, path="/register")
    second = shop.client.request("POST", "/register", [("X-Auth-Subject", "other"), KEY], b"{}")
    assert (first.body, second.body) == (b"order 1", b"order 1")


def test_100_parallel_identical_requests_have_one_effect(shop):
    responses = []
    threads = [threading.Thread(target=lambda: responses.append(shop.post(KEY))) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shop.count == 1
    assert {response.status for response in responses} <= {201, 409}
    assert shop.post(KEY).get("Idempotent-Replayed") == "true"


def test_no_secret_is_in_a_file(shop):
    assert PASSWORD not in shop.files
    assert "fingerprint secret" not in shop.files


def asks(**config):
    return [{"name": "idempotency", "config": config}]


@pytest.mark.parametrize(
    ("plugins", "sentence"),
    [
        ([{"name": "probe"}], "asks for the plugin 'probe', which this gateway does not have"),
        ([*asks(), *asks()], "asks for a plugin twice"),
        (
            asks(colour=1),
            "The plugin 'idempotency' of the route 'r' is not configured right: config.colour: unknown field",
        ),
        (asks(ttl="1"), "config.ttl: expected a number"),
        (asks(max_body_bytes=0.5), "config.max_body_bytes: expected an integer"),
        (asks(ttl=0), "config.ttl: value should be between 1 and 604800"),
        (asks(methods="POST"), "config.methods: expected a set"),
        (asks(methods={"a": "POST"}), "config.methods: expected a set"),
        (asks(methods=[]), "config.methods: length must be at least 1"),
        (asks(methods=["GET"]), "config.methods[1]: expected one of: POST, PUT, PATCH, DELETE"),
        (asks(saved_statuses=[401]), "config.saved_statuses[1]: answers with status 401 are never saved"),
        (asks(service="a b"), "config.service: invalid value: a b"),
        (asks(wait_timeout=2, lock_ttl=1), "config: wait_timeout must not be above lock_ttl"),
        (asks(redis={"sentinel_master": "m"}), "config.redis: all or none of these fields must be set"),
        (asks(fingerprint_secret=""), "config.fingerprint_secret: length must be at least 1"),
        (asks(fingerprint_secret="{vault://env/no-such-secret}"), "NO_SUCH_SECRET is not set in the environment"),
        (asks(redis={"password": "{vault://file/x}"}), "is not of the form {vault://env/NAME}"),
    ],
)
def test_what_the_plugin_cannot_be_configured_with_is_one_sentence(tmp_path, free_ports, make_route, plugins, sentence):
    port, status_port = free_ports(2)
    document = {
        "version": 1,
        "services": {"up": {"upstreams": ["127.0.0.1:1"]}},
        "routes": [make_route("/r", name="r", plugins=plugins)],
    }
    settings = HostSettings(state=tmp_path, port=port, status_port=status_port)
    program = render_host(settings, json.dumps(document))
    program.write()
    ended = subprocess.run(program.argv, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode != 0
    assert sentence in start_failure(ended.stderr)
