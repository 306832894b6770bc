"""Check that files, make targets and sections that documents name exist."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# A file or folder of the repository, or a file of the code by the end of its path, such as `login/service.py`.
# Top-level folders.
TOP_FOLDERS = "bench|charts|docs|examples|k8s|kong-plugins|libs|mk|requirements|scripts|services|standalone|tests"
REPOSITORY_PATH = re.compile(rf"\.?/?((?:{TOP_FOLDERS})/[\w./*-]*[\w/*])")
CODE_FILE = re.compile(r"[\w./-]*\w\.(?:py|lua)")
MAKE = re.compile(r"(?:^|[\s`(])make (?:-s )?([a-z][a-z0-9-]*)", re.MULTILINE)
TARGET = re.compile(r"^([a-z][a-z0-9 -]*):", re.MULTILINE)
ADR_SECTIONS = ["Status", "Date", "Context", "Decision", "Options considered", "Consequences"]


def tracked_files() -> list[str]:
    """Return the files of the repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return listed.stdout.splitlines()


def missing_files(document: str, text: str, files: list[str]) -> Iterator[str]:
    """Yield the paths in a document that no file or folder of the repository has."""
    without_prefix = [file.replace("platform_", "") for file in files]
    code_files = document in {"docs/architecture.md", "CONTRIBUTING.md"}
    for name in CODE.findall(text):
        if path := REPOSITORY_PATH.fullmatch(name):
            patterns = [path[1].rstrip("/"), str(Path(document).parent / path[1])]
            found = any(fnmatch(file, p) or fnmatch(file, f"{p}/*") for file in files for p in patterns)
        elif code_files and CODE_FILE.fullmatch(name):
            found = any(f"/{file}".endswith(f"/{name.replace('platform_', '')}") for file in without_prefix)
        else:
            continue
        if not found:
            yield name


def make_targets() -> set[str]:
    """Return the targets of the makefiles."""
    makefiles = [ROOT / "Makefile", *ROOT.glob("mk/*.mk")]
    return {target for file in makefiles for names in TARGET.findall(file.read_text()) for target in names.split()}


def commands(text: str) -> Iterator[str]:
    """Yield the targets of make commands in code blocks and code spans."""
    for code in [*FENCE.findall(text), *CODE.findall(FENCE.sub("", text))]:
        yield from MAKE.findall(code)


def adr_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with the sections of a decision record."""
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    if [section for section in sections if section in ADR_SECTIONS] != ADR_SECTIONS:
        yield f"has the sections {', '.join(sections)}; it must have {', '.join(ADR_SECTIONS)}, in this order"


def main() -> int:
    """Print each fault; return 1 if there is one, or if nothing was checked."""
    files, targets = tracked_files(), make_targets()
    documents = [file for file in files if file.endswith(".md") and not file.startswith(("CHANGELOG", "docs/problems"))]
    index = (ROOT / "docs/adr/README.md").read_text()
    faults, checked = [], 0
    for document in documents:
        text = (ROOT / document).read_text()
        faults += [f"{document} names {name}, which does not exist" for name in missing_files(document, text, files)]
        if not text.startswith("# "):
            faults.append(f"{document} does not start with a title")
        named = list(commands(text))
        checked += len(named)
        faults += [f"{document} names make {target}, which does not exist" for target in named if target not in targets]
        if re.fullmatch(r"docs/adr/\d{4}-.*\.md", document):
            faults += [f"{document} {fault}" for fault in adr_faults(text)]
            if Path(document).name not in index:
                faults.append(f"docs/adr/README.md does not list {document}")
    for fault in faults:
        print(fault)
    return 1 if faults or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
