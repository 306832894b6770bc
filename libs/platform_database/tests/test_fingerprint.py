"""Fingerprints tell requests apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from platform_database.idempotency.fingerprint import request_fingerprint


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=5))
def test_parts_of_a_fingerprint_do_not_run_into_one_another(parts):
    joined = [parts[0] + parts[1], *parts[2:]]

    assert request_fingerprint("k", *parts) == request_fingerprint("k", *parts)
    assert request_fingerprint("k", *parts) != request_fingerprint("k", *joined)
    assert request_fingerprint("k", *parts) != request_fingerprint("other", *parts)
