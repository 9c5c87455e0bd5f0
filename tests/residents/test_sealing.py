"""Sealed bytes: what opens, and what must not."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from xianban.base.errors import BrokenPromise, Unavailable
from xianban.residents import sealing
from xianban.residents.sealing import Provider, fresh_key, seal, unseal, unwrap, wrap


@pytest.fixture
def cipher(monkeypatch):
    """Choose another provider for a moment."""

    def choose(name):
        monkeypatch.setenv("XIANBAN_CIPHER", name)
        sealing.chosen.cache_clear()

    yield choose
    sealing.chosen.cache_clear()


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_what_was_sealed_opens(content, about):
    key = fresh_key()
    assert unseal(seal(content, key=key, about=about), key=key, about=about) == content


def test_two_seals_of_one_content_differ():
    key = fresh_key()
    assert seal(b"x", key=key, about=b"a") != seal(b"x", key=key, about=b"a")


@pytest.mark.parametrize("at", [13, 25, -1])
def test_a_changed_seal_does_not_open(at):
    key = fresh_key()
    blob = bytearray(seal(b"contact", key=key, about=b"a"))
    blob[at] ^= 1
    with pytest.raises(BrokenPromise):
        unseal(bytes(blob), key=key, about=b"a")


def test_a_seal_opens_in_its_place_and_with_its_key_only():
    key = fresh_key()
    blob = seal(b"contact", key=key, about=b"person:1:contact")
    with pytest.raises(BrokenPromise, match="person:2:contact does not open"):
        unseal(blob, key=key, about=b"person:2:contact")
    with pytest.raises(BrokenPromise):
        unseal(blob, key=fresh_key(), about=b"person:1:contact")


@pytest.mark.parametrize("name", ["aes-256-gcm", "sm4-gcm"])
def test_each_provider_and_its_name_in_the_seal(cipher, name):
    cipher(name)
    key = fresh_key()
    wrapped = wrap(key, key_id="master", about=b"k")
    blob = seal("张三".encode(), key=key, about=b"c")
    assert name.encode() in blob
    cipher("aes-256-gcm")  # the city chose another since
    assert unwrap(wrapped, key_id="master", about=b"k") == key
    assert unseal(blob, key=key, about=b"c") == "张三".encode()


def test_another_provider_can_be_added(cipher, monkeypatch):
    monkeypatch.setattr(sealing, "PROVIDERS", dict(sealing.PROVIDERS))
    sealing.register(
        Provider(
            "chacha",
            32,
            lambda key, nonce, content, about: ChaCha20Poly1305(key).encrypt(nonce, content, about),
            lambda key, nonce, sealed, about: ChaCha20Poly1305(key).decrypt(nonce, sealed, about),
        )
    )
    cipher("chacha")
    key = fresh_key()
    assert unseal(seal(b"x", key=key, about=b""), key=key, about=b"") == b"x"


def test_a_provider_that_is_not_there_is_named(cipher):
    cipher("rot13")
    with pytest.raises(Unavailable, match="rot13"):
        fresh_key()


def test_a_master_key_for_each_algorithm():
    assert (
        sealing.master_key("master", "sm4-gcm") != sealing.master_key("master", "aes-256-gcm")[:16]
    )
