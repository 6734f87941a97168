"""The blob store: uploaded files and reports, sealed, under a key that is a keyed hash of their content.

Equal content of one tenant is stored once; nobody without the index key can tell whether a known file is in the store.
A file appears whole or not at all (written aside, synced, then renamed), and what is read is checked against its key, so
that a swapped or damaged file is an error and never a wrong picture.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path

from service.crypto import Keyring, SealError
from service.errors import NotFound, Unavailable
from service.keys import keyring
from service.settings import settings

_KEY = re.compile(r"[0-9a-f]{64}\Z")
_TENANT = re.compile(r"[a-z][a-z0-9_]{0,60}\Z")


class BlobStore:
    """A folder of sealed files; safe for threads and processes."""

    def __init__(self, folder: Path, keys: Keyring) -> None:
        """Use `folder`, which is made at the first write."""
        self._folder = folder
        self._keys = keys

    def key_of(self, tenant: str, content: bytes) -> str:
        """The key of a content for this tenant: 64 hexadecimal digits."""
        digest = hashlib.sha256(content).hexdigest()
        return self._keys.blind_index(digest, tenant=tenant, field="blob").hex()

    def put(self, tenant: str, content: bytes) -> str:
        """Store and return the key; the same content again is no second file. Raises Unavailable on a full disk."""
        key = self.key_of(tenant, content)
        path = self._path(tenant, key)
        if path.exists():
            return key
        sealed = self._keys.seal(content, tenant=tenant, field=f"blob:{key}")
        aside = path.with_name(f".{key}.{secrets.token_hex(8)}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except OSError as failure:
            aside.unlink(missing_ok=True)
            raise Unavailable(f"the blob store cannot be written (errno {failure.errno})") from None
        return key

    def get(self, tenant: str, key: str) -> bytes:
        """Return the content; NotFound where this tenant has no such blob, SealError where the file was changed."""
        try:
            sealed = self._path(tenant, key).read_bytes()
        except FileNotFoundError:
            raise NotFound("there is no such file") from None
        except OSError as failure:
            raise Unavailable(f"the blob store cannot be read (errno {failure.errno})") from None
        content = self._keys.open(sealed, tenant=tenant, field=f"blob:{key}")
        if self.key_of(tenant, content) != key:
            raise SealError("a stored file is not the one that its key names")
        return content

    def _path(self, tenant: str, key: str) -> Path:
        if not _KEY.match(key) or not _TENANT.match(tenant):
            raise NotFound("there is no such file")
        return self._folder / tenant / key[:2] / key


def blobs() -> BlobStore:
    """The store of the settings now in force."""
    return BlobStore(settings().data_dir / "blobs", keyring())
