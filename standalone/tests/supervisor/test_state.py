"""The state folder."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from platform_standalone.errors import PlatformError
from platform_standalone.state import StateFolder


def test_nobody_but_the_owner_enters(tmp_path: Path):
    folder = StateFolder(tmp_path / "deep" / "state")
    folder.create()

    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder.root, folder.logs, folder.run)] == [0o700] * 3


def test_a_folder_that_was_open_is_closed(tmp_path: Path):
    tmp_path.chmod(0o755)

    StateFolder(tmp_path).create()

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_folder_with_other_files_is_neither_taken_nor_cleared(tmp_path: Path):
    (tmp_path / "thesis.tex").touch()
    folder = StateFolder(tmp_path)

    with pytest.raises(PlatformError, match="contains other files"):
        folder.create()
    with pytest.raises(PlatformError, match="was not created by the platform"):
        folder.clear()
    assert (tmp_path / "thesis.tex").exists()


def test_a_file_in_its_place_is_refused(tmp_path: Path):
    (tmp_path / "state").touch()

    with pytest.raises(PlatformError, match="is not a folder"):
        StateFolder(tmp_path / "state").create()


def test_clearing_leaves_nothing(tmp_path: Path):
    folder = StateFolder(tmp_path / "state")
    folder.create()
    folder.clear()

    assert not folder.root.exists()
    folder.clear()


def test_a_folder_that_cannot_be_made_is_refused_with_the_reason():
    with pytest.raises(PlatformError, match=r"^/proc/state cannot be used as the state folder \(.+\); name another"):
        StateFolder(Path("/proc/state")).create()


@pytest.mark.parametrize(
    ("free", "started_before", "refused"), [(99, False, True), (99, True, False), (31, True, True)]
)
def test_a_full_disk_is_named_before_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, started_before: bool, refused: bool
):
    folder = StateFolder(tmp_path / "state")
    folder.create()
    if started_before:
        folder.postgres.mkdir()
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free << 20))

    if refused:
        with pytest.raises(PlatformError, match=f"{folder.root} is full: {free} MB are free"):
            folder.check_space()
    else:
        folder.check_space()
