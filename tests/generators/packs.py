"""Hypothesis strategies for packs, and for what they decide on.

`packs()` yields compiled packs that use every part of the format: all hit policies, scorecards, expressions with dates,
divisions and lists, dated parameters, substitutes for missing values, patterns, routes and invariants. `pack_files()`
yields the same as texts by file name; nearly all load. `inputs(pack)` yields `(signals, as_of)`: values at and around the borders that
the pack's own cells name, values left out, dates before, in and after its parameters' spans. `awkward` texts (formulas,
quotes, other scripts, words that YAML could read otherwise) stand wherever an author may write freely.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import yaml
from hypothesis import reject
from hypothesis import strategies as st

from engine.pack import Pack, PackError, parse_pack

FIRST_SPAN, SECOND_SPAN = date(2025, 1, 1), date(2026, 6, 1)
WORDS = ("low", "medium", "high")
STATUSES = ("E", "N", "X", "a b", "yes")
KINDS = ("pan", "cnic")
POLICIES = (
    "UNIQUE",
    "ANY",
    "PRIORITY",
    "FIRST",
    "RULE ORDER",
    "OUTPUT ORDER",
    "COLLECT",
    "COLLECT SUM",
    "COLLECT MIN",
    "COLLECT MAX",
    "COLLECT COUNT",
)
SIGNALS: dict[str, dict[str, Any]] = {
    "loan.amount": {"type": "number"},
    "face.score": {"type": "number", "range": [0, 1]},
    "bureau.score": {"type": "number", "range": [300, 900], "unit": "points"},
    "pan.status": {"type": "string", "values": list(STATUSES)},
    "applicant.name": {"type": "string", "pii": True},
    "hit": {"type": "boolean"},
    "pep.hit": {"type": "boolean", "note": "=not a formula"},
    "born": {"type": "date", "pii": True},
    "facts.document": {"type": "list", "fields": {"ordinal": "number", "kind": "string", "name_key": "string"}},
}
NUMBERS: dict[str, tuple[Any, ...]] = {
    "loan.amount": (-5, 0, 1, 10, Decimal("10.5"), 1000, 2_000_000),
    "face.score": (0, Decimal("0.1"), Decimal("0.3"), Decimal("0.6"), Decimal("0.61"), 1),
    "bureau.score": (300, 649, 650, 749, 750, 900),
}
NAMES = ("Asha", "asha ", "محمد", "O'Brien", "")
DATES = (date(1960, 2, 29), date(2000, 1, 1), date(2008, 11, 20), date(2025, 1, 1), date(2026, 11, 20))

awkward = st.sampled_from(
    [
        "Plain words",
        "=1+1",
        "+44 20",
        "-dash",
        "@name",
        "'quoted'",
        'say "no"',
        "yes",
        "2026-01-01",
        "0.60",
        "null",
        "naïve – für قانون",
        "<b>&amp;</b>",
        "back\\slash",
        "two\nlines",
        "tab\tin",
        "# no comment: {x}",
        "_x0041_",
    ]
)


class _Dumper(yaml.SafeDumper):
    """Writes decimals as they are, everything else as YAML's safe dumper does."""


_Dumper.add_representer(Decimal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", str(value)))
_Dumper.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]  # the format refuses aliases


@dataclass
class _Draft:
    """What has been written of a pack so far: the names in sight by kind, and a counter for ids."""

    draw: Any
    names: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0

    def id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.count}"

    def pick(self, items: Any) -> Any:
        return self.draw(st.sampled_from(list(items)))

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(1, 100)) <= percent

    def many(self, low: int, high: int) -> range:
        return range(self.draw(st.integers(low, high)))


def _number(draft: _Draft) -> str:
    return str(draft.pick((0, 1, 2, 10, Decimal("0.1"), Decimal("0.3"), Decimal("2.5"), 650, 100)))


