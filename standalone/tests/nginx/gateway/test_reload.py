"""New routes without a lost request, and files that are refused."""

import contextlib
import copy
import json
import signal
import threading
from http.client import HTTPConnection

import pytest

from platform_standalone.nginx.program import replace


class Load:
    """Clients that send one request after the other on kept connections, until stopped."""

    def __init__(self, client, path, clients=4):
        self.statuses = []
        self.errors = []
        self._client = client
        self._path = path
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]

    def _run(self):
        connection = HTTPConnection("127.0.0.1", self._client.port, timeout=10)
        with contextlib.closing(connection):
            while not self._stop.is_set():
                try:
                    self.statuses.append(self._client.on(connection, "GET", self._path).status)
                except OSError as error:
                    self.errors.append(error)
                    return

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def gateway(make_gateway):
    """One of each test's own: its routes change."""
    return make_gateway()


@pytest.fixture
def new_routes(gateway, make_route):
    def make(**changes):
        document = copy.deepcopy(gateway.document)
        document["routes"].append(make_route("/new"))
        document.update(changes)
        return json.dumps(document)

    return make


def routes_path(gateway):
    return gateway.program.folder / "routes.json"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_changed_file_is_taken_without_a_signal_and_without_a_lost_request(make_gateway, make_route, wait, workers):
    gateway = make_gateway(workers=workers)
    document = copy.deepcopy(gateway.document)
    document["routes"].append(make_route("/new"))
    with Load(gateway.client, "/plain") as load:
        wait(lambda: len(load.statuses) > 50, "requests before the change")
        replace(routes_path(gateway), json.dumps(document))
        taken = 0

        def all_workers_have_it():
            nonlocal taken
            taken = taken + 1 if gateway.client.get("/new").status == 200 else 0
            return taken > 20

        wait(all_workers_have_it, "the new route")
        count = len(load.statuses)
        wait(lambda: len(load.statuses) > count + 50, "requests after the change")
    assert load.errors == []
    assert set(load.statuses) == {200}


def test_a_request_under_way_keeps_its_routes(gateway, wait):
    released = threading.Event()
    gateway.reply = lambda _seen: released.wait(10) and gateway.make_answer(200, b"late")
    responses = []
    thread = threading.Thread(target=lambda: responses.append(gateway.client.get("/probed")))
    thread.start()
    wait(lambda: gateway.upstream.seen, "the request under way")
    gateway.document["routes"] = [route for route in gateway.document["routes"] if route["name"] != "probed"]
    replace(routes_path(gateway), json.dumps(gateway.document))
    wait(lambda: json.loads(gateway.running.status("/ready"))["routes_version"] == 2, "the new routes")
    released.set()
    thread.join()
    assert gateway.client.get("/probed").status == 404
    assert (responses[0].status, responses[0].get("X-Probe")) == (200, "buffered")


@pytest.mark.parametrize(
    "broken",
    [
        "{",
        "[]",
        "null",
        '{"version": 2}',
        '{"version": 1, "services": {}, "routes": [{"name": "x"}]}',
        "",
    ],
)
def test_a_broken_file_keeps_the_old_routes_and_says_so(gateway, new_routes, wait, broken):
    replace(routes_path(gateway), broken)
    wait(lambda: "the old routes stay" in gateway.running.error_log, "an error line")
    assert gateway.client.get("/plain").status == 200
    assert gateway.running.error_log.count("the old routes stay") == 1
    replace(routes_path(gateway), new_routes())
    wait(lambda: gateway.client.get("/new").status == 200, "the repaired file")


def test_a_file_that_is_gone_keeps_the_old_routes(gateway, new_routes, wait):
    routes_path(gateway).unlink()
    wait(lambda: "cannot be read" in gateway.running.error_log, "an error line")
    assert gateway.client.get("/plain").status == 200
    replace(routes_path(gateway), new_routes())
    wait(lambda: gateway.client.get("/new").status == 200, "the new file")


def test_a_bad_plugin_configuration_keeps_the_old_routes(gateway, make_route, wait):
    gateway.document["routes"].append(make_route("/new", plugins=[{"name": "probe", "config": {"number": 11}}]))
    replace(routes_path(gateway), json.dumps(gateway.document))
    wait(lambda: "config.number: value should be between 1 and 10" in gateway.running.error_log, "an error line")
    assert gateway.client.get("/new").status == 404


def test_a_plugin_of_a_new_route_is_started(make_gateway, make_route, wait):
    gateway = make_gateway(routes=[make_route()])
    gateway.document["routes"] = [make_route("/probed", plugins=[{"name": "probe"}])]
    replace(routes_path(gateway), json.dumps(gateway.document))
    wait(lambda: gateway.client.get("/probed").status == 200, "the new route")
    assert "probe_started_total 1\n" in gateway.running.status("/metrics")


def test_sighup_takes_new_routes_and_ends_requests_under_way_in_peace(gateway, new_routes, wait):
    released = threading.Event()
    gateway.reply = lambda seen: released.wait(10) and gateway.make_answer(200, seen.target.encode())
    responses = []
    threads = [
        threading.Thread(target=lambda: responses.append(gateway.client.get("/probed").status)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    wait(lambda: len(gateway.upstream.seen) == 4, "requests under way")
    replace(routes_path(gateway), new_routes())
    gateway.running.process.send_signal(signal.SIGHUP)
    wait(lambda: gateway.running.error_log.count("start worker process ") >= 2, "the new worker")
    released.set()
    for thread in threads:
        thread.join()
    assert responses == [200] * 4
    wait(lambda: gateway.client.get("/new").status == 200, "the new route")


def test_sighup_with_a_broken_file_keeps_the_old_workers(gateway, wait):
    replace(routes_path(gateway), "{")
    gateway.running.process.send_signal(signal.SIGHUP)
    wait(lambda: "The route file is not JSON" in gateway.running.error_log, "an error line")
    assert gateway.client.get("/plain").status == 200


def test_sigquit_ends_requests_under_way(gateway, wait):
    released = threading.Event()
    gateway.reply = lambda _seen: released.wait(10) and gateway.make_answer(200, b"late")
    responses = []
    thread = threading.Thread(target=lambda: responses.append(gateway.client.get("/probed").status))
    thread.start()
    wait(lambda: gateway.upstream.seen, "the request under way")
    gateway.running.process.send_signal(gateway.program.drain_signal)
    wait(lambda: "gracefully shutting down" in gateway.running.error_log, "the drain")
    released.set()
    thread.join()
    assert responses == [200]
    assert gateway.running.process.wait(10) == 0
