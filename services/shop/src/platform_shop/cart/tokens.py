"""The anonymous cart's token: its id and a signature, so that it cannot be forged."""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

from pydantic import SecretStr

# Keeps these signatures apart from any other use of the key.
_CONTEXT = b"shop cart v1:"


class CartTokens:
    """Makes and reads tokens."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key.get_secret_value().encode()

    def issue(self, cart_id: UUID) -> str:
        """Return the token of a cart."""
        return f"{cart_id.hex}.{self._signature(cart_id)}"

    def parse_cart_id(self, token: str) -> UUID | None:
        """Return the id of the cart in `token`, or None if its signature is invalid."""
        identity, _, signature = token.partition(".")
        try:
            cart_id = UUID(hex=identity)
        except ValueError:
            return None
        genuine = identity == cart_id.hex and hmac.compare_digest(
            signature.encode(errors="replace"), self._signature(cart_id).encode()
        )
        return cart_id if genuine else None

    def derive_cart_id(self, *of_what: str) -> UUID:
        """Return the id of a new cart, which is the same for the same input."""
        digest = hmac.new(self._key, digestmod=hashlib.sha256)
        for part in of_what:
            digest.update(len(part).to_bytes(4, "big") + part.encode())
        # RFC 9562, section 5.8: bits of our own choice; Python's own UUID knows version 8 from 3.14 on.
        bits = bytearray(digest.digest()[:16])
        bits[6] = 0x80 | bits[6] & 0x0F
        bits[8] = 0x80 | bits[8] & 0x3F
        return UUID(bytes=bytes(bits))

    def _signature(self, cart_id: UUID) -> str:
        digest = hmac.new(self._key, _CONTEXT + cart_id.bytes, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
