"""The mail server: a connection for a batch of mails, and what its refusals mean for a mail."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib

from platform_member.config import SmtpSecurity

# A server that answers these refuses the connection, not the mail: it closes, or requires another log-in.
_CONNECTION_CODES = frozenset({421, 530, 534, 535, 538})


class MailServerUnavailable(Exception):
    """The server cannot be used now: no mail is the cause, and all wait."""


class MailDeferred(Exception):
    """This mail was not accepted this time, or it is unknown whether it was; it is tried again."""


class MailRejected(Exception):
    """The server will never accept this mail."""


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed in. `timeout_seconds` is for each step of the conversation."""

    host: str
    port: int
    security: SmtpSecurity
    username: str | None
    password: str | None
    timeout_seconds: float

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[SmtpConnection]:
        """Open a connection for the block. Raises MailServerUnavailable."""
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.security is SmtpSecurity.TLS,
            start_tls=self.security is SmtpSecurity.STARTTLS,
            username=self.username,
            password=self.password,
            timeout=self.timeout_seconds,
            tls_context=ssl.create_default_context() if self.security is not SmtpSecurity.NONE else None,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise MailServerUnavailable(_reason(error)) from error
        try:
            yield SmtpConnection(client)
        finally:
            await _quit(client)


class SmtpConnection:
    """Sends mails, one after another."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self._client = client

    @property
    def is_open(self) -> bool:
        """Whether another mail can be sent."""
        return self._client.is_connected

    async def send(self, message: EmailMessage) -> None:
        """Hand `message` in. Raises MailDeferred, MailRejected, MailServerUnavailable."""
        sender, recipient = message["From"].addresses[0].addr_spec, message["To"].addresses[0].addr_spec
        try:
            await self._client.sendmail(sender, [recipient], message.as_bytes())
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients[0]) from error
        except aiosmtplib.SMTPSenderRefused as error:
            # The same for every mail, so it is a matter of settings; dropping all of them would help no one.
            raise MailServerUnavailable(f"the sender is refused: {_reason(error)}") from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            raise MailDeferred(_reason(error)) from error


def _refusal(error: aiosmtplib.SMTPResponseException) -> Exception:
    if error.code in _CONNECTION_CODES:
        return MailServerUnavailable(_reason(error))
    return (MailRejected if 500 <= error.code < 600 else MailDeferred)(_reason(error))


def _reason(error: Exception) -> str:
    """Return a short text for the log: what went wrong, without an address that the server repeats."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.code}"
    return type(error.__cause__ or error).__name__


async def _quit(client: aiosmtplib.SMTP) -> None:
    try:
        if client.is_connected:
            await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        pass  # What was accepted stays accepted.
    finally:
        client.close()
