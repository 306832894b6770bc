"""The mails on disk: a Maildir, so that they outlast a restart and any mail program can read them."""

from __future__ import annotations

import email
import email.policy
import mailbox
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

# Older ones are deleted.
MAX_MAILS = 500


@dataclass(frozen=True)
class ReceivedMail:
    """A mail, as the page and the JSON list show it."""

    id: str
    recipient: str
    sender: str
    subject: str
    date: str
    text: str
    html: str

    @classmethod
    def from_message(cls, key: str, message: EmailMessage) -> ReceivedMail:
        """Return what is shown of `message`."""
        return cls(
            id=key,
            recipient=str(message["To"] or ""),
            sender=str(message["From"] or ""),
            subject=str(message["Subject"] or ""),
            date=str(message["Date"] or ""),
            text=_part(message, "plain"),
            html=_part(message, "html"),
        )


class MailStore:
    """Mails in `folder`, newest first."""

    def __init__(self, folder: Path) -> None:
        # It fills only a folder that it makes itself.
        self._mails = mailbox.Maildir(folder, factory=None, create=True)

    def add(self, raw: bytes) -> None:
        """Keep a mail, and delete the oldest where there are too many."""
        self._mails.add(raw)
        for key in self._keys()[MAX_MAILS:]:
            self._mails.discard(key)

    def newest(self, recipient: str = "") -> list[ReceivedMail]:
        """Return all mails, or those to `recipient`."""
        mails = [self._read(key) for key in self._keys()]
        return [mail for mail in mails if mail is not None and (not recipient or recipient in mail.recipient)]

    def get(self, key: str) -> ReceivedMail | None:
        """Return one mail."""
        return self._read(key) if key in self._keys() else None

    def clear(self) -> None:
        """Delete every mail."""
        self._mails.clear()

    def _keys(self) -> list[str]:
        # A Maildir's names begin with the second, the microsecond and a counter of their delivery.
        return sorted(self._mails.keys(), key=_order, reverse=True)

    def _read(self, key: str) -> ReceivedMail | None:
        try:
            raw = self._mails.get_bytes(key)
        except KeyError:
            return None
        return ReceivedMail.from_message(key, email.message_from_bytes(raw, policy=email.policy.default))


def _order(key: str) -> tuple[int, int, str]:
    second, _, rest = key.partition(".")
    microsecond = rest.partition("P")[0].removeprefix("M")
    numbers = [int(part) if part.isdecimal() else 0 for part in (second, microsecond)]
    return numbers[0], numbers[1], key


def _part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    return str(body.get_content()).replace("\r\n", "\n") if body else ""
