"""The oldest and the newest supported releases of uvicorn and redis-py: the same tests, with those releases first."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LIBRARIES = ("uvicorn", "redis")
TESTS = ("test_fast_response.py", "test_redis_connection.py")


def requirements(newest: bool) -> list[str]:
    """Return what to install: the lower bounds of the package metadata, or whatever is newest."""
    if newest:
        return list(LIBRARIES)
    bounds = {}
    for project in (ROOT / "libs/platform_common", ROOT / "services/auth"):
        metadata = tomllib.loads((project / "pyproject.toml").read_text())["project"]
        extras = metadata.get("optional-dependencies", {}).values()
        for requirement in [*metadata["dependencies"], *itertools.chain(*extras)]:
            if match := re.fullmatch(r"(\w+)>=([\d.]+)", requirement):
                bounds[match[1]] = match[2]
    return [f"{name}=={bounds[name]}.0" for name in LIBRARIES]


@pytest.mark.parametrize("newest", [False, True], ids=["oldest", "newest"])
def test_responses_and_look_ups_are_right_with_every_supported_release(tmp_path, newest):
    uv = Path(sys.executable).with_name("uv")
    libraries = tmp_path / "libraries"
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--target", libraries, *requirements(newest)]
    subprocess.run(command, check=True, cwd=tmp_path)
    environment = os.environ | {"PYTHONPATH": str(libraries)}
    environment.pop("PYTEST_XDIST_WORKER", None)
    installed = subprocess.run(
        [sys.executable, "-c", "import redis, uvicorn; print(redis.__file__, uvicorn.__file__)"],
        env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert installed.stdout.count(str(libraries)) == 2

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *(Path(__file__).with_name(name) for name in TESTS)],
        env=environment, check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert run.returncode == 0, run.stdout[-4000:]
