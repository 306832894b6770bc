"""An edge, in front of a verify and a gateway that record what they get."""

import pytest

from platform_routes.table import table_of
from platform_standalone.nginx.edge import EdgeSettings, render_edge

IDENTITY = {
    "X_Auth_Subject": "m1",
    "X_Auth_Session": "s1",
    "X_Auth_Roles": "member",
    "Authorization": "Bearer checked",
}
ROUTES = {
    "open": {"paths": [{"path": "/open", "type": "Prefix"}], "methods": ["GET", "POST"], "auth": "public"},
    "exact": {"paths": [{"path": "/auth/login", "type": "Exact"}], "methods": ["POST"], "auth": "public"},
    "maybe": {"paths": [{"path": "/maybe", "type": "Prefix"}], "methods": ["GET"], "auth": "optional"},
    "mine": {
        "paths": [{"path": "/api/mine", "type": "Prefix"}],
        "methods": ["GET", "POST", "DELETE"],
        "auth": "required",
    },
    "admin": {
        "paths": [{"path": "/api/admin", "type": "Prefix"}],
        "methods": ["GET"],
        "auth": "required",
        "roles": ["admin", "root"],
    },
}


class Edge:
    """An edge with its verify and gateway; `verify` says what verify answers."""

    def __init__(self, run, upstream, make_answer, free_ports, state, routes=ROUTES, **settings):
        self.make_answer = make_answer
        self._answer_as_usual()
        self.auth = upstream(lambda seen: self.verify(seen))
        self.gateway = upstream(lambda seen: self.reply(seen))
        table = table_of({name: {"service": "s", **row} for name, row in routes.items()}, {"s", "web"})
        (port,) = free_ports(1)
        program = render_edge(
            EdgeSettings(
                state=state, port=port, gateway=self.gateway.address, auth=self.auth.address, workers=1, **settings
            ),
            table,
        )
        self.running = run(program, port)
        self.client = self.running.client

    def _answer_as_usual(self):
        self.answer_ok()
        self.reply = lambda _seen: self.make_answer(200, b"from gateway")

    def forget(self):
        """Be as new."""
        self._answer_as_usual()
        self.auth.forget()
        self.gateway.forget()
        self.running.forget()

    def answer_ok(self, status=200, **headers):
        given = headers or IDENTITY
        self.verify = lambda _seen: self.make_answer(status, b"", **given)

    @property
    def forwarded(self):
        assert len(self.gateway.seen) == 1
        return self.gateway.seen[0]


@pytest.fixture(scope="module")
def lasting_edge(lasting_run, lasting_upstream, make_answer, free_ports, tmp_path_factory):
    state = tmp_path_factory.mktemp("edge")
    return Edge(lasting_run, lasting_upstream, make_answer, free_ports, state)


@pytest.fixture
def edge(lasting_edge):
    lasting_edge.forget()
    return lasting_edge


@pytest.fixture
def make_edge(run, upstream, make_answer, free_ports, tmp_path):
    """Make edges of a test's own."""

    def make(**settings):
        return Edge(run, upstream, make_answer, free_ports, tmp_path, **settings)

    return make
