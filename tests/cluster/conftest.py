"""The platform on a cluster that is marked as one for tests; without the mark nothing is touched."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from alone import beside_others, only_operator, without_others
from cluster import (
    BASE_URL,
    EDGE_NAMESPACE,
    HOST,
    MARK,
    MEASURED,
    NAMESPACE,
    RELEASE,
    ROOT,
    STRANGE_NAMESPACE,
    CommandFailed,
    Release,
    helm,
    kubectl,
    run,
    until,
    values_of,
)
from journey import responds
from kinds import install_kinds
from operator_api import GRANT, OTHER, PLATFORM, TEAM, Api
from operator_process import ApiDoor, release_owner
from outside import make_namespace
from xdist.scheduler import LoadScopeScheduling

# Three workers share the cluster: the first has the suite's own release, the second operators of its own, the third
# every further release. What has an operator comes last in the first and the third: one at a time runs (alone.py).
OWN_RELEASE = (
    "test_install",
    "test_backup",
    "test_migrations",
    "test_network",
    "test_operation",
    "test_joined_service",
)
OPERATORS = ("test_operator", "test_operator_isolation", "test_operator_peers", "test_operator_rings")
FURTHER_RELEASES = (
    "test_objects",
    "test_admission_policies",
    "test_monitoring",
    "test_availability",
    "test_tls",
    "test_values",
)
WORKERS = {name: worker for worker in (OWN_RELEASE, OPERATORS, FURTHER_RELEASES) for name in worker}

REQUESTING = ("member", "auth", "shop", "web", "operator", "gateway.standalone", "postgres", "redis", "jobs")


def pytest_sessionstart():
    """Refuse a cluster that is not marked: what follows deletes namespaces and kills pods."""
    if not os.environ.get("KUBECONFIG"):
        pytest.exit("Say which cluster: make test-cluster KUBECONFIG=…", 2)
    try:
        labels = kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.labels}")
    except CommandFailed as error:
        pytest.exit(f"The cluster does not answer: {error}", 2)
    if f'"{MARK}":"true"' not in labels:
        pytest.exit(
            f"This cluster is not marked as one for tests. If nothing on it matters: "
            f"kubectl label namespace kube-system {MARK}=true",
            2,
        )


def pytest_collection_modifyitems(items):
    """Take the files in the order of the lists above. Raises ValueError for one that is in none."""
    order = [*WORKERS]
    items.sort(key=lambda item: (order.index(item.path.stem), installs_operator(item)))


def installs_operator(item):
    """Tell whether a test installs a file of ci/ with an operator in it."""
    return "installed" in item.fixturenames and "[operator-" in item.name


class ByWorker(LoadScopeScheduling):
    """One worker for the files of each list."""

    def _split_scope(self, nodeid):
        return " ".join(WORKERS[Path(nodeid.partition("::")[0]).stem])


def pytest_xdist_make_scheduler(config, log):
    """Share the tests out as listed above; a run without workers (`-n 0`) takes the lists one after the other."""
    return ByWorker(config, log)


def pytest_sessionfinish(session):
    """Hand the figures of a worker to the process that prints them."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["measured"] = MEASURED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Take what a worker measured."""
    MEASURED.update(getattr(node, "workeroutput", {}).get("measured", {}))


def pytest_terminal_summary(terminalreporter):
    """Say what was measured."""
    for what, figure in MEASURED.items():
        terminalreporter.write_line(f"measured: {what}: {figure}")


@pytest.fixture(scope="session")
def absent_release():
    """The release before it is installed: no trace of an earlier run."""
    install_kinds()
    remove_release()
    for namespace in (NAMESPACE, STRANGE_NAMESPACE):
        kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait")
    yield Release()
    if not os.environ.get("KEEP"):
        remove_release()
        for namespace in (NAMESPACE, STRANGE_NAMESPACE):
            kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")


def remove_release():
    """Uninstall the release: what it has outside of its namespace would outlive that."""
    run(helm(), "uninstall", RELEASE, "-n", NAMESPACE, "--ignore-not-found")


