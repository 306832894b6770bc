"""What happens to members. Works in the session it is given; the request's boundary commits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from platform_common.pagination import encode_cursor
from platform_common.preconditions import Preconditions
from platform_common.problems import ReauthenticationRequired
from platform_database.outbox.events import Event
from platform_database.outbox.publishing import Publisher
from platform_member.accounts import repository
from platform_member.accounts.callers import ActiveMember
from platform_member.accounts.errors import (
    FieldRequiresAdmin,
    LastAdministrator,
    MemberNotFound,
)
from platform_member.accounts.models import ADMIN, DEFAULT_ROLES, Member, Status
from platform_member.accounts.password_change import CurrentPasswordWrong, PasswordReplacement
from platform_member.accounts.schemas import MemberPage, MemberView, Registration
from platform_member.confirmations import repository as confirmations
from platform_member.confirmations.models import Purpose
from platform_member.credentials.hashing import PasswordHasher, fair_keys
from platform_member.credentials.policy import check_password
from platform_member.mail.kinds import Kind
from platform_member.mail.queue import MailQueue
from platform_member.outbox.topics import Topic

# Fields that only administrators may change.
ADMIN_ONLY_FIELDS = frozenset({"roles", "status"})

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Change:
    """A changed member, and the events to deliver before the change is complete."""

    member: Member
    events: tuple[Event, ...] = ()


class Accounts:
    """Creates, reads, changes and deletes members."""

    def __init__(
        self,
        hasher: PasswordHasher,
        publisher: Publisher,
        mails: MailQueue,
        product_name: str,
        reauthentication_max_age_seconds: int = 900,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._hasher = hasher
        self._publisher = publisher
        self._mails = mails
        self._product_name = product_name
        self._reauthentication_seconds = reauthentication_max_age_seconds
        self._now = now

    async def create(
        self,
        session: AsyncSession,
        registration: Registration,
        *,
        roles: Iterable[str] = DEFAULT_ROLES,
        status: str = Status.ACTIVE,
        client: str = "",
        first_mail: Kind = Kind.WELCOME,
    ) -> Member:
        """Make a member on behalf of `client`, an opaque key; `first_mail` is sent to it.

        Raises PayloadInvalid for a guessable password, EmailTaken, HashingOverloaded.
        """
        member = Member(
            email=registration.email,
            display_name=registration.display_name,
            locale=registration.locale,
            roles=sorted(roles),
            status=status,
            password_hash=await self.password_hash(registration, client),
        )
        await repository.require_free_email(session, member.email)
        await repository.save(session, member)
        await self._mails.notify(session, first_mail, member)
        log.info("member_created", member_id=str(member.id), roles=member.roles)
        return member

    async def password_hash(self, registration: Registration, client: str = "") -> str:
        """Return the hash of a new password. Raises PayloadInvalid for a guessable one, HashingOverloaded."""
        password = registration.password.get_secret_value()
        check_password(
            password,
            email=registration.email,
            display_name=registration.display_name,
            product_name=self._product_name,
        )
        return await self._hasher.hash(password, fair_keys(registration.email, client))

    async def read(self, session: AsyncSession, member_id: UUID) -> Member:
        """Return a member. Raises MemberNotFound."""
        member = await repository.get(session, member_id)
        if member is None:
            raise MemberNotFound("The member does not exist.")
        return member

    async def list_members(self, session: AsyncSession, *, after: UUID | None, limit: int, q: str | None) -> MemberPage:
        """Return a page of members, newest first."""
        found: Sequence[Member] = await repository.list_members(session, after=after, limit=limit + 1, q=q)
        items = found[:limit]
        following = encode_cursor(items[-1].id) if len(found) > limit else None
        return MemberPage(items=[MemberView.model_validate(member) for member in items], next=following)

    async def change(
        self,
        session: AsyncSession,
        caller: ActiveMember,
        member_id: UUID,
        changes: Mapping[str, Any],
        preconditions: Preconditions,
    ) -> Change:
        """Set the fields in `changes`. A change that changes nothing leaves version and time as they are.

        Raises FieldRequiresAdmin, MemberNotFound, PreconditionFailed, ReauthenticationRequired, LastAdministrator,
        EmailTaken.
        """
        if not caller.is_admin and (named := sorted(ADMIN_ONLY_FIELDS & changes.keys())):
            raise FieldRequiresAdmin(f"Only an administrator can change {' and '.join(named)}.")
        member = await self._for_change(session, member_id, preconditions)
        new = {field: value for field, value in changes.items() if getattr(member, field) != value}
        if "email" in new and caller.id == member.id:
            self.require_fresh_log_in(caller)
        return await self._apply(session, member, new, by=caller.id)

    async def delete(
        self, session: AsyncSession, caller: ActiveMember, member_id: UUID, preconditions: Preconditions
    ) -> tuple[Event, ...]:
        """Delete a member for good; its address is free again. Raises as `change` does."""
        if caller.id == member_id:
            self.require_fresh_log_in(caller)
        member = await self._for_change(session, member_id, preconditions)
        await self._keep_an_administrator(session, member, roles=(), status=Status.SUSPENDED)
        await repository.remove(session, member_id)
        event = await self._publish(session, Topic.MEMBER_DELETED, member_id, member.session_epoch + 1)
        log.info("member_deleted", member_id=str(member_id), by=str(caller.id))
        return (event,)

    async def make_administrator(self, session: AsyncSession, member: Member) -> Change:
        """Give `member` the role admin and activate it; for `member create-admin`."""
        wanted = {"roles": sorted({*member.roles, ADMIN}), "status": Status.ACTIVE}
        new = {field: value for field, value in wanted.items() if getattr(member, field) != value}
        return await self._apply(session, member, new, by=None)

    async def reset_password(self, session: AsyncSession, member: Member, registration: Registration) -> None:
        """Replace the password and end the member's sessions; for the operator's command."""
        member.password_hash = await self.password_hash(registration)
        await self.end_sessions(session, member, Topic.MEMBER_PASSWORD_RESET)
        log.info("password_reset", member_id=str(member.id))

    async def replace_password(self, session: AsyncSession, replacement: PasswordReplacement, keep: str) -> Change:
        """Set the new password and end every session of the member except `keep`. Raises CurrentPasswordWrong.

        The version stays: nothing that a client sees of the member changes.
        """
        member = await repository.get_for_change(session, replacement.member_id)
        if member is None or member.password_hash != replacement.old_hash:
            # Deleted, or changed by another request meanwhile: what was presented is the current password no more.
            raise CurrentPasswordWrong
        member.password_hash = replacement.new_hash
        await confirmations.revoke(session, member.id, Purpose.RESET_PASSWORD)
        change = await self.end_sessions(session, member, Topic.MEMBER_PASSWORD_CHANGED, keep)
        await self._mails.notify(session, Kind.PASSWORD_CHANGED, member)
        log.info("password_changed", member_id=str(member.id))
        return change

    async def end_sessions(
        self, session: AsyncSession, member: Member, topic: Topic, keep: str | None = None
    ) -> Change:
        """End every session of a member that is locked, but `keep`; a log-in that has begun makes none any more."""
        member.session_epoch += 1
        await repository.save(session, member)
        kept = {"keep_session": keep} if keep else {}
        return Change(member, (await self._publish(session, topic, member.id, member.session_epoch, **kept),))

    def require_fresh_log_in(self, caller: ActiveMember) -> None:
        """Raise ReauthenticationRequired unless the caller logged in recently."""
        if self._now() - caller.auth_time > self._reauthentication_seconds:
            raise ReauthenticationRequired(self._reauthentication_seconds)

    async def recover_password(self, session: AsyncSession, member: Member, password_hash: str) -> Change:
        """Set a password without the current one, and end the member's sessions; for a locked row of a proven owner."""
        member.password_hash = password_hash
        change = await self.end_sessions(session, member, Topic.MEMBER_PASSWORD_RESET)
        await self._mails.notify(session, Kind.PASSWORD_CHANGED, member)
        log.info("password_recovered", member_id=str(member.id))
        return change

    async def _for_change(self, session: AsyncSession, member_id: UUID, preconditions: Preconditions) -> Member:
        member = await repository.require_for_change(session, member_id)
        preconditions.check_change(member.version)
        return member

    async def _apply(self, session: AsyncSession, member: Member, new: Mapping[str, Any], by: UUID | None) -> Change:
        if not new:
            return Change(member)
        await self._keep_an_administrator(
            session, member, roles=new.get("roles", member.roles), status=new.get("status", member.status)
        )
        if "email" in new:
            await repository.require_free_email(session, new["email"])
        former_email = member.email
        if "email" in new:
            member.email_verified_at = None
        for field, value in new.items():
            setattr(member, field, value)
        member.version += 1
        # The statement's time, not the transaction's: a later change never looks older.
        member.updated_at = func.clock_timestamp()
        topics = []
        if new.get("status") == Status.SUSPENDED:
            topics.append(Topic.MEMBER_SUSPENDED)
        if "roles" in new:
            topics.append(Topic.MEMBER_ROLES_CHANGED)
        if topics:
            member.session_epoch += 1
        await repository.save(session, member)
        if "email" in new:
            # To the address that the account had: its owner must learn of a change by someone else (ASVS 6.3.7).
            await self._mails.add(session, Kind.EMAIL_CHANGED, former_email, member.locale, member.id)
            await self._mails.notify(session, Kind.VERIFY_EMAIL, member)
        events = [await self._publish(session, topic, member.id, member.session_epoch) for topic in topics]
        log.info("member_changed", member_id=str(member.id), by=str(by), fields=sorted(new), topics=topics)
        return Change(member, tuple(events))

    async def _publish(self, session: AsyncSession, topic: Topic, member_id: UUID, epoch: int, **more: str) -> Event:
        payload = {"member_id": str(member_id), "session_epoch": epoch, **more}
        return await self._publisher.publish(session, topic, payload)

    async def _keep_an_administrator(
        self, session: AsyncSession, member: Member, *, roles: Iterable[str], status: str
    ) -> None:
        counts_now = member.is_admin and member.is_active
        counts_then = ADMIN in roles and status == Status.ACTIVE
        if not counts_now or counts_then:
            return
        if not await repository.another_administrator_remains(session, member.id):
            raise LastAdministrator("This is the last active administrator.")
