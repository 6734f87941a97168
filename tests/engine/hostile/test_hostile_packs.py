"""Packs written to hurt: each ends in one clear error, or loads and is floored, within bounded work and memory.

Every pack runs in a process of its own whose CPU seconds and address space the kernel limits, so that "bounded" is what
the kernel says and no clock is asked: a pack that needs more is killed and the test sees it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from engine.pack.limits import MAX_RULES

ROOT = Path(__file__).resolve().parents[3]
CPU_SECONDS = 20  # of the whole process, imports included, on any machine; the packs here need well under one
ADDRESS_SPACE = 3 << 30

HEAD = """\
pack: hostile
title: A pack written to hurt
version: "1"
on_missing: review
sources: {law: {title: x}}
signals: {x: {type: number}, s: {type: string}}
"""


def rule(condition: str) -> str:
    """A whole pack with one approving rule."""
    return f"{HEAD}verdict:\n  rules:\n    - {{id: OK, if: {json.dumps(condition)}, verdict: approve, reason: fine}}\n"


def parameter(value: str) -> str:
    """A whole pack with one parameter, its value written plainly."""
    return rule("x > 0") + f"parameters: {{p: {{values: [{{from: 2025-01-01, value: {value}, source: law}}]}}}}\n"


ROWS = ",".join(f'{{id: R{row}, if: {{x: "{row}"}}, then: {{o: 1}}}}' for row in range(MAX_RULES + 1))
ALIASES = "a: &a [1, 1]\nb: &b [*a, *a]\n" + "\n".join(f"c{n}: &c{n} [*b, *b]" for n in range(100))

REFUSED = {
    "lists nested 100,000 deep": (f"{HEAD}decisions: {'[' * 100_000}", "nested deeper"),
    "mappings nested 50,000 deep": (f"{HEAD}decisions: {'{a: ' * 50_000}", "nested deeper"),
    "aliases that double": (HEAD + ALIASES, "anchors are refused"),
    "a text of 10 MB": (rule("a" * 10_000_000), "too large"),
    "a key of 10 MB": ("a" * 10_000_000, "too large"),
    "an expression of 900,000 characters": (rule("a" * 900_000), "longer than"),
    "a number of 900,000 digits in FEEL": (rule("x > " + "9" * 900_000), "longer than"),
    "a number of 900,000 digits in YAML": (parameter("9" * 900_000), "too many digits"),
    "an exponent of a billion": (parameter("1e999999999"), "exponent"),
    "a tower of powers": (rule("9**9**9**9**9 > x"), "beyond decimal128"),
    "4,000 brackets": (rule("(" * 4000 + "x" + ")" * 4000), "nested deeper"),
    "9,000 signs": (rule("-" * 9000 + "x > 1"), "nested deeper"),
    "a function that calls itself": (rule("{f: function(n) f(n), r: f(1)}.r"), "no function 'f'"),
    "a fixed point combinator": (rule("(function(f) f(f))(function(f) f(f)) = 1"), "not known to be a function"),
    "a YAML tag": (HEAD + 'decisions: !!python/object/apply:os.system ["id"]\n', "tags are refused"),
    "a NUL character": ("pack: a\0b", "YAML forbids"),
    "a rule more than the limit": (
        f"{rule('x > 0')}decisions: {{t: {{inputs: {{x: x}}, outputs: {{o: number}}, rules: [{ROWS}]}}}}\n",
        f"more than {MAX_RULES} rules",
    ),
}

FLOORED = {
    "a loop over ten billion pairs": "count(for a in 1..100000, b in 1..100000 return a) > 1",
    "a range of a billion": "count(for a in 1..1000000000 return a) > 1",
    "a quantifier over ten billion pairs": "some a in 1..100000, b in 1..100000 satisfies a + b < 0",
    "a text of a gigabyte": 'string join(for a in 1..10000 return string join(for b in 1..10000 return "aaaaaaaa", ""), "") = s',
    "a date beyond the calendar": 'date("9999-01-01") + duration("P999999999999Y") > date("2020-01-01")',
}

DECIDED = {
    "a regex of nested repeats over a constant": f'matches("{"a" * 5000}b", "(a+)+$")',
    "a regex of nested stars over a signal": 'matches(s, "((a*)*)*b")',
}
"""What makes other engines backtrack for ever and has an answer here: no, so nothing is approved."""

PROGRAM = """
import json, sys
from datetime import date
from engine import PackError, parse_pack
text = sys.stdin.buffer.read()
try:
    pack = parse_pack({"pack.yaml": text})
except PackError as error:
    print(json.dumps({"problems": [str(problem)[:300] for problem in error.problems]}))
else:
    decision = pack.decide({"x": 5, "s": "a" * 60 + "!"}, date(2026, 11, 20))
    print(json.dumps({"verdict": str(decision.verdict), "warnings": len(decision.warnings)}))
"""


def confined() -> None:
    """Runs in the child before the program: the kernel's limits."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


def run(text: str) -> dict[str, object]:
    """What becomes of a pack's text in a confined process."""
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, input=text.encode(), capture_output=True, cwd=ROOT, preexec_fn=confined, check=False)
    assert done.returncode == 0, done.stderr.decode()[-500:]
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_pack_is_refused_with_its_place_and_a_remedy(name: str) -> None:
    text, says = REFUSED[name]
    problems = run(text)["problems"]
    assert isinstance(problems, list)
    assert any(says in line for line in problems), problems[:3]
    assert all(line.startswith("pack.yaml:") and " — " in line for line in problems)


@pytest.mark.parametrize("name", FLOORED)
def test_work_without_bound_ends_in_a_warning_that_floors_the_verdict(name: str) -> None:
    answer = run(rule(FLOORED[name]))
    assert answer == {"verdict": "review", "warnings": answer["warnings"]}
    assert answer["warnings"]


@pytest.mark.parametrize("name", DECIDED)
def test_a_regex_that_makes_others_backtrack_for_ever_has_an_answer(name: str) -> None:
    answer = run(rule(DECIDED[name]))
    assert answer["verdict"] == "review"
    assert answer["warnings"] in {0, 1}  # the answer no, or the bound on its steps, which floors
