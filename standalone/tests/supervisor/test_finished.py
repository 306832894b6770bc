"""What need not be done again."""

from __future__ import annotations

from pathlib import Path

from platform_standalone.finished import Finished, digest


def test_a_job_is_finished_for_what_it_was_done_for_and_nothing_else(tmp_path: Path):
    Finished(tmp_path / "finished.json").note("migrations", "one")
    Finished(tmp_path / "finished.json").note("keys", "1")
    finished = Finished(tmp_path / "finished.json")

    assert finished.covers("migrations", "one")
    assert finished.covers("keys", "1")
    assert not finished.covers("migrations", "two")
    assert not finished.covers("administrator", "one")


def test_a_broken_note_finishes_nothing(tmp_path: Path):
    (tmp_path / "finished.json").write_text("")

    assert not Finished(tmp_path / "finished.json").covers("migrations", "one")


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
