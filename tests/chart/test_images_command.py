"""`make images`: what it builds and pushes, recorded by a program in place of docker."""

from __future__ import annotations

import os
import subprocess

import pytest
from rendering import ROOT


@pytest.fixture
def run_with_recorder(tmp_path):
    """Run scripts/build_images.sh with a docker that only writes its arguments down."""
    recorder = tmp_path / "docker"
    recorder.write_text(f'#!/bin/sh\necho "$*" >>"{tmp_path}/calls"\n', encoding="utf-8")
    recorder.chmod(0o755)

    def run(**environment):
        variables = {**os.environ, "IMAGE_TOOL": str(recorder), **environment}
        done = subprocess.run(
            [ROOT / "scripts" / "build_images.sh"], env=variables, capture_output=True, text=True, check=False
        )
        calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines() if (tmp_path / "calls").exists() else []
        return done, calls

    return run


def dockerfiles():
    listed = subprocess.run([ROOT / "scripts" / "images.sh"], capture_output=True, text=True, check=True).stdout
    return [line.split() for line in listed.splitlines()]


def test_every_image_is_built_and_pushed(run_with_recorder):
    done, calls = run_with_recorder(REGISTRY="registry.example.com", TAG="1.2.3")
    assert done.returncode == 0, done.stderr
    expected = []
    for name, dockerfile, *arguments in dockerfiles():
        image = f"registry.example.com/{name}:1.2.3"
        options = "".join(f" --build-arg {argument}" for argument in arguments)
        expected += [f"build -t {image} -f {dockerfile}{options} .", f"push {image}"]
    assert calls == expected
    assert "--set image.registry=registry.example.com --set image.tag=1.2.3" in done.stdout


def test_without_a_registry_nothing_is_pushed(run_with_recorder):
    _, calls = run_with_recorder(TAG="1.2.3")
    assert [call.split()[0] for call in calls] == ["build"] * len(dockerfiles())


def test_a_tool_that_is_not_installed_is_named(run_with_recorder):
    done, calls = run_with_recorder(IMAGE_TOOL="no-such-tool")
    assert (done.returncode, calls) == (1, [])
    assert done.stderr == "no-such-tool is not installed; set IMAGE_TOOL to docker, podman or buildah.\n"
