"""The gateway as a container: settings from the environment, addresses by name, routes kept in step."""

from __future__ import annotations

import json
import socket
import threading

import pytest
import yaml
from pydantic import ValidationError

from platform_standalone.nginx import pod

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


def own_text(settings):
    """The platform's own route file of this moment."""
    (text,) = [
        text
        for path, text in pod.route_files(settings, pod.external_tables(settings)).items()
        if path.name == "routes.json"
    ]
    return text


@pytest.mark.usefixtures("names")
def test_the_route_file_names_addresses_and_no_secret(settings):
    text = own_text(settings)
    document = json.loads(text)
    assert document["services"]["member"]["upstreams"] == ["10.0.0.1:8080", "10.0.0.2:8080"]
    assert document["services"]["member"]["read_timeout_ms"] == 1000
    (plugin,) = document["routes"][1]["plugins"]
    assert plugin["config"]["redis"]["host"] == "10.0.0.9"
    assert plugin["config"]["ttl"] == 5
    assert "{vault://env/gateway-redis-password}" in text
    assert "not a setting" not in text


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("available", [True, False])
def test_a_pod_listens_on_ipv6_where_the_kernel_has_it(settings, monkeypatch, available):
    monkeypatch.setattr(pod.socket, "has_dualstack_ipv6", lambda: available)
    assert pod.gateway_settings(settings).ipv6 is available


def test_without_a_ready_pod_the_service_counts(settings, names):
    del names["member-pods.test"]
    assert json.loads(own_text(settings))["services"]["member"]["upstreams"] == ["10.96.0.1:8080"]


def test_a_name_without_an_address_is_a_sentence(settings, names):
    names.clear()
    with pytest.raises(pod.Unresolved, match=r"No address is known for redis\.test:6379\."):
        own_text(settings)


def test_new_addresses_make_a_new_route_file_and_trouble_changes_nothing(settings, names, capsys):
    stop = threading.Event()
    joined = pod.external_tables(settings)
    news = pod.refreshed(settings, joined, stop, pod.route_files(settings, joined))
    names["member-pods.test"] = ["10.0.0.7"]
    path, text = next(news)
    assert path.name == "routes.json"
    assert json.loads(text)["services"]["member"]["upstreams"] == ["10.0.0.7:8080"]

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


BAD_TABLES = ["{", '{"version": 1, "routes": {"a/x": {"typo": 1}}}']


@pytest.mark.parametrize("table", BAD_TABLES)
def test_a_bad_joined_table_neither_stops_a_start_nor_the_following_of_addresses(settings, names, tmp_path, table):
    (tmp_path / "0.json").write_text(table)
    settings = settings.model_copy(update={"joined_tables": tmp_path})
    joined = pod.external_tables(settings)
    assert "10.0.0.1:8080" in pod.program(settings, joined).files[settings.state / "gateway" / "routes.json"]

    news = pod.refreshed(settings, joined, threading.Event(), pod.route_files(settings, joined))
    names["member-pods.test"] = ["10.0.0.7"]
    path, text = next(news)
    assert (path.name, "10.0.0.7:8080" in text) == ("routes.json", True)


@pytest.mark.usefixtures("names")
def test_a_changed_joined_table_is_a_file_of_its_own(settings, tmp_path):
    settings = settings.model_copy(update={"joined_tables": tmp_path})
    joined = pod.external_tables(settings)
    news = pod.refreshed(settings, joined, threading.Event(), pod.route_files(settings, joined))
    (tmp_path / "0.json").write_text('{"version": 1, "routes": {"a/x": {"typo": 1}}}')
    path, text = next(news)
    assert path.name == "joined.json"
    assert "invalid" in json.loads(text)["rows"][0]


def test_a_missing_setting_is_named():
    with pytest.raises(ValidationError, match="redis_host"):
        pod.read_settings({"GATEWAY_SERVICES": "{}", "GATEWAY_TRUSTED": "[]"})


@pytest.mark.usefixtures("names")
def test_logs_are_the_containers_own_output(settings):
    pod.log_to_standard_output(settings)
    logs = settings.state / "logs"
    assert (logs / "gateway.access.log").readlink().as_posix() == "/dev/stdout"
    text = pod.program(settings, pod.external_tables(settings)).files[settings.state / "gateway" / "nginx.conf"]
    assert "error_log stderr notice;" in text
