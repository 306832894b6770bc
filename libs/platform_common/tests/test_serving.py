from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2
import pytest

from platform_standalone.ports import reserve_port

EXAMPLE = Path(__file__).with_name("serving_example.py")


class Service:
    """The example service as a process of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port, self.metrics_port = reserve_port(), reserve_port()
        self.log = folder / "service.log"
        self.errors = folder / "service.err"
        settings = {"EXAMPLE_PORT": str(self.port), "EXAMPLE_METRICS_PORT": str(self.metrics_port)} | environment
        with self.log.open("wb") as log, self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, EXAMPLE], env=os.environ | settings, stdout=log, stderr=errors, cwd=folder
            )

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def wait_ready(self) -> Service:
        poll(lambda: self.status("/readyz") == 200)
        return self

    def status(self, path: str) -> int | None:
        try:
            return httpx2.get(self.url(path)).status_code
        except httpx2.TransportError:
            return None


def poll(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


@pytest.fixture
def start(tmp_path):
    started = []

    def start(**environment: str) -> Service:
        started.append(Service(tmp_path, **environment))
        return started[-1]

    yield start
    for service in started:
        if service.process.poll() is None:
            service.process.kill()
        service.process.wait(60)


def test_requests_in_flight_end_after_readiness_has_failed(start):
    service = start(EXAMPLE_SHUTDOWN_DELAY_SECONDS="0.5").wait_ready()
    responses = []
    request = threading.Thread(target=lambda: responses.append(httpx2.get(service.url("/slow/1.5"))))
    request.start()
    poll(lambda: service.status("/livez") == 200)

    service.process.send_signal(signal.SIGTERM)
    poll(lambda: service.status("/readyz") == 503)
    assert service.status("/slow/0") == 200, "while it drains, a late request is still answered"
    request.join(60)
    service.process.wait(60)

    assert [response.status_code for response in responses] == [200]


def test_a_log_line_is_json_with_the_route_and_the_request_id_and_no_query(start):
    service = start().wait_ready()
    httpx2.get(service.url("/slow/0?password=hunter2"), headers={"X-Request-ID": "request-0001"})
    poll(lambda: "request-0001" in service.log.read_text())

    lines = [json.loads(line) for line in service.log.read_text().splitlines()]
    line = next(line for line in lines if line.get("request_id") == "request-0001")
    assert (line["service"], line["route"], line["status"]) == ("example", "/slow/{seconds}", 200)
    assert "hunter2" not in service.log.read_text()


def test_metrics_have_a_port_of_their_own_and_count_by_route(start):
    service = start().wait_ready()
    httpx2.get(service.url("/slow/0"))

    metrics = httpx2.get(f"http://127.0.0.1:{service.metrics_port}/metrics").text
    expected = 'http_request_duration_seconds_count{method="GET",route="/slow/{seconds}",status="200"} 1.0'
    assert expected in metrics
    assert service.status("/metrics") == 404


@pytest.mark.parametrize(("environment", "code", "words"), [
    ({"EXAMPLE_PORT": "http"}, 2, "EXAMPLE_PORT"),
    ({"EXAMPLE_DATABASE_AWAY": "1"}, 1, "EXAMPLE_DATABASE_AWAY"),
    ({"EXAMPLE_DATABASE_HANGS": "1"}, 1, "did not respond within"),
], ids=["settings", "unreachable", "hanging"])  # fmt: skip
def test_a_start_that_cannot_be_ends_with_one_sentence(start, environment, code, words):
    service = start(**environment)

    assert service.process.wait(60) == code
    sentence = service.errors.read_text()
    assert words in sentence
    assert sentence.count("\n") == 1


@pytest.mark.parametrize("variable", ["EXAMPLE_PORT", "EXAMPLE_METRICS_PORT"])
def test_a_port_in_use_is_named(start, variable):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        service = start(**{variable: str(taken.getsockname()[1])})

        assert service.process.wait(60) == 1
        assert f"Cannot listen on {variable}" in service.errors.read_text()


def test_what_is_not_http_is_refused_and_the_service_goes_on(start):
    service = start().wait_ready()

    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as stream:
        stream.sendall(b"GET /slow/0 HTTP/1.1\r\nHost: x\r\nX-Bad: a\x7fb\r\n\r\n")
        with stream.makefile("rb") as reader:
            assert reader.read().startswith(b"HTTP/1.1 400 ")

    assert service.status("/slow/0") == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_a_service_listens_on_every_address_of_both_families(start, host):
    service = start(EXAMPLE_HOST="*").wait_ready()
    assert httpx2.get(service.url("/client", host)).json() == host.strip("[]")
    assert "http_request_duration_seconds" in httpx2.get(f"http://{host}:{service.metrics_port}/metrics").text


def test_a_port_that_is_taken_for_one_family_is_refused_in_one_sentence(start):
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        service = start(EXAMPLE_HOST="*", EXAMPLE_PORT=str(port))
        assert service.process.wait(15) == 1
    assert service.errors.read_text() == f"Cannot listen on EXAMPLE_PORT {port}: Address already in use.\n"
