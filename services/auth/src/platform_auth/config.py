"""Settings of auth: environment variables `AUTH_…`, or the service's own `.env`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from limits import RateLimitItem
from pydantic import BeforeValidator, Field, InstanceOf
from pydantic_settings import SettingsConfigDict

from platform_auth.rate_limiting import parse_rate_limit
from platform_common.cookies import CookieSettings
from platform_common.settings import HttpUrl, RedisUrl, ServiceTokenKey

Count = Annotated[int, Field(ge=1, le=1_000_000)]
Seconds = Annotated[int, Field(ge=1, le=400 * 86_400)]

# In the notation of the library `limits`, such as `300/10 minutes`; the window opens with the first attempt.
RateLimit = Annotated[InstanceOf[RateLimitItem], BeforeValidator(parse_rate_limit)]


class EdgeHeaders(StrEnum):
    """The set of headers in which the edge sends the client's method and URL."""

    ORIGINAL = "original"
    FORWARDED = "forwarded"


class AuthSettings(CookieSettings):
    """The settings of auth."""

    model_config = SettingsConfigDict(env_prefix="AUTH_", env_file=".env", extra="ignore", frozen=True)

    redis_url: RedisUrl
    member_url: HttpUrl
    key_ring_dir: Path
    token_issuer: Annotated[str, Field(min_length=1, max_length=255)]
    token_audience: Annotated[str, Field(min_length=1, max_length=255)]
    service_token_key: ServiceTokenKey
    edge_headers: EdgeHeaders = EdgeHeaders.ORIGINAL

    access_token_seconds: Seconds = 900
    session_idle_timeout_seconds: Seconds = 7 * 86_400
    session_absolute_timeout_seconds: Seconds = 30 * 86_400
    refresh_grace_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    sessions_per_member: Annotated[int, Field(ge=1, le=1000)] = 100

    # How long a log-in waits for its second factor, and an authenticator's response is waited for.
    login_challenge_seconds: Annotated[int, Field(ge=30, le=3600)] = 300
    # How recent a log-in must be before a member changes its second factors (ASVS 7.5.1).
    reauthentication_max_age_seconds: Annotated[int, Field(ge=60, le=86_400)] = 900

    session_lookup_timeout_seconds: Annotated[float, Field(gt=0, le=10)] = 1.0
    token_cache_size: Count = 20_000

    rate_limit_login_failures_per_account_and_address: RateLimit = parse_rate_limit("10/15 minutes")
    rate_limit_login_failures_per_address: RateLimit = parse_rate_limit("300/10 minutes")
    rate_limit_login_failures_per_account: RateLimit = parse_rate_limit("100/hour")
    rate_limit_login_failures_under_attack: RateLimit = parse_rate_limit("3/15 minutes")
    rate_limit_code_failures_per_account: RateLimit = parse_rate_limit("20/hour")
    rate_limit_logins_per_account: RateLimit = parse_rate_limit("100/15 minutes")
    rate_limit_refreshes_per_session: RateLimit = parse_rate_limit("100/5 minutes")
    rate_limit_password_guesses_per_session: RateLimit = parse_rate_limit("10/15 minutes")
    rate_limit_passkey_challenges_per_address: RateLimit = parse_rate_limit("300/10 minutes")
    rate_limit_registrations_per_address: RateLimit = parse_rate_limit("300/10 minutes")

    # Mails that requests cause, and attempts at the links and codes in them.
    rate_limit_mails_per_account: RateLimit = parse_rate_limit("5/hour")
    rate_limit_mails_per_address: RateLimit = parse_rate_limit("60/hour")
    rate_limit_email_proofs_per_address: RateLimit = parse_rate_limit("100/10 minutes")

    @property
    def access_cookie(self) -> str:
        """The name of the cookie with the access token (RFC 6265bis, section 4.1.3.2)."""
        return self.host_cookie("access")
