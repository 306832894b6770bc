"""The key: which header, which values (contract: 'Header …')."""

from __future__ import annotations

import pytest

FULL = "".join(chr(code) for code in range(33, 127))


# of structured fields (RFC 8941, RFC 9651): a byte sequence, booleans, a date, a list, an inner list, parameters
OTHER_TYPES = [":YWJj:", "?1", "?0", "@1659578233", "a,b", "(a)", "a;b=1"]


def asked(gateway, setup, fresh, *headers, method="POST"):
    return gateway.ask(method, f"/{setup}/{fresh}", list(headers), b"{}")


def assert_invalid(answer):
    assert answer.status == 400
    assert answer.json["code"] == "idempotency-key-invalid"
    assert answer.header("Content-Type") == "application/problem+json"


def test_x_idempotency_key_is_the_key(gateway, service, fresh):
    for _ in range(2):
        answer = asked(gateway, "plain", fresh, ("X-Idempotency-Key", fresh))
        assert answer.status == 201

    assert answer.header("Idempotent-Replayed") == "true"
    assert len(service.seen(f"/plain/{fresh}")) == 1


@pytest.mark.parametrize("spelling", ["{}", '"{}"', '"{}";a=1', '"{}" ', '"{}";a;b="x"'])
def test_idempotency_key_is_an_sf_string_or_a_bare_token(gateway, service, fresh, spelling):
    asked(gateway, "plain", fresh, ("Idempotency-Key", fresh))
    answer = asked(gateway, "plain", fresh, ("Idempotency-Key", spelling.format(fresh)))

    assert answer.header("Idempotent-Replayed") == "true"
    assert len(service.seen(f"/plain/{fresh}")) == 1


def test_an_sf_string_is_unescaped(gateway, fresh):
    asked(gateway, "plain", fresh, ("Idempotency-Key", f'"{fresh}\\"\\\\"'))
    answer = asked(gateway, "plain", fresh, ("X-Idempotency-Key", f'{fresh}"\\'))

    assert answer.mark == "replayed"


def test_a_quoted_value_of_x_idempotency_key_is_taken_as_it_is(gateway, fresh):
    asked(gateway, "plain", fresh, ("X-Idempotency-Key", f'"{fresh}"'))
    answer = asked(gateway, "plain", fresh, ("X-Idempotency-Key", fresh))

    assert answer.mark == "stored"


@pytest.mark.parametrize("other", ["{}", '"{}"'])
def test_both_headers_with_the_same_key_are_one_key(gateway, fresh, other):
    answer = asked(gateway, "plain", fresh, ("X-Idempotency-Key", fresh), ("Idempotency-Key", other.format(fresh)))

    assert answer.mark == "stored"


def test_both_headers_with_the_same_text_are_one_key(gateway, fresh):
    text = f'"{fresh}"'
    answer = asked(gateway, "plain", fresh, ("X-Idempotency-Key", text), ("Idempotency-Key", text))
    assert answer.mark == "stored"

    assert asked(gateway, "plain", fresh, ("Idempotency-Key", text)).mark == "replayed"


def test_both_and_unequal_is_invalid(gateway, service, fresh):
    assert_invalid(asked(gateway, "plain", fresh, ("X-Idempotency-Key", fresh), ("Idempotency-Key", fresh + "x")))
    assert not service.seen(f"/plain/{fresh}")


@pytest.mark.parametrize("name", ["X-Idempotency-Key", "Idempotency-Key"])
@pytest.mark.parametrize("second", ["same", "other"])
@pytest.mark.parametrize("fold", [str, str.lower])
def test_repeated_is_invalid(gateway, service, fresh, name, second, fold):
    value = fresh if second == "same" else fresh + "2"
    assert_invalid(asked(gateway, "plain", fresh, (name, fresh), (fold(name), value)))
    assert not service.seen(f"/plain/{fresh}")


@pytest.mark.parametrize("name", ["X-Idempotency-Key", "Idempotency-Key"])
@pytest.mark.parametrize("value", ["", "   ", "k" * 256, "schlüssel", "a\x80b", "tab\tinside"], ids=range(6))
def test_empty_too_long_or_not_printable_ascii_is_invalid(gateway, service, fresh, name, value):
    assert_invalid(asked(gateway, "plain", fresh, (name, value)))
    assert not service.seen(f"/plain/{fresh}")


