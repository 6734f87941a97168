"""The trace of a run as JSON text: the values compared with the text they were compared with, every decision's value,
every parameter used.

An answer carries its trace always, so this is most of what a decision costs after it is made. All that does not change
between runs is written once per pack, as one long template; what changes are its slots: the values of signals and
decisions, each written once and set wherever it was compared, and what became of the rules, which equal parts of runs
share. Values of signals that carry personal data, and texts and dates computed directly from them, are shown as
"(personal data)" (invariant 9).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, Final

from engine.feel.numbers import plain_text
from engine.pack.canonical import to_json
from engine.pack.emit import Run
from engine.pack.model import Scorecard, Table
from engine.pack.outcomes import Part
from engine.pack.rules import RuleInfo
from engine.pack.template import Template
from engine.pack.typed import Typed, TypedDecision
from engine.signal import Missing, Reason

HIDDEN: Final = "(personal data)"
_text: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def hidden_names(typed: Typed) -> frozenset[str]:
    """Signals with personal data, and decisions that read one directly."""
    pii = {
        name
        for name, spec in typed.signals.items()
        if spec.pii or any(field.pii for field in (spec.fields or {}).values())
    }
    direct = {one.source.id for one in typed.decisions if typed.needs.get(one.source.id, frozenset()) & pii}
    return frozenset(pii | direct)


class Tracer:
    """Writes the traces of one pack.

    The slots are filled from one list: date, parameters, floored, the values of signals, those of decisions, then what
    the parts of the run show.
    """

    def __init__(self, typed: Typed, rules: Mapping[str, RuleInfo]) -> None:
        hidden = hidden_names(typed)
        names = [*typed.signals, *(one.source.id for one in typed.decisions)]
        self._signals = {name: place for place, name in enumerate(typed.signals)}
        self._hidden = [place for place, name in enumerate(names) if name in hidden]
        self._showers: list[_Shower] = []
        template = Template(_AHEAD, names)
        template.add('{"as_of":"', _AS_OF).add('","signals":{')
        for number, name in enumerate(typed.signals):
            template.add(f"{',' if number else ''}{_key(name)}", name)
        template.add('},"parameters":', _PARAMETERS).add(',"patterns":[')
        self._show(template, _Flags([one.id for one in typed.source.patterns]))
        template.add('],"decisions":{')
        for number, one in enumerate(typed.decisions):
            self._decision(template, one, "," if number else "")
        template.add('},"verdict":[')
        shower = _Verdict()
        self._showers.append(shower)
        for number, rule in enumerate(typed.source.verdict.rules):
            template.add(f'{"," if number else ""}{{"id":{_text(rule.id)},"outcome":"').slot()
            template.add(f'","verdict":"{rule.verdict.value}","test":{_text(rule.condition.text)},"compared":')
            _object(template, rules[rule.id].reads)
            template.add("}")
        template.add('],"floored":', _FLOORED).add("}")
        self._fill = template.fill()

    def _show(self, template: Template, shower: _Shower) -> None:
        self._showers.append(shower)
        for _ in range(shower.slots):
            template.slot()

    def _decision(self, template: Template, one: TypedDecision, comma: str) -> None:
        name, logic = one.source.id, one.source.logic
        template.add(f'{comma}{_key(name)}{{"value":', name)
        if isinstance(logic, Table):
            template.add(f',"hit_policy":{_text(logic.hit_policy.value)},"inputs":{{')
            for number, column in enumerate(one.columns):
                template.add(f"{',' if number else ''}{_key(column.name)}")
                _object(template, sorted(column.compiled.names))
            template.add('},"rules":[')
            self._show(template, _Rows(logic))
            template.add("]}")
        elif isinstance(logic, Scorecard):
            template.add(f',"base":{_value(logic.base)},"rules":[')
            self._showers.append(_Bands(logic))
            for number, (item, column) in enumerate(zip(logic.characteristics, one.columns, strict=True)):
                template.add(f'{"," if number else ""}{{"id":{_text(item.id)},"outcome":"').slot()
                template.add(',"input":')
                _object(template, sorted(column.compiled.names))
                template.slot().add("}")
            template.add("]}")
        else:
            template.add(f',"expression":{_text(logic.text)}}}')

    def text(self, run: Run, parts: Sequence[Part], parameters: str, as_of: date) -> str:
        """The trace as JSON; `parameters` is the JSON of those in force."""
        values: list[Any] = [*run.signals, *run.decisions]
        for place in self._hidden:
            if values[place].__class__ not in _IMPERSONAL:
                values[place] = HIDDEN
        for name, missing in run.missing.items():
            values[self._signals[name]] = missing
        shown = [form(value) if (form := _FORMS.get(value.__class__)) else _value(value) for value in values]
        found = [as_of.isoformat(), parameters, _value(run.floored), *shown]
        for shower, part in zip(self._showers, parts, strict=True):
            if part.shown is None:
                part.shown = shower.show(part)
            found += part.shown
        return self._fill(found)


_AS_OF, _PARAMETERS, _FLOORED, _AHEAD = range(4)


class _Flags:
    """The patterns, with what became of each."""

    slots = 1

    def __init__(self, ids: Iterable[str]) -> None:
        self._heads = [f'{{"id":{_text(one)},"outcome":"' for one in ids]

    def show(self, part: Part) -> tuple[str, ...]:
        """All of them as one text."""
        pairs = zip(self._heads, part.outcomes, strict=True)
        return (",".join([f'{head}{one.state}"}}' for head, one in pairs]),)


class _Rows:
    """The rows of a table: those that did not fire are ready, what lies between the others is copied as it is."""

    slots = 1

    def __init__(self, logic: Table) -> None:
        self._heads = [f'{{"id":{_text(row.id)},"outcome":"' for row in logic.rows]
        self._cells = [{name: cell.text for name, cell in row.cells.items()} for row in logic.rows]
        self._first = {row.id: number for number, row in enumerate(logic.rows)}
        missed = [f'{head}not_fired"}}' for head in self._heads]
        self._missed = ",".join(missed)
        self._starts = [0]
        for text in missed:
            self._starts.append(self._starts[-1] + len(text) + 1)

    def show(self, part: Part) -> tuple[str, ...]:
        """All of them as one text."""
        pieces = []
        at = 0
        for one in part.notable:
            number = self._first[one.rule.id]
            more = f',"points":{_value(one.points)},"tests":{_text(self._cells[number])}'
            pieces += [self._missed[at : self._starts[number]], f'{self._heads[number]}{one.state}"{more}}}']
            at = self._starts[number + 1] - 1
        return ("".join([*pieces, self._missed[at:]]),)


class _Bands:
    """The characteristics of a scorecard: each shows its outcome with its points, and the test of its band."""

    def __init__(self, logic: Scorecard) -> None:
        self._tests = [[_text(band.test.text) for band in one.bands] for one in logic.characteristics]
        self.slots = 2 * len(self._tests)

    def show(self, part: Part) -> tuple[str, ...]:
        """Two texts for each."""
        texts = []
        for tests, one in zip(self._tests, part.outcomes, strict=True):
            test = "null" if one.mark is None or one.mark < 0 else tests[one.mark]
            texts += [f'{one.state}","points":{_value(one.points)}', f',"test":{test}']
        return tuple(texts)


class _Verdict:
    """The verdict's rules: each shows its outcome."""

    slots = 0

    def show(self, part: Part) -> tuple[str, ...]:
        """One word for each."""
        return tuple(one.state for one in part.outcomes)