def _numeric(draft: _Draft, depth: int = 2) -> str:
    """A FEEL expression that gives a number."""
    name = draft.pick(draft.names["number"])
    if depth == 0:
        return draft.pick((name, name, _number(draft)))
    inner, other = _numeric(draft, depth - 1), _numeric(draft, depth - 1)
    operator = draft.pick("+-*/")
    return draft.pick(
        (
            name,
            name,
            f"{inner} {operator} ({other})",
            f"min({inner}, {other})",
            f"max([{inner}, {other}])",
            f"if {_condition(draft, 0)} then {inner} else {other}",
            f"abs({inner})",
            f"floor({inner})",
            f"decimal({inner}, 1)",
            "years and months duration(born, as_of).years",
            f"count(facts.document[kind = {draft.pick(KINDS)!r}])".replace("'", '"'),
            f"sum([{inner}, {_number(draft)}])",
        )
    )


def _condition(draft: _Draft, depth: int = 2) -> str:
    """A FEEL expression that gives true, false or null."""
    number = draft.pick(draft.names["number"])
    simple = (
        draft.pick(draft.names["boolean"]),
        f"{number} {draft.pick(('<', '<=', '>', '>=', '=', '!='))} {_number(draft)}",
        f"{number} in [{_number(draft)}..1000)",
        f"{number} between 0 and {_number(draft)}",
        f'pan.status {draft.pick(("=", "!="))} "{draft.pick(STATUSES)}"',
        f'pan.status in ("{draft.pick(STATUSES)}", "{draft.pick(STATUSES)}")',
        f'applicant.name = "{draft.pick(("Asha", "محمد"))}"',
        'starts with(applicant.name, "A")',
        f'born {draft.pick(("<", ">="))} date("{draft.pick(DATES)}")',
        "as_of >= born",
        f"born {draft.pick(('<=', '>'))} p_border",
        f'some d in facts.document satisfies d.kind = "{draft.pick(KINDS)}"',
        f'{draft.pick(draft.names["word"])} = "{draft.pick(WORDS)}"' if draft.names["word"] else "true",
    )
    if depth == 0:
        return draft.pick(simple)
    one, two = _condition(draft, depth - 1), _condition(draft, depth - 1)
    return draft.pick((*simple, f"({one}) and ({two})", f"({one}) or ({two})", f"not({one})"))


def _number_cell(draft: _Draft) -> Any:
    low, high = sorted((draft.pick((0, Decimal("0.3"), 10)), draft.pick((Decimal("0.6"), 650, 750))))
    return draft.pick(
        (
            f"< {high}",
            f">= {low}",
            f"[{low}..{high})",
            f"({low}..{high}]",
            f"not({low})",
            f"{low}, > {high}",
            "> p_limit",
            f"[p_limit..{high + 100}]",
            "?*2 > 1",
            "-",
        )
    )


def _cell(draft: _Draft, kind: str) -> Any:
    if kind == "number":
        return _number_cell(draft)
    if kind == "boolean":
        return draft.pick(("true", "false", "-", True))
    words = WORDS if kind == "word" else STATUSES
    return draft.pick((f'"{draft.pick(words)}"', f'"{words[0]}", "{words[2]}"', f'not("{draft.pick(words)}")', "-"))


_SUBSTITUTES = {"number": 0, "boolean": False, "status": "E", "word": "low"}


def _words(draft: _Draft, *, must: bool = False) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if must or draft.chance(50):
        said |= {"reason": draft.draw(awkward), "cite": ["law"]}
    if draft.chance(25):
        said["tell"] = draft.draw(awkward)
    if draft.chance(10):
        said["note"] = draft.draw(awkward)
    return said