@pytest.mark.parametrize("name", ["X-Idempotency-Key", "Idempotency-Key"])
def test_a_control_character_is_invalid(gateway, service, fresh, name):
    """A gateway may refuse it before the plugin: it is wrong in any header."""
    response = asked(gateway, "plain", fresh, (name, "del\x7f"))
    assert response.status == 400
    assert response.json["code"] in {"idempotency-key-invalid", "bad-request"}
    assert not service.seen(f"/plain/{fresh}")


@pytest.mark.parametrize(
    "value",
    [
        *OTHER_TYPES,
        '""',
        '"open',
        '"a"b',
        '"a" "b"',
        '"a", "b"',
        "a, b",
        "a b",
        '"a\\b"',
        '"' + "k" * 256 + '"',
        '"ü"',
        '"a";=',
    ],
)
def test_a_malformed_sf_string_is_invalid(gateway, service, fresh, value):
    assert_invalid(asked(gateway, "plain", fresh, ("Idempotency-Key", value)))
    assert not service.seen(f"/plain/{fresh}")


@pytest.mark.parametrize(
    "value", ["k" * 255, FULL, "two words", "8e03978e-40d5-43dd-bc93-6fe8bb5c9a4d", "0", "a=b/c+d", "-"]
)
def test_1_to_255_printable_ascii_characters_are_a_key(gateway, fresh, value):
    answer = asked(gateway, "plain", fresh, ("X-Idempotency-Key", value))
    assert answer.mark == "stored"


def test_a_sf_string_of_255_characters_is_a_key(gateway, fresh):
    assert asked(gateway, "plain", fresh, ("Idempotency-Key", '"' + "q" * 255 + '"')).mark == "stored"


def test_missing_where_required(gateway, service, fresh):
    answer = asked(gateway, "required", fresh)
    assert answer.status == 400
    assert answer.json["code"] == "idempotency-key-missing"
    assert not service.seen(f"/required/{fresh}")


def test_required_concerns_keyed_methods_only(gateway, fresh):
    assert gateway.ask("GET", f"/required/{fresh}").status == 201


def test_missing_where_optional_passes_untouched(gateway, service, fresh):
    for _ in range(2):
        answer = asked(gateway, "plain", fresh)
        assert answer.status == 201
        assert answer.mark is None
        assert answer.header("Access-Control-Expose-Headers") is None
    assert len(service.seen(f"/plain/{fresh}")) == 2


@pytest.mark.parametrize("name", ["X_Idempotency_Key", "Idempotency_Key", "X-Idempotency_Key"])
def test_a_header_with_underscores_is_not_the_key(gateway, service, fresh, name):
    for _ in range(2):
        assert asked(gateway, "plain", fresh, (name, fresh)).mark is None
    assert len(service.seen(f"/plain/{fresh}")) == 2


def test_a_header_of_ones_own_may_be_configured(gateway, fresh):
    assert asked(gateway, "own-header", fresh, ("X-Request-Key", fresh)).mark == "stored"
    assert asked(gateway, "own-header", fresh, ("x-request-key", fresh)).mark == "replayed"
    assert asked(gateway, "own-header", fresh, ("X-Idempotency-Key", fresh)).mark is None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_keyed_methods(gateway, fresh, method):
    assert asked(gateway, "plain", fresh, ("X-Idempotency-Key", fresh), method=method).mark == "stored"
    assert asked(gateway, "plain", fresh, ("X-Idempotency-Key", fresh), method=method).mark == "replayed"


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS"])
def test_other_methods_pass_untouched(gateway, service, fresh, method):
    for _ in range(2):
        answer = gateway.ask(method, f"/plain/{fresh}", [("X-Idempotency-Key", fresh)])
        assert answer.mark is None
    assert len(service.seen(f"/plain/{fresh}")) == 2


def test_an_invalid_key_on_another_method_is_nobodys_business(gateway, fresh):
    assert gateway.ask("GET", f"/plain/{fresh}", [("X-Idempotency-Key", "")]).status == 201


def test_methods_are_configured(gateway, fresh):
    key = ("X-Idempotency-Key", fresh)
    assert asked(gateway, "post-only", fresh, key, method="PUT").mark is None
    assert asked(gateway, "with-delete", fresh, key, method="DELETE").mark == "stored"
    assert asked(gateway, "with-delete", fresh, key, method="DELETE").mark == "replayed"


def test_the_service_gets_the_key_as_it_came(gateway, service, fresh):
    asked(gateway, "plain", fresh, ("Idempotency-Key", f'"{fresh}"'))
    assert service.seen(f"/plain/{fresh}")[0].header("Idempotency-Key") == f'"{fresh}"'
