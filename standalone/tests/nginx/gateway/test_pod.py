"""The gateway as a container: settings from the environment, addresses by name, routes kept in step."""

from __future__ import annotations

import json
import socket
import threading

import pytest
import yaml
from pydantic import ValidationError

from standalone.nginx import pod

ENVIRONMENT = {
    "GATEWAY_SERVICES": '{"member": ["member-pods.test:8080", "member.test:8080"]}',
    "GATEWAY_REDIS_HOST": "redis.test",
    "GATEWAY_TRUSTED": '["10.0.0.0/8"]',
    "GATEWAY_IDEMPOTENCY": '{"ttl": 5}',
    "GATEWAY_TIMEOUTS": '{"read_timeout_ms": 1000}',
    "GATEWAY_REFRESH_SECONDS": "0.01",
    "GATEWAY_REDIS_PASSWORD": "not a setting",
}
TABLE = {
    "routes": {
        "members": {
            "paths": [{"path": "/api/members", "type": "Prefix"}],
            "methods": ["GET", "POST"],
            "service": "member",
            "auth": "required",
            "idempotency": {"enabled": True, "methods": ["POST"]},
        }
    }
}


@pytest.fixture
def names(monkeypatch):
    """What the resolver knows; a test changes it."""
    known = {"redis.test": ["10.0.0.9"], "member-pods.test": ["10.0.0.2", "10.0.0.1"], "member.test": ["10.96.0.1"]}

    def look_up(host, port, **_):
        if host not in known:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(pod.socket, "getaddrinfo", look_up)
    return known


@pytest.fixture
def settings(tmp_path):
    table = tmp_path / "routes.yaml"
    table.write_text(yaml.safe_dump(TABLE))
    return pod.read_settings({**ENVIRONMENT, "GATEWAY_TABLE": str(table), "GATEWAY_STATE": str(tmp_path / "state")})


@pytest.mark.usefixtures("names")
def test_the_route_file_names_addresses_and_no_secret(settings):
    text = pod.routes_text(settings)
    document = json.loads(text)
    assert document["services"]["member"]["upstreams"] == ["10.0.0.1:8080", "10.0.0.2:8080"]
    assert document["services"]["member"]["read_timeout_ms"] == 1000
    (plugin,) = document["routes"][1]["plugins"]
    assert plugin["config"]["redis"]["host"] == "10.0.0.9"
    assert plugin["config"]["ttl"] == 5
    assert "{vault://env/gateway-redis-password}" in text
    assert "not a setting" not in text


def test_without_a_ready_pod_the_service_counts(settings, names):
    del names["member-pods.test"]
    assert json.loads(pod.routes_text(settings))["services"]["member"]["upstreams"] == ["10.96.0.1:8080"]


def test_a_name_without_an_address_is_a_sentence(settings, names):
    names.clear()
    with pytest.raises(pod.Unresolved, match=r"No address is known for redis\.test:6379\."):
        pod.routes_text(settings)


def test_new_addresses_make_a_new_route_file_and_trouble_changes_nothing(settings, names, capsys):
    stop = threading.Event()
    news = pod.refreshed(settings, stop, pod.routes_text(settings))
    names["member-pods.test"] = ["10.0.0.7"]
    assert json.loads(next(news))["services"]["member"]["upstreams"] == ["10.0.0.7:8080"]

    settings.table.write_text("routes: {members: {}}")
    waiting = threading.Thread(target=lambda: list(news))
    waiting.start()
    said = ""
    for _ in range(500):
        said += capsys.readouterr().err
        if said:
            break
        stop.wait(0.01)
    stop.set()
    waiting.join()
    assert said.count("The routes stay as they are") == 1


def test_a_missing_setting_is_named():
    with pytest.raises(ValidationError, match="redis_host"):
        pod.read_settings({"GATEWAY_SERVICES": "{}", "GATEWAY_TRUSTED": "[]"})


@pytest.mark.usefixtures("names")
def test_logs_are_the_containers_own_output(settings):
    pod.log_to_standard_output(settings)
    logs = settings.state / "logs"
    assert (logs / "gateway.access.log").readlink().as_posix() == "/dev/stdout"
    assert (logs / "gateway.error.log").readlink().as_posix() == "/dev/stderr"
