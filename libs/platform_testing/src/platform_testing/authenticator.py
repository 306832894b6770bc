"""An authenticator and its browser in software: makes passkeys and signs challenges, right or with one thing wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

_USER_PRESENT, _USER_VERIFIED, _BACKUP_ELIGIBLE, _BACKED_UP, _ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def encode(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return what `encode` was given."""
    return base64.urlsafe_b64decode(text + "==")


@dataclass(frozen=True)
class Passkey:
    """A discoverable credential."""

    id: bytes
    key: EllipticCurvePrivateKey
    user_handle: bytes


@dataclass
class Authenticator:
    """Holds passkeys. `synced`: a password manager that copies them, which reports no counter."""

    origin: str
    synced: bool = False
    passkeys: list[Passkey] = field(default_factory=list)
    counter: int = 0

    def create(self, options: Mapping[str, Any], **wrong: Any) -> dict[str, Any]:
        """Return a new credential for `publicKey` of `navigator.credentials.create`. For `wrong` see `_client_data`."""
        key = generate_private_key(SECP256R1())
        passkey = Passkey(secrets.token_bytes(32), key, decode(options["user"]["id"]))
        point = key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        data = self._authenticator_data(options["rp"]["id"], _ATTESTED, wrong)
        data += bytes(16) + len(passkey.id).to_bytes(2, "big") + passkey.id + cbor2.dumps(cose)
        client_data = self._client_data("webauthn.create", options, wrong)
        self.passkeys.append(passkey)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": encode(client_data),
            "attestationObject": encode(attestation),
            "transports": ["internal"],
        }
        return _credential(passkey, response)

    def get(self, options: Mapping[str, Any], **wrong: Any) -> dict[str, Any]:
        """Return an assertion by the latest passkey for `publicKey` of `navigator.credentials.get`."""
        passkey = self.passkeys[-1]
        data = self._authenticator_data(options["rpId"], 0, wrong)
        client_data = self._client_data("webauthn.get", options, wrong)
        signature = passkey.key.sign(data + hashlib.sha256(client_data).digest(), ECDSA(SHA256()))
        response = {
            "clientDataJSON": encode(client_data),
            "authenticatorData": encode(data),
            "signature": encode(signature),
            "userHandle": encode(passkey.user_handle),
        }
        return _credential(passkey, response)

    def _authenticator_data(self, rp_id: str, flags: int, wrong: Mapping[str, Any]) -> bytes:
        self.counter += 0 if self.synced else 1
        flags |= _USER_PRESENT | (_USER_VERIFIED if wrong.get("verified", True) else 0)
        flags |= _BACKUP_ELIGIBLE | _BACKED_UP if wrong.get("synced", self.synced) else 0
        counter: int = wrong.get("counter", self.counter)
        return hashlib.sha256(wrong.get("rp_id", rp_id).encode()).digest() + bytes([flags]) + counter.to_bytes(4, "big")

    def _client_data(self, kind: str, options: Mapping[str, Any], wrong: Mapping[str, Any]) -> bytes:
        return json.dumps(
            {
                "type": wrong.get("kind", kind),
                "challenge": wrong.get("challenge", options["challenge"]),
                "origin": wrong.get("origin", self.origin),
                "crossOrigin": wrong.get("cross_origin", False),
            }
        ).encode()


def _credential(passkey: Passkey, response: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": encode(passkey.id),
        "rawId": encode(passkey.id),
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "clientExtensionResults": {},
        "response": response,
    }
