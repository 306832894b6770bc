"""Log-in: throttle, verify the password by member, create a session."""

from __future__ import annotations

from typing import Any

import structlog

from platform_auth.login.concurrency import ConcurrentAttempts
from platform_auth.login.errors import CredentialsInvalid
from platform_auth.login.throttle import Attempt, LoginThrottle
from platform_auth.members import CredentialsRejected, Members, MemberUnavailable, VerifiedMember
from platform_auth.pseudonyms import Pseudonyms, account_email
from platform_auth.rate_limiting import TooManyAttempts
from platform_auth.sessions.errors import LoginSuperseded
from platform_auth.sessions.service import Device, SessionService, TokenPair
from platform_common.client_address import address_block

# How a member proved who it is (RFC 8176).
_AMR = ("pwd",)

events = structlog.get_logger("auth.events")


class LoginService:
    """Log-in with e-mail and password."""

    def __init__(
        self,
        members: Members,
        sessions: SessionService,
        throttle: LoginThrottle,
        concurrent: ConcurrentAttempts,
        pseudonyms: Pseudonyms,
    ) -> None:
        self._members = members
        self._sessions = sessions
        self._throttle = throttle
        self._concurrent = concurrent
        self._pseudonyms = pseudonyms

    async def login(self, email: str, password: str, device: Device) -> tuple[VerifiedMember, TokenPair]:
        """Return the member and the tokens of a new session.

        Raises TooManyAttempts, CredentialsInvalid, MemberUnavailable.
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

    async def _judge(
        self, attempt: Attempt, email: str, password: str, device: Device, log: Any
    ) -> tuple[VerifiedMember, TokenPair]:
        try:
            member, session_id, pair = await self._open(email, password, device)
        except CredentialsRejected:
            log.info("login_failed", outcome="refused")
            raise CredentialsInvalid from None
        except (MemberUnavailable, LoginSuperseded) as error:
            await self._throttle.refund(attempt)
            log.warning("login_error", reason=error.code, outcome="failed")
            raise
        await self._throttle.record_success(attempt)
        log.info("login_succeeded", member=member.id, session=session_id, outcome="succeeded")
        return member, pair

    async def _open(self, email: str, password: str, device: Device) -> tuple[VerifiedMember, str, TokenPair]:
        client = address_block(device.address)
        member = await self._members.verify(email, password, client)
        try:
            session, pair = await self._sessions.open(member.id, member.roles, _AMR, member.epoch, device)
        except LoginSuperseded:
            # The account was suspended, deleted or given other roles just now: what is true of it after that?
            member = await self._members.verify(email, password, client)
            session, pair = await self._sessions.open(member.id, member.roles, _AMR, member.epoch, device)
        return member, session.id, pair
