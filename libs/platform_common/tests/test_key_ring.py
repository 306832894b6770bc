from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_common.tokens.key_ring import load_key, new_key, public_key_of, thumbprint

PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


def test_a_private_and_a_public_file_are_the_same_key():
    private = load_key(new_key())
    public = public_key_of(private).public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    assert thumbprint(public_key_of(load_key(public))) == thumbprint(public_key_of(private))


@pytest.mark.parametrize(("pem", "words"), [
    (b"", "not an unencrypted PEM key"),
    (b"-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n", "not an unencrypted PEM key"),
    (Ed25519PrivateKey.generate().private_bytes(PEM, PKCS8, serialization.BestAvailableEncryption(b"hunter2")),
     "not an unencrypted PEM key"),
    (ec.generate_private_key(ec.SECP256R1()).private_bytes(PEM, PKCS8, serialization.NoEncryption()),
     "not an Ed25519 key"),
], ids=["nothing", "nonsense", "encrypted", "another kind"])  # fmt: skip
def test_any_other_file_is_refused_without_its_contents(pem, words):
    with pytest.raises(ValueError, match=words) as refused:
        load_key(pem)

    assert "hunter2" not in str(refused.value)
