"""skaffold.yaml names what is there, and fits skaffold's schema where `SKAFFOLD_SCHEMA` says where that lies."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml
from rendering import CHART, ROOT

SKAFFOLD = yaml.safe_load((ROOT / "skaffold.yaml").read_text(encoding="utf-8"))
SCHEMA = os.environ.get("SKAFFOLD_SCHEMA", "")


@pytest.mark.skipif(
    not SCHEMA, reason="SKAFFOLD_SCHEMA names no file: skaffold's schema is not part of this repository"
)
def test_it_fits_skaffolds_schema():
    schema = json.loads(Path(SCHEMA).read_text(encoding="utf-8"))
    jsonschema.validate(SKAFFOLD, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**SKAFFOLD, "typo": 1}, schema)


def test_every_image_has_a_dockerfile_and_is_one_of_the_charts():
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    known = {values[name]["image"]["repository"] for name in ("member", "auth", "shop", "web")}
    known |= {values["gateway"]["standalone"]["image"]["repository"], values["operator"]["image"]["repository"]}
    assert {artifact["image"] for artifact in SKAFFOLD["build"]["artifacts"]} == known
    for artifact in SKAFFOLD["build"]["artifacts"]:
        assert (ROOT / artifact["docker"]["dockerfile"]).is_file()


def test_it_builds_the_images_as_make_images_does():
    listed = subprocess.run([ROOT / "scripts" / "images.sh"], capture_output=True, text=True, check=True).stdout
    built = {
        artifact["image"]: [
            artifact["docker"]["dockerfile"],
            *(f"{name}={value}" for name, value in artifact["docker"].get("buildArgs", {}).items()),
        ]
        for artifact in SKAFFOLD["build"]["artifacts"]
    }
    assert built == {name: rest for name, *rest in map(str.split, listed.splitlines())}


def test_the_profiles_are_there_and_patch_what_is_there():
    profiles = {profile["name"]: profile for profile in SKAFFOLD["profiles"]}
    assert set(profiles) == {"kind", "minikube", "traefik", "standalone-gateway"}
    for profile in profiles.values():
        for patch in profile["patches"]:
            target = SKAFFOLD
            for key in patch["path"].strip("/").split("/")[:-1]:
                target = target[int(key) if key.isdigit() else key]
            if patch["path"].endswith("/target"):
                dockerfile = (ROOT / target["dockerfile"]).read_text(encoding="utf-8")
                assert f" AS {patch['value']}\n" in dockerfile
            if str(patch["value"]).endswith(".yaml"):
                assert (ROOT / patch["value"]).is_file()


def test_the_values_that_it_sets_exist():
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    (release,) = SKAFFOLD["deploy"]["helm"]["releases"]
    assert (ROOT / release["chartPath"]).is_dir()
    for name in release["setValueTemplates"]:
        target = values
        for key in name.split("."):
            target = target[key]


def test_what_is_synchronized_lies_where_the_development_image_loads_it_from():
    for artifact in SKAFFOLD["build"]["artifacts"]:
        for rule in artifact.get("sync", {}).get("manual", ()):
            assert list(ROOT.glob(rule["src"]))
            assert rule["dest"] == "/src"
        if "sync" in artifact:
            assert "PYTHONPATH=/src/libs/" in (ROOT / artifact["docker"]["dockerfile"]).read_text(encoding="utf-8")
