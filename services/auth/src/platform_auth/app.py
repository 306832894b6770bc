"""The application: FastAPI's endpoints and, in the same process, `/auth/verify`."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from limits.aio.storage import RedisStorage
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from platform_auth.caching import NoStoreMiddleware
from platform_auth.config import AuthSettings
from platform_auth.email_proofs import endpoints as email_proof_endpoints
from platform_auth.email_proofs.service import EmailProofLimits, EmailProofService
from platform_auth.keys import endpoints as key_endpoints
from platform_auth.keys.access_tokens import AccessTokens
from platform_auth.keys.reloader import KeyRingReloader
from platform_auth.login import endpoints as login_endpoints
from platform_auth.login.challenges import Challenges
from platform_auth.login.concurrency import ConcurrentAttempts
from platform_auth.login.service import LoginService
from platform_auth.login.throttle import LoginLimits, LoginThrottle
from platform_auth.members import ChangeRejected, Members
from platform_auth.mfa import endpoints as mfa_endpoints
from platform_auth.mfa.service import FactorService
from platform_auth.openapi import problems
from platform_auth.passkeys import endpoints as passkey_endpoints
from platform_auth.passkeys.challenges import PasskeyChallenges
from platform_auth.passkeys.login import PasskeyLogin
from platform_auth.passkeys.members import MemberPasskeys
from platform_auth.passkeys.service import PasskeyService
from platform_auth.password import endpoints as password_endpoints
from platform_auth.password.service import PasswordService
from platform_auth.pseudonyms import Pseudonyms
from platform_auth.rate_limiting import KEY_PREFIX, RateLimiter
from platform_auth.registration import endpoints as registration_endpoints
from platform_auth.registration.service import RegistrationService
from platform_auth.sessions import endpoints as session_endpoints
from platform_auth.sessions import internal as internal_endpoints
from platform_auth.sessions.freshness import Freshness
from platform_auth.sessions.refresh_tokens import RefreshTokens
from platform_auth.sessions.repository import SessionRepository
from platform_auth.sessions.service import SessionLimits, SessionService
from platform_auth.store import lookup_pool, redis_client, store_unavailable
from platform_auth.verify.app import VerifyApp
from platform_auth.verify.document import OPERATION
from platform_auth.verify.lookup import SessionLookup
from platform_auth.verify.metrics import SessionLookupMetrics, VerifyOutcomes
from platform_auth.verify.token_cache import TokenCache
from platform_common.health import Health
from platform_common.internal_http import internal_client
from platform_common.limits import BodyLimitMiddleware, DeadlineMiddleware, HeadMiddleware
from platform_common.openapi import customize_openapi, operation_id
from platform_common.serving import install_defaults
from platform_common.tokens.service import ServiceTokenIssuer, ServiceTokenVerifier

DAY = 86_400
VERIFY_PATH = "/auth/verify"
# The maximum body size of any path (bytes), and the maximum duration of any request (seconds).
MAX_BODY_BYTES = 16 * 1024
REQUEST_SECONDS = 15.0


class Auth:
    """Everything that one process of auth consists of. `verify` and `api` are two ASGI applications on one port."""

    def __init__(
        self,
        settings: AuthSettings,
        now: Callable[[], float] = time.time,
        member_transport: httpx2.AsyncBaseTransport | None = None,
        registry: CollectorRegistry | None = None,
    ) -> None:
        key = settings.service_token_key.get_secret_value()
        self.key_ring = KeyRingReloader(settings.key_ring_dir)
        self.tokens = AccessTokens(self.key_ring, settings.token_issuer, settings.token_audience, now)
        self.redis = redis_client(settings.redis_url)
        self.members_http = internal_client(
            settings.member_url, "member", ServiceTokenIssuer("auth", key), transport=member_transport
        )
        self.health = Health({"redis": self.redis.ping})
        rate_limiter = RateLimiter(limit_storage(self.redis))
        repository = SessionRepository(
            self.redis, settings.session_absolute_timeout_seconds, settings.sessions_per_member, now
        )
        self.sessions = SessionService(
            repository,
            rate_limiter,
            self.tokens,
            RefreshTokens(key),
            _session_limits(settings),
            now,
            keys_revoked_at=lambda: self.key_ring.ring.sessions_until,
        )
        self._service_tokens = ServiceTokenVerifier("auth", key, callers={"member"})

        members = Members(self.members_http)
        pseudonyms = Pseudonyms(key)
        throttle = LoginThrottle(rate_limiter, self.redis, _login_limits(settings))
        concurrent = ConcurrentAttempts(settings.rate_limit_login_failures_per_account_and_address.amount)
        challenges = Challenges(self.redis, settings.login_challenge_seconds)
        self.login = LoginService(members, self.sessions, throttle, concurrent, pseudonyms, challenges)
        freshness = Freshness(settings.reauthentication_max_age_seconds, now)
        self.factors = FactorService(members, self.sessions, freshness)
        member_passkeys = MemberPasskeys(members)
        passkey_challenges = PasskeyChallenges(self.redis, settings.login_challenge_seconds)
        self.passkey_login = PasskeyLogin(
            member_passkeys,
            self.sessions,
            throttle,
            concurrent,
            pseudonyms,
            passkey_challenges,
            rate_limiter,
            settings.rate_limit_passkey_challenges_per_address,
        )
        self.passkeys = PasskeyService(member_passkeys, self.sessions, passkey_challenges, freshness)
        registrations = settings.rate_limit_registrations_per_address
        self.registration = RegistrationService(members, rate_limiter, registrations, pseudonyms, key)
        proof_limits = EmailProofLimits(
            settings.rate_limit_mails_per_account,
            settings.rate_limit_mails_per_address,
            settings.rate_limit_email_proofs_per_address,
        )
        self.email_proofs = EmailProofService(members, rate_limiter, proof_limits, pseudonyms)
        password_guesses = settings.rate_limit_password_guesses_per_session
        self.passwords = PasswordService(members, self.sessions, rate_limiter, password_guesses)

        self.lookup = SessionLookup(
            lookup_pool(settings.redis_url), settings.session_lookup_timeout_seconds, SessionLookupMetrics(registry)
        )
        self.cache = TokenCache(self.tokens, settings.token_cache_size)
        self.key_ring.on_removal(self.cache.clear)
        self.verify = VerifyApp(
            self.cache, self.lookup, settings.access_cookie, settings.edge_headers, now, VerifyOutcomes(registry)
        )
        self.api = self._framework()
        # /auth/verify has no use for the client's address, so only the rest pays for finding it out.
        api: Any = self.api  # uvicorn has types of its own for the same protocol
        self.asgi = Dispatcher(self.verify, ProxyHeadersMiddleware(api, settings.forwarded_allow_ips))

    def _framework(self) -> FastAPI:
        app = FastAPI(
            title="Member Platform: auth",
            version="0.1.0",
            description="Log-in, sessions, tokens. Errors are problem documents (RFC 9457). GET supports HEAD.",
            lifespan=self._lifespan,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            generate_unique_id_function=operation_id,
        )
        app.add_middleware(HeadMiddleware)
        app.add_middleware(BodyLimitMiddleware, max_bytes=MAX_BODY_BYTES)
        app.add_middleware(DeadlineMiddleware, seconds=REQUEST_SECONDS)
        app.add_middleware(NoStoreMiddleware)
        install_defaults(app, self.health)
        app.add_exception_handler(RedisError, _on_redis_error)
        app.add_exception_handler(ChangeRejected, _on_change_rejected)
        for endpoints in (
            key_endpoints,
            login_endpoints,
            mfa_endpoints,
            passkey_endpoints,
            password_endpoints,
            email_proof_endpoints,
            registration_endpoints,
            session_endpoints,
            internal_endpoints,
        ):
            app.include_router(endpoints.router)
        customize_openapi(app, problems, {VERIFY_PATH: {"get": OPERATION}})
        app.state.key_ring = self.key_ring
        app.state.tokens = self.tokens
        app.state.sessions = self.sessions
        app.state.login = self.login
        app.state.factors = self.factors
        app.state.passkey_login = self.passkey_login
        app.state.passkeys = self.passkeys
        app.state.passwords = self.passwords
        app.state.email_proofs = self.email_proofs
        app.state.registration = self.registration
        app.state.service_tokens = self._service_tokens
        return app

    async def close(self) -> None:
        """Close every connection."""
        await self.lookup.close()
        await self.members_http.aclose()
        await self.redis.aclose()

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.close)
            await stack.enter_async_context(self.key_ring.watching())
            yield


class Dispatcher:
    """Hands `/auth/verify` to its own application, before the framework sees the request."""

    def __init__(self, verify: ASGIApp, api: Any) -> None:
        self._verify = verify
        self._api: ASGIApp = api

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Run one of the two applications, without a coroutine in between."""
        if scope["type"] == "http" and scope["path"] == VERIFY_PATH:
            return self._verify(scope, receive, send)
        return self._api(scope, receive, send)


