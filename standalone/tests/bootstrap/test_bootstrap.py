"""scripts/bootstrap.sh, on a machine that we make up: its programs are stubs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "bootstrap.sh"
TOOLS = ("sh", "dirname", "sed", "grep", "cat", "cut", "mktemp", "flock", "tail", "rm", "sha256sum")

# What a fresh machine lacks.
NOT_INSTALLED = "exit 1"
ORDINARY_USER = "echo 1000"
APT_GET = "echo apt-get was called; exit 1"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of programs, and no other, beside a checkout that has nothing but the script."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (programs / tool).symlink_to(found)
    (tmp_path / "checkout" / "scripts").mkdir(parents=True)
    shutil.copy(SCRIPT, tmp_path / "checkout" / "scripts")
    return tmp_path


def program(machine: Path, name: str, script: str) -> None:
    """Put a stub on the machine."""
    path = machine / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def bootstrap(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script there."""
    return subprocess.run(
        [machine / "bin" / "sh", machine / "checkout" / "scripts" / "bootstrap.sh", *arguments],
        env={"PATH": str(machine / "bin"), "TMPDIR": str(machine)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_root_missing_packages_are_one_sentence_that_names_them(machine: Path):
    program(machine, "dpkg-query", NOT_INSTALLED)
    program(machine, "id", ORDINARY_USER)
    program(machine, "apt-get", APT_GET)

    result = bootstrap(machine, "up")

    assert result.returncode == 1
    assert result.stderr.startswith("Debian packages are missing; let an administrator run: apt-get install ")
    assert result.stderr.count("\n") == 1
    assert {"python3", "python3-venv", "nginx", "libnginx-mod-http-lua"} <= set(result.stderr.split())
    assert "apt-get was called" not in result.stdout


def test_packages_that_are_there_are_not_asked_for(machine: Path):
    program(machine, "dpkg-query", "printf 'installed nginx\\ninstalled curl\\n'")
    program(machine, "id", ORDINARY_USER)
    program(machine, "apt-get", APT_GET)

    asked = bootstrap(machine, "up").stderr.split()

    assert "nginx" not in asked
    assert "curl" not in asked
    assert "lua-cjson" in asked


def test_the_benchmarks_need_more_than_the_tests_and_those_more_than_the_platform(machine: Path):
    program(machine, "dpkg-query", NOT_INSTALLED)
    program(machine, "id", ORDINARY_USER)
    program(machine, "apt-get", APT_GET)

    up, dev, bench = (set(bootstrap(machine, mode).stderr.split()) for mode in ("up", "dev", "bench"))

    assert up < dev < bench
    assert {"shellcheck", "lua-busted", "lua-check", "luajit", "chromium"} <= dev - up
    assert {"wrk", "nodejs", "npm"} == bench - dev


@pytest.mark.parametrize(
    ("fonts", "missing"),
    [
        ("exit 0", {"fonts-noto-cjk"}),
        ('test "$1" = :lang=ko && echo /usr/share/fonts/NotoSansCJK-Regular.ttc', set()),
        (None, {"fontconfig", "fonts-noto-cjk"}),
    ],
    ids=["no Korean font", "a Korean font", "no fontconfig"],
)
def test_pictures_need_a_browser_and_a_font_with_korean_letters(machine: Path, fonts: str | None, missing: set[str]):
    program(machine, "dpkg-query", NOT_INSTALLED)
    program(machine, "id", ORDINARY_USER)
    program(machine, "apt-get", APT_GET)
    if fonts is not None:
        program(machine, "fc-list", fonts)

    up, pictures = (set(bootstrap(machine, mode).stderr.split()) for mode in ("up", "pictures"))

    assert pictures - up == {"chromium", *missing}


def test_a_system_without_apt_is_told_what_to_install_by_hand(machine: Path):
    program(machine, "dpkg-query", NOT_INSTALLED)

    result = bootstrap(machine, "up")

    assert result.returncode == 1
    assert result.stderr.startswith("This needs Debian 12, Ubuntu 24.04, or newer; elsewhere install by hand: ")
    assert result.stderr.count("\n") == 1


def test_a_word_that_is_no_mode_is_refused(machine: Path):
    assert bootstrap(machine, "everything").stderr == "usage: bootstrap.sh [up|dev|bench|pictures]\n"


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("E: Could not write: No space left on device", "The disk is full (No space left on device)"),
        ("Temporary failure in name resolution", "The network or the package registry cannot be reached"),
        ("error: client error (Connect): dns error", "The network or the package registry cannot be reached"),
    ],
)
def test_a_full_disk_and_a_missing_network_are_named(machine: Path, output: str, sentence: str):
    program(machine, "dpkg-query", NOT_INSTALLED)
    program(machine, "id", "echo 0")
    program(machine, "apt-get", "exit 0")
    (machine / "checkout" / "scripts" / "apt_install.sh").write_text(f"echo '{output}' >&2; exit 100\n")
    for tool in ("df", "awk", "paste"):
        (machine / "bin" / tool).symlink_to(str(shutil.which(tool)))

    result = bootstrap(machine, "up")

    assert result.returncode == 1
    assert sentence in result.stderr
    assert result.stderr.index(output) < result.stderr.index(sentence)


def test_a_full_disk_is_named_where_the_program_that_failed_does_not_say_so(machine: Path):
    program(machine, "dpkg-query", NOT_INSTALLED)
    program(machine, "id", "echo 0")
    program(machine, "apt-get", "exit 0")
    program(machine, "df", "echo Filesystem; echo tmpfs 30720 30720 0 100% /home")
    (machine / "checkout" / "scripts" / "apt_install.sh").write_text(
        "echo 'returned non-zero exit status 1' >&2; exit 1\n"
    )
    for tool in ("awk", "paste"):
        (machine / "bin" / tool).symlink_to(str(shutil.which(tool)))

    result = bootstrap(machine, "up")

    assert "The disk is full (No space left on device): /home: 0 MB free.\n" in result.stderr
