"""`python -m platform_standalone.nginx.host`: a gateway for a plugin's specs, and what it refuses."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from platform_standalone.nginx.gateway import HostSettings, render_host
from platform_standalone.nginx.host import SHARED_DICTS
from platform_standalone.nginx.program import start_failure


@pytest.fixture
def host(tmp_path, probe_plugins):
    """Start a host with a route file; returns the process and what it announced."""
    processes = []

    def start(document, *arguments, environment=None):
        routes = tmp_path / "routes.json"
        routes.write_text(document if isinstance(document, str) else json.dumps(document))
        process = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-m",
                    "platform_standalone.nginx.host",
                    "--routes",
                    routes,
                    "--state",
                    tmp_path / "state",
                ),
                *(argument for folder in probe_plugins for argument in ("--plugins", folder)),
                *("--plugin-host", "kong_host.plugins", *arguments),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        process.communicate(timeout=10)


@pytest.fixture
def document(upstream, make_route):
    return {
        "version": 1,
        "services": {"up": {"upstreams": [upstream().address]}},
        "routes": [make_route("/probed", plugins=[{"name": "probe", "config": {}}])],
    }


def refusal(process):
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, "")
    assert err.strip().count("\n") == 0
    return err.strip()


@pytest.fixture
def refused(tmp_path, probe_plugins, free_ports):
    """Start nginx itself with a route file that it must refuse; returns the sentence."""

    def start(document):
        port, status_port = free_ports(2)
        text = document if isinstance(document, str) else json.dumps(document)
        settings = HostSettings(
            state=tmp_path,
            port=port,
            status_port=status_port,
            plugins=probe_plugins,
            plugin_host="kong_host.plugins",
            shared_dicts=SHARED_DICTS,
        )
        program = render_host(settings, text)
        program.write()
        ended = subprocess.run(program.argv, capture_output=True, text=True, timeout=20, check=False)
        assert ended.returncode != 0
        return start_failure(ended.stderr)

    return start


def test_it_says_where_it_listens_and_serves(host, document):
    process = host(document)
    announced = json.loads(process.stdout.readline())
    with urllib.request.urlopen(f"http://127.0.0.1:{announced['port']}/probed", timeout=10) as response:
        assert response.headers["X-Probe"] == "buffered"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_a_vault_reference_is_read_from_the_environment(host, document):
    document["routes"][0]["plugins"][0]["config"]["text"] = "{vault://env/probe-text}"
    process = host(document, environment={"PROBE_TEXT": "from the environment"})
    announced = json.loads(process.stdout.readline())
    urllib.request.urlopen(f"http://127.0.0.1:{announced['port']}/probed", timeout=10).close()
    assert '"text":"from the environment"' in Path(announced["error_log"]).read_text()


def test_a_reference_to_nothing_is_refused_without_a_value(refused, document):
    document["routes"][0]["plugins"][0]["config"]["text"] = "{vault://env/no-such-text}"
    assert refused(document) == (
        "The plugin 'probe' of the route 'probed' is not configured right: "
        "config.text: NO_SUCH_TEXT is not set in the environment."
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 2}, "The route file's version is not 1."),
        ({"colour": 1}, "The route file has an unknown field 'colour'."),
        ({"services": {}}, "The route 'probed' names a service 'up' that is not in the file."),
        ({"services": {"up": {"upstreams": []}}}, "The service 'up' has no upstreams."),
        (
            {"services": {"up": {"upstreams": ["a b"]}}},
            "The service 'up' has an upstream 'a b' that is not <ip>:<port>.",
        ),
        ({"services": {"up": {"upstreams": ["127.0.0.1:70000"]}}}, "that is not <ip>:<port>"),
        ({"closed_paths": ["internal"]}, "A closed path does not begin with a slash."),
    ],
)
def test_a_wrong_file_is_one_sentence(refused, document, change, sentence):
    document.update(change)
    assert sentence in refused(document)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "A route has no name."),
        ({"paths": []}, "has no paths"),
        ({"paths": [{"path": "/a//b", "type": "Exact"}]}, "not in normal form"),
        ({"paths": [{"path": "/a/../b", "type": "Exact"}]}, "not in normal form"),
        ({"paths": [{"path": "/a", "type": "Regex"}]}, "neither Exact nor Prefix"),
        ({"methods": []}, "has no methods"),
        ({"methods": ["get"]}, "not in upper case"),
        ({"auth": "maybe"}, "it is public, optional or required"),
        ({"colour": 1}, "unknown field 'colour'"),
        ({"roles": ["staff"], "auth": "optional"}, "need auth: required"),
        ({"roles": ["a b"], "auth": "required"}, "has a role 'a b'"),
        ({"hosts": ["a b"]}, "that is not a name"),
        ({"plugins": [{"name": "nothing"}]}, "The plugin 'nothing' cannot be loaded"),
        ({"plugins": [{"name": "../probe"}]}, "is not a plugin's name"),
        ({"plugins": [{"name": "probe", "config": {"colour": 1}}]}, "config.colour: unknown field"),
        ({"plugins": [{"name": "probe", "config": {"text": ""}}]}, "config.text: length must be at least 1"),
        ({"plugins": [{"name": "probe", "config": {"text": 1}}]}, "config.text: expected a string"),
        ({"plugins": [{"name": "probe", "config": {"number": 1.5}}]}, "config.number: expected an integer"),
        ({"plugins": [{"name": "probe", "config": {"number": 11}}]}, "config.number: value should be between 1 and 10"),
    ],
)
def test_a_wrong_route_is_one_sentence(refused, document, change, sentence):
    document["routes"][0].update(change)
    assert sentence in refused(document)


def test_two_routes_for_one_request_are_refused(refused, document, make_route):
    document["routes"].append(make_route("/probed/", name="other"))
    assert refused(document) == "The routes 'probed' and 'other' both match GET /probed."


def test_what_is_not_json_is_refused(refused):
    assert refused("{").startswith("The route file is not JSON")


def test_a_route_file_that_is_refused_ends_it_with_the_sentence(host, document):
    document["version"] = 2
    assert refusal(host(document)) == "The route file's version is not 1."


def test_a_bad_setting_is_refused(host, document):
    process = host(document, "--trusted", "everyone")
    _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "trusted" in err


def test_a_port_in_use_is_one_sentence(host, document, upstream):
    taken = upstream().port
    sentence = refusal(host(document, "--port", str(taken)))
    assert sentence == f"bind() to 127.0.0.1:{taken} failed (98: Address already in use)"
