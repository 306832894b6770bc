"""Fixtures of the chart's tests."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import kubernetes_validate
import pytest
from rendering import CI_FILES, render

# Otherwise megabytes of schemas are read again for each object.
kubernetes_validate.utils.schema_contents = functools.cache(kubernetes_validate.utils.schema_contents)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out what only a Kong can show, unless `KONG_COMMAND` names one."""
    return True if collection_path.name == "test_in_kong.py" and not os.environ.get("KONG_COMMAND") else None


@pytest.fixture(params=CI_FILES)
def documents(request):
    """The objects of every values file in ci/, one after another."""
    return render(request.param)