@pytest.fixture(scope="session")
def client():
    """A client of the platform, by its edge."""
    with httpx2.Client(base_url=BASE_URL, headers={"Host": HOST}, timeout=10) as client:
        yield client


@pytest.fixture(scope="session")
def release(absent_release, client):
    """The platform, installed into an empty namespace."""
    began = time.monotonic()
    absent_release.install()
    until("the first 200 through the edge", lambda: responds(client), pause=0.1)
    MEASURED["from an empty namespace to the first 200"] = f"{time.monotonic() - began:.1f} s"
    return absent_release


@pytest.fixture(scope="session")
def log_in(client, release):
    """Log the administrator in, and return the access token and the member."""

    def log_in():
        body = {"email": "admin@example.com", "password": release.secret("admin", "password")}
        response = client.post("/auth/login", json=body)
        assert response.status_code == 200, response.text
        document = response.json()
        return {"Authorization": f"Bearer {document['access_token']}"}, document["member"]

    return log_in


@pytest.fixture(scope="session")
def works(log_in, release):
    """Tell whether a log-in and a request with its token succeed."""

    def works():
        try:
            headers, member = log_in()
            with release.client() as client:
                return client.get(f"/api/members/{member['id']}", headers=headers).status_code == 200
        except (AssertionError, httpx2.HTTPError):
            return False

    return works


@pytest.fixture
def installed():
    """Install a file of ci/ into a namespace of its own: `installed(name, *settings)` returns the release."""
    namespaces = []

    def install(name, *settings):
        values = values_of(name)
        if values.get("operator", {}).get("enabled"):
            install_kinds()
        namespace = f"{NAMESPACE}-{name}"
        namespaces.append(namespace)
        make_namespace(namespace)
        # two releases at a time are to fit a small node
        frugal = [f"{part}.resources.requests.cpu=10m" for part in REQUESTING]
        made = Release(namespace, f"{name}-values.yaml", f"{name}.platform.test", [*frugal, *settings])
        standalone = "gateway.implementation=standalone" in settings
        if not standalone and values.get("gateway", {}).get("implementation", "kong") == "kong":
            plugin = ROOT / "charts" / "kong-plugin-idempotency"
            run(helm(), "upgrade", "--install", "kong-plugin-idempotency", plugin, "-n", namespace)
            made.settings.append(f"gateway.kong.namespace={namespace}")
        if values.get("edge", {}).get("controller", "nginx") == "nginx":
            # Traefik plays ingress-nginx here
            made.settings += [f"edge.controllerPods.namespace={EDGE_NAMESPACE}", "edge.controllerPods.service=traefik"]
        made.install()
        return made

    yield install
    for namespace in namespaces:
        run(helm(), "uninstall", RELEASE, "-n", namespace, "--ignore-not-found")
        kubectl("delete", "namespace", namespace, "--wait=false")


@pytest.fixture(scope="session")
def door():
    """The API server by plain HTTP, and the namespaces of the operators that run as processes of this machine."""
    install_kinds()
    for namespace in (PLATFORM, TEAM, OTHER):
        kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait")
        kubectl("create", "namespace", namespace)
    door = ApiDoor()
    yield door
    door.close()
    for namespace in (PLATFORM, TEAM, OTHER):
        kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")
    kubectl("delete", "routegrant", GRANT, "--ignore-not-found")
    kubectl("delete", "clusterrole", release_owner(PLATFORM), "--ignore-not-found")


@pytest.fixture(autouse=True)
def turn(request):
    """Run beside the other workers' tests, or without them where a test is marked so."""
    with ExitStack() as stack:
        if installs_operator(request.node):
            # first: a test that waits for the end of other operators must not block them
            stack.enter_context(only_operator())
        marked = request.node.get_closest_marker("without_others")
        stack.enter_context(without_others() if marked else beside_others())
        yield


@pytest.fixture(scope="module")
def alone():
    """No other operator while the file's tests run."""
    with only_operator():
        yield


@pytest.fixture(scope="session")
def api(door):
    """The API server, for the tests' own requests."""
    api = Api(door)
    yield api
    api.close()
