from __future__ import annotations

import pytest

from platform_common.problem_documents import parse_problem, problem_code


def test_a_problem_document_is_parsed():
    assert parse_problem(b'{"code": "not-found", "status": 404}') == {"code": "not-found", "status": 404}
    assert problem_code(b'{"code": "not-found"}') == "not-found"


@pytest.mark.parametrize("body", [b"", b"Bad Gateway", b"[]", b"null", b'{"code"', b"\xff", b"[" * 100_000])
def test_anything_else_is_an_empty_document(body):
    assert parse_problem(body) == {}
    assert problem_code(body) == ""
