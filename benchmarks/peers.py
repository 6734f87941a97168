"""The engines that the engine's benchmark measures itself against, each given the same table in its own form.

A peer is a function from rows and a question to a function from an input to an answer, or None where it cannot answer
it: `first` wants the points of the first row that matches, `all` those of every row that does. What a peer lacks is not
imitated around it, except that expression languages, which have no tables, are asked row by row, as their users do.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from typing import Any, TypeAlias

import cel
import celpy
import zen
from business_rules import run_all
from business_rules.actions import BaseActions, rule_action
from business_rules.fields import FIELD_NUMERIC
from business_rules.variables import BaseVariables, numeric_rule_variable, string_rule_variable
from durable import engine as durable_engine

from benchmarks.tables import Input, Row, first, matching

Ask: TypeAlias = Callable[[Input], Any]
Peer: TypeAlias = Callable[[list[Row], str], Ask | None]


class UnableError(Exception):
    """A table that a peer refuses; the text is the peer's."""


_COLUMNS = ("segment", "country", "score", "amount", "age")


def naive(table: list[Row], question: str) -> Ask | None:
    """A plain loop over the rows."""
    if question == "first":
        return lambda given: first(table, given)
    return lambda given: matching(table, given)


# -- zen


def _zen_table(table: list[Row], policy: str) -> str:
    content = {
        "hitPolicy": policy,
        "inputs": [{"id": name, "name": name, "field": name} for name in _COLUMNS],
        "outputs": [{"id": "points", "name": "points", "field": "points"}],
        "rules": [
            {
                "_id": f"R{number}",
                "segment": f'"{row.segment}"',
                "country": f'"{row.country}"',
                "score": f"[{row.score[0]}..{row.score[1]})",
                "amount": f"[{row.amount[0]}..{row.amount[1]}]",
                "age": f">= {row.age}",
                "points": str(row.points),
            }
            for number, row in enumerate(table)
        ],
    }
    return json.dumps(
        {
            "nodes": [
                {"id": "in", "type": "inputNode", "name": "in"},
                {"id": "table", "type": "decisionTableNode", "name": "table", "content": content},
                {"id": "out", "type": "outputNode", "name": "out"},
            ],
            "edges": [
                {"id": "e1", "sourceId": "in", "targetId": "table", "type": "edge"},
                {"id": "e2", "sourceId": "table", "targetId": "out", "type": "edge"},
            ],
        }
    )


def _zen(table: list[Row], question: str, *, trace: bool) -> Ask:
    decision = zen.ZenEngine().create_decision(_zen_table(table, "first" if question == "first" else "collect"))
    options: Any = {"trace": trace}
    if question == "first":
        return lambda given: decision.evaluate(given, options)["result"].get("points")
    return lambda given: [one["points"] for one in decision.evaluate(given, options)["result"]]


def zen_plain(table: list[Row], question: str) -> Ask | None:
    """zen-engine's decision table, without a trace."""
    return _zen(table, question, trace=False)


def zen_traced(table: list[Row], question: str) -> Ask | None:
    """zen-engine's decision table, with its trace."""
    return _zen(table, question, trace=True)


# -- expression languages


def _condition(row: Row) -> str:
    return (
        f'segment == "{row.segment}" && country == "{row.country}" && score >= {row.score[0]} && score < {row.score[1]} '
        f"&& amount >= {row.amount[0]} && amount <= {row.amount[1]} && age >= {row.age}"
    )


def cel_rust(table: list[Row], question: str) -> Ask | None:
    """common-expression-language (Rust): one program for each row."""
    programs = [(cel.compile(_condition(row)).execute, row.points) for row in table]
    if question == "first":
        return lambda given: next((points for run, points in programs if run(given)), None)
    return lambda given: [points for run, points in programs if run(given)]


def cel_python(table: list[Row], question: str) -> Ask | None:
    """cel-python: one program for each row."""
    environment = celpy.Environment()
    programs = [(environment.program(environment.compile(_condition(row))), row.points) for row in table]

    def ask_first(given: Input) -> int | None:
        values: Any = celpy.json_to_cel(given)
        return next((points for program, points in programs if program.evaluate(values)), None)

    def ask_all(given: Input) -> list[int]:
        values: Any = celpy.json_to_cel(given)
        return [points for program, points in programs if program.evaluate(values)]

    return ask_first if question == "first" else ask_all


# -- rule engines


class _Variables(BaseVariables):
    def __init__(self, given: Input) -> None:
        self.given = given

    @string_rule_variable()
    def segment(self) -> Any:
        return self.given["segment"]

    @string_rule_variable()
    def country(self) -> Any:
        return self.given["country"]

    @numeric_rule_variable()
    def score(self) -> Any:
        return self.given["score"]

    @numeric_rule_variable()
    def amount(self) -> Any:
        return self.given["amount"]

    @numeric_rule_variable()
    def age(self) -> Any:
        return self.given["age"]


