"""The README's lines, as a newcomer pastes them into a shell."""

import re
import subprocess
from urllib.parse import urlsplit

import pytest

from blackbox.own_platform import OwnPlatform
from blackbox.pasted import run, shell_block

MARKER = "<!-- walk-through: tests/e2e runs these lines -->"


def walk_through(readme: str) -> str:
    """Return the shell block that follows the marker."""
    return shell_block(readme, MARKER)


def commands(script: str) -> str:
    """Return a script without its comments and empty lines."""
    return "\n".join(line for line in script.splitlines() if line.strip() and not line.lstrip().startswith("#"))


@pytest.fixture
def on_this_machine(base_url: str) -> str:
    if urlsplit(base_url).hostname != "127.0.0.1":
        pytest.skip("the README's lines go to 127.0.0.1")
    return base_url


def test_the_walk_through_works_as_it_stands(on_this_machine: str):
    registered, me, first, repeat, reused, logged_out, refused = run(walk_through("README.md"), on_this_machine)

    assert registered[0] == 201
    assert me[0] == 200
    assert first[0] == repeat[0] == 200
    assert "idempotent-replayed" not in first[1]
    assert repeat[1]["idempotent-replayed"] == "true"
    assert repeat[2] == first[2]
    assert '"Ada Lovelace"' in first[2]
    assert reused[0] == 422
    assert "idempotency-key-reused" in reused[2]
    assert logged_out[0] == 204
    assert refused[0] == 401


def test_the_walk_through_can_be_taken_again(on_this_machine: str):
    """Its keys are the same ones; a repeat is safe, that is the point of them."""
    statuses = [status for status, _, _ in run(walk_through("README.md"), on_this_machine)]

    assert statuses == [201, 200, 200, 200, 422, 204, 401]


def test_both_languages_tell_the_same_commands():
    assert commands(walk_through("README.ko.md")) == commands(walk_through("README.md"))


def test_the_lines_that_the_start_prints_work(own_platform: OwnPlatform):
    lines = [line.strip() for line in own_platform.welcome.splitlines() if re.match(r"\s+(TOKEN=|curl )", line)]
    assert len(lines) == 3

    token, me, edit = lines
    shown = subprocess.run(["bash", "-eu", "-c", f"{token}\n{me}"], capture_output=True, text=True, check=True)
    assert own_platform.administrator().email in shown.stdout
    first, repeat = run(f"{token}\n{edit}\necho\n{edit}", own_platform.base_url)
    assert first[0] == repeat[0] == 200
    assert repeat[1]["idempotent-replayed"] == "true"
    assert repeat[2].strip() == first[2].strip()
