"""The ring of signing keys: its files, its turning, its reloading."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_auth.keys.files import RotationRefused, init_ring, rotate_ring
from platform_auth.keys.reloader import KeyRingReloader
from platform_auth.keys.ring import InvalidKeyRing, KeyState, load_ring
from platform_auth.main import main


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def states(ring):
    return [key.state for key in ring.keys]


def rotate(directory, now=None, **options):
    """Rotate without waiting for the next key to be known."""
    settings = {"published_for": 0, "retire_after": 900} | options
    return rotate_ring(directory, time.time() if now is None else now, **settings)


def kid_of(token):
    return jwt.get_unverified_header(token)["kid"]


class TestFiles:
    def test_a_new_ring_has_a_current_and_a_next_key(self, tmp_path):
        ring = init_ring(tmp_path / "deep" / "keys")

        assert states(ring) == [KeyState.CURRENT, KeyState.NEXT]
        for file in (tmp_path / "deep" / "keys").iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_making_it_again_changes_nothing(self, tmp_path):
        first = init_ring(tmp_path)

        assert init_ring(tmp_path).keys == first.keys

    def test_making_it_completes_what_was_interrupted(self, tmp_path):
        init_ring(tmp_path)
        (tmp_path / "current.pem").unlink()

        assert states(init_ring(tmp_path)) == [KeyState.CURRENT, KeyState.NEXT]

    def test_making_it_never_replaces_what_is_no_key(self, tmp_path):
        (tmp_path / "current.pem").write_text("my shopping list")

        with pytest.raises(InvalidKeyRing, match=r"current\.pem"):
            init_ring(tmp_path)
        assert (tmp_path / "current.pem").read_text() == "my shopping list"

    def test_rotating_lets_the_next_key_sign_and_keeps_the_one_before(self, ring):
        before = load_ring(ring)

        after = rotate(ring)

        assert states(after) == [KeyState.CURRENT, KeyState.NEXT, KeyState.RETIRED]
        assert after.signing_kid == before.keys[1].kid
        assert after.keys[2].kid == before.signing_kid

    def test_a_next_key_that_nobody_can_know_yet_does_not_sign(self, ring):
        before = load_ring(ring)

        with pytest.raises(RotationRefused):
            rotate(ring, published_for=600)
        assert load_ring(ring).keys == before.keys
        assert rotate(ring, now=time.time() + 601, published_for=600).signing_kid == before.keys[1].kid

    def test_without_a_next_key_one_is_published_first(self, ring):
        (ring / "next.pem").unlink()

        with pytest.raises(RotationRefused):
            rotate(ring)
        assert states(load_ring(ring)) == [KeyState.CURRENT, KeyState.NEXT]

    def test_a_retired_key_is_dropped_after_its_last_token(self, ring):
        now = time.time()
        first = load_ring(ring).signing_kid
        rotate(ring, now)
        assert first in rotate(ring, now + 800).public
        assert first not in rotate(ring, now + 1000).public

    def test_a_rotation_killed_anywhere_leaves_a_whole_ring(self, ring):
        before = load_ring(ring)
        os.link(ring / "current.pem", ring / "retired-1.pem")
        assert load_ring(ring).keys == before.keys
        (ring / "next.pem").replace(ring / "current.pem")
        ring_without_next = load_ring(ring)
        assert ring_without_next.signing_kid == before.keys[1].kid
        assert before.signing_kid in ring_without_next.public

    @pytest.mark.parametrize("state", ["current.pem", "next.pem", "retired-1.pem"])
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"nonsense",
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            pem(generate_private_key(SECP256R1())),
            Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(b"x"),
            ),
        ],
        ids=["empty", "nonsense", "cut", "another kind", "encrypted"],
    )
    def test_a_broken_file_breaks_the_ring_and_is_named(self, ring, state, content):
        (ring / state).write_bytes(content)

        with pytest.raises(InvalidKeyRing, match=state):
            load_ring(ring)

    def test_a_retired_key_may_be_public_alone_and_the_current_one_not(self, ring):
        public = load_ring(ring).keys[0].public
        text = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        rotate(ring)
        (retired,) = ring.glob("retired-*.pem")
        retired.write_bytes(text)
        assert len(load_ring(ring).keys) == 3

        (ring / "current.pem").write_bytes(text)
        with pytest.raises(InvalidKeyRing, match=r"current\.pem"):
            load_ring(ring)


class TestPublished:
    async def test_every_key_of_the_ring_is_published_and_no_private_part(self, client, ring, auth):
        rotate(ring)
        auth.key_ring.reload_if_changed()

        response = await client.http.get("/.well-known/jwks.json")

        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "public, max-age=300"
        keys = response.json()["keys"]
        assert [key["kid"] for key in keys] == [key.kid for key in load_ring(ring).keys]
        for key in keys:
            assert key.keys() == {"kty", "crv", "x", "kid", "alg", "use"}
            assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")

    async def test_it_supports_head(self, client):
        response = await client.http.head("/.well-known/jwks.json")

        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["Cache-Control"] == "public, max-age=300"


class TestReloading:
    async def test_after_a_rotation_new_tokens_have_the_new_key_and_old_ones_still_pass(self, client, auth, ring):
        old = (await client.tokens())["access_token"]
        rotate(ring)
        auth.key_ring.reload_if_changed()

        new = (await client.tokens())["access_token"]

        assert kid_of(new) == load_ring(ring).signing_kid != kid_of(old)
        assert (await client.verify(old)).status_code == 200
        assert (await client.verify(new)).status_code == 200

    async def test_a_token_of_a_key_that_was_removed_is_refused_although_it_was_seen(self, client, auth, ring):
        token = (await client.tokens())["access_token"]
        assert (await client.verify(token)).status_code == 200
        rotate(ring)
        auth.key_ring.reload_if_changed()
        assert (await client.verify(token)).status_code == 200

        for retired in ring.glob("retired-*.pem"):
            retired.unlink()
        auth.key_ring.reload_if_changed()

        assert len(auth.cache) == 0
        assert (await client.verify(token)).status_code == 401
        assert (await client.get("/auth/sessions", token)).status_code == 401

    async def test_a_token_signed_by_another_replica_with_a_key_not_read_yet_passes(
        self, make_auth, client_of, ring, clock
    ):
        """Its kid is unknown here until the files are looked at, which the token itself brings about."""
        behind = make_auth()
        behind.key_ring._monotonic = clock
        behind.key_ring._looked_at = clock()
        rotate(ring)
        rotate(ring)
        token = (await client_of(make_auth()).tokens())["access_token"]

        assert (await client_of(behind).verify(token)).status_code == 401
        clock.advance(1)
        assert (await client_of(behind).verify(token)).status_code == 200

    async def test_unknown_keys_make_us_look_once_a_second_at_most(self, ring, clock, monkeypatch):
        key_ring = KeyRingReloader(ring, monotonic=clock)
        looks = []
        monkeypatch.setattr(
            "platform_auth.keys.reloader.directory_signature", lambda _directory: looks.append(clock()) or ("same",)
        )
        key_ring._seen = ("same",)

        for _ in range(20):
            clock.advance(0.25)
            assert not key_ring.knows("unknown")

        assert len(looks) == 5

    async def test_a_broken_ring_leaves_the_old_one_in_use(self, client, auth, ring, logs):
        good = (ring / "current.pem").read_bytes()
        (ring / "current.pem").write_bytes(b"half a fi")
        auth.key_ring.reload_if_changed()

        token = (await client.tokens())["access_token"]

        assert (await client.verify(token)).status_code == 200
        assert len((await client.http.get("/.well-known/jwks.json")).json()["keys"]) == 2
        (event,) = [entry for entry in logs if entry["event"] == "key_ring_broken"]
        assert "half a fi" not in json.dumps(event)
        (ring / "current.pem").write_bytes(good)
        auth.key_ring.reload_if_changed()
        assert (await client.verify(token)).status_code == 200

    async def test_a_ring_that_vanished_leaves_the_old_one_in_use(self, client, auth, ring):
        ring.rename(ring.with_name("elsewhere"))
        auth.key_ring.reload_if_changed()

        assert (await client.verify((await client.tokens())["access_token"])).status_code == 200

    async def test_the_files_are_watched(self, auth, ring):
        before = auth.key_ring.ring
        async with auth.key_ring.watching(every=0.01):
            rotate(ring)
            deadline = time.monotonic() + 10
            while auth.key_ring.ring is before:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.01)

        assert auth.key_ring.ring.signing_kid == before.keys[1].kid

    def test_a_mounted_secret_is_read_as_of_one_version(self, tmp_path):
        """As the kubelet does it: files are links into `..data`, a link that is swapped at once."""
        versions = [tmp_path / "..v1", tmp_path / "..v2"]
        for version in versions:
            init_ring(version)
        data = tmp_path / "..data"
        data.symlink_to("..v1")
        for name in ("current.pem", "next.pem"):
            (tmp_path / name).symlink_to(f"..data/{name}")
        key_ring = KeyRingReloader(tmp_path)
        assert key_ring.ring.keys == load_ring(versions[0]).keys

        (tmp_path / "..data_tmp").symlink_to("..v2")
        (tmp_path / "..data_tmp").replace(data)
        key_ring.reload_if_changed()

        assert key_ring.ring.keys == load_ring(versions[1]).keys


class TestCommand:
    @pytest.fixture(autouse=True)
    def command(self, monkeypatch, capsys):
        """Return a function that runs `auth keys …` here, and says how it ended and what it wrote."""
        monkeypatch.delenv("AUTH_KEY_RING_DIR", raising=False)

        def run(*arguments):
            monkeypatch.setattr("sys.argv", ["auth", "keys", *arguments])
            try:
                main()
                code: object = 0
            except SystemExit as ended:
                code = ended.code
            return code, *capsys.readouterr()

        return run

    def test_init_and_list_show_the_ring(self, command, tmp_path, monkeypatch):
        made = command("init", "--dir", str(tmp_path / "keys"))
        again = command("init", "--dir", str(tmp_path / "keys"))
        monkeypatch.setenv("AUTH_KEY_RING_DIR", str(tmp_path / "keys"))
        listed = command("list")

        assert made == again == listed
        code, out, err = listed
        assert (code, err) == (0, "")
        assert out.splitlines()[0].split() == ["current", load_ring(tmp_path / "keys").signing_kid, "current.pem"]

    def test_rotate_refuses_while_the_next_key_is_new(self, command, ring):
        code, _out, err = command("rotate", "--dir", str(ring))

        assert code == 1
        assert err.count("\n") == 1
        assert "next.pem" in err

    def test_rotate_turns_the_ring(self, command, ring):
        os.utime(ring / "next.pem", (1, 1))

        code, out, _err = command("rotate", "--dir", str(ring))

        assert (code, out.count("\n")) == (0, 3)

    @pytest.mark.parametrize("name", ["init", "list", "rotate"])
    def test_a_directory_must_be_named(self, command, name):
        code, _out, err = command(name)

        assert code == 2
        assert "AUTH_KEY_RING_DIR" in err

    @pytest.mark.parametrize("name", ["init", "list", "rotate"])
    def test_what_is_no_ring_is_reported_in_one_sentence(self, command, tmp_path, name):
        (tmp_path / "current.pem").write_text("secret nonsense")

        code, _out, err = command(name, "--dir", str(tmp_path))

        assert code == 2
        assert err.count("\n") == 1
        assert "current.pem" in err
        assert "secret nonsense" not in err
