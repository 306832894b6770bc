"""Cursors: what a page handed out leads back to its row; anything else is refused."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from platform_common.pagination import CursorInvalid, decode_cursor, encode_cursor


@given(st.uuids())
def test_a_cursor_leads_back_to_its_row(row_id):
    assert decode_cursor(encode_cursor(row_id)) == row_id


@given(st.text(max_size=40))
def test_any_other_text_is_no_cursor(text):
    try:
        found = decode_cursor(text)
    except CursorInvalid:
        return
    assert isinstance(found, UUID)
    assert len(text.rstrip("=")) == len(encode_cursor(found))
