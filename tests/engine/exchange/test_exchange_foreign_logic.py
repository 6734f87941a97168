"""Logic inside of logic: what a foreign table, call or function becomes as FEEL, and what is left out with its reason."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.exchange import Imported, from_dmn

DAY = date(2026, 11, 20)
HEAD = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="m" namespace="n">'
    '<inputData id="a" name="A"><variable name="A" typeRef="number"/></inputData>'
    '<inputData id="b" name="B"><variable name="B" typeRef="number"/></inputData>'
    '<decision id="d_kept" name="kept"><literalExpression><text>A + 1</text></literalExpression></decision>'
)


def literal(text: str) -> str:
    return f"<literalExpression><text>{text}</text></literalExpression>"


def boxed(logic: str) -> str:
    """A decision `d` whose logic stands inside of a context."""
    entry = f'<contextEntry><variable name="it"/>{logic}</contextEntry>'
    return (
        f'<decision id="d_d" name="d"><context>{entry}<contextEntry>{literal("it")}</contextEntry></context></decision>'
    )


def table(policy: str, *rows: tuple[str, str, str], outputs: str = '<output name="o"/>') -> str:
    columns = "".join(f"<input><inputExpression><text>{name}</text></inputExpression></input>" for name in "AB")
    body = "".join(
        f"<rule><inputEntry><text>{a}</text></inputEntry><inputEntry><text>{b}</text></inputEntry>"
        + "".join(f"<outputEntry><text>{one}</text></outputEntry>" for one in out.split("|"))
        + "</rule>"
        for a, b, out in rows
    )
    return f'<decisionTable hitPolicy="{policy}">{columns}{outputs}{body}</decisionTable>'


def imported(*parts: str) -> Imported:
    return from_dmn((HEAD + "".join(parts) + "</definitions>").encode(), name="m.dmn")


def value(found: Imported, **signals: Any) -> Any:
    return found.pack.decide(signals, DAY).value("d")


def reasons(found: Imported) -> str:
    assert "d" not in found.pack.source.decisions
    return "\n".join(one.message for one in found.not_carried if one.where == "d")


ROWS = (("&gt; 5", "-", "1"), ("-", "&gt; 5", "2"), ("&gt; 100", "-", "1"))


@pytest.mark.parametrize(
    ("policy", "a", "b", "expected"),
    [
        ("FIRST", 6, 6, 1),
        ("FIRST", 0, 6, 2),
        ("FIRST", 0, 0, None),
        ("UNIQUE", 6, 6, None),
        ("UNIQUE", 6, 0, 1),
        ("UNIQUE", 101, 0, None),
        ("UNIQUE", 0, 6, 2),
        ("ANY", 6, 6, None),
        ("ANY", 101, 0, 1),
        ("ANY", 0, 6, 2),
    ],
)
def test_rows_that_both_hold_are_a_fault_where_the_hit_policy_says_so(
    policy: str, a: int, b: int, expected: int | None
) -> None:
    assert value(imported(boxed(table(policy, *ROWS))), a=a, b=b) == expected


def test_an_unknown_input_leaves_the_table_unknown() -> None:
    assert value(imported(boxed(table("UNIQUE", *ROWS))), a=6) is None


def test_several_outputs_become_a_context_and_a_negated_cell_its_negation() -> None:
    outputs = '<output name="o"/><output name="p q"/>'
    found = imported(boxed(table("FIRST", ("not(1, 2)", "-", "7|8"), ("-", "-", "0|0"), outputs=outputs)))

    assert value(found, a=3, b=0) == {"o": 7, "p q": 8}
    assert value(found, a=2, b=0) == {"o": 0, "p q": 0}


@pytest.mark.parametrize(
    ("logic", "reason"),
    [
        (table("COLLECT", *ROWS), "a COLLECT table inside of another expression"),
        (table("FIRST", ("? &gt; 5", "-", "1")), "a cell that speaks of ?"),
        ('<functionDefinition kind="Java"/>', "a function of kind Java"),
        ("<list>" * 80 + literal("1") + "</list>" * 80, "nested too deeply"),
    ],
)
def test_what_feel_cannot_say_is_left_out_with_its_reason(logic: str, reason: str) -> None:
    assert reason in reasons(imported(boxed(logic)))


MODEL = (
    '<businessKnowledgeModel id="k" name="rate"><encapsulatedLogic{}><formalParameter name="A"/>'
    '<formalParameter name="B"/>{}</encapsulatedLogic></businessKnowledgeModel>'
)


def call(text: str) -> str:
    return f'<decision id="d_d" name="d">{literal(text)}</decision>'


@pytest.mark.parametrize("text", ["rate(A, 7)", "rate(A, min(7, 9))", "rate(A, [7, 8][1])", "rate(A, 7) + 0"])
def test_a_table_of_a_knowledge_model_is_called_by_position(text: str) -> None:
    found = imported(MODEL.format("", table("FIRST", *ROWS)), call(text))

    assert value(found, a=0) == 2
    assert value(found, a=6) == 1


@pytest.mark.parametrize("text", ["rate(A)", "rate(A, 7, 8)", "rate()"])
def test_a_call_with_too_few_or_too_many_arguments_is_left_out(text: str) -> None:
    assert "does not give every parameter once" in reasons(
        imported(MODEL.format("", table("FIRST", *ROWS)), call(text))
    )


def test_a_boxed_call_by_other_names_is_left_out() -> None:
    bindings = "".join(f'<binding><parameter name="{name}"/>{literal("1")}</binding>' for name in ("A", "C"))
    invocation = f'<decision id="d_d" name="d"><invocation>{literal("rate")}{bindings}</invocation></decision>'

    assert "gives other parameters" in reasons(imported(MODEL.format("", table("FIRST", *ROWS)), invocation))


def test_a_knowledge_model_in_another_language_is_left_out() -> None:
    assert "not written in FEEL" in reasons(imported(MODEL.format(' kind="PMML"', literal("1")), call("rate(1, 2)")))
