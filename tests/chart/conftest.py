"""Fixtures of the chart's tests."""

from __future__ import annotations

import pytest
from rendering import CI_FILES, render


@pytest.fixture(params=CI_FILES)
def documents(request):
    """The objects of every values file in ci/, one after another."""
    return render(request.param)
