"""Every page is among the paths that no service which joins the platform may take."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import yaml

import platform_web

VALUES = Path(__file__).parents[3] / "charts" / "member-platform" / "values.yaml"


def pages():
    """The paths of every router but the home page."""
    for module in pkgutil.walk_packages(platform_web.__path__, "platform_web."):
        if module.name.endswith(".endpoints"):
            routes = importlib.import_module(module.name).router.routes
            yield from (route.path for route in routes if route.path != "/")


def test_every_page_is_reserved():
    values = yaml.safe_load(VALUES.read_text(encoding="utf-8"))
    own = [path["path"].rstrip("/") for row in values["routes"].values() for path in row["paths"]]
    kept = [prefix for prefix in (*values["reservedPaths"], *own) if prefix]
    found = set(pages())
    assert {"/log-in", "/sign-up", "/account/password", "/checkout", "/admin/members"} <= found
    free = [page for page in found if not any(page == prefix or page.startswith(f"{prefix}/") for prefix in kept)]
    assert free == []
