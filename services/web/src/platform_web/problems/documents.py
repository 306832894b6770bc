"""The explanations of docs/problems, read once: the little Markdown that they use, as data for a template."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from platform_web.visitor.preferences import DEFAULT_LANGUAGE, LANGUAGES, Language

FOLDER = Path(__file__).parent / "pages"

_INLINE = re.compile(r"`([^`]+)`|\[([^\]]+)\]\(([^)\s]+)\)")
_STATUS = re.compile(r"HTTP (\d{3})")


@dataclass(frozen=True)
class Run:
    """A piece of a line: plain text, or code."""

    text: str
    is_code: bool = False


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, or a list with one item."""

    kind: str
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class ProblemDocument:
    """One explanation."""

    code: str
    language: Language
    title: str
    status: str
    blocks: tuple[Block, ...]


class ProblemDocuments:
    """All explanations, by code and language; English where a translation is missing."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._documents: dict[tuple[str, Language], ProblemDocument] = {}
        for language in LANGUAGES:
            under = folder if language == DEFAULT_LANGUAGE else folder / language
            for path in sorted(under.glob("*.md")):
                document = parse(path.stem, language, path.read_text(encoding="utf-8"))
                self._documents[path.stem, language] = document

    def of(self, code: str, language: Language) -> ProblemDocument | None:
        """Return the explanation of `code`, or None when there is no such code."""
        return self._documents.get((code, language)) or self._documents.get((code, DEFAULT_LANGUAGE))

    def all(self, language: Language) -> list[ProblemDocument]:
        """Return every explanation, by code."""
        codes = sorted({code for code, _ in self._documents})
        return [document for code in codes if (document := self.of(code, language))]


def parse(code: str, language: Language, text: str) -> ProblemDocument:
    """Return the document that `text` is: a title, a line with the status, sections."""
    title, status = code, ""
    blocks: list[Block] = []
    for chunk in re.split(r"\n\s*\n", text.strip()):
        line = " ".join(chunk.split())
        if line.startswith("# "):
            title = line.removeprefix("# ")
        elif not blocks and not status and (match := _STATUS.search(line)):
            status = match[1]
        elif line.startswith("## "):
            blocks.append(Block("heading", _runs(line.removeprefix("## "))))
        elif line.startswith("- "):
            blocks.extend(Block("item", _runs(item.strip())) for item in re.split(r"(?:^|\n)- ", chunk) if item.strip())
        else:
            blocks.append(Block("paragraph", _runs(line)))
    return ProblemDocument(code, language, title, status, tuple(blocks))


def _runs(line: str) -> tuple[Run, ...]:
    runs: list[Run] = []
    end = 0
    for match in _INLINE.finditer(line):
        runs.append(Run(line[end : match.start()]))
        # Links lead into the sources, where a visitor has no business: their words are enough.
        runs.append(Run(match[1], is_code=True) if match[1] else Run(match[2]))
        end = match.end()
    return tuple(run for run in (*runs, Run(line[end:])) if run.text)
