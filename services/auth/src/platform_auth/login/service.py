"""Log-in: throttle, verify the password by member, require a second factor if there is one, create a session."""

from __future__ import annotations

from typing import Any

import structlog

from platform_auth.authentication_methods import PWD, SECOND_FACTOR_AMR, TOTP
from platform_auth.login.challenges import Challenge, Challenges
from platform_auth.login.concurrency import ConcurrentAttempts
from platform_auth.login.errors import (
    ChallengeInvalid,
    CredentialsInvalid,
    SecondFactorInvalid,
    SecondFactorRequired,
)
from platform_auth.login.throttle import Attempt, LoginThrottle
from platform_auth.members import CodeRejected, CredentialsRejected, Members, MemberUnavailable, VerifiedMember
from platform_auth.pseudonyms import Pseudonyms, account_email
from platform_auth.rate_limiting import TooManyAttempts
from platform_auth.sessions.errors import LoginSuperseded
from platform_auth.sessions.record import Session
from platform_auth.sessions.service import Device, SessionService, TokenPair
from platform_common.client_address import address_block

events = structlog.get_logger("auth.events")


class LoginService:
    """Log-in with e-mail and password, and a second factor where the member has one."""

    def __init__(
        self,
        members: Members,
        sessions: SessionService,
        throttle: LoginThrottle,
        concurrent: ConcurrentAttempts,
        pseudonyms: Pseudonyms,
        challenges: Challenges,
    ) -> None:
        self._members = members
        self._sessions = sessions
        self._throttle = throttle
        self._concurrent = concurrent
        self._pseudonyms = pseudonyms
        self._challenges = challenges

    async def login(self, email: str, password: str, device: Device) -> tuple[VerifiedMember, TokenPair]:
        """Return the member and the tokens of a new session.

        Raises TooManyAttempts, CredentialsInvalid, SecondFactorRequired, MemberUnavailable, LoginSuperseded.
        """
        # What member checks is what is counted, whatever the spelling.
        email = account_email(email)
        account, client = self._pseudonyms.pseudonym(email), address_block(device.address)
        log = events.bind(account=account, address=device.address)
        try:
            with self._concurrent.acquire(account, client):
                attempt = await self._throttle.acquire(account, client)
                return await self._judge(attempt, email, password, device, log)
        except TooManyAttempts:
            log.warning("login_throttled", outcome="refused")
            raise

    async def complete(self, token: str, method: str, code: str, device: Device) -> tuple[VerifiedMember, TokenPair]:
        """Continue the log-in of the challenge `token`: return the member and the tokens of a new session.

        Raises ChallengeInvalid, SecondFactorInvalid, TooManyAttempts, MemberUnavailable, LoginSuperseded.
        """
        client = address_block(device.address)
        challenge = await self._challenges.find(token, client)
        if challenge is None:
            events.info("challenge_refused", address=device.address, outcome="refused")
            raise ChallengeInvalid
        log = events.bind(account=challenge.account, address=device.address, method=method)
        try:
            with self._concurrent.acquire(challenge.account, client):
                attempt = await self._throttle.acquire(challenge.account, client)
                await self._count_code(attempt, method)
                member = await self._verify_code(attempt, challenge, token, method, code, log)
                session, pair = await self._open_once(attempt, token, member, method, device, log)
        except TooManyAttempts:
            log.warning("login_throttled", outcome="refused")
            raise
        await self._throttle.clear_codes(challenge.account)
        await self._throttle.record_success(attempt)
        log.info("login_succeeded", member=member.id, session=session.id, outcome="succeeded")
        return member, pair

    async def _judge(
        self, attempt: Attempt, email: str, password: str, device: Device, log: Any
    ) -> tuple[VerifiedMember, TokenPair]:
        try:
            member, session_id, pair = await self._open(attempt, email, password, device)
        except CredentialsRejected:
            log.info("login_failed", outcome="refused")
            raise CredentialsInvalid from None
        except SecondFactorRequired:
            await self._throttle.record_password(attempt)
            log.info("login_second_factor_required", outcome="continued")
            raise
        except (MemberUnavailable, LoginSuperseded) as error:
            await self._throttle.refund(attempt)
            log.warning("login_error", reason=error.code, outcome="failed")
            raise
        await self._throttle.record_success(attempt)
        log.info("login_succeeded", member=member.id, session=session_id, outcome="succeeded")
        return member, pair

    async def _open(
        self, attempt: Attempt, email: str, password: str, device: Device
    ) -> tuple[VerifiedMember, str, TokenPair]:
        member = await self._verify_password(attempt, email, password)
        try:
            session, pair = await self._sessions.open(member.id, member.roles, (PWD,), member.epoch, device)
        except LoginSuperseded:
            # The account was suspended, deleted, given other roles or a factor just now: what is true of it after that?
            member = await self._verify_password(attempt, email, password)
            session, pair = await self._sessions.open(member.id, member.roles, (PWD,), member.epoch, device)
        return member, session.id, pair

    async def _verify_password(self, attempt: Attempt, email: str, password: str) -> VerifiedMember:
        """Return a member for whom the password is enough. Raises SecondFactorRequired for others."""
        member = await self._members.verify(email, password, attempt.address)
        if member.second_factors:
            challenge = Challenge(member.id, member.epoch, attempt.account, attempt.address)
            token = await self._challenges.issue(challenge)
            raise SecondFactorRequired(token, member.second_factors, self._challenges.seconds)
        return member

    async def _count_code(self, attempt: Attempt, method: str) -> None:
        if method != TOTP:
            return
        try:
            await self._throttle.acquire_code(attempt.account)
        except TooManyAttempts:
            await self._throttle.refund(attempt)
            raise

    async def _verify_code(
        self, attempt: Attempt, challenge: Challenge, token: str, method: str, code: str, log: Any
    ) -> VerifiedMember:
        try:
            return await self._members.verify_code(challenge.member, challenge.epoch, method, code, attempt.address)
        except CodeRejected:
            log.info("login_code_refused", outcome="refused")
            raise SecondFactorInvalid from None
        except CredentialsRejected:
            await self._refund(attempt, method)
            await self._challenges.use_up(token)
            log.info("challenge_refused", outcome="refused", reason="account changed")
            raise ChallengeInvalid from None
        except MemberUnavailable as error:
            await self._refund(attempt, method)
            log.warning("login_error", reason=error.code, outcome="failed")
            raise

    async def _refund(self, attempt: Attempt, method: str) -> None:
        await self._throttle.refund(attempt)
        if method == TOTP:
            await self._throttle.refund_code(attempt.account)

    async def _open_once(
        self, attempt: Attempt, token: str, member: VerifiedMember, method: str, device: Device, log: Any
    ) -> tuple[Session, TokenPair]:
        try:
            await self._use_up(token)
            return await self._sessions.open(member.id, member.roles, SECOND_FACTOR_AMR[method], member.epoch, device)
        except (ChallengeInvalid, LoginSuperseded) as error:
            await self._refund(attempt, method)
            log.info("login_error", reason=error.code, outcome="failed")
            raise

    async def _use_up(self, token: str) -> None:
        # Two right codes at once, such as one of the app and a recovery code: the challenge opens one session.
        if not await self._challenges.use_up(token):
            raise ChallengeInvalid
