"""Packs of patterns over two lists of facts, and what they answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from engine.pack import Pack, parse_pack
from tests.engine.patterns.sample import HEAD, TODAY

Build = Callable[..., Pack]


@pytest.fixture(scope="session")
def patterns() -> Build:
    """Compile a pack of patterns, each the inside of a YAML mapping."""

    def make(*texts: str) -> Pack:
        return parse_pack({"pack.yaml": HEAD + "".join(f"  - {{{text}}}\n" for text in texts)})

    return make


@pytest.fixture(scope="session")
def answers() -> Callable[..., dict[str, Any]]:
    """What became of each pattern: True, False or None."""

    def ask(pack: Pack, as_of: date = TODAY, **signals: Any) -> dict[str, Any]:
        named = {
            {"a": "facts.a", "b": "facts.b"}.get(name, name.replace("_", ".")): value for name, value in signals.items()
        }
        run = pack.decide(named, as_of).run
        return dict(zip([one.id for one in pack.source.patterns], run.patterns, strict=True))

    return ask
