"""The command line: wrong input ends in one sentence that names what the person gave."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from platform_standalone.errors import PlatformError
from platform_standalone.settings import check_environment

ROOT = Path(__file__).resolve().parents[3]


def platform(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command `member-platform` to its end."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "platform_standalone", *arguments],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PUBLIC_URL", "shop.example", "must be https://<host>"),
        ("PUBLIC_URL", "https://shop.example/path", "without a path"),
        ("PUBLIC_URL", "https://shop.example:port", "must be https://<host>"),
        ("PUBLIC_URL", "ftp://shop.example", "must be https://<host>"),
        ("DEMO_DATA", "maybe", "must be yes or no"),
        ("ADMIN_EMAIL", "nope", "@-sign"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named_as_it_was_given(name: str, value: str, expected: str):
    with pytest.raises(PlatformError, match=f"^{name} is '{value}'") as refusal:
        check_environment({name: value})

    assert expected in str(refusal.value)


def test_usual_values_are_accepted():
    check_environment({})
    check_environment({"PUBLIC_URL": "https://shop.example/", "DEMO_DATA": "No", "ADMIN_EMAIL": "ann@shop.example"})


@pytest.mark.parametrize("command", ["status", "logs", "down", "admin", "up"])
def test_a_state_folder_whose_name_is_too_long_is_one_sentence(tmp_path: Path, command: str):
    """The check itself fails there, as it does in a folder that may not be entered."""
    result = platform(command, "--state", str(tmp_path / ("x" * 300)))

    assert result.returncode == 1
    assert result.stderr == f"{tmp_path / ('x' * 300)}: File name too long.\n"


@pytest.mark.parametrize("command", ["status", "logs", "down", "admin", "up"])
def test_a_state_folder_that_is_a_file_is_one_sentence(tmp_path: Path, command: str):
    file = tmp_path / "file"
    file.touch()

    result = platform(command, "--state", str(file))

    assert result.returncode == 1
    assert result.stderr == f"{file} is not a folder; name one: PLATFORM_STATE=<folder>.\n"


def test_a_reader_that_closes_early_is_no_error(tmp_path: Path):
    line = [sys.executable, "-P", "-m", "platform_standalone", "status", "--state", str(tmp_path / "state")]
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write) as closed:
        result = subprocess.run(line, stdout=closed, stderr=subprocess.PIPE, text=True, check=False)

    assert (result.returncode, result.stderr) == (0, "")


def test_a_reader_of_logs_that_closes_early_is_no_error(tmp_path: Path):
    log = tmp_path / "state" / "logs" / "auth.log"
    log.parent.mkdir(parents=True)
    log.write_text("a line\n")
    read, write = os.pipe()
    os.close(read)
    environment = os.environ | {"PLATFORM_STATE": str(tmp_path / "state"), "SERVICE": "auth"}
    with os.fdopen(write) as closed:
        result = subprocess.run(
            ["make", "logs"], cwd=ROOT, env=environment, stdout=closed, stderr=subprocess.PIPE, text=True, check=False
        )

    assert (result.returncode, result.stderr) == (0, "")


def test_dev_without_a_service_names_the_services(tmp_path: Path):
    result = platform("dev", "", "--state", str(tmp_path / "state"))

    assert result.returncode == 1
    assert result.stderr == "Name the service to run: make dev SERVICE=member (or auth, shop, web).\n"


def test_help_lists_every_target():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    makefiles = [ROOT / "Makefile", *sorted((ROOT / "mk").glob("*.mk"))]
    phony = {
        target
        for makefile in makefiles
        for line in makefile.read_text(encoding="utf-8").splitlines()
        if line.startswith(".PHONY:")
        for target in line.removeprefix(".PHONY:").split()
    }

    words = {word for line in listed.splitlines() for word in line.split(" ")}
    assert phony
    assert phony <= words


@pytest.mark.parametrize("names", ["typo", "lint typo", "services/none"])
def test_an_unknown_test_name_is_refused_before_anything_is_installed(names: str):
    script = ROOT / "scripts" / "test.sh"

    result = subprocess.run(["sh", script, "--check", *names.split()], capture_output=True, text=True, check=False)

    assert result.returncode == 2
    assert result.stderr.startswith(f"TEST={names.split()[-1]} is neither lint, typecheck, ")