class _Actions(BaseActions):
    def __init__(self) -> None:
        self.found: list[int] = []

    @rule_action(params={"points": FIELD_NUMERIC})
    def give(self, points: int) -> None:
        self.found.append(points)


def _business_rule(row: Row) -> dict[str, Any]:
    tests = [
        ("segment", "equal_to", row.segment),
        ("country", "equal_to", row.country),
        ("score", "greater_than_or_equal_to", row.score[0]),
        ("score", "less_than", row.score[1]),
        ("amount", "greater_than_or_equal_to", row.amount[0]),
        ("amount", "less_than_or_equal_to", row.amount[1]),
        ("age", "greater_than_or_equal_to", row.age),
    ]
    return {
        "conditions": {
            "all": [{"name": name, "operator": operator, "value": value} for name, operator, value in tests]
        },
        "actions": [{"name": "give", "params": {"points": row.points}}],
    }


def business_rules(table: list[Row], question: str) -> Ask | None:
    """business-rules: its list of rules, stopping at the first or not."""
    rules = [_business_rule(row) for row in table]

    def ask(given: Input) -> list[int]:
        actions = _Actions()
        run_all(rules, _Variables(given), actions, stop_on_first_trigger=question == "first")
        return actions.found

    return (lambda given: next(iter(ask(given)), None)) if question == "first" else ask


def durable_rules(table: list[Row], question: str) -> Ask | None:
    """durable_rules: one native session for each input; it fires every rule and orders none, so it knows no `first`.

    The native calls are used as its own host uses them; a session is primed and deleted, or it would leak.
    """
    if question == "first":
        return None
    native = durable_engine.durable_rules_engine
    rules: dict[str, Any] = {
        f"r{number}": {
            "all": [
                {
                    "m": {
                        "$and": [
                            {"segment": row.segment},
                            {"country": row.country},
                            {"$gte": {"score": row.score[0]}},
                            {"$lt": {"score": row.score[1]}},
                            {"$gte": {"amount": row.amount[0]}},
                            {"$lte": {"amount": row.amount[1]}},
                            {"$gte": {"age": row.age}},
                        ]
                    }
                }
            ]
        }
        for number, row in enumerate(table)
    }
    rules["any"] = {"all": [{"m": {"$gte": {"age": 0}}}]}
    try:
        handle = native.create_ruleset(f"benchmark-{len(table)}", json.dumps(rules))
    except native.error as error:
        raise UnableError(str(error)) from None

    def ask(given: Input) -> list[int]:
        _, state = native.assert_fact(handle, json.dumps({**given, "sid": "one", "id": "1"}))
        found = []
        answer = native.start_action_for_state(handle, state)
        action = answer[1] if answer else None
        while action:
            found += [int(name[1:]) for name in json.loads(action) if name != "any"]
            action = native.complete_and_start_action(handle, state)
        native.delete_state(handle, "one")
        return [table[number].points for number in sorted(found)]

    return ask


# -- Node

_NODE = """
const { Engine } = require('json-rules-engine');
const { rules, inputs, seconds } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const engine = new Engine();
for (const rule of rules) engine.addRule(rule);
(async () => {
  const answers = [];
  for (const given of inputs) {
    const { events } = await engine.run(given);
    answers.push(events.map((event) => event.params.number).sort((a, b) => a - b));
  }
  const started = process.hrtime.bigint(); let done = 0, spent = 0;
  while (spent < seconds) {
    await engine.run(inputs[done++ % inputs.length]);
    spent = Number(process.hrtime.bigint() - started) / 1e9;
  }
  console.log(JSON.stringify({ answers, microseconds: spent / done * 1e6 }));
})();
"""


def json_rules_engine(table: list[Row], given: list[Input], seconds: float) -> tuple[list[list[int]], float] | None:
    """json-rules-engine under Node: its answers as points, and microseconds per input; None where it is not installed."""
    node = shutil.which("node")
    if node is None:
        return None
    rules = []
    for number, row in enumerate(table):
        tests = [
            ("segment", "equal", row.segment),
            ("country", "equal", row.country),
            ("score", "greaterThanInclusive", row.score[0]),
            ("score", "lessThan", row.score[1]),
            ("amount", "greaterThanInclusive", row.amount[0]),
            ("amount", "lessThanInclusive", row.amount[1]),
            ("age", "greaterThanInclusive", row.age),
        ]
        conditions = [{"fact": fact, "operator": operator, "value": value} for fact, operator, value in tests]
        rules.append({"conditions": {"all": conditions}, "event": {"type": "row", "params": {"number": number}}})
    task = json.dumps({"rules": rules, "inputs": given, "seconds": seconds})
    done = subprocess.run([node, "-e", _NODE], input=task, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        return None
    found = json.loads(done.stdout)
    return [[table[number].points for number in one] for one in found["answers"]], found["microseconds"]
