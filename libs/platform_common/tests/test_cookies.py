"""Cookies lose prefix and `Secure` on loopback alone, and only when configured."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from platform_common.cookies import CookieSettings


class ShelfSettings(CookieSettings):
    """A service's settings."""

    model_config = SettingsConfigDict(env_prefix="SHELF_", extra="ignore", frozen=True)


def test_cookies_belong_to_the_host_and_to_tls_unless_configured_otherwise():
    settings = ShelfSettings(port=0)

    assert settings.host_cookie("access") == "__Host-access"
    assert settings.secure_cookies


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_on_loopback_a_setting_drops_prefix_and_secure(host):
    settings = ShelfSettings(port=0, host=host, insecure_cookies_for_local_development=True)

    assert settings.host_cookie("access") == "access"
    assert not settings.secure_cookies


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.7", "::", "shelf.example", ""])
def test_elsewhere_that_setting_ends_the_start(host):
    with pytest.raises(ValidationError, match="SHELF_HOST is a loopback address"):
        ShelfSettings(port=0, host=host, insecure_cookies_for_local_development=True)
