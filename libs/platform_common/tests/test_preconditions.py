"""Conditional requests: entity tags are read as the standard says, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from platform_common.preconditions import (
    PreconditionFailed,
    PreconditionMalformed,
    PreconditionRequired,
    Preconditions,
    entity_tag,
)


def preconditions(**headers):
    return Preconditions.from_headers(Headers({name.replace("_", "-"): value for name, value in headers.items()}))


@given(st.integers(min_value=1), st.integers(min_value=1))
def test_a_change_needs_the_version_that_it_names(named, current):
    wanted = preconditions(if_match=entity_tag(named))
    if named == current:
        wanted.check_change(current)
    else:
        with pytest.raises(PreconditionFailed):
            wanted.check_change(current)


def test_headers_that_come_twice_make_one_list():
    headers = Headers(raw=[(b"if-match", b'"1"'), (b"if-match", b'"2"')])

    Preconditions.from_headers(headers).check_change(2)


@pytest.mark.parametrize("value", ["", "1", '"1', "'1'", '*, "1"', '"1" "2"', "W/1", '"a\tb"'])
def test_what_is_no_list_of_tags_is_refused(value):
    with pytest.raises(PreconditionMalformed):
        preconditions(if_match=value)


@pytest.mark.parametrize("value", [', "1" ,,', '"x","1"', '"a,b", "1"'])
def test_lists_of_tags_are_read_as_the_standard_says(value):
    preconditions(if_match=value).check_change(1)


def test_only_if_match_allows_a_whole_replacement():
    with pytest.raises(PreconditionRequired):
        preconditions(if_none_match='"1"').require_match()
    preconditions(if_match="*").require_match()
