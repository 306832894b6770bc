"""HTTP/2, which Kong speaks and the standalone host does not; by curl."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass

import pytest
from plugintests.service import Plan

TELL = '{"version":"%{http_version}","status":%{http_code},"headers":%{header_json}}\n'


@dataclass
class Received:
    """What curl saw of one answer."""

    version: str
    status: int
    headers: dict[str, list[str]]

    @property
    def mark(self) -> str | None:
        return next(iter(self.headers.get("idempotency-status", [])), None)


@pytest.fixture
def curl(gateway):
    """Return a function that sends a POST with curl's `options` and says what came back."""

    def ask(target, options, body=b"{}"):
        command = ["curl", "-s", "-m", "20", "--http2-prior-knowledge", "-o", "/dev/null", "-w", TELL, "-X", "POST"]
        command += ["-H", "Content-Type: application/json", *options, f"http://127.0.0.1:{gateway.http2_port}{target}"]
        done = subprocess.run(command, input=body, capture_output=True, check=True)
        return Received(**json.loads(done.stdout))

    return ask


def key(value):
    return ["-H", f"Idempotency-Key: {value}"]


COUNTED = ["--data-binary", "{}"]
UNCOUNTED = ["-T", "-"]


@pytest.mark.parametrize("body", [COUNTED, UNCOUNTED], ids=["counted", "uncounted"])
def test_a_write_by_http_2_happens_once(curl, service, fresh, body):
    answers = [curl(f"/plain/{fresh}", key(fresh) + body) for _ in range(2)]

    assert [(r.version, r.status, r.mark) for r in answers] == [
        ("2", 201, "stored"),
        ("2", 201, "replayed"),
    ]
    assert len(service.seen(f"/plain/{fresh}")) == 1
    assert service.seen(f"/plain/{fresh}")[0].body == b"{}"


def test_it_is_the_same_write_by_http_1(curl, gateway, service, fresh):
    assert curl(f"/plain/{fresh}", key(fresh) + COUNTED).mark == "stored"
    assert gateway.post(f"/plain/{fresh}", fresh).mark == "replayed"
    assert len(service.seen(f"/plain/{fresh}")) == 1


@pytest.mark.parametrize("body", [COUNTED, UNCOUNTED], ids=["counted", "uncounted"])
@pytest.mark.parametrize(
    ("setup", "value", "status"), [("plain", '""', 400), ("required", None, 400), ("closed", "k", 503)]
)
def test_an_early_answer(curl, service, fresh, setup, value, status, body):
    assert curl(f"/{setup}/{fresh}", (key(value) if value else []) + body).status == status
    assert not service.seen(f"/{setup}/{fresh}")


def test_a_large_body_by_http_2(curl, service, fresh):
    body = b"b" * 200_000
    for mark in ("stored", "replayed"):
        assert curl(f"/plain/{fresh}", key(fresh) + UNCOUNTED, body=body).mark == mark
    assert service.seen(f"/plain/{fresh}")[0].body == body


def test_an_outcome_by_http_2_that_nobody_knows_is_kept(curl, service, fresh, eventually):
    service.plan(f"/keep/{fresh}", Plan(raw=b""), Plan())
    assert curl(f"/keep/{fresh}", key(fresh) + COUNTED).mark == "unknown"
    again = eventually(lambda: (a := curl(f"/keep/{fresh}", key(fresh) + COUNTED)).mark == "unknown" and a)
    assert again.status == 409
    assert len(service.seen(f"/keep/{fresh}")) == 1
