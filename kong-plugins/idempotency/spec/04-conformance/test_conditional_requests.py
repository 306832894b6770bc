"""Preconditions are the service's to judge: the gateway passes its answer on, whatever ETag it carries."""

from __future__ import annotations

import pytest
from plugintests.service import Plan

CONDITIONS = [
    ("If-Match", '"1"'),
    ("If-None-Match", '"2"'),
    ("If-Modified-Since", "Mon, 01 Jan 2035 00:00:00 GMT"),
    ("If-Unmodified-Since", "Mon, 01 Jan 2018 00:00:00 GMT"),
]
VALIDATORS = [("ETag", '"2"'), ("Last-Modified", "Wed, 01 Jan 2020 00:00:00 GMT")]


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition[0])
@pytest.mark.parametrize("keyed", [True, False], ids=["keyed", "without a key"])
def test_the_answer_to_a_conditional_write_is_the_services(gateway, service, fresh, condition, keyed):
    service.plan(f"/plain/{fresh}", Plan(status=200, headers=VALIDATORS, body=b"changed"))
    headers = [condition, *([("X-Idempotency-Key", fresh)] if keyed else [])]

    answer = gateway.ask("PUT", f"/plain/{fresh}", headers, b"{}")

    assert (answer.status, answer.body) == (200, b"changed")
    assert answer.header("ETag") == '"2"'
    seen = service.seen(f"/plain/{fresh}")[0]
    assert (condition[0].lower(), condition[1]) in [(name.lower(), value) for name, value in seen.headers]


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition[0])
def test_the_repeat_of_a_conditional_write_gets_the_first_answer(gateway, service, fresh, condition):
    service.plan(f"/plain/{fresh}", Plan(status=200, headers=VALIDATORS, body=b"changed"))
    headers = [condition, ("X-Idempotency-Key", fresh)]
    first = gateway.ask("PUT", f"/plain/{fresh}", headers, b"{}")

    again = gateway.ask("PUT", f"/plain/{fresh}", headers, b"{}")

    assert (again.status, again.body, again.mark) == (200, first.body, "replayed")
