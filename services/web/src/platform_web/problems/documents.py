"""The pages of docs/problems, parsed once: the Markdown subset they use, as data for a template."""

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
    """Inline text, plain or code."""

    text: str
    is_code: bool = False


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, or a list with one item."""

    kind: str
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class ProblemDocument:
    """The documentation of one problem code."""

    code: str
    language: Language
    title: str
    status: str
    blocks: tuple[Block, ...]


class ProblemDocuments:
    """All documents by code and language, with English as the fallback."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._documents: dict[tuple[str, Language], ProblemDocument] = {}
        for language in LANGUAGES:
            under = folder if language == DEFAULT_LANGUAGE else folder / language
            for path in sorted(under.glob("*.md")):
                document = parse(path.stem, language, path.read_text(encoding="utf-8"))
                self._documents[path.stem, language] = document

    def get(self, code: str, language: Language) -> ProblemDocument | None:
        """Return the document of `code`, or None if the code is unknown."""
        return self._documents.get((code, language)) or self._documents.get((code, DEFAULT_LANGUAGE))

    def all(self, language: Language) -> list[ProblemDocument]:
        """Return all documents, sorted by code."""
        codes = sorted({code for code, _ in self._documents})
        return [document for code in codes if (document := self.get(code, language))]


def parse(code: str, language: Language, text: str) -> ProblemDocument:
    """Parse a document: a title, a line with the status, sections."""
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
        # Links point into the source tree: keep only their text.
        runs.append(Run(match[1], is_code=True) if match[1] else Run(match[2]))
        end = match.end()
    return tuple(run for run in (*runs, Run(line[end:])) if run.text)
