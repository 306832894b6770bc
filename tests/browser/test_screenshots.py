"""Pictures are refused where every Korean letter would be an empty box."""

from __future__ import annotations

import pytest

from browsing import screenshots


@pytest.mark.parametrize("fonts", [None, "exit 0"], ids=["no fontconfig", "no Korean font"])
def test_without_a_korean_font_no_picture_is_taken(tmp_path, monkeypatch, capsys, fonts):
    if fonts is not None:
        program = tmp_path / "fc-list"
        program.write_text(f"#!/bin/sh\n{fonts}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["screenshots", str(tmp_path / "pictures")])

    with pytest.raises(SystemExit) as exit_:
        screenshots.main()

    assert exit_.value.code == 1
    assert "apt-get install fonts-noto-cjk" in capsys.readouterr().err
    assert not (tmp_path / "pictures").exists()
