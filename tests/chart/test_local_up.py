"""`k8s/local-up.sh` with recorded stubs of docker, helm, kubectl, kind and minikube: every command line that it runs.

No cluster is made here; the stubs succeed and record. The charts and values that the lines name are the real ones.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from itertools import pairwise, product
from pathlib import Path

import pytest
import yaml
from rendering import ROOT

PROGRAMS = ("docker", "helm", "kubectl", "kind", "minikube")
VERSIONS = dict(re.findall(r"^(\w+)=(\S+)$", (ROOT / "k8s/versions.env").read_text(encoding="utf-8"), re.MULTILINE))
# A cluster that is not there yet; the script asks `kind get clusters` and `minikube status`.
STUB = """#!/bin/sh
printf '%s\\n' "$(basename "$0") $*" >>"$RECORD"
case "$(basename "$0") $1" in "minikube status") exit 1 ;; esac
"""


class LocalUp:
    """One run of the script."""

    def __init__(self, folder: Path, *arguments: str, missing: str = "") -> None:
        stubs = folder / "stubs"
        stubs.mkdir()
        for program in set(PROGRAMS) - {missing}:
            (stubs / program).write_text(STUB, encoding="utf-8")
            (stubs / program).chmod(0o755)
        # nothing but the stubs and a shell's own programs: a program that is installed here is not found by chance
        environment = {"PATH": f"{stubs}:/usr/bin:/bin", "RECORD": str(folder / "record")}
        self.run = subprocess.run(
            [ROOT / "k8s/local-up.sh", *arguments], env=environment, capture_output=True, text=True, check=False
        )
        record = folder / "record"
        lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
        self.commands = [shlex.split(line) for line in lines]

    def of(self, *start: str) -> list[list[str]]:
        """The recorded commands that start with these words."""
        return [command for command in self.commands if command[: len(start)] == list(start)]


@pytest.mark.parametrize(
    ("cluster", "edge", "gateway"), list(product(("kind", "minikube"), ("traefik", "nginx"), ("kong", "standalone")))
)
def test_every_combination_installs_its_own_pinned_charts_and_images(tmp_path, cluster, edge, gateway):
    up = LocalUp(tmp_path, cluster, edge, gateway)
    assert up.run.returncode == 0, up.run.stderr

    releases = {command[3]: command for command in up.of("helm", "upgrade")}
    controller = {"traefik": "traefik", "nginx": "ingress-nginx"}[edge]
    own = ["kong-plugin-idempotency", "kong"] if gateway == "kong" else []
    assert list(releases) == [controller, *own, "member-platform"]
    for release, prefix in ((controller, controller.upper().replace("-", "_")), ("kong", "KONG")):
        if release in releases:
            version = VERSIONS[f"{prefix}_CHART" if prefix != "KONG" else "KONG_INGRESS_CHART"]
            assert value_of(releases[release], "--version") == version
            assert value_of(releases[release], "--repo") == VERSIONS[f"{prefix}_REPOSITORY"]
    for command in releases.values():
        for flag, value in pairwise(command):
            if flag == "-f":
                assert isinstance(yaml.safe_load((ROOT / value).read_text(encoding="utf-8")), dict)
    for release in ("member-platform", "kong-plugin-idempotency"):
        assert release not in releases or (ROOT / releases[release][4] / "Chart.yaml").is_file()
    assert {f"edge.controller={edge}", f"gateway.implementation={gateway}"} <= set(releases["member-platform"])

    (tag,) = {word.removeprefix("image.tag=") for word in releases["member-platform"] if word.startswith("image.tag=")}
    built = [value_of(command, "--tag", "-t") for command in up.of("docker", "build")]
    listed = subprocess.run([ROOT / "scripts/images.sh"], capture_output=True, text=True, check=True).stdout
    assert built == [f"{line.split()[0]}:{tag}" for line in listed.splitlines()]
    load = ("kind", "load", "docker-image") if cluster == "kind" else ("minikube", "image", "load")
    assert [command[-1] for command in up.of(*load)] == built


@pytest.mark.parametrize(
    ("edge", "gateway", "profiles"),
    [
        ("traefik", "kong", "kind,traefik"),
        ("nginx", "kong", "kind"),
        ("nginx", "standalone", "kind,standalone-gateway"),
    ],
)
def test_it_says_which_of_skaffolds_profiles_fit(tmp_path, edge, gateway, profiles):
    said = LocalUp(tmp_path, "kind", edge, gateway).run.stdout
    assert said.splitlines()[-1] == f"To reload changed sources: skaffold dev -p {profiles}"
    known = {profile["name"] for profile in yaml.safe_load((ROOT / "skaffold.yaml").read_text("utf-8"))["profiles"]}
    assert set(profiles.split(",")) <= known


@pytest.mark.parametrize(
    ("arguments", "missing", "sentence"),
    [
        (("kind", "apache", "kong"), "", "EDGE must be traefik or nginx, not apache."),
        (("kind", "traefik", "envoy"), "", "GATEWAY must be kong or standalone, not envoy."),
        (("kind", "traefik", "kong"), "kind", "kind is not installed."),
    ],
)
def test_what_cannot_be_is_one_sentence_before_anything_is_made(tmp_path, arguments, missing, sentence):
    up = LocalUp(tmp_path, *arguments, missing=missing)
    assert (up.run.returncode, up.run.stderr) == (1, f"{sentence}\n")
    assert not up.commands


def test_traefik_is_the_default_of_make():
    plan = subprocess.run(
        ["make", "--dry-run", "kind-up"], cwd=ROOT, env=os.environ | {"MAKEFLAGS": ""}, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    assert "k8s/local-up.sh kind traefik kong" in plan


def value_of(command: list[str], *flags: str) -> str:
    """The word after the first of these flags."""
    return next(command[place + 1] for place, word in enumerate(command) if word in flags)
