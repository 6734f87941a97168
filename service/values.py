"""Values at rest: signals, declarations and evidence as JSON bytes that come back as what they were.

Dates, times, durations and decimals keep their type under a one-key object (`{"$date": "1990-08-15"}`); everything else
is plain JSON. Refuses what JSON has no word for, NaN and infinity included.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from service.crypto import Keyring

_DECODERS: Final[Mapping[str, Callable[[Any], object]]] = {
    "$date": date.fromisoformat,
    "$time": datetime.fromisoformat,
    "$decimal": Decimal,
    "$seconds": lambda seconds: timedelta(seconds=seconds),
}


def encode(value: object) -> bytes:
    """Return canonical JSON; raises TypeError or ValueError for what cannot be kept."""
    return json.dumps(
        _plain(value), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    ).encode()


def decode(body: bytes) -> Any:
    """Return what `encode` was given (tuples come back as lists)."""
    return json.loads(body, object_hook=_restore)


def seal(keys: Keyring, value: object, *, tenant: str, field: str) -> bytes:
    """Encode and seal; `field` is `table.column`."""
    return keys.seal(encode(value), tenant=tenant, field=field)


def unseal(keys: Keyring, sealed: bytes, *, tenant: str, field: str) -> Any:
    """Open and decode; raises `SealError` where it was sealed for another tenant or field."""
    return decode(keys.open(sealed, tenant=tenant, field=field))


def jsonable(value: object) -> Any:
    """The value for an answer: dates as ISO texts, decimals as numbers where a float holds them, else as texts."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        exact = int(value) if value == value.to_integral_value() else float(value)
        return exact if Decimal(str(exact)) == value else str(value)
    return value.total_seconds() if isinstance(value, timedelta) else value


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        if any(not isinstance(key, str) for key in value):
            raise ValueError("a kept object has text keys")
        # A provider's own keys may begin with the mark; doubling it keeps them apart from ours.
        return {f"${key}" if key.startswith("$") else key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return _marked(value)


def _marked(value: object) -> dict[str, object]:
    if isinstance(value, datetime):  # before date, which it is too
        return {"$time": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, timedelta):
        return {"$seconds": value.total_seconds()}
    raise TypeError(f"a {type(value).__name__} cannot be kept")


def _restore(found: dict[str, Any]) -> object:
    if len(found) == 1:
        (mark, body), *_ = found.items()
        decoder = _DECODERS.get(mark)
        if decoder is not None:
            return decoder(body)
    return {key.removeprefix("$"): item for key, item in found.items()}