def limit_storage(redis: Redis) -> RedisStorage:
    pool = redis.connection_pool
    return RedisStorage(
        "redis://",
        implementation="redispy",
        key_prefix=KEY_PREFIX,
        connection_pool=pool,  # type: ignore[arg-type]
    )


def _session_limits(settings: AuthSettings) -> SessionLimits:
    return SessionLimits(
        access_token=settings.access_token_seconds,
        idle=settings.session_idle_timeout_seconds,
        absolute=settings.session_absolute_timeout_seconds,
        grace=settings.refresh_grace_seconds,
        refreshes=settings.rate_limit_refreshes_per_session,
    )


def _login_limits(settings: AuthSettings) -> LoginLimits:
    return LoginLimits(
        per_account_and_ip=settings.rate_limit_login_failures_per_account_and_address,
        unknown_ip_under_attack=settings.rate_limit_login_failures_under_attack,
        per_ip=settings.rate_limit_login_failures_per_address,
        per_account=settings.rate_limit_login_failures_per_account,
        successes=settings.rate_limit_logins_per_account,
        codes=settings.rate_limit_code_failures_per_account,
        known_seconds=30 * DAY,
    )


async def _on_redis_error(_request: Request, error: Exception) -> JSONResponse:
    return store_unavailable(error)


async def _on_change_rejected(_request: Request, error: Exception) -> Response:
    """Pass on what member says is wrong with a change."""
    assert isinstance(error, ChangeRejected)  # noqa: S101 (registered for this class only)
    response = error.response
    return Response(response.body, status_code=response.status, headers=dict(response.headers))
