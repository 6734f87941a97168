"""Writes the door for signals: what plainly is what the pack declares passes in line, all else goes through the full check.

A value of exactly the declared Python class within its bounds is taken as it stands; a float becomes the decimal of its
shortest spelling; a `Missing` is noted. Whatever is not so plain (a subclass, an ISO date, a `Signal`, a fault) is handed
to the admission of `engine.pack.admit`, which alone decides what is refused. A test here may therefore turn a good value
away to the full check, but never lets one pass that the check would refuse.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from itertools import repeat
from operator import itemgetter
from typing import Any, Final

from engine.pack.admit import NOT_PROVIDED, admission
from engine.pack.limits import MAX_LIST_ITEMS, MAX_NUMBER_DIGITS, MAX_STRING_CHARS
from engine.pack.model import SignalSpec
from engine.pack.writer import Writer

_BIG: Final = 10**MAX_NUMBER_DIGITS - 1


class SignalWriter:
    """Writes the taking of every declared signal into a local variable s0, s1, ..."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def signals(self, specs: Mapping[str, SignalSpec]) -> None:
        """Write it; the values are also in the list T, what was missing is in M, faults in E."""
        declared = self.writer.constant("_declared", dict.fromkeys(specs))
        self._take(tuple(specs))
        for index, (name, spec) in enumerate(specs.items()):
            self._signal(index, name, spec)
        self.writer.line(f"if E or strange: _refuse(signals, {declared}, E)")

    def _take(self, names: tuple[str, ...]) -> None:
        """Write the reading of all values, and whether a name came that nobody declared.

        A dictionary with most of the names is copied to one that adds the absent; of a smaller one each name is asked.
        """
        strange = (
            f"strange = not all(map({self.writer.constant('_known', dict.fromkeys(names).__contains__)}, signals))"
        )
        if not names:
            self.writer.line(f"T = []; {strange}")
            return
        variables = "".join(f"s{index}, " for index in range(len(names)))
        known = self.writer.constant("_names", names)
        absent = self.writer.constant("_absent", (NOT_PROVIDED,) * len(names))
        each = f"T = [*map(signals.get, {known}, {absent})]; {variables}= T; {strange}"
        if len(names) == 1:  # `itemgetter` of one name gives no tuple
            self.writer.line(each)
            return
        every = self.writer.constant("_every", itemgetter(*names))
        filled = self.writer.constant("_filled", partial(defaultdict, repeat(NOT_PROVIDED).__next__))
        most = (len(names) * 3 + 3) // 4
        with self.writer.block(f"if signals.__class__ is dict and len(signals) >= {most}:"):
            self.writer.line(f"given = {filled}(signals)")
            self.writer.line(f"T = [*{every}(given)]; {variables}= T; strange = len(given) != {len(names)}")
        self.writer.line(f"else: {each}")

    def _signal(self, index: int, name: str, spec: SignalSpec) -> None:
        variable = f"s{index}"
        key = self.writer.constant(f"_n{index}", name)
        taken = f"T[{index}] = {variable}"
        full = f"{taken} = {self.writer.constant(f'_a{index}', admission(spec))}({variable}, M, E)"
        missing = f"M[{key}] = {variable}; {taken} = None"
        if spec.type == "number" and not spec.values:
            self.writer.line(f"kind = {variable}.__class__")
            low, high = self._bounds(str(index), spec, int)
            with self.writer.block("if kind is int:"):
                self.writer.line(f"if not {low} <= {variable} <= {high}: {full}")
            with self.writer.block("elif kind is _Decimal:"):
                least, most = self._bounds(str(index), spec, Decimal)
                self.writer.line(f"try: fits = {least} <= _exactly({variable}) <= {most}")
                self.writer.line("except ArithmeticError: fits = False")
                self.writer.line(f"if not fits: {full}")
            self.writer.line(f"elif kind is _Missing: {missing}")
            # A float may round a bound inward: at the bound itself it fails here and passes the full check.
            within = f"{low} <= {variable} <= {high}"
            self.writer.line(f"elif kind is float and {within}: {taken} = _Decimal(repr({variable}))")
            self.writer.line(f"else: {full}")
            return
        fields = self._fields(index, spec.fields or {})
        if fields:
            with self.writer.block(f"if {variable}.__class__ is list and len({variable}) <= {MAX_LIST_ITEMS}:"):
                self._facts(index, variable, fields)
                self.writer.line(f"if len(facts) == len({variable}): {taken} = facts")
                self.writer.line(f"else: {full}")
            self.writer.line(f"elif {variable}.__class__ is _Missing: {missing}")
            self.writer.line(f"else: {full}")
            return
        plain = self._plain(str(index), variable, spec)
        with self.writer.block(f"if not ({plain}):" if plain else "if True:"):
            self.writer.line(f"if {variable}.__class__ is _Missing: {missing}")
            self.writer.line(f"else: {full}")

    def _bounds(self, name: str, spec: SignalSpec, kind: type[int | Decimal]) -> tuple[str, str]:
        """The bounds of a number: in the text where they are small integers and so is what is compared with them."""
        ends = (-_BIG if spec.low is None else spec.low, _BIG if spec.high is None else spec.high)
        if kind is int and all(end.__class__ is int and abs(end) < 1 << 62 for end in ends):
            return str(ends[0]), str(ends[1])
        given: list[Any] = [Decimal(str(end)) if kind is Decimal else end for end in ends]
        prefix = "D" if kind is Decimal else "I"
        low, high = (self.writer.constant(f"_{side}{prefix}{name}", end) for side, end in zip("lh", given, strict=True))
        return low, high

    def _exact(self, name: str, variable: str, spec: SignalSpec) -> str:
        """The condition under which a Decimal is within 34 digits, the exponents allowed, and its bounds."""
        low, high = self._bounds(name, spec, Decimal)
        return f"_lies({variable}, {low}, {high})"

    def _plain(self, name: str, variable: str, spec: SignalSpec) -> str:
        """The condition under which a value needs no further look; empty where every value does."""
        if spec.values:
            values = self.writer.constant(f"_v{name}", frozenset(spec.values))
            kind = {"string": "str", "number": "int"}.get(spec.type)
            return f"{variable}.__class__ is {kind} and {variable} in {values}" if kind else ""
        if spec.type == "number":
            low, high = self._bounds(name, spec, int)
            whole = f"{variable}.__class__ is int and {low} <= {variable} <= {high}"
            return f"{whole} or {variable}.__class__ is _Decimal and {self._exact(name, variable, spec)}"
        if spec.type == "string":
            return f"{variable}.__class__ is str and len({variable}) <= {MAX_STRING_CHARS}"
        if spec.type == "boolean":
            return f"{variable} is True or {variable} is False"
        return f"{variable}.__class__ is _date" if spec.type == "date" and spec.low is spec.high is None else ""

    # -- facts

    def _fields(self, index: int, fields: Mapping[str, SignalSpec]) -> list[tuple[str, str, str]]:
        """Variable, key and test of each field of a fact; nothing where one of them always needs the full check."""
        found = [
            (
                f"v{place}",
                self.writer.constant(f"_f{index}_{place}", field),
                self._plain(f"{index}_{place}", f"v{place}", spec),
            )
            for place, (field, spec) in enumerate(fields.items())
        ]
        return found if all(test for _, _, test in found) else []

    def _facts(self, index: int, facts: str, fields: list[tuple[str, str, str]]) -> None:
        """Write the copying of plain facts, up to the first that is not."""
        variables = "".join(f"{variable}, " for variable, _, _ in fields)
        values = f"(one[{fields[0][1]}],)"
        if len(fields) > 1:  # `itemgetter` of one name gives no tuple
            names = [self.writer.known[key] for _, key, _ in fields]
            values = f"{self.writer.constant(f'_g{index}', itemgetter(*names))}(one)"
        self.writer.line("facts = []")
        with self.writer.block(f"for one in {facts}:"):
            self.writer.line(f"if one.__class__ is not dict or len(one) != {len(fields)}: break")
            self.writer.line(f"try: {variables}= {values}")
            self.writer.line("except KeyError: break")
            tests = " and ".join(f"({test} or {variable} is None)" for variable, _, test in fields)
            self.writer.line(f"if not ({tests}): break")
            self.writer.line(f"facts.append({{{', '.join(f'{key}: {variable}' for variable, key, _ in fields)}}})")
