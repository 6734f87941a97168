"""What a file may hold at most, looked at before it is worked on, and what unpacking raises of a damaged one.

Reading a foreign model takes work that grows faster than the model, so its names and rules are counted in the raw text
first. A container whose directory or parts are damaged makes the libraries raise errors of many kinds; they are named
here once.
"""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from typing import Final

from engine.exchange.failure import refused
from engine.pack.limits import MAX_NAMES, MAX_RULES

DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    IndexError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What reading a container raises; an `ExchangeError` is a ValueError too and is let through first."""

MAX_NAMED: Final = 3 * MAX_NAMES  # a name of a pack is an input or decision, and may have a type of its own beside
_COUNTED: Final = re.compile(
    rb"<(?:[\w.-]+:)?(?:(rule)|inputData|decision|decisionService|itemDefinition|itemComponent|businessKnowledgeModel"
    rb"|knowledgeSource)(?=[\s/>])"
)


def bound_model(content: bytes) -> None:
    """Refuse a model with more names or rules than any pack has.

    Raises:
        ExchangeError: with the limits.
    """
    named = rules = 0
    for found in _COUNTED.finditer(content.replace(b"\x00", b"")):  # the zeros are half of UTF-16
        rules += found.group(1) is not None
        named += found.group(1) is None
    if rules > MAX_RULES or named > MAX_NAMED:
        message = f"more than {MAX_RULES} rules, or more than {MAX_NAMED} inputs, types and decisions"
        raise refused("the file", message, "split the model")
