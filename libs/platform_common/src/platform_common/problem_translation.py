"""Problem documents in the client's language: titles by their code, sentences by their English text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "ko")
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language: titles by problem code, and sentences by their English text."""

    titles: Mapping[str, str]
    sentences: Mapping[str, str]
    # Sentences with `{}` for what varies, the most specific first.
    patterns: tuple[tuple[re.Pattern[str], str], ...]

    def sentence(self, english: str) -> str:
        """Return the translation of a sentence, or the sentence itself where there is none."""
        if (exact := self.sentences.get(english)) is not None:
            return exact
        for pattern, translation in self.patterns:
            if match := pattern.fullmatch(english):
                return _fill(translation, match.groups())
        return english


def translated(document: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return a problem document with its title, its detail and its errors in `language`."""
    if language == DEFAULT_LANGUAGE:
        return dict(document)
    catalogue = catalogue_of(language)
    result = {**document, "title": catalogue.titles.get(document["code"], document["title"])}
    if "detail" in document:
        result["detail"] = catalogue.sentence(document["detail"])
    if "errors" in document:
        result["errors"] = [{**error, "detail": catalogue.sentence(error["detail"])} for error in document["errors"]]
    return result


@cache
def catalogue_of(language: str) -> Catalogue:
    """Return the texts of `language` (one of LANGUAGES, but not English, which is in the code)."""
    texts = json.loads(files("platform_common").joinpath("problem_texts", f"{language}.json").read_text("utf-8"))
    sentences: dict[str, str] = texts["details"]
    templates = sorted((text for text in sentences if "{}" in text), key=len, reverse=True)
    return Catalogue(texts["titles"], sentences, tuple((_pattern(text), sentences[text]) for text in templates))


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(map(re.escape, template.split("{}"))), re.DOTALL)


def _fill(template: str, values: tuple[str, ...]) -> str:
    first, *rest = template.split("{}")
    return first + "".join(value + text for value, text in zip(values, rest, strict=False))