def _table(draft: _Draft) -> tuple[dict[str, Any], str]:
    """A decision table, and the kind of value it gives ('' where nothing else should read it)."""
    policy = draft.pick(POLICIES)
    columns = {}
    for place in draft.many(1, 3):
        kind = draft.pick(["number", "boolean", "status", *(["word"] if draft.names["word"] else [])])
        columns[f"c{place}"] = (kind, draft.pick(draft.names[kind]))
    numeric = policy.startswith("COLLECT ") or (policy != "PRIORITY" and policy != "OUTPUT ORDER" and draft.chance(40))
    output: dict[str, Any] = {"type": "number"} if numeric else {"type": "string", "values": list(WORDS)}
    if draft.chance(60):
        output["default"] = 0 if numeric else draft.pick(WORDS)
    rows = []
    for _ in draft.many(1, 5):
        cells = {name: _cell(draft, kind) for name, (kind, _) in columns.items() if draft.chance(80)}
        value: Any = draft.pick((0, 5, 10, Decimal("0.1"), "0.7 + 0.1", draft.pick(draft.names["number"])))
        row = {"id": draft.id("ROW"), "if": cells, "then": {"out": value if numeric else draft.pick(WORDS)}}
        if draft.chance(15):
            row["if_missing"] = "skip"
        elif draft.chance(15):
            row["if_missing"] = {name: _SUBSTITUTES[kind] for name, (kind, _) in columns.items()}
        rows.append(row | _words(draft))
    table = {
        "hit_policy": policy,
        "inputs": {name: text for name, (_, text) in columns.items()},
        "outputs": {"out": output},
        "rules": rows,
    }
    listing = policy in {"RULE ORDER", "OUTPUT ORDER", "COLLECT"}
    return table, "" if listing else "number" if numeric else "word"


def _scorecard(draft: _Draft) -> dict[str, Any]:
    characteristics = []
    for _ in draft.many(1, 3):
        bands = [
            {"if": _number_cell(draft), "points": draft.pick((0, 5, 30))} | _words(draft) for _ in draft.many(1, 3)
        ]
        one = {"id": draft.id("CHAR"), "input": _numeric(draft, 0), "bands": [*bands, {"if": "-", "points": 1}]}
        if draft.chance(20):
            one["if_missing"] = draft.pick(("skip", {"input": 5}))
        characteristics.append(one)
    return {"scorecard": {"base": draft.pick((0, 3)), "characteristics": characteristics}}


def _decisions(draft: _Draft) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for place in draft.many(1, 4):
        name = f"dec{place}"
        shape = draft.pick(("number", "boolean", "table", "table", "scorecard"))
        if shape == "number":
            found[name], kind = {"expression": _numeric(draft)}, "number"
        elif shape == "boolean":
            found[name], kind = {"expression": _condition(draft), "title": draft.draw(awkward)}, "boolean"
        elif shape == "scorecard":
            found[name], kind = _scorecard(draft), "number"
        else:
            found[name], kind = _table(draft)
        if kind:
            draft.names[kind].append(name)
    return found


def _verdict(draft: _Draft) -> dict[str, Any]:
    rules = [{"id": "APPROVE", "if": _condition(draft), "verdict": "approve", "reason": draft.draw(awkward)}]
    for _ in draft.many(0, 4):
        rule = {"id": draft.id("V"), "if": _condition(draft), "verdict": draft.pick(("review", "reject"))}
        if draft.chance(20):
            rule["if_missing"] = "skip"
        rules.append(rule | _words(draft, must=True))
    spec: dict[str, Any] = {"rules": rules}
    scores = [name for name in draft.names["number"] if name.startswith("dec")]
    if scores and draft.chance(60):
        spec["score"] = draft.pick(scores)
    if draft.names["word"] and draft.chance(60):
        spec["category"] = draft.pick(draft.names["word"])
    return spec


def _ends(draft: _Draft) -> dict[str, Any]:
    last = {"id": "LAST", "queue": "kyc_review", "priority": 3, "due": "2d", "role": "verification_officer"}
    first = last | {"id": "EDD", "if": _condition(draft), "four_eyes": True, "actions": ["ask"], "due": "24h"}
    found: dict[str, Any] = {"routes": [first, last] if draft.chance(50) else [last]}
    if draft.chance(60):
        never = f'verdict = "approve" and ({_condition(draft)})'
        found["invariants"] = [{"id": "NEVER", "text": draft.draw(awkward), "never": never}]
    return found


