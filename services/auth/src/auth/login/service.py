"""Log-in: throttle, ask member, open a session."""

from __future__ import annotations

import structlog

from auth.accounts import Pseudonyms, account_email, address_block
from auth.login.errors import CredentialsInvalid
from auth.login.throttle import LoginThrottle
from auth.members import CredentialsRefused, Members, MemberUnavailable, VerifiedMember
from auth.sessions.errors import LoginOutdated
from auth.sessions.service import Device, SessionService, TokenPair
from auth.throttle import TooManyAttempts

# How a member proved who it is (RFC 8176).
_AMR = ("pwd",)

events = structlog.get_logger("auth.events")


class LoginService:
    """Log-in with e-mail and password."""

    def __init__(
        self, members: Members, sessions: SessionService, throttle: LoginThrottle, pseudonyms: Pseudonyms
    ) -> None:
        self._members = members
        self._sessions = sessions
        self._throttle = throttle
        self._pseudonyms = pseudonyms

    async def login(self, email: str, password: str, device: Device) -> tuple[VerifiedMember, TokenPair]:
        """Return the member and the tokens of a new session.

        Raises TooManyAttempts, CredentialsInvalid, MemberUnavailable.
        """
        # What member checks is what is counted, whatever the spelling.
        email = account_email(email)
        account = self._pseudonyms.of(email)
        log = events.bind(account=account, address=device.address)
        try:
            attempt = await self._throttle.admit(account, address_block(device.address))
        except TooManyAttempts:
            log.warning("login_throttled", outcome="refused")
            raise
        try:
            member, session_id, pair = await self._open(email, password, device)
        except CredentialsRefused:
            log.info("login_failed", outcome="refused")
            raise CredentialsInvalid from None
        except (MemberUnavailable, LoginOutdated) as error:
            await self._throttle.undecided(attempt)
            log.warning("login_undecided", reason=error.code, outcome="failed")
            raise
        await self._throttle.succeeded(attempt)
        log.info("login_succeeded", member=member.id, session=session_id, outcome="succeeded")
        return member, pair

    async def _open(self, email: str, password: str, device: Device) -> tuple[VerifiedMember, str, TokenPair]:
        member = await self._members.verify(email, password)
        try:
            session, pair = await self._sessions.open(member.id, member.roles, _AMR, member.epoch, device)
        except LoginOutdated:
            # The account was suspended, deleted or given other roles just now: what is true of it after that?
            member = await self._members.verify(email, password)
            session, pair = await self._sessions.open(member.id, member.roles, _AMR, member.epoch, device)
        return member, session.id, pair
