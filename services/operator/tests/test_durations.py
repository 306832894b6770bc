"""Durations as Kubernetes writes them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from platform_routes.durations import parse_duration
from platform_routes.model import Idempotency


@pytest.mark.parametrize(
    ("text", "seconds"), [("720h", 2592000), ("10m", 600), ("1h30m", 5400), ("1h0m1s", 3601), ("2592000s", 2592000)]
)
def test_a_duration_is_read_as_kubernetes_writes_it(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "1d", "-1h", "1.5h", "1m1h", "1 h"])
def test_a_text_that_is_no_duration_is_rejected(text):
    with pytest.raises(ValueError, match="not a duration such as 720h"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0s", "169h", "60", ""])
def test_a_ttl_outside_of_the_schemas_bounds_is_rejected(text):
    with pytest.raises(ValidationError):
        Idempotency(ttl=text)
