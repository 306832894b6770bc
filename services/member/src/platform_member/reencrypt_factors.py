"""The operator's command after a change of MEMBER_FACTOR_KEYS: every secret under the first key."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import async_sessionmaker

from platform_common.serving import StartupError
from platform_database.engine import make_engine
from platform_database.start import wait_for_database
from platform_member.config import FactorSettings
from platform_member.factors import repository
from platform_member.factors.encryption import SecretEncryption, SecretUnreadable
from platform_member.schema import SCHEMA


async def reencrypt_factors(settings: FactorSettings) -> dict[str, object]:
    """Encrypt the secrets of all apps with the first key, and say how many. Raises StartupError and changes nothing."""
    await wait_for_database(settings, SCHEMA)
    engine = make_engine(settings)
    encryption = SecretEncryption(settings.factor_key_list)
    try:
        async with async_sessionmaker(engine).begin() as session:
            factors = await repository.lock_all_totp(session)
            for factor in factors:
                secret = encryption.decrypt(factor.member_id, factor.encrypted_secret)
                factor.encrypted_secret = encryption.encrypt(factor.member_id, secret)
        return {"reencrypted": len(factors)}
    except SecretUnreadable as unreadable:
        raise StartupError(f"Nothing was changed: a secret cannot be read, {unreadable}.") from None
    except SQLAlchemyError as error:
        raise StartupError(f"The database of MEMBER_DATABASE_URL failed ({type(error).__name__}).") from None
    finally:
        await engine.dispose()
