"""A pack's YAML files in one container, and back; for carrying a folder as a file.

What comes from outside is held against the limits of a pack before anything is unpacked; names that lead out of the
folder, and entries that are no part of a pack, are refused.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Final

from engine.exchange.bounds import DAMAGED
from engine.exchange.content import README, is_pack_file
from engine.exchange.failure import ExchangeError, refused
from engine.pack.limits import MAX_FILE_BYTES, MAX_FILES, MAX_PACK_BYTES
from engine.pack.source import MAIN

_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the first that a container knows: the same pack is the same file


def to_zip(files: Mapping[str, str]) -> bytes:
    """The files of a pack as a container; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as container:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            container.writestr(entry, files[name].encode("utf-8"))
    return buffer.getvalue()


def from_zip(content: bytes) -> dict[str, bytes]:
    """The files in a container. Whether they load is for the loader to say.

    Raises:
        ExchangeError: for what is no such container, or is beyond a pack's limits.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as container:
            entries = [entry for entry in container.infolist() if not entry.is_dir()]
            if (
                len(entries) > MAX_FILES + 1
                or sum(entry.file_size for entry in entries) > MAX_PACK_BYTES + MAX_FILE_BYTES
            ):
                raise refused("the file", "the container is too large for a pack", "split the pack")
            found: dict[str, bytes] = {}
            for entry in entries:
                name = entry.filename
                if name in found or entry.flag_bits & 1 or not (name in (MAIN, README) or is_pack_file(name)):
                    raise refused(
                        name[:120], "no pack has such a file", "keep pack.yaml, tables/, cases/ and README.md"
                    )
                if entry.file_size > MAX_FILE_BYTES:
                    raise refused(name[:120], f"larger than {MAX_FILE_BYTES} bytes", "split it")
                found[name] = container.read(entry)
            return found
    except ExchangeError:
        raise
    except DAMAGED:
        raise refused("the file", "the container is damaged", "make it again") from None
