"""Every problem code has a page in docs/problems, in English and in Korean; and every page has a code."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A class of the error tree, or a document made in place.
PYTHON = re.compile(r"""^\s+code(?::\s*[\w\[\]]+)?\s*=\s*"([a-z-]+)"|problem_document\(\s*"([a-z-]+)\"""", re.MULTILINE)
# The plugin's problems, and those of edge and gateway: the keys of their catalogues.
LUA = re.compile(r"""^  \["(idempotency-[a-z-]+)"\] = \{$""", re.MULTILINE)
GATEWAY = re.compile(r"""^  \["([a-z-]+)"\] = \{$""", re.MULTILINE)


def codes() -> Iterator[tuple[str, Path]]:
    """Yield each code and the file that responses with it."""
    for pattern, files in (
        (PYTHON, [*ROOT.glob("libs/*/src/**/*.py"), *ROOT.glob("services/*/src/**/*.py")]),
        (LUA, ROOT.glob("kong-plugins/*/kong/**/*.lua")),
        (GATEWAY, [ROOT / "standalone/gateway/lua/gateway/problems.lua"]),
    ):
        for file in files:
            for match in pattern.finditer(file.read_text()):
                yield next(filter(None, match.groups())), file


def main() -> int:
    """Print each gap; return 1 when there is one."""
    answered = dict(codes())
    pages = {page.stem for page in (ROOT / "docs/problems").glob("*.md")}
    korean = {page.stem for page in (ROOT / "docs/problems/ko").glob("*.md")}
    missing, idle = sorted(answered.keys() - pages), sorted(pages - answered.keys())
    for code in missing:
        print(f"docs/problems/{code}.md is missing ({answered[code].relative_to(ROOT)} answers with it)")
    for code in idle:
        print(f"docs/problems/{code}.md explains a code that nothing answers with")
    untranslated, orphaned = sorted(pages - korean), sorted(korean - pages)
    for code in untranslated:
        print(f"docs/problems/ko/{code}.md is missing: the page in Korean")
    for code in orphaned:
        print(f"docs/problems/ko/{code}.md translates nothing")
    return 1 if missing or idle or untranslated or orphaned or not answered else 0


if __name__ == "__main__":
    sys.exit(main())
