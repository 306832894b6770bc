"""Accept-Language, as browsers and programs send it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_common.languages import preferred_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"), ("ko", "ko"), ("ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("en-US,ko;q=0.9", "en"), ("KO-kr", "ko"),
        ("fr, ko;q=0.5", "ko"), ("fr", "en"), ("ko;q=0", "en"), ("ko;q=0, en;q=0.1", "en"),
        ("ko;q=0.1, en;q=0.5", "en"),
        ("ko;level=1;q=0.1, en;q=0.5", "en"), ("ko ; q = 0.7 , en;q=0.5", "ko"), ("ko;q=high, en;q=0.1", "en"),
        ("*", "en"), (",,;;", "en"), ("ko;q=2, en", "ko"), ("korean", "en"), ("en, ko", "en"),
        ("ko;q=nan, en;q=0.1", "en"),
        (" " * 600 + "ko", "en"),
    ],
)  # fmt: skip
def test_the_highest_weight_wins_then_the_order(header, language):
    assert preferred_language(header, ("ko", "en"), "en") == language


@given(st.text())
def test_any_header_names_an_available_language(header):
    assert preferred_language(header, ("ko", "en"), "en") in {"ko", "en"}
