"""What a person reads once everything runs."""

from __future__ import annotations

import json

from platform_standalone.errors import PlatformError
from platform_standalone.state import StateFolder

_TEXT = """\
The platform is at {url}; in a browser it is the shop.

  administrator  {email}
  password       {password}
{mailbox}
Try it:

  TOKEN=$(curl -s {url}/auth/login -H 'Content-Type: application/json' -d '{login}' | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')
  curl -s -w '\\n' {url}/api/members/me -H "Authorization: Bearer $TOKEN"
  curl -si -w '\\n' -X PATCH {url}/api/members/{id} -H "Authorization: Bearer $TOKEN" -H 'X-Idempotency-Key: first-edit' -H 'Content-Type: application/merge-patch+json' -d '{edit}'

Send the last request again: the response is the same, with Idempotent-Replayed: true. More commands: make help"""  # noqa: E501 (lines to paste)


def administrator(state: StateFolder) -> dict[str, str]:
    """Return the first administrator: `id`, `email`, `password`. Raises PlatformError when there is none yet."""
    try:
        document: dict[str, str] = json.loads(state.administrator.read_text())
    except FileNotFoundError:
        raise PlatformError("There is no administrator yet. Run make up to create one.") from None
    return document


def welcome(state: StateFolder, url: str, mailbox_url: str | None) -> str:
    """Return where to go, the administrator's log-in, the mailbox, and three lines to paste into a shell."""
    admin = administrator(state)
    login = json.dumps({"email": admin["email"], "password": admin["password"]})
    edit = json.dumps({"display_name": "Ada Lovelace"})
    mailbox = f"  mails          {mailbox_url}\n" if mailbox_url else ""
    return _TEXT.format(url=url, mailbox=mailbox, login=login, edit=edit, **admin)
