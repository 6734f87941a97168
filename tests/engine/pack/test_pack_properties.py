"""The invariants of the architecture that packs keep, over generated inputs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import Binding, Environment, compile_unary_tests, evaluate_unary_tests
from engine.feel.types import BOOLEAN, DATE, NUMBER, STRING, FeelType
from engine.pack import Pack, Verdict, parse_pack
from engine.pack.columns import build_index, simple_cell

DAY = date(2026, 11, 20)

SIGNALS = st.fixed_dictionaries(
    {},
    optional={
        "pan.status": st.sampled_from(["E", "N", "X", "F", "D", "ED"]),
        "face.match_score": st.sampled_from([0, 0.3, 0.59, 0.6, 0.61, 1]),
        "screening.sanctions_hit": st.booleans(),
        "applicant.date_of_birth": st.dates(date(1950, 1, 1), date(2020, 1, 1)),
        "bureau.score": st.sampled_from([300, 649, 650, 749, 750, 900]),
        "facts.document": st.lists(
            st.fixed_dictionaries({"ordinal": st.integers(1, 3), "name_key": st.sampled_from(["A", "B"])}), max_size=3
        ),
    },
)


@given(SIGNALS)
def test_same_pack_signals_and_date_give_the_same_digest(example: Pack, signals: dict[str, Any]) -> None:
    again = dict(reversed(signals.items()))
    assert example.decide(signals, DAY).digest == example.decide(again, DAY).digest


def _shuffled(node: Any) -> Any:
    """The same YAML with every mapping turned around, except where order has meaning (columns, outputs, variables)."""
    if isinstance(node, list):
        return [_shuffled(item) for item in node]
    if isinstance(node, dict):
        kept = {key: value if key in {"inputs", "outputs", "over"} else _shuffled(value) for key, value in node.items()}
        return dict(reversed(kept.items()))
    return node


def test_the_digest_is_of_meaning_not_of_formatting(example_text: str, example: Pack, clean: dict[str, Any]) -> None:
    class Words(yaml.SafeLoader):
        """Everything a string, so that nothing is lost on the way."""

    Words.yaml_implicit_resolvers = {}
    content = yaml.load(example_text, Words)  # a safe loader without resolvers
    reformatted = _requoted(_shuffled(content))
    assert reformatted != example_text
    again = parse_pack({"pack.yaml": reformatted})
    assert again.digest == example.digest
    assert again.decide(clean, DAY).digest == example.decide(clean, DAY).digest


def _requoted(content: Any) -> str:
    """Block style, four spaces, plain where the text is no string of FEEL."""

    class Dumper(yaml.SafeDumper):
        """Writes plain scalars as they stand."""

    def plain(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        quoted = any(char in value for char in '"{}[],:#&*!|>%@') or value == "2026.11.1"
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="'" if quoted else "")

    Dumper.add_representer(str, plain)
    Dumper.yaml_implicit_resolvers = {}
    return yaml.dump(content, Dumper=Dumper, sort_keys=False, indent=4, width=10_000)


@pytest.mark.parametrize(
    "change",
    [("value: 0.60", "value: 0.61"), ("points: 60", "points: 61"), ("cite: [rbi_kyc]", "cite: [rbi_kyc, rbi_kyc]")],
)
def test_any_change_of_meaning_changes_the_digest(example_text: str, example: Pack, change: tuple[str, str]) -> None:
    assert parse_pack({"pack.yaml": example_text.replace(*change)}).digest != example.digest


def test_cases_are_no_part_of_the_digest(example_text: str, example: Pack) -> None:
    assert parse_pack({"pack.yaml": example_text}).digest == example.digest


WORSE: dict[str, list[tuple[Any, Any]]] = {
    "pan.status": [("E", "N")],
    "face.match_score": [(0.9, 0.3)],
    "screening.sanctions_hit": [(False, True)],
    "applicant.date_of_birth": [(date(1990, 1, 1), date(2015, 1, 1))],
    "bureau.score": [(800, 700), (700, 500)],
}


@given(SIGNALS)
def test_more_risk_never_lowers_the_verdict(example: Pack, signals: dict[str, Any]) -> None:
    for name, steps in WORSE.items():
        for better, worse in steps:
            before = example.decide({**signals, name: better}, DAY).verdict
            after = example.decide({**signals, name: worse}, DAY).verdict
            assert after >= before, name


@given(SIGNALS)
def test_removing_a_signal_never_makes_an_approval(example: Pack, signals: dict[str, Any]) -> None:
    before = example.decide(signals, DAY).verdict
    for name in signals:
        after = example.decide({key: value for key, value in signals.items() if key != name}, DAY)
        if before is not Verdict.APPROVE:
            assert after.verdict is not Verdict.APPROVE
        if name in {unknown.signal for unknown in after.unknowns}:
            assert after.verdict >= Verdict.REVIEW


@given(SIGNALS)
def test_an_approval_stays_one_whatever_the_missing_signals_are(example: Pack, signals: dict[str, Any]) -> None:
    decision = example.decide(signals, DAY)
    if decision.verdict is Verdict.APPROVE:
        assert not decision.unknowns
        assert not decision.warnings
        assert "CLEAR_LOW_RISK" in decision.fired


@given(SIGNALS)
def test_every_verdict_cites_a_rule_and_tells_nothing_of_screening(example: Pack, signals: dict[str, Any]) -> None:
    decision = example.decide(signals, DAY)
    assert decision.reasons
    assert decision.to_dict()["verdict"] == decision.verdict
    told = " ".join(decision.customer_reasons).lower()
    assert not any(word in told for word in ("sanction", "risk", "screen", "suspic", "high", "medium"))
    assert (decision.route is None) is (decision.verdict is Verdict.APPROVE)
    assert not example.broken_invariants(decision)


# -- columns: an index answers as compiled FEEL does

_NUMBERS = st.sampled_from([0, 1, 2, 3, Decimal("0.5"), Decimal("1.5"), Decimal("2.0"), -1])
_WORDS = st.sampled_from(["a", "b", "c", "it's", 'q"q'])
_DAYS = st.integers(0, 5).map(lambda days: date(2026, 1, 1) + timedelta(days=days))


def _spell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace('"', '\\"') + '"'
    return f'date("{value}")' if isinstance(value, date) else str(value)


def _cells(values: st.SearchStrategy[Any], *, ordered: bool = True) -> st.SearchStrategy[str]:
    ends = values.map(_spell)
    tests = [ends, ends.map(lambda end: f"!= {end}"), ends.map(lambda end: f"= {end}")]
    if ordered:
        tests += [st.tuples(st.sampled_from(["<", "<=", ">", ">="]), ends).map(" ".join)]
        tests += [
            st.tuples(st.sampled_from("[]("), ends, ends, st.sampled_from("])")).map(
                lambda p: f"{p[0]}{p[1]}..{p[2]}{p[3]}"
            )
        ]
    lists = st.lists(st.one_of(*tests), min_size=1, max_size=3).map(",".join)
    return st.one_of(lists, lists.map(lambda text: f"not({text})"), st.just("-"))


_COLUMNS: list[tuple[FeelType, st.SearchStrategy[Any], bool]] = [
    (NUMBER, _NUMBERS, True),
    (STRING, _WORDS, True),
    (DATE, _DAYS, True),
    (BOOLEAN, st.booleans(), False),
]


@pytest.mark.parametrize("column", range(len(_COLUMNS)), ids=["number", "string", "date", "boolean"])
@given(data=st.data())
def test_an_index_answers_as_compiled_cells_do(column: int, data: st.DataObject) -> None:
    kind, values, ordered = _COLUMNS[column]
    texts = data.draw(st.lists(_cells(values, ordered=ordered), min_size=1, max_size=5))
    environment = Environment({}, unknowns=True)
    simple = []
    for row, text in enumerate(texts):
        compiled = compile_unary_tests(text, environment, Binding(kind, "subject"))
        cell = simple_cell(compiled.node, kind, {})
        if cell is not None:
            simple.append((row, cell))
    index = build_index(simple, 0)
    value = data.draw(values)
    for row, _ in simple:
        assert bool(index.rows(value) >> row & 1) is (evaluate_unary_tests(texts[row], value, {}) is True), texts[row]


def test_a_large_table_is_indexed_and_decides(build: Callable[..., Pack]) -> None:
    rows = "".join(
        f"      - {{id: R{n}, if: {{x: '[{n}..{n + 1})', w: '\"a\",\"b\"'}}, then: {{o: {n}}}}}\n" for n in range(1_000)
    )
    body = (
        "signals: {x: {type: number}, w: {type: string}}\n"
        f"decisions:\n  t:\n    hit_policy: UNIQUE\n    inputs: {{x: x, w: w}}\n    outputs: {{o: number}}\n    rules:\n{rows}"
    )
    pack = build(body)
    for value in (0, Decimal("499.5"), 999):
        assert pack.decide({"x": value, "w": "b"}, DAY).value("t") == int(value)
    assert pack.decide({"x": 5, "w": "z"}, DAY).fired == ("OK",)
    assert len(pack.decide({"w": "a"}, DAY).rules("undecided")) == 1_000


def test_the_order_in_which_a_row_names_its_columns_does_not_count(example_text: str, example: Pack) -> None:
    two = example_text.replace('if: {status: \'"N","F","D"\'}', 'if: {status: \'"N","F","D"\', match: \'< 1\'}')
    turned = two.replace('status: \'"N","F","D"\', match: \'< 1\'', 'match: \'< 1\', status: \'"N","F","D"\'')
    assert two != turned
    assert parse_pack({"pack.yaml": two}).digest == parse_pack({"pack.yaml": turned}).digest
    assert parse_pack({"pack.yaml": two}).digest != example.digest
