"""Fixtures of the chart's tests."""

from __future__ import annotations

import functools

import kubernetes_validate
import pytest
from rendering import CI_FILES, render

# Otherwise megabytes of schemas are read again for each object.
kubernetes_validate.utils.schema_contents = functools.cache(kubernetes_validate.utils.schema_contents)


@pytest.fixture(params=CI_FILES)
def documents(request):
    """The objects of every values file in ci/, one after another."""
    return render(request.param)
