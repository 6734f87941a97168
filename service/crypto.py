"""Encryption of personal data at rest, and blind indexes to find it again (invariant 9).

Values are sealed with AES-256-GCM under a named key; the tenant and the field are bound in as associated data, so that a
sealed value copied into another row's field or another tenant does not open. Keys rotate: the first key of the ring seals,
every key of the ring opens. A blind index is an HMAC-SHA-256 over the normalised value, tenant and field.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_KEY_BYTES = 32


class SealError(ValueError):
    """A sealed value does not open: unknown key, wrong tenant or field, or changed bytes."""


def decode_key(text: str) -> bytes:
    """Return the 32 bytes of a base64 key; refuses every other length."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a key is base64 of 32 random bytes") from None
    if len(key) != _KEY_BYTES:
        raise ValueError(f"a key has 32 bytes, this one has {len(key)}")
    return key


@dataclass(frozen=True)
class Keyring:
    """The keys by id, newest first, and the key of the blind indexes."""

    keys: Mapping[str, bytes]
    index_key: bytes

    @classmethod
    def parse(cls, data_keys: str, index_key: str) -> Keyring:
        """Read `id:base64,id:base64` (newest first) and the index key; raises ValueError with the remedy."""
        keys: dict[str, bytes] = {}
        for part in data_keys.split(","):
            key_id, colon, text = part.strip().partition(":")
            if not colon or not key_id or len(key_id.encode()) > 255:
                raise ValueError("VERDICT_DATA_KEYS is id:base64 with a comma between keys")
            keys[key_id] = decode_key(text)
        return cls(keys, decode_key(index_key))

    @cached_property
    def _ciphers(self) -> dict[str, AESGCM]:
        return {key_id: AESGCM(key) for key_id, key in self.keys.items()}

    @property
    def current(self) -> str:
        """The id of the key that seals."""
        return next(iter(self.keys))

    def seal(self, plain: bytes, *, tenant: str, field: str) -> bytes:
        """Return `length of key id, key id, nonce, ciphertext and tag`; opens only with the same tenant and field."""
        key_id, nonce = self.current, os.urandom(_NONCE)
        name = key_id.encode()
        return bytes([len(name)]) + name + nonce + self._ciphers[key_id].encrypt(nonce, plain, _bound(tenant, field))

    def open(self, sealed: bytes, *, tenant: str, field: str) -> bytes:
        """Return the plain bytes; raises `SealError` and never says what was inside."""
        key_id, body = _split(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SealError(f"sealed with key {key_id!r}, which is not in the ring")
        try:
            return cipher.decrypt(body[:_NONCE], body[_NONCE:], _bound(tenant, field))
        except InvalidTag:
            raise SealError(f"a sealed {field} does not open: it was changed or belongs elsewhere") from None

    def reseal(self, sealed: bytes, *, tenant: str, field: str) -> bytes | None:
        """Return the value sealed with the current key, or None where it already is (rotation)."""
        if _split(sealed)[0] == self.current:
            return None
        return self.seal(self.open(sealed, tenant=tenant, field=field), tenant=tenant, field=field)

    def blind_index(self, value: str, *, tenant: str, field: str) -> bytes:
        """Return 32 bytes equal for equal normalised values of one tenant's field, and of nothing else."""
        normal = "".join(value.split()).casefold()
        return hmac.new(self.index_key, _bound(tenant, field) + b"\x00" + normal.encode(), hashlib.sha256).digest()


def _bound(tenant: str, field: str) -> bytes:
    return f"verdict\x1f{tenant}\x1f{field}".encode()


def _split(sealed: bytes) -> tuple[str, bytes]:
    if not sealed or len(sealed) < 1 + sealed[0] + _NONCE + 16:
        raise SealError("a sealed value is cut short")
    size = sealed[0]
    return sealed[1 : 1 + size].decode(errors="replace"), sealed[1 + size :]
