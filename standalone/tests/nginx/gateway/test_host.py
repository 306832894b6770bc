"""`python -m standalone.nginx.host`: a gateway for a plugin's specs, and what it refuses."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def host(tmp_path, probe_plugins):
    """Start a host with a route file; returns the process and what it announced."""
    processes = []

    def start(document, *arguments, environment=None):
        routes = tmp_path / "routes.json"
        routes.write_text(document if isinstance(document, str) else json.dumps(document))
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "standalone.nginx.host", "--routes", routes, "--state", tmp_path / "state"),
                *("--plugins", probe_plugins, *arguments),
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


def test_it_says_where_it_listens_and_serves(host, document):
    process = host(document)
    announced = json.loads(process.stdout.readline())
    answer = subprocess.run(
        ["curl", "-s", "-o", "-", "-D", "-", f"http://127.0.0.1:{announced['port']}/probed"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "X-Probe: buffered" in answer.stdout
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_a_vault_reference_is_read_from_the_environment(host, document):
    document["routes"][0]["plugins"][0]["config"]["text"] = "{vault://env/probe-text}"
    process = host(document, environment={"PROBE_TEXT": "from the environment"})
    announced = json.loads(process.stdout.readline())
    subprocess.run(["curl", "-s", f"http://127.0.0.1:{announced['port']}/probed"], capture_output=True, check=True)
    assert '"text":"from the environment"' in Path(announced["error_log"]).read_text()


def test_a_reference_to_nothing_is_refused_without_a_value(host, document):
    document["routes"][0]["plugins"][0]["config"]["text"] = "{vault://env/no-such-text}"
    assert refusal(host(document)) == (
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
def test_a_wrong_file_is_one_sentence(host, document, change, sentence):
    document.update(change)
    assert sentence in refusal(host(document))


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
def test_a_wrong_route_is_one_sentence(host, document, change, sentence):
    document["routes"][0].update(change)
    assert sentence in refusal(host(document))


def test_two_routes_for_one_request_are_refused(host, document, make_route):
    document["routes"].append(make_route("/probed/", name="other"))
    assert refusal(host(document)) == "The routes 'probed' and 'other' both match GET /probed."


def test_what_is_not_json_is_refused(host):
    assert refusal(host("{")).startswith("The route file is not JSON")


def test_a_bad_setting_is_refused(host, document):
    process = host(document, "--trusted", "everybody")
    _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "trusted" in err


def test_a_port_in_use_is_one_sentence(host, document, upstream):
    taken = upstream().port
    sentence = refusal(host(document, "--port", str(taken)))
    assert sentence == f"bind() to 127.0.0.1:{taken} failed (98: Address already in use)"
