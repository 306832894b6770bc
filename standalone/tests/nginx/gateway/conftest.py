"""A gateway with routes of a test's own, in front of an upstream that records what it gets."""

import json
import re

import pytest

from platform_standalone.nginx.gateway import HostSettings, render_host
from platform_standalone.nginx.host import SHARED_DICTS


def route(path="/plain", path_type="Prefix", methods=("GET", "POST", "HEAD", "PUT"), service="up", **more):
    return {
        "name": more.pop("name", path.strip("/") or "root"),
        "paths": [{"path": path, "type": path_type}],
        "methods": list(methods),
        "service": service,
        "auth": "optional",
        **more,
    }


PROBED = route(
    "/probed", methods=["GET", "POST", "HEAD", "PUT", "PURGE"], plugins=[{"name": "late"}, {"name": "probe"}]
)


class Gateway:
    def __init__(
        self, run, upstream, make_answer, free_ports, state, plugins, wait, routes=None, services=None,
        joined=None, **settings
    ):  # fmt: skip
        self.make_answer = make_answer
        self._wait = wait
        self._answer_as_usual()
        self.upstream = upstream(lambda seen: self.reply(seen))
        self.document = {
            "version": 1,
            "services": {"up": {"upstreams": [self.upstream.address]}, **(services or {})},
            "routes": routes or [route(), PROBED],
            "closed_paths": ["/internal", "/metrics"],
        }
        port, status_port = free_ports(2)
        self.settings = HostSettings(
            **{
                "state": state,
                "port": port,
                "status_port": status_port,
                "plugins": plugins,
                "plugin_host": "kong_host.plugins",
                "shared_dicts": SHARED_DICTS,
                "workers": 1,
                **settings,
            }
        )
        self.program = render_host(self.settings, json.dumps(self.document), joined)
        self.running = run(self.program, port, status_port)
        self.client = self.running.client

    def _answer_as_usual(self):
        self.reply = lambda _seen: self.make_answer(200, b"from service", X_Up="1")

    def forget(self):
        """Be as new."""
        self._answer_as_usual()
        self.upstream.forget()
        self.running.forget()

    @property
    def forwarded(self):
        assert len(self.upstream.seen) == 1
        return self.upstream.seen[0]

    def phases(self):
        """What the probe noted, in order, up to the log phase: it comes after the client has its response."""
        self._wait(lambda: self._noted()[-1:] and self._noted()[-1]["phase"] == "log", "the log phase")
        return self._noted()

    def _noted(self):
        return [json.loads(text) for text in re.findall(r"PROBE (\{.*?\}) END", self.running.error_log)]

    def names(self):
        return [seen["phase"] for seen in self.phases()]


@pytest.fixture
def make_gateway(run, upstream, make_answer, free_ports, tmp_path, probe_plugins, wait):
    """Make gateways of a test's own."""

    def make(**options):
        return Gateway(run, upstream, make_answer, free_ports, tmp_path, probe_plugins, wait, **options)

    return make


@pytest.fixture(scope="module")
def gateway_routes():
    """The routes of the gateway that the tests of a module share."""
    return [route(), PROBED]


@pytest.fixture(scope="module")
def lasting_gateway(
    lasting_run, lasting_upstream, make_answer, free_ports, tmp_path_factory, probe_plugins, wait, gateway_routes
):
    state = tmp_path_factory.mktemp("gateway")
    return Gateway(
        lasting_run, lasting_upstream, make_answer, free_ports, state, probe_plugins, wait, routes=gateway_routes
    )


@pytest.fixture
def gateway(lasting_gateway):
    lasting_gateway.forget()
    return lasting_gateway


@pytest.fixture(scope="session")
def make_route():
    return route
