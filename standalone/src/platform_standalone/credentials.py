"""Secrets of one installation: generated once, stored in a file that only its owner can read."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path


def _secret() -> str:
    # 256 bits, in characters that need no quoting in a URL, a shell or a configuration file.
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Credentials:
    """Passwords and keys that the components authenticate one another with."""

    postgres_superuser: str = field(default_factory=_secret, repr=False)
    member_owner: str = field(default_factory=_secret, repr=False)
    member_app: str = field(default_factory=_secret, repr=False)
    valkey_gateway: str = field(default_factory=_secret, repr=False)
    valkey_auth: str = field(default_factory=_secret, repr=False)
    service_token_key: str = field(default_factory=_secret, repr=False)
    member_fingerprint_key: str = field(default_factory=_secret, repr=False)
    member_factor_key: str = field(default_factory=_secret, repr=False)
    shop_owner: str = field(default_factory=_secret, repr=False)
    shop_app: str = field(default_factory=_secret, repr=False)
    shop_fingerprint_key: str = field(default_factory=_secret, repr=False)
    shop_cart_key: str = field(default_factory=_secret, repr=False)
    shop_payment_webhook_secret: str = field(default_factory=_secret, repr=False)
    gateway_fingerprint: str = field(default_factory=_secret, repr=False)
    administrator: str = field(default_factory=lambda: secrets.token_urlsafe(15), repr=False)


def load_credentials(path: Path) -> Credentials:
    """Read the secrets from `path`; generate and save missing ones."""
    known = {field.name for field in fields(Credentials)}
    saved = json.loads(path.read_text()) if path.exists() else {}
    credentials = Credentials(**{name: value for name, value in saved.items() if name in known})
    if asdict(credentials) != saved:
        write_private(path, asdict(credentials) | saved)
    return credentials


def write_private(path: Path, document: dict[str, str]) -> None:
    """Write `document` as JSON to `path` in one step, readable by its owner alone (0600)."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(document, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
