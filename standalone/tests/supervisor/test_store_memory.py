"""The memory that the stores may use: a setting, checked before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from platform_standalone.credentials import Credentials
from platform_standalone.errors import PlatformError
from platform_standalone.ports import free_ports
from platform_standalone.settings import PlatformSettings
from platform_standalone.state import StateFolder


def settings(tmp_path: Path, **environment: str) -> PlatformSettings:
    return PlatformSettings(tmp_path, StateFolder(tmp_path), free_ports(), "127.0.0.1", Credentials(), environment)


def test_a_store_has_a_limit_by_default(tmp_path: Path):
    assert settings(tmp_path).maxmemory("VALKEY_MAXMEMORY") == "256mb"


@pytest.mark.parametrize("value", ["64mb", "1GB", "16mb", "16384kb"])
def test_the_limit_is_a_setting(tmp_path: Path, value: str):
    assert settings(tmp_path, VALKEY_MAXMEMORY=value).maxmemory("VALKEY_MAXMEMORY") == value


@pytest.mark.parametrize("value", ["0", "0mb", "-1", "much", "1mb\nuser x on nopass", "64", "900kb", "15mb"])
def test_a_limit_that_is_none_is_refused_by_name(tmp_path: Path, value: str):
    with pytest.raises(PlatformError, match=r"^VALKEY_MAXMEMORY is "):
        settings(tmp_path, VALKEY_MAXMEMORY=value).maxmemory("VALKEY_MAXMEMORY")
