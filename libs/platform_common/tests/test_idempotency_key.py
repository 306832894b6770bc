from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from platform_common.idempotency_key import IdempotencyKeyInvalid, idempotency_key

PLAIN, STRUCTURED = b"x-idempotency-key", b"idempotency-key"


def read(*headers):
    return idempotency_key(Headers(raw=list(headers)))


def test_a_request_without_a_key_has_none():
    assert read((b"accept", b"*/*")) is None


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ([(PLAIN, b"abc")], "abc"),
        ([(PLAIN, b'"abc"')], '"abc"'),
        ([(PLAIN, b"a, b; c")], "a, b; c"),
        ([(PLAIN, b"k" * 255)], "k" * 255),
        ([(STRUCTURED, b"abc")], "abc"),
        ([(STRUCTURED, b"8e03978e-40d5-43dd-bc93-6fe8bb5c9a4d")], "8e03978e-40d5-43dd-bc93-6fe8bb5c9a4d"),
        ([(STRUCTURED, b"*a:b/c")], "*a:b/c"),
        ([(STRUCTURED, b'"abc"')], "abc"),
        ([(STRUCTURED, rb'"a\"b\\c d"')], r"a\"b\\c d".replace("\\\\", "\\").replace('\\"', '"')),
        ([(STRUCTURED, b'"abc";p=1; q="x"')], "abc"),
        ([(STRUCTURED, b'"' + b"k" * 255 + b'"')], "k" * 255),
        ([(PLAIN, b"abc"), (STRUCTURED, b'"abc"')], "abc"),
        ([(PLAIN, b'"abc"'), (STRUCTURED, b'"abc"')], "abc"),
    ],
)
def test_keys_are_read_from_either_header(headers, key):
    assert read(*headers) == key


@pytest.mark.parametrize(
    "headers",
    [
        [(PLAIN, b"")],
        [(PLAIN, b"k" * 256)],
        [(PLAIN, "schlüssel".encode())],
        [(PLAIN, b"a\tb")],
        [(PLAIN, b"a"), (PLAIN, b"a")],
        [(STRUCTURED, b"")],
        [(STRUCTURED, b'""')],
        [(STRUCTURED, b'"abc')],
        [(STRUCTURED, b'"a\\b"')],
        [(STRUCTURED, b'"a" b')],
        [(STRUCTURED, b'"a", "b"')],
        [(STRUCTURED, b"a, b")],
        [(STRUCTURED, b":YWJj:")],
        [(STRUCTURED, b"?1")],
        [(STRUCTURED, b"@1659578233")],
        [(STRUCTURED, b"(a)")],
        [(STRUCTURED, b"a=b")],
        [(STRUCTURED, b'"' + b"k" * 256 + b'"')],
        [(STRUCTURED, b"a"), (STRUCTURED, b"a")],
        [(PLAIN, b"a"), (STRUCTURED, b"b")],
        [(PLAIN, b""), (STRUCTURED, b"b")],
    ],
)
def test_what_is_no_single_key_is_refused(headers):
    with pytest.raises(IdempotencyKeyInvalid):
        read(*headers)
