"""The documentation site: Sphinx over the Markdown pages of the repository (`make docs`)."""

from __future__ import annotations

from sphinxcontrib import httpdomain

project = "Member Platform"
copyright = "Member Platform contributors"  # noqa: A001 # the name that Sphinx reads
extensions = ["myst_parser", "sphinxcontrib.mermaid", "sphinxcontrib.openapi"]

# Pages lie beside the code that they describe; these are all of them.
root_doc = "docs/index"
include_patterns = [
    "*.md",
    "bench/**.md",
    "charts/**.md",
    "docs/**.md",
    "docs/api/*.rst",
    "examples/**.md",
    "kong-plugins/**.md",
    "k8s/**.md",
    "libs/**.md",
    "requirements/*.md",
    "services/**.md",
    "standalone/**.md",
    "tests/**.md",
]
exclude_patterns = ["**/node_modules", "**/.pytest_cache", ".venv", ".tools", ".platform"]

# The anchors that a link may name are those that a Git host makes of the headings.
myst_heading_anchors = 6
myst_fence_as_directive = ["mermaid"]
suppress_warnings = ["toc.not_included"]

# RFC 6585; the extension knows the statuses of RFC 9110 only.
httpdomain.HTTP_STATUS_CODES.setdefault(428, "Precondition Required")

html_theme = "furo"
html_title = "Member Platform"
