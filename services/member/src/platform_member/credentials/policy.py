"""Which passwords are accepted (ASVS 6.2): length and guessability count, composition does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError
from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]  # the package has no types

from platform_common.problems import FieldError, PayloadInvalid

MIN_LENGTH = 8
MAX_LENGTH = 256
# Shorter words are too common in any good password to mean something.
_CONTEXT_WORD_MIN = 4


def _fitting_length(password: SecretStr) -> SecretStr:
    length = len(password.get_secret_value())
    if length < MIN_LENGTH:
        raise PydanticCustomError("password_too_short", f"A password has at least {MIN_LENGTH} characters.")
    if length > MAX_LENGTH:
        raise PydanticCustomError("password_too_long", f"A password has at most {MAX_LENGTH} characters.")
    return password


# A new password: never cut, never changed, spaces and any Unicode character welcome.
Password = Annotated[
    SecretStr,
    AfterValidator(_fitting_length),
    WithJsonSchema(
        {"type": "string", "format": "password", "writeOnly": True, "minLength": MIN_LENGTH, "maxLength": MAX_LENGTH}
    ),
]


@cache
def common_passwords() -> frozenset[str]:
    """Return common passwords in lower case: leaked passwords, dictionary words, names (from zxcvbn)."""
    return frozenset(word for words in FREQUENCY_LISTS.values() for word in words if len(word) >= MIN_LENGTH)


def check_password(
    password: str, *, email: str, display_name: str, product_name: str, pointer: str = "/password"
) -> None:
    """Raise PayloadInvalid if `password` is common or too similar to the member's or the product's name.

    `pointer` is where the payload has it.
    """
    folded = password.casefold()
    if folded in common_passwords():
        raise _refusal(pointer, "password-common", "This password is too common. Choose another.")
    rest = folded
    # Longest first: a word inside of another must not break it.
    for word in sorted(set(_context_words(email, display_name, product_name)), key=len, reverse=True):
        rest = rest.replace(word, "")
    if rest != folded and len(rest) < MIN_LENGTH:
        raise _refusal(
            pointer,
            "password-context",
            "This password is too similar to your name, your address or the product's name.",
        )


def _context_words(email: str, display_name: str, product_name: str) -> Iterator[str]:
    local_part, _, domain = email.casefold().partition("@")
    for phrase in (local_part, domain.rpartition(".")[0], display_name.casefold(), product_name.casefold()):
        pieces = [piece for piece in re.split(r"[\W_]+", phrase) if piece]
        for word in (phrase, "".join(pieces), *pieces):
            if len(word) >= _CONTEXT_WORD_MIN:
                yield word


def _refusal(pointer: str, code: str, detail: str) -> PayloadInvalid:
    return PayloadInvalid("The request body is invalid.", errors=[FieldError(pointer, code, detail)])