_Shower = _Flags | _Rows | _Bands | _Verdict


def _object(template: Template, names: Iterable[str]) -> None:
    """Add an object of signals and decisions by name; parameters are shown once for the whole trace."""
    template.add("{")
    for number, name in enumerate(one for one in names if one in template):
        template.add(f"{',' if number else ''}{_key(name)}", name)
    template.add("}")


def _key(name: str) -> str:
    return _text(name) + ":"


def _value(value: Any) -> str:
    """A value as JSON; the kinds that signals have most without a detour."""
    form = _FORMS.get(value.__class__)
    return form(value) if form is not None else _text(to_json(value))


def _decimal(value: Decimal) -> str:
    text = plain_text(value)
    # Up to fifteen digits, and no exponent: a float of this text would be spelled just so.
    return text if len(text) <= 16 and "0.0000" not in text else repr(to_json(value))


_MISSING: Final = {reason: _text(to_json(Missing(reason))) for reason in Reason}
_FORMS: Final[Mapping[type, Callable[[Any], str]]] = {
    type(None): lambda _: "null",
    bool: lambda value: "true" if value else "false",
    int: str,
    str: encode_basestring,
    Decimal: _decimal,
    date: lambda value: f'"{value.isoformat()}"',
    Missing: lambda value: _MISSING[value.reason],
}
_IMPERSONAL: Final = frozenset({type(None), bool, int, Decimal})
"""Kinds that are shown even where they were computed from personal data: they say nothing of a person by themselves."""
