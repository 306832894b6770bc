"""Every test that a document names exists: `path/to/test_file.py` or `path/to/test_file.py::test_name`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMED = re.compile(r"`((?:[\w.-]+/)+test_\w+\.py)(?:::(test_\w+))?`")


def main() -> int:
    """Print each name that leads nowhere; return 1 when there is one, or when nothing was looked at."""
    looked_at = wrong = 0
    for document in sorted((ROOT / "docs").rglob("*.md")):
        for file, test in NAMED.findall(document.read_text()):
            looked_at += 1
            path = ROOT / file
            if not path.is_file() or (test and f"def {test}(" not in path.read_text()):
                wrong += 1
                print(f"{document.relative_to(ROOT)} names {file}{'::' + test if test else ''}, which does not exist")
    return 1 if wrong or not looked_at else 0


if __name__ == "__main__":
    sys.exit(main())
