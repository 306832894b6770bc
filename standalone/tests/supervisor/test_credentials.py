"""Secrets: generated once, readable by their owner alone."""

from __future__ import annotations

import json
import stat
from dataclasses import asdict
from pathlib import Path

from platform_standalone.credentials import load_credentials


def test_secrets_are_generated_once(tmp_path: Path):
    path = tmp_path / "credentials.json"

    assert load_credentials(path) == load_credentials(path)


def test_every_secret_is_its_own(tmp_path: Path):
    values = asdict(load_credentials(tmp_path / "credentials.json")).values()

    assert len(set(values)) == len(values)
    assert all(len(value) >= 20 for value in values)


def test_only_the_owner_reads_the_file(tmp_path: Path):
    path = tmp_path / "credentials.json"
    load_credentials(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_secret_that_a_newer_version_needs_is_added_and_the_rest_stays(tmp_path: Path):
    path = tmp_path / "credentials.json"
    first = asdict(load_credentials(path))
    path.write_text(json.dumps({name: value for name, value in first.items() if name != "valkey_auth"}))

    second = asdict(load_credentials(path))

    assert second["valkey_auth"] != first["valkey_auth"]
    assert second | {"valkey_auth": ""} == first | {"valkey_auth": ""}
    assert asdict(load_credentials(path)) == second


def test_no_secret_shows_in_a_representation(tmp_path: Path):
    credentials = load_credentials(tmp_path / "credentials.json")

    assert not any(value in repr(credentials) for value in asdict(credentials).values())
