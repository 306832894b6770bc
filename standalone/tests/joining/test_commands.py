"""Registered services are kept for every later start; wrong ones stop nothing."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from platform_standalone.commands.join import join, leave
from platform_standalone.commands.status import print_status
from platform_standalone.errors import PlatformError
from platform_standalone.joining.registry import Registry
from platform_standalone.state import StateFolder

ROOT = Path(__file__).parents[3]
TEMPLATE = ROOT / "examples/notes/service.yaml"


@pytest.fixture
def state(tmp_path):
    return StateFolder(tmp_path / "state")


@pytest.fixture
def registry(state):
    return Registry(ROOT, state.joined)


def test_a_service_is_kept_for_the_next_start(state, registry, capsys):
    assert join(ROOT, state, str(TEMPLATE)) == 0

    assert capsys.readouterr().out == "notes is registered. Start the platform with make up.\n"
    assert set(registry.load().services) == {"notes"}
    assert stat.S_IMODE(state.joined.stat().st_mode) == 0o700


def test_status_lists_joined_services(state, capsys):
    join(ROOT, state, str(TEMPLATE))
    capsys.readouterr()

    print_status(ROOT, state, as_json=False)
    table = capsys.readouterr().out.splitlines()
    print_status(ROOT, state, as_json=True)
    document = json.loads(capsys.readouterr().out)

    assert table[-1].split() == ["notes", "/notes", "required", "http://127.0.0.1:9480"]
    assert document["joined"] == [
        {"name": "notes", "paths": ["/notes"], "auth": "required", "url": "http://127.0.0.1:9480"}
    ]


def test_a_service_that_leaves_is_forgotten(state, registry):
    join(ROOT, state, str(TEMPLATE))

    assert leave(ROOT, state, "notes") == 0
    assert registry.names() == []
    with pytest.raises(PlatformError, match="No joined service is named 'notes'; no service has joined"):
        leave(ROOT, state, "notes")


def test_an_unknown_name_is_reported_with_the_known_ones(state):
    join(ROOT, state, str(TEMPLATE))

    with pytest.raises(PlatformError, match=r"No joined service is named '\.\./notes'; there is: notes"):
        leave(ROOT, state, "../notes")


def test_a_service_can_be_replaced_by_itself(state, registry, tmp_path):
    join(ROOT, state, str(TEMPLATE))
    changed = tmp_path / "changed.yaml"
    changed.write_text(TEMPLATE.read_text().replace("9480", "9481"))

    join(ROOT, state, str(changed))

    assert registry.load().services["notes"].url == "http://127.0.0.1:9481"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("", "Name the service's manifest: make join FILE="),
        ("missing.yaml", "missing.yaml cannot be read"),
        (".", ". cann"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(state, file, expected):
    with pytest.raises(PlatformError) as refusal:
        join(ROOT, state, file)
    assert str(refusal.value).startswith(expected)


def test_a_refused_service_is_not_kept(state, registry, tmp_path):
    taken = tmp_path / "taken.yaml"
    taken.write_text(TEMPLATE.read_text().replace("path: /notes", "path: /log-in"))

    with pytest.raises(PlatformError, match="which the platform reserves"):
        join(ROOT, state, str(taken))
    assert registry.names() == []


def test_a_manifest_that_has_become_wrong_stops_no_other(state, registry, capsys):
    join(ROOT, state, str(TEMPLATE))
    shutil.copy(TEMPLATE, state.joined / "other.yaml")
    (state.joined / "other.yaml").write_text(TEMPLATE.read_text().replace("name: notes", "name: other"))
    (state.joined / "broken.yaml").write_text("kind: [")

    registered = registry.load()
    assert set(registered.services) == {"notes"}
    assert set(registered.faults) == {"other", "broken"}

    capsys.readouterr()
    print_status(ROOT, state, as_json=False)
    assert "other is registered but not served: The path /notes of other overlaps" in capsys.readouterr().out
