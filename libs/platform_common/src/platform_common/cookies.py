"""Names of the platform's cookies: with prefixes over TLS, without them over plain HTTP on loopback."""

from __future__ import annotations

from ipaddress import ip_address

from pydantic import ValidationInfo, field_validator

from platform_common.settings import ServiceSettings


class CookieSettings(ServiceSettings):
    """Settings of a service that reads or sets cookies; every service gets the same values."""

    insecure_cookies_for_local_development: bool = False

    @field_validator("insecure_cookies_for_local_development")
    @classmethod
    def _stays_on_loopback(cls, insecure: bool, info: ValidationInfo) -> bool:
        if insecure and not _is_loopback(info.data.get("host", "")):
            prefix = str(cls.model_config.get("env_prefix", "")).upper()
            raise ValueError(f"is for a service whose {prefix}HOST is a loopback address")
        return insecure

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies are for TLS alone (`Secure`)."""
        return not self.insecure_cookies_for_local_development

    def host_cookie(self, name: str) -> str:
        """Return the full name of a cookie that belongs to this host alone (RFC 6265bis, section 4.1.3.2)."""
        return f"__Host-{name}" if self.secure_cookies else name


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