_PATTERN = {
    "id": "NAMES_DIFFER",
    "over": {"a": "document", "b": "document"},
    "if": "a.ordinal < b.ordinal and a.name_key != b.name_key",
    "sets": {"patterns.names_differ": True},
}


def _parameters(draft: _Draft) -> dict[str, Any]:
    limit = [{"from": FIRST_SPAN, "value": draft.pick((Decimal("0.3"), 10, 650)), "source": "law"}]
    if draft.chance(50):
        limit.append({"from": SECOND_SPAN, "value": Decimal("0.6"), "source": "law", "note": draft.draw(awkward)})
    border = [{"from": FIRST_SPAN, "value": draft.pick(DATES), "source": "law"}]
    return {"p_limit": {"unit": "ratio", "values": limit}, "p_border": {"values": border}}


@st.composite
def pack_files(draw: st.DrawFn) -> dict[str, str]:
    """A pack as texts by file name; nearly all load, `packs()` leaves out the rest."""
    draft = _Draft(draw)
    draft.names = {
        "number": list(NUMBERS),
        "boolean": ["hit", "pep.hit"],
        "status": ["pan.status"],
        "word": [],
    }
    patterned = draft.chance(30)
    if patterned:
        draft.names["boolean"].append("patterns.names_differ")
    document: dict[str, Any] = {
        "pack": "generated",
        "title": draw(awkward),
        "version": "1",
        "jurisdiction": "IN",
        "on_missing": draft.pick(("review", "review", "reject")),
        "sources": {"law": {"title": draw(awkward), "as_amended": date(2025, 12, 29)}},
        "parameters": _parameters(draft),
        "signals": SIGNALS,
        "checks": {"pan": {"needs": ["applicant.name"], "provides": ["pan.status"], "timeout_s": 10, "retries": 2}},
        "decisions": _decisions(draft),
    }
    document |= {"verdict": _verdict(draft)} | _ends(draft)
    if patterned:
        document["patterns"] = [_PATTERN | _words(draft)]
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return {"pack.yaml": text}


@st.composite
def packs(draw: st.DrawFn) -> Pack:
    """A compiled pack."""
    files = draw(pack_files())
    try:
        return parse_pack(files)
    except PackError:  # a cell that can never be true: rare, and refused rightly
        reject()


_FACT = st.fixed_dictionaries(
    {},
    optional={
        "ordinal": st.integers(1, 3),
        "kind": st.sampled_from(KINDS),
        "name_key": st.sampled_from(("A", "B")),
    },
)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{name: st.sampled_from(values) for name, values in NUMBERS.items()},
    "pan.status": st.sampled_from(STATUSES),
    "applicant.name": st.sampled_from(NAMES),
    "hit": st.booleans(),
    "pep.hit": st.booleans(),
    "born": st.sampled_from(DATES) | st.dates(date(1950, 1, 1), date(2026, 12, 31)),
    "facts.document": st.lists(_FACT, max_size=3),
}
AS_OF = st.sampled_from(
    (
        FIRST_SPAN - timedelta(days=1),
        FIRST_SPAN,
        SECOND_SPAN - timedelta(days=1),
        SECOND_SPAN,
        date(2026, 11, 20),
        date(2028, 2, 29),
    )
)


@st.composite
def inputs(draw: st.DrawFn) -> tuple[dict[str, Any], date]:
    """Signals for a generated pack, most of them present, and a date."""
    gaps = draw(st.sampled_from((0, 0, 10, 50)))
    present = {name: values for name, values in _VALUES.items() if draw(st.integers(1, 100)) > gaps}
    return draw(st.fixed_dictionaries(present)), draw(AS_OF)
