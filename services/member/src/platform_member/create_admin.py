"""`member create-admin`: creates the first administrator, which the API cannot."""

from __future__ import annotations

import sys
from contextlib import closing

from pydantic import SecretStr, ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import async_sessionmaker

from platform_common.problems import Problem
from platform_common.serving import StartupError
from platform_common.settings import EXIT_SETTINGS, exit_with_error
from platform_database.engine import make_engine
from platform_database.start import wait_for_database
from platform_member.accounts import repository
from platform_member.accounts.models import ADMIN, DEFAULT_ROLES
from platform_member.accounts.schemas import Registration
from platform_member.accounts.service import Accounts
from platform_member.config import AdminSettings
from platform_member.credentials.hashing import PasswordHasher
from platform_member.factors.repository import remove_factors
from platform_member.mail.queue import MailQueue
from platform_member.outbox.topics import Topic, publisher
from platform_member.schema import SCHEMA


def read_admin(settings: AdminSettings, email: str | None, display_name: str) -> Registration:
    """Return the wanted administrator; the password is MEMBER_ADMIN_PASSWORD or the first line of standard input.

    Ends the process with a sentence when something is missing or not acceptable.
    """
    address = email or settings.admin_email
    if not address:
        exit_with_error("Give --email or set MEMBER_ADMIN_EMAIL.", EXIT_SETTINGS)
    password = settings.admin_password or _from_standard_input()
    if password is None:
        exit_with_error("Set MEMBER_ADMIN_PASSWORD or write the password to standard input.", EXIT_SETTINGS)
    try:
        return Registration(email=address, password=password, display_name=display_name)
    except ValidationError as error:
        faults = [f"{item['loc'][0]}: {item['msg'].removeprefix('Value error, ')}" for item in error.errors()]
        exit_with_error(f"The administrator cannot be created. {' '.join(faults)}", EXIT_SETTINGS)


async def create_admin(
    settings: AdminSettings, wanted: Registration, *, reset_password: bool, reset_factors: bool
) -> dict[str, object]:
    """Make `wanted` an active administrator, and return the result. Repeating it has no further effect.

    A member that has the address already keeps its name, its password unless `reset_password`, and its second factors
    unless `reset_factors`.
    What its sessions must learn is delivered by a running replica. Raises StartupError when the database fails.
    """
    await wait_for_database(settings, SCHEMA)
    engine = make_engine(settings)
    with closing(PasswordHasher(settings)) as hasher:
        sessions = async_sessionmaker(engine, expire_on_commit=False)
        # Nothing that this command does concerns anyone but auth, and the operator needs no notice of it.
        accounts = Accounts(hasher, publisher(["auth"]), MailQueue(enabled=False), settings.product_name)
        try:
            async with sessions.begin() as session:
                member = await repository.find_by_email(session, wanted.email)
                created = member is None
                if member is None:
                    member = await accounts.create(session, wanted, roles={*DEFAULT_ROLES, ADMIN})
                else:
                    await accounts.make_administrator(session, member)
                    if reset_password:
                        await accounts.reset_password(session, member, wanted)
                    if reset_factors and await remove_factors(session, member.id):
                        await accounts.end_sessions(session, member, Topic.MEMBER_FACTORS_RESET)
            return {"id": str(member.id), "email": member.email, "created": created}
        except Problem as problem:
            reasons = [error.detail for error in problem.errors] or [problem.detail or problem.code]
            raise StartupError(f"The administrator cannot be created. {' '.join(reasons)}") from None
        except SQLAlchemyError as error:
            raise StartupError(f"The database of MEMBER_DATABASE_URL failed ({type(error).__name__}).") from None
        finally:
            await engine.dispose()


def _from_standard_input() -> SecretStr | None:
    if sys.stdin.isatty():
        return None
    line = sys.stdin.readline().rstrip("\r\n")
    return SecretStr(line) if line else None
