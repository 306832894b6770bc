"""Which products a text means, and how well each fits: by words in both languages, and by likeness in keystrokes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func, literal, or_

from shop.catalogue.keystrokes import is_korean, keystrokes
from shop.catalogue.models import Product

# A score is a whole number, so that a page can begin exactly after one.
_SCALE = 1_000_000
# Likeness counts less than a word that is there.
_LIKENESS = 0.5
# How much of what was typed must be found again: of a short word nearly all, or everything is alike. The first is what
# the server looks for by its index (`SERVER_OPTIONS`).
_ALIKE, _SHORT_ALIKE, _SHORT = 0.5, 0.6, 5
SERVER_OPTIONS = {"pg_trgm.word_similarity_threshold": str(_ALIKE)}
# Fewer keys are alike to everything: they must begin a word.
_MIN_KEYS = 3
# Latin letters that are struck for Korean ones by mistake: fewer are too many words' beginning.
_MIN_MISTAKEN_KEYS = 4


@dataclass(frozen=True)
class Match:
    """What a search asks of a product, and how well it fits."""

    condition: ColumnElement[bool]
    score: ColumnElement[int]


def match(q: str) -> Match:
    """Return the conditions of a search for `q`, which is any text that a person typed."""
    words = func.websearch_to_tsquery("simple", q).op("||")(func.websearch_to_tsquery("english", q))
    found: list[ColumnElement[bool]] = [Product.search_vector.op("@@")(words)]
    likeness: list[ColumnElement[float]] = []
    if keys := keystrokes(q):
        for column in _searched(q, keys):
            if len(keys) < _MIN_KEYS:
                found.append((literal(" ") + column).contains(f" {keys}"))
                continue
            alike = func.word_similarity(keys, column)
            by_index = literal(keys).op("<%", is_comparison=True)(column)
            enough = alike >= (_ALIKE if len(keys) >= _SHORT else _SHORT_ALIKE)
            found += [column.contains(keys), and_(by_index, enough)]
            likeness.append(alike)
    score: ColumnElement[float] = func.ts_rank(Product.search_vector, words)
    if likeness:
        score = score + _LIKENESS * func.greatest(*likeness)
    return Match(or_(*found), cast(_SCALE * score, BigInteger))


def _searched(q: str, keys: str) -> list[ColumnElement[str]]:
    korean, others = Product.search_keys_ko.expression, Product.search_keys_en.expression
    if is_korean(q):
        return [korean]
    return [others, korean] if len(keys) >= _MIN_MISTAKEN_KEYS else [others]
