"""The services of a running member, created in one place."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx2
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from platform_common.internal_http import internal_client
from platform_common.tokens.access import AccessTokenVerifier
from platform_common.tokens.service import ServiceTokenIssuer, ServiceTokenVerifier
from platform_database.access_tokens import make_access_token_verifier
from platform_database.engine import make_engine
from platform_database.idempotency.store import IdempotencyStore
from platform_database.outbox.events import Consumer
from platform_database.outbox.service import Outbox
from platform_member.accounts.credential_check import CredentialVerifier
from platform_member.accounts.email_proofs import EmailProofs
from platform_member.accounts.password_change import PasswordChanges
from platform_member.accounts.service import Accounts
from platform_member.config import MemberSettings
from platform_member.confirmations.secrets import ConfirmationSecrets
from platform_member.credentials.hashing import PasswordHasher
from platform_member.factors.encryption import SecretEncryption
from platform_member.factors.service import Factors
from platform_member.factors.verification import FactorVerifier
from platform_member.mail.queue import MailQueue
from platform_member.outbox.auth_sessions import AuthSessions
from platform_member.outbox.shop_erasure import ShopErasure
from platform_member.outbox.topics import publisher
from platform_member.passkeys.relying_party import RelyingParty
from platform_member.passkeys.service import Passkeys

SERVICE = "member"
# Services that may call /internal; each endpoint restricts them further.
INTERNAL_CALLERS = frozenset({"auth", "shop", "web"})


@dataclass(frozen=True)
class Services:
    """The services; endpoints reach them through `platform_member.api.dependencies`."""

    settings: MemberSettings
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    accounts: Accounts
    credentials: CredentialVerifier
    password_changes: PasswordChanges
    email_proofs: EmailProofs
    factors: Factors
    factor_verifier: FactorVerifier
    passkeys: Passkeys
    idempotency: IdempotencyStore
    outbox: Outbox
    access_tokens: AccessTokenVerifier
    service_tokens: ServiceTokenVerifier


@asynccontextmanager
async def lifespan_services(
    settings: MemberSettings, transport: httpx2.AsyncBaseTransport | None = None, now: Callable[[], float] = time.time
) -> AsyncIterator[Services]:
    """Create the services, and close them at the end. Tests give `transport` (the other services) and `now`."""
    async with AsyncExitStack() as stack:
        engine = make_engine(settings)
        stack.push_async_callback(engine.dispose)
        hasher = PasswordHasher(settings)
        stack.callback(hasher.close)
        key = settings.service_token_key.get_secret_value()
        issuer = ServiceTokenIssuer(SERVICE, key)
        auth = internal_client(settings.auth_url, "auth", issuer, transport=transport)
        consumers: list[Consumer] = [AuthSessions(await stack.enter_async_context(auth))]
        if settings.shop_url is not None:
            shop = internal_client(settings.shop_url, "shop", issuer, transport=transport)
            consumers.append(ShopErasure(await stack.enter_async_context(shop)))
        announcing = publisher([consumer.name for consumer in consumers])
        keys = await stack.enter_async_context(internal_client(settings.auth_url, transport=transport))
        sessions = async_sessionmaker(engine, expire_on_commit=False)
        product = settings.product_name
        mails = MailQueue(enabled=settings.mail_enabled)
        accounts = Accounts(hasher, announcing, mails, product, settings.reauthentication_max_age_seconds, now)
        secrets = ConfirmationSecrets(settings.fingerprint_key.get_secret_value())
        encryption = SecretEncryption(settings.factor_key_list)
        yield Services(
            settings=settings,
            engine=engine,
            sessions=sessions,
            accounts=accounts,
            credentials=CredentialVerifier(sessions, hasher),
            password_changes=PasswordChanges(sessions, hasher, product),
            email_proofs=EmailProofs(sessions, hasher, mails, secrets, accounts, product),
            factors=Factors(sessions, accounts, mails, hasher, encryption, product, now),
            factor_verifier=FactorVerifier(sessions, hasher, encryption, now),
            passkeys=Passkeys(sessions, accounts, mails, _relying_party(settings)),
            idempotency=IdempotencyStore(timedelta(seconds=settings.idempotency_retention_seconds)),
            outbox=Outbox(sessions, consumers, announcing),
            access_tokens=make_access_token_verifier(keys, settings),
            service_tokens=ServiceTokenVerifier(SERVICE, key, INTERNAL_CALLERS),
        )


def _relying_party(settings: MemberSettings) -> RelyingParty | None:
    names = settings.relying_party
    return RelyingParty(*names, settings.product_name) if names else None
