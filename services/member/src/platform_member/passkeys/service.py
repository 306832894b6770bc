"""Adding, showing, naming and removing passkeys, and checking them at log-ins."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
import uuid_utils.compat
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from webauthn import base64url_to_bytes
from webauthn.helpers.structs import AuthenticatorTransport

from platform_common.passkey_credentials import PresentedCredential
from platform_member.accounts import repository as members
from platform_member.accounts.models import Member
from platform_member.accounts.service import Accounts, Change
from platform_member.mail.kinds import Kind
from platform_member.mail.queue import MailQueue
from platform_member.outbox.topics import Topic
from platform_member.passkeys import repository
from platform_member.passkeys.errors import PasskeyInvalid, PasskeyNotFound, PasskeysDisabled, TooManyPasskeys
from platform_member.passkeys.models import Passkey
from platform_member.passkeys.relying_party import RelyingParty, is_backup_eligible
from platform_member.passkeys.schemas import PasskeyRegistration, PasskeyView

MAX_PASSKEYS = 20

_TRANSPORTS = frozenset(AuthenticatorTransport)

log = structlog.get_logger(__name__)


class Passkeys:
    """Members' passkeys; without a relying party there are none. The request's boundary commits.

    Every method that needs the relying party raises PasskeysDisabled.
    """

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        accounts: Accounts,
        mails: MailQueue,
        relying_party: RelyingParty | None,
    ) -> None:
        self._sessions = sessions
        self._accounts = accounts
        self._mails = mails
        self._relying_party = relying_party

    async def overview(self, session: AsyncSession, member_id: UUID) -> list[PasskeyView]:
        """Return the member's passkeys. Raises MemberNotFound."""
        await self._accounts.read(session, member_id)
        return [PasskeyView.model_validate(passkey) for passkey in await repository.of_member(session, member_id)]

    async def registration_options(self, session: AsyncSession, member_id: UUID, challenge: str) -> dict[str, Any]:
        """Return what a browser needs to make a passkey. Raises MemberNotFound, TooManyPasskeys."""
        relying_party = self._require_relying_party()
        member = await self._accounts.read(session, member_id)
        known = await repository.of_member(session, member_id)
        _require_room(len(known))
        return relying_party.registration_options(member, known, challenge)

    def authentication_options(self, challenge: str) -> dict[str, Any]:
        """Return what a browser needs to log in with a passkey."""
        return self._require_relying_party().authentication_options(challenge)

    async def add(self, session: AsyncSession, member_id: UUID, registration: PasskeyRegistration) -> PasskeyView:
        """Add a passkey to the member's. Raises MemberNotFound, TooManyPasskeys, PasskeyInvalid."""
        relying_party = self._require_relying_party()
        # Locked, so that parallel requests do not exceed the limit.
        member = await members.require_for_change(session, member_id)
        _require_room(await repository.count(session, member_id))
        try:
            verified = relying_party.verify_registration(registration.credential, registration.challenge)
            passkey = Passkey(
                id=uuid_utils.compat.uuid7(),
                member_id=member_id,
                credential_id=verified.credential_id,
                public_key=verified.credential_public_key,
                sign_count=verified.sign_count,
                transports=sorted(_TRANSPORTS.intersection(registration.credential.response.transports)),
                backup_eligible=is_backup_eligible(verified.credential_device_type),
                backed_up=verified.credential_backed_up,
                name=registration.name,
            )
            await repository.add(session, passkey)
        except PasskeyInvalid as error:
            log.info("passkey_refused", member_id=str(member_id), reason=error.reason)
            raise
        await self._mails.notify(session, Kind.PASSKEY_ADDED, member)
        log.info("passkey_added", member_id=str(member_id), passkey_id=str(passkey.id))
        return PasskeyView.model_validate(passkey)

    async def rename(self, session: AsyncSession, member_id: UUID, passkey_id: UUID, name: str) -> PasskeyView:
        """Give one of the member's passkeys another name. Raises PasskeyNotFound."""
        passkey = await repository.rename(session, member_id, passkey_id, name)
        if passkey is None:
            raise PasskeyNotFound
        return PasskeyView.model_validate(passkey)

    async def remove(self, session: AsyncSession, member_id: UUID, passkey_id: UUID, keep: str) -> Change:
        """Remove a passkey; every session of the member ends but `keep`. Raises MemberNotFound, PasskeyNotFound."""
        member = await members.require_for_change(session, member_id)
        if not await repository.remove(session, member_id, passkey_id):
            raise PasskeyNotFound
        await self._mails.notify(session, Kind.PASSKEY_REMOVED, member)
        log.info("passkey_removed", member_id=str(member_id), passkey_id=str(passkey_id))
        return await self._accounts.end_sessions(session, member, Topic.MEMBER_FACTORS_CHANGED, keep)

    async def verify(self, credential: PresentedCredential, challenge: str) -> tuple[Member, Passkey]:
        """Record a log-in with a passkey, and return its member. Raises PasskeyInvalid."""
        relying_party = self._require_relying_party()
        try:
            async with self._sessions.begin() as session:
                return await self._verify(session, relying_party, credential, challenge)
        except PasskeyInvalid as error:
            log.info("passkey_refused", reason=error.reason)
            raise

    async def _verify(
        self, session: AsyncSession, relying_party: RelyingParty, credential: PresentedCredential, challenge: str
    ) -> tuple[Member, Passkey]:
        passkey = await repository.find(session, base64url_to_bytes(credential.raw_id))
        if passkey is None:
            raise PasskeyInvalid(reason="the credential is unknown")
        handle = credential.response.user_handle
        if handle is None or base64url_to_bytes(handle) != passkey.member_id.bytes:
            raise PasskeyInvalid(reason="the user handle is another member's")
        verified = relying_party.verify_authentication(credential, challenge, passkey)
        # Locked: no suspension and no reset of passkeys comes between this check and the use.
        member = await members.get_for_change(session, passkey.member_id)
        if member is None or not member.is_active:
            raise PasskeyInvalid(reason="the account is not active")
        if not await repository.record_use(
            session, passkey, verified.new_sign_count, backed_up=verified.credential_backed_up
        ):
            raise PasskeyInvalid(reason="the signature counter did not grow, or the passkey was removed")
        log.info("passkey_verified", member_id=str(member.id), passkey_id=str(passkey.id))
        return member, passkey

    def _require_relying_party(self) -> RelyingParty:
        if self._relying_party is None:
            raise PasskeysDisabled
        return self._relying_party


def _require_room(count: int) -> None:
    if count >= MAX_PASSKEYS:
        raise TooManyPasskeys(MAX_PASSKEYS)
