"""Coverage-guided fuzzing of the FEEL parser and the pack loader with atheris (libFuzzer).

    python tests/engine/hostile/fuzz_engine.py feel -runs=100000 [CORPUS_DIR]
    python tests/engine/hostile/fuzz_engine.py pack -max_total_time=600 [CORPUS_DIR]

An input that ends in anything but a value or the engine's own error is written to `crash-*` with its trace. Whatever
loads is also decided, without signals and with some: a decision may be floored, it may not fail.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
with atheris.instrument_imports(include=["engine", "yaml"]):
    from engine import PackError, parse_pack
    from engine.feel import FeelError, evaluate, evaluate_unary_tests

DAY = date(2026, 11, 20)
VARIABLES = {"x": 2, "s": "a", "d": DAY, "l": [1, 2], "c": {"a": 1}, "n": None}


def feel(data: bytes) -> None:
    """Any text is an expression, a unary test, or a FeelError."""
    text = data.decode("utf-8", "replace")
    for act in (lambda: evaluate(text, VARIABLES), lambda: evaluate_unary_tests(text, 2, VARIABLES)):
        try:
            act()
        except FeelError:
            continue


def pack(data: bytes) -> None:
    """Any bytes are a pack that decides, or a PackError."""
    try:
        loaded = parse_pack({"pack.yaml": data})
    except PackError:
        return
    loaded.decide({}, DAY).to_dict()


def main() -> None:
    """Run one target by its name; the other arguments are libFuzzer's."""
    target = {"feel": feel, "pack": pack}[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
