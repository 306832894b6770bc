"""Rendering: a mail of the outbox becomes a message with a text and an HTML part, the same at every attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from uuid import UUID

import css_inline
import idna
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from platform_common.serving import StartupError
from platform_member.mail.kinds import Kind
from platform_member.mail_worker.catalogues import LANGUAGES, Language, language_of, load_catalogue

TEMPLATES = Path(__file__).with_name("templates")
# Long lines are folded, non-ASCII text is encoded, and a line break in a header raises ValueError.
_POLICY = SMTP.clone(max_line_length=78)


@dataclass(frozen=True)
class Brand:
    """What every mail says of the platform that sends it."""

    site_name: str
    public_url: str
    sender: str
    sender_name: str
    reply_to: str | None
    color: str
    footer: str

    @property
    def footer_lines(self) -> list[str]:
        """The footer's lines, such as the company's legal details."""
        return self.footer.splitlines()


class Renderer:
    """Makes messages. Raises StartupError at once when a template is missing or broken, in any language."""

    def __init__(self, brand: Brand, folder: Path = TEMPLATES) -> None:
        self._brand = brand
        self._message_id_domain = ascii_domain(brand.sender.rpartition("@")[2])
        self._inliner = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)
        self._environments = {language: _environment(language, brand, folder) for language in LANGUAGES}
        self._check()

    def render(self, kind: str, recipient: str, locale: str, content: Mapping[str, Any]) -> Rendered:
        """Return subject and parts of a mail of `kind`."""
        environment = self._environments[language_of(locale)]
        values = {"recipient": recipient, **content}
        html = environment.get_template(f"{kind}.html").render(values)
        return Rendered(
            # One line, whatever the template's own lines are; EmailMessage refuses any other line break.
            subject=environment.get_template(f"{kind}.subject.txt").render(values).strip(),
            text=environment.get_template(f"{kind}.txt").render(values).strip() + "\n",
            html=self._inliner.inline(html),
        )

    def message(
        self, mail_id: UUID, written_at: datetime, kind: str, recipient: str, locale: str, content: Mapping[str, Any]
    ) -> EmailMessage:
        """Return the message of a mail. Its Message-ID and Date are those of the mail, whenever it is sent."""
        rendered = self.render(kind, recipient, locale, content)
        message = EmailMessage(policy=_POLICY)
        message["From"] = Address(self._brand.sender_name, addr_spec=ascii_address(self._brand.sender))
        # Without a name: anyone who registers with someone else's address must not write into that person's mail.
        message["To"] = Address(addr_spec=ascii_address(recipient))
        if self._brand.reply_to:
            message["Reply-To"] = Address(addr_spec=ascii_address(self._brand.reply_to))
        message["Subject"] = rendered.subject
        message["Date"] = written_at
        message["Message-ID"] = f"<{mail_id}@{self._message_id_domain}>"
        # No out-of-office replies (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(rendered.text, charset="utf-8")
        message.add_alternative(rendered.html, subtype="html", charset="utf-8")
        # Setting content removes every header of the content before it.
        message["Content-Language"] = language_of(locale)
        return message

    def _check(self) -> None:
        """Render every mail once in every language."""
        for language in LANGUAGES:
            for kind in Kind:
                try:
                    rendered = self.render(kind, "ada@example.com", language, SAMPLES[kind])
                except Exception as error:
                    # A template can fail in any way.
                    name = getattr(error, "name", None) or kind
                    sentence = f"The mail template {name} is missing or broken ({language}): {error}"
                    raise StartupError(sentence) from error
                if not rendered.subject or "\n" in rendered.subject:
                    raise StartupError(f"The mail template {kind}.subject.txt must be one line ({language}).")


@dataclass(frozen=True)
class Rendered:
    """A mail's subject and parts."""

    subject: str
    text: str
    html: str


# What each kind's templates use, for the check at start.
SAMPLES: Mapping[Kind, Mapping[str, Any]] = {
    Kind.WELCOME: {},
    Kind.VERIFY_EMAIL: {"link": "https://shop.example/verify-email?token=sample", "code": "012345"},
    Kind.RESET_PASSWORD: {"link": "https://shop.example/reset-password?token=sample"},
    Kind.PASSWORD_CHANGED: {},
    Kind.EMAIL_CHANGED: {},
    Kind.PASSKEY_ADDED: {},
    Kind.PASSKEY_REMOVED: {},
    Kind.TWO_STEP_ENABLED: {},
    Kind.TWO_STEP_DISABLED: {},
    Kind.TWO_STEP_RESET: {},
    Kind.RECOVERY_CODES_REPLACED: {},
}


def ascii_address(address: str) -> str:
    """Return `address` with its domain in ASCII, which every mail server takes; local parts are ASCII already."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{ascii_domain(domain)}"


def ascii_domain(domain: str) -> str:
    """Return `domain` in its ASCII form, as DNS and SMTP use it."""
    return idna.encode(domain, uts46=True).decode()


def _environment(language: Language, brand: Brand, folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(load_catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(brand=brand, language=language)
    return environment
