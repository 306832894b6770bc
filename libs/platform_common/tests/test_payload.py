"""Request bodies: exact types, no unknown fields; text stands for what JSON has no type for."""

from __future__ import annotations

from uuid import UUID

import pytest
from pydantic import ValidationError

from platform_common.payload import Payload, Uuid


class Example(Payload):
    """One field of each kind."""

    count: int = 0
    price: float = 0.0
    flag: bool = False
    name: str = ""
    id: Uuid | None = None
    parts: list[int] = []  # noqa: RUF012 (pydantic copies defaults)


@pytest.mark.parametrize(
    ("field", "value"),
    [("count", True), ("count", "2"), ("count", 2.0), ("count", None), ("price", "1.5"), ("price", True), ("flag", 1),
     ("flag", "true"), ("name", 5), ("name", True), ("id", 5), ("id", "no id"), ("parts", ["1"]), ("parts", {"0": 1}),
     ("unknown", 1)],
)  # fmt: skip
def test_values_of_other_types_are_refused(field, value):
    with pytest.raises(ValidationError):
        Example.model_validate({field: value})


def test_the_text_of_an_id_is_accepted():
    text = "0198b1c2-0000-7000-8000-000000000000"

    assert Example.model_validate({"id": text}).id == UUID(text)


def test_a_whole_number_is_a_number():
    assert Example.model_validate({"price": 2}).price == 2.0
