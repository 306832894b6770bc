"""The guide's lines for one machine, as a reader pastes them into a shell; only the service's port is another."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from blackbox.own_platform import OwnPlatform
from blackbox.pasted import run, shell_block

ROOT = Path(__file__).parents[2]
GUIDE = "docs/guides/add-a-service.md"
MARKER = "<!-- one machine: tests/e2e runs these lines -->"
MANIFEST = "examples/notes/service.yaml"
PORT = "9480"


@pytest.fixture
def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def test_the_guides_lines_work(own_platform: OwnPlatform, free_port: str, tmp_path: Path):
    manifest = tmp_path / "service.yaml"
    manifest.write_text((ROOT / MANIFEST).read_text().replace(PORT, free_port))
    script = shell_block(GUIDE, MARKER).replace(PORT, free_port).replace(MANIFEST, str(manifest))

    refused, empty, first, repeat, listed, left = run(
        script, own_platform.base_url, {**os.environ, "PLATFORM_STATE": str(own_platform.state)}
    )

    assert refused[0] == 401
    assert (empty[0], empty[2].strip()) == (200, "[]")
    assert first[0] == repeat[0] == 201
    assert "idempotent-replayed" not in first[1]
    assert repeat[1]["idempotent-replayed"] == "true"
    assert repeat[2].strip() == first[2].strip()
    assert json.loads(listed[2].splitlines()[0]) == [{"text": "Buy milk", "number": 1}]
    assert left[0] == 404
