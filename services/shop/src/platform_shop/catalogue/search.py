"""Which products a text means, and how well each fits.

Words are found in the products' full text, in both languages, and by their keystrokes: what was typed is looked up in
the catalogue's vocabulary first (`search_words`), by beginning, middle and likeness, and products are then found by the
few words that it stands for. The vocabulary is small however many products there are, and the products are read
through one index alone, up to `MAX_MATCHES` of them: the work of a search has a bound whatever the text is (ADR 0019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, Float, Select, Text, case, cast, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession

from platform_shop.catalogue.keystrokes import is_korean, keystrokes
from platform_shop.catalogue.models import ENGLISH_MARK, KOREAN_MARK, Product, SearchWord

# A search ranks this many products at most. Above it a buyer narrows the search rather than reading on.
MAX_MATCHES = 1000
# Words of a text that are looked for; a text has at most a hundred characters.
_MAX_WORDS = 6
# Maximum number of vocabulary words that one typed word may match.
_MAX_MEANINGS, _MAX_BEGINNINGS = 16, 8
# Words of the vocabulary that are looked at for that.
_MAX_SEEN = 500
# How alike a word must be to what was typed: a short one nearly the same, or everything is alike. The first is what
# the server looks for by its index (`SERVER_OPTIONS`).
_ALIKE, _SHORT_ALIKE, _SHORT = 0.5, 0.6, 5
SERVER_OPTIONS = {"pg_trgm.word_similarity_threshold": str(_ALIKE)}
# Fewer keys are alike to everything: they must begin a word.
_MIN_KEYS = 3
# Latin letters that are struck for Korean ones by mistake: fewer are too many words' beginning.
_MIN_MISTAKEN_KEYS = 4
# How well a product fits whose words are as alike as this to the typed ones. Less than a word that is there.
_LEVELS = ((1.0, 0.5), (0.75, 0.375), (0.0, 0.25))
# A score is a whole number, so that a page can begin exactly after one.
_SCALE = 1_000_000


@dataclass(frozen=True)
class TypedWord:
    """A word of a search in keystrokes."""

    keys: str
    is_korean: bool

    @property
    def scripts(self) -> list[str]:
        """The marks of the scripts in which it is looked for."""
        if self.is_korean:
            return [KOREAN_MARK]
        return [ENGLISH_MARK, KOREAN_MARK] if len(self.keys) >= _MIN_MISTAKEN_KEYS else [ENGLISH_MARK]


@dataclass(frozen=True)
class Meaning:
    """A word of the vocabulary that may match a typed word; `likeness` is 1 if it contains what was typed."""

    word: str
    likeness: float


@dataclass(frozen=True)
class Match:
    """The conditions of a search on products, and their rank."""

    condition: ColumnElement[bool]
    score: ColumnElement[int]


async def understand(session: AsyncSession, q: str) -> Match:
    """Return the conditions of a search for `q`, which is any text that a person typed."""
    typed = _typed(q)
    words = _full_text(" ".join(q.split()[:_MAX_WORDS]))
    levels = _levels(await _meanings(session, typed))
    query = words if not levels else words.op("||")(levels[-1][0])
    found = Product.search_vector.op("@@", is_comparison=True)
    score: ColumnElement[float] = func.ts_rank(Product.search_vector, words)
    if levels:
        score += case(*((found(level), worth) for level, worth in levels), else_=0.0)
    return Match(found(query), cast(_SCALE * score, BigInteger))


def _full_text(text: str) -> ColumnElement[str]:
    # Plain words: operators in a text that a person typed are punctuation, and nest without end.
    return func.plainto_tsquery("simple", text).op("||")(func.plainto_tsquery("english", text))


def _typed(q: str) -> list[TypedWord]:
    """Return the words of a text that have letters or digits of ours."""
    words = [TypedWord(keys, is_korean(word)) for word in q.split() for keys in keystrokes(word).split()]
    return words[:_MAX_WORDS]


async def _meanings(session: AsyncSession, typed: Sequence[TypedWord]) -> list[list[Meaning]]:
    """Return the possible meanings of each word. The word itself is always one of them."""
    if not typed:
        return []
    lookups = (_lookup(number, word) for number, word in enumerate(typed))
    rows = (await session.execute(union_all(*lookups))).all()
    meanings = [[Meaning(mark + word.keys, 1.0) for mark in word.scripts] for word in typed]
    for number, word, likeness in rows:
        meanings[number].append(Meaning(word, likeness))
    return meanings


def _lookup(number: int, typed: TypedWord) -> Select[int, str, float]:
    found, likeness, most = _begun_by(typed) if len(typed.keys) < _MIN_KEYS else _like(typed)
    word = SearchWord.word
    seen = select(word.label("word"), cast(likeness, Float).label("likeness")).where(found).limit(_MAX_SEEN).subquery()
    best = (
        select(literal(number).label("number"), seen.c.word, seen.c.likeness)
        .order_by(seen.c.likeness.desc(), func.length(seen.c.word), seen.c.word)
        .limit(most)
        .subquery()
    )
    return select(best.c.number, best.c.word, best.c.likeness)


def _begun_by(typed: TypedWord) -> tuple[ColumnElement[bool], ColumnElement[float], int]:
    beginnings = (SearchWord.word.like(f"{mark}{typed.keys}%") for mark in typed.scripts)
    return or_(*beginnings), literal(1.0), _MAX_BEGINNINGS


def _like(typed: TypedWord) -> tuple[ColumnElement[bool], ColumnElement[float], int]:
    word, keys = SearchWord.word, typed.keys
    held, similarity = word.like(f"%{keys}%"), func.word_similarity(keys, word)
    enough = similarity >= (_ALIKE if len(keys) >= _SHORT else _SHORT_ALIKE)
    alike = literal(keys, Text).op("<%", is_comparison=True)(word) & enough
    found = or_(held, alike) & func.left(word, 1).in_(typed.scripts)
    return found, case((held, 1.0), else_=similarity), _MAX_MEANINGS


def _levels(meanings: Sequence[Sequence[Meaning]]) -> list[tuple[ColumnElement[str], float]]:
    """Return queries for products that match a meaning of every word, the closest first, with their ranks."""
    levels: list[tuple[ColumnElement[str], float]] = []
    for least, worth in _LEVELS:
        close = [[one.word for one in each if one.likeness >= least] for each in meanings]
        if close and all(close):
            levels.append((cast(literal(_query(close), Text), TSQUERY), worth))
    return levels


def _query(words: Sequence[Sequence[str]]) -> str:
    # The vocabulary contains only marks, plain letters and digits, so quotes are sufficient.
    return " & ".join("(" + " | ".join(f"'{word}'" for word in each) + ")" for each in words)
