"""Log-in with a passkey: throttled like passwords, each challenge once."""

from __future__ import annotations

import structlog
from limits import RateLimitItem

from platform_auth.authentication_methods import DEVICE_BOUND_PASSKEY_AMR, SYNCED_PASSKEY_AMR
from platform_auth.login.concurrency import ConcurrentAttempts
from platform_auth.login.throttle import LoginThrottle
from platform_auth.members import ChangeRejected, MemberResponse, MemberUnavailable, VerifiedMember
from platform_auth.passkeys.challenges import PasskeyChallenges, signed_challenge
from platform_auth.passkeys.errors import PasskeyLoginRefused
from platform_auth.passkeys.members import MemberPasskeys, PasskeyRejected
from platform_auth.pseudonyms import Pseudonyms
from platform_auth.rate_limiting import RateLimiter, TooManyAttempts
from platform_auth.sessions.errors import LoginSuperseded
from platform_auth.sessions.record import Session
from platform_auth.sessions.service import Device, SessionService, TokenPair
from platform_common.client_address import address_block
from platform_common.passkey_credentials import PresentedCredential

_PURPOSE = "login"
_COUNTER = "passkey-challenge"

events = structlog.get_logger("auth.events")


class PasskeyLogin:
    """Log-in with a passkey instead of a password."""

    def __init__(
        self,
        members: MemberPasskeys,
        sessions: SessionService,
        throttle: LoginThrottle,
        concurrent: ConcurrentAttempts,
        pseudonyms: Pseudonyms,
        challenges: PasskeyChallenges,
        rate_limiter: RateLimiter,
        challenges_per_address: RateLimitItem,
    ) -> None:
        self._members = members
        self._sessions = sessions
        self._throttle = throttle
        self._concurrent = concurrent
        self._pseudonyms = pseudonyms
        self._challenges = challenges
        self._rate_limiter = rate_limiter
        self._challenges_per_address = challenges_per_address

    async def options(self, device: Device) -> MemberResponse:
        """Return what a browser needs. Raises TooManyAttempts, ChangeRejected, MemberUnavailable."""
        client = address_block(device.address)
        # Each one is a record in the store.
        if not await self._rate_limiter.hit(self._challenges_per_address, _COUNTER, client):
            raise await self._rate_limiter.too_many_attempts(self._challenges_per_address, _COUNTER, client)
        return await self._members.log_in_options(await self._challenges.issue(_PURPOSE, client))

    async def log_in(self, credential: PresentedCredential, device: Device) -> tuple[VerifiedMember, TokenPair]:
        """Return the member and the tokens of a new session.

        Raises PasskeyLoginRefused, TooManyAttempts, ChangeRejected, MemberUnavailable, LoginSuperseded.
        """
        # Whose passkey it is, is not known yet, so it is counted by itself.
        account, client = self._pseudonyms.passkey(credential.raw_id), address_block(device.address)
        log = events.bind(passkey=account, address=device.address, method="passkey")
        challenge = signed_challenge(credential.response.client_data)
        if challenge is None or not await self._challenges.use_up(challenge, _PURPOSE, client):
            log.info("challenge_refused", outcome="refused", reason="unknown, used, expired, or another client's")
            raise PasskeyLoginRefused
        try:
            with self._concurrent.acquire(account, client):
                attempt = await self._throttle.acquire(account, client)
                try:
                    member, session, pair = await self._open(credential, challenge, device)
                except PasskeyRejected:
                    # Member has logged why.
                    log.info("login_failed", outcome="refused")
                    raise PasskeyLoginRefused from None
                except (MemberUnavailable, LoginSuperseded, ChangeRejected) as error:
                    await self._throttle.refund(attempt)
                    log.warning("login_error", reason=getattr(error, "code", "rejected"), outcome="failed")
                    raise
        except TooManyAttempts:
            log.warning("login_throttled", outcome="refused")
            raise
        await self._throttle.record_success(attempt)
        log.info("login_succeeded", member=member.id, session=session.id, outcome="succeeded")
        return member, pair

    async def _open(
        self, credential: PresentedCredential, challenge: str, device: Device
    ) -> tuple[VerifiedMember, Session, TokenPair]:
        member, is_device_bound = await self._members.verify(credential, challenge)
        amr = DEVICE_BOUND_PASSKEY_AMR if is_device_bound else SYNCED_PASSKEY_AMR
        session, pair = await self._sessions.open(member.id, member.roles, amr, member.epoch, device)
        return member, session, pair
