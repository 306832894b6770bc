"""Settings of web: environment variables `WEB_…`, or the service's own `.env`."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from platform_common.cookies import CookieSettings
from platform_common.settings import HttpUrl

Seconds = Annotated[float, Field(gt=0, le=60)]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError("is not a time zone of the IANA database, such as Asia/Seoul") from None
    return name


class WebSettings(CookieSettings):
    """The settings of web."""

    model_config = SettingsConfigDict(env_prefix="WEB_", env_file=".env", extra="ignore", frozen=True)

    member_url: HttpUrl
    auth_url: HttpUrl
    # Without it web serves the account pages only.
    shop_url: HttpUrl | None = None
    token_issuer: Annotated[str, Field(min_length=1, max_length=255)]
    token_audience: Annotated[str, Field(min_length=1, max_length=255)]

    # Whether the platform sends mails; without them the pages that need mails do not exist.
    mail_enabled: bool = False

    # The site's public URL, used for canonical links.
    public_url: HttpUrl | None = None
    site_name: Annotated[str, Field(min_length=1, max_length=40)] = "Haru"
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Seoul"

    # Timeouts of calls to services: connecting, reads, writes.
    connect_timeout_seconds: Seconds = 1.0
    read_timeout_seconds: Seconds = 2.0
    write_timeout_seconds: Seconds = 12.0
    request_timeout_seconds: Seconds = 20.0
    # Maximum number of cached verified access tokens, about 2 kB each.
    token_cache_size: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
