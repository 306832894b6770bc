"""What need not be done again."""

from __future__ import annotations

from pathlib import Path

import pytest

from platform_standalone.job_cache import JobCache, digest


def test_a_job_is_finished_for_what_it_was_done_for_and_nothing_else(tmp_path: Path):
    JobCache(tmp_path / "finished.json").mark_done("migrations", "one")
    JobCache(tmp_path / "finished.json").mark_done("keys", "1")
    finished = JobCache(tmp_path / "finished.json")

    assert finished.is_done("migrations", "one")
    assert finished.is_done("keys", "1")
    assert not finished.is_done("migrations", "two")
    assert not finished.is_done("administrator", "one")


def test_a_broken_note_finishes_nothing(tmp_path: Path):
    (tmp_path / "finished.json").write_text("")

    assert not JobCache(tmp_path / "finished.json").is_done("migrations", "one")


def test_any_change_of_the_sources_is_seen(tmp_path: Path):
    seen = {digest([tmp_path])}
    (tmp_path / "one.py").write_text("a")
    seen.add(digest([tmp_path]))
    (tmp_path / "one.py").write_text("b")
    seen.add(digest([tmp_path]))
    (tmp_path / "one.py").rename(tmp_path / "two.py")
    seen.add(digest([tmp_path]))

    assert len(seen) == 4
    assert digest([tmp_path]) in seen


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path):
    """Its digest would never change, and a job would count as done for good."""
    with pytest.raises(FileNotFoundError, match="no folder"):
        digest([tmp_path / "moved"])
