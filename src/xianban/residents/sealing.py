"""Sealing bytes under a key: authenticated encryption by a provider that can be exchanged.

A sealed blob begins with the length and name of its algorithm, so that old blobs open after a
city has chosen another. What is sealed is bound to a place (`about`): moved elsewhere, it does
not open.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from hmac import digest

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from xianban.base.errors import BrokenPromise, Unavailable
from xianban.base.home import secret

MASTER = "master"
NONCE = 12
TAG = 16


@dataclass(frozen=True)
class Provider:
    """One way to seal: `seal` and `open` take key, nonce, content and what it is bound to."""

    name: str
    key_bytes: int
    seal: Callable[[bytes, bytes, bytes, bytes], bytes]
    open: Callable[[bytes, bytes, bytes, bytes], bytes]


def _aes_seal(key: bytes, nonce: bytes, content: bytes, about: bytes) -> bytes:
    return AESGCM(key).encrypt(nonce, content, about)


def _aes_open(key: bytes, nonce: bytes, sealed: bytes, about: bytes) -> bytes:
    return AESGCM(key).decrypt(nonce, sealed, about)


def _sm4_seal(key: bytes, nonce: bytes, content: bytes, about: bytes) -> bytes:
    cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(about)
    return cipher.update(content) + cipher.finalize() + cipher.tag


def _sm4_open(key: bytes, nonce: bytes, sealed: bytes, about: bytes) -> bytes:
    cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-TAG:])).decryptor()
    cipher.authenticate_additional_data(about)
    return cipher.update(sealed[:-TAG]) + cipher.finalize()


PROVIDERS = {
    provider.name: provider
    for provider in (
        Provider("aes-256-gcm", 32, _aes_seal, _aes_open),
        Provider("sm4-gcm", 16, _sm4_seal, _sm4_open),
    )
}


def register(provider: Provider) -> None:
    """Add a way to seal, such as a city's own cryptographic machine."""
    PROVIDERS[provider.name] = provider


@cache
def chosen() -> Provider:
    """The provider for new seals: XIANBAN_CIPHER, or aes-256-gcm."""
    provider = named(os.environ.get("XIANBAN_CIPHER") or "aes-256-gcm")
    try:
        provider.seal(bytes(provider.key_bytes), bytes(NONCE), b"", b"")
    except UnsupportedAlgorithm as reason:
        raise Unavailable(f"the cryptography library here cannot do {provider.name}") from reason
    return provider


def named(name: str) -> Provider:
    """The provider of this name; Unavailable where there is none here."""
    if name not in PROVIDERS:
        raise Unavailable(f"no provider seals with “{name}”; there are {', '.join(PROVIDERS)}")
    return PROVIDERS[name]


@cache
def master_key(key_id: str, algorithm: str) -> bytes:
    """The home's master key, as long as the algorithm needs, and another one for each."""
    derived = digest(secret(key_id), f"seal {algorithm}".encode(), sha256)
    return derived[: named(algorithm).key_bytes]


def fresh_key() -> bytes:
    """A random key for the chosen provider."""
    return os.urandom(chosen().key_bytes)


def seal(content: bytes, *, key: bytes, about: bytes) -> bytes:
    """`content` sealed under `key` by the chosen provider, bound to `about`."""
    provider = chosen()
    nonce = os.urandom(NONCE)
    return _head(provider.name) + nonce + provider.seal(key, nonce, content, about)


def unseal(blob: bytes, *, key: bytes, about: bytes) -> bytes:
    """What was sealed; BrokenPromise where key, place or content are not what they were."""
    provider, start = _read_head(blob)
    return _opened(provider, key, blob[start:], about)


def wrap(key: bytes, *, key_id: str, about: bytes) -> bytes:
    """A key sealed under the home's master key."""
    return seal(key, key=master_key(key_id, chosen().name), about=about)


def unwrap(blob: bytes, *, key_id: str, about: bytes) -> bytes:
    """The key that `wrap` sealed."""
    provider, start = _read_head(blob)
    return _opened(provider, master_key(key_id, provider.name), blob[start:], about)


def seal_for_home(text: str, *, about: str) -> bytes:
    """A few words sealed under the home's master key, for what belongs to no resident."""
    return wrap(text.encode(), key_id=MASTER, about=about.encode())


def open_for_home(blob: bytes, *, about: str) -> str:
    """What `seal_for_home` sealed."""
    return unwrap(blob, key_id=MASTER, about=about.encode()).decode()


def contact_hash(kind: str, value: str) -> bytes:
    """What equal addresses share, and what nobody without the home's secret can guess back."""
    return digest(secret("contact"), f"{kind}:{value}".encode(), sha256)[:16]


@cache
def _head(name: str) -> bytes:
    return bytes([len(name)]) + name.encode()


def _read_head(blob: bytes) -> tuple[Provider, int]:
    end = 1 + blob[0]
    return named(blob[1:end].decode("ascii", "replace")), end


def _opened(provider: Provider, key: bytes, rest: bytes, about: bytes) -> bytes:
    try:
        return provider.open(key, rest[:NONCE], rest[NONCE:], about)
    except (InvalidTag, ValueError) as reason:
        raise BrokenPromise(
            f"what is sealed for {about.decode()} does not open: it was changed or moved, or "
            "keys/ is not the folder that belongs to this database"
        ) from reason
