"""What a table is worth: the hit policies in formulas, over rows that match and rows that are undecided.

They follow `engine.pack.hit_policy`: an undecided row withholds a single-hit value that it could change, UNIQUE with two
matches and ANY with different outputs are faults with a null value, aggregates are those of the rows known to match. A
table whose outputs have no common form is worth anything, with or without a fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.pack.model import AGGREGATING, LISTING, HitPolicy, Table
from engine.proofs.arithmetic import added
from engine.proofs.comparing import equal
from engine.proofs.state import TableState
from engine.proofs.terms import (
    NOTHING,
    Fields,
    Formula,
    Grid,
    Items,
    Nothing,
    Scalar,
    Truth,
    Value,
    both,
    conj,
    disj,
    either,
    merged,
    neg,
)
from engine.proofs.translate import Names, Translator, guarded
from engine.proofs.world import World

Entry = list[Value]


class HitValues:
    """The value, fault and fired rows of one table."""

    def __init__(self, world: World, names: Names, table: Table, state: TableState) -> None:
        self.world = world
        self.names = names
        self.table = table
        self.state = state

    def resolve(self, entries: list[Entry], default: Entry | None) -> None:
        """Set them from the outputs of every row and the default."""
        if self.table.hit_policy in LISTING:
            self._list(entries, default)
        elif self.table.hit_policy in AGGREGATING:
            self._aggregate(entries, default)
        else:
            self._single(entries, default)

    # -- one hit

    def _single(self, entries: list[Entry], default: Entry | None) -> None:
        state = self.state
        order = list(range(len(entries)))
        if self.table.hit_policy is HitPolicy.PRIORITY:
            ranked = self._priorities(entries)
            if ranked is None:
                self._unknown(state.matched)
                # Which of the matching rows comes first, and alone fires, is open.
                state.fired = [both(row, self.world.fresh("Bool", "first")) for row in state.matched]
                return
            order = ranked
        names = list(self.table.outputs)
        known = [self._chain(entries, default, order, place) for place in range(len(names))]
        if any(one is None for one in known):
            self._unknown(state.matched)
            return
        values = [one for one in known if one is not None]
        matched = disj(state.matched)
        withheld = self._withheld(entries, values, order, matched, default=default is not None)
        violated = self._violation(entries, values)
        state.fault = either(violated, both(neg(withheld), self._bad_entry(entries, order)))
        absent = either(withheld, violated, False if default is not None else neg(matched))
        whole: Value = values[0] if len(values) == 1 else Fields(False, dict(zip(names, values, strict=True)))
        state.value = guarded(neg(absent), whole)
        if self.table.hit_policy is HitPolicy.PRIORITY:
            state.fired = list(state.matched)
            for row, earlier in self._with_earlier(order):
                state.fired[row] = both(state.matched[row], neg(earlier))

    def _free(self, kind: str) -> Value:
        """Any value of a kind."""
        key = ("table", id(self.state))
        return self.world.free(key, lambda: self.world.any_value(kind, "table"), self.state)

    def _unknown(self, rows: list[Formula]) -> None:
        """A table that has no form as formulas: any value, any fault."""
        self.state.value = self._free("any")
        self.state.fault = both(disj(rows), self.world.fresh("Bool", "fault"))

    def _priorities(self, entries: list[Entry]) -> list[int] | None:
        """The rows by the order of their outputs' values; None where that is not known beforehand."""
        ranks = [
            None if output.values is None else {value: place for place, value in enumerate(output.values)}
            for output in self.table.outputs.values()
        ]
        keys = []
        for row, entry in enumerate(entries):
            key = []
            for value, rank in zip(entry, ranks, strict=True):
                if rank is None:
                    continue
                constant = value.constant if isinstance(value, Scalar) else None
                if constant is None:
                    return None
                key.append(rank.get(constant, len(rank)))
            keys.append((tuple(key), row))
        return [row for _, row in sorted(keys)]

    def _chain(self, entries: list[Entry], default: Entry | None, order: list[int], place: int) -> Value | None:
        """The output of the first matching row in order, else the default."""
        found: Value | None = NOTHING if default is None else default[place]
        for row in reversed(order):
            if found is None:
                return None
            found = merged(self.state.matched[row], entries[row][place], found)
        return found

    def _with_earlier(self, order: list[int]) -> Iterator[tuple[int, Formula]]:
        """Each row in order, with whether one before it matches."""
        earlier: Formula = False
        for row in order:
            yield row, earlier
            earlier = either(earlier, self.state.matched[row])

    def _withheld(
        self,
        entries: list[Entry],
        values: list[Value],
        order: list[int],
        matched: Formula,
        *,
        default: bool,
    ) -> Formula:
        """Whether an undecided row could change the value."""
        ranked = self.table.hit_policy in {HitPolicy.FIRST, HitPolicy.PRIORITY}
        found = []
        for row, earlier in self._with_earlier(order):
            undecided = both(self.state.undecided[row], neg(earlier) if ranked else True)
            if undecided is False:
                continue
            same = conj(self._alike(entry, value) for entry, value in zip(entries[row], values, strict=True))
            if not default:
                same = both(matched, same)
            found.append(both(undecided, neg(same)))
        return disj(found)

    def _alike(self, one: Value, other: Value) -> Formula:
        """Whether Python finds two outputs equal: null equals null."""
        if isinstance(one, Nothing) or isinstance(other, Nothing):
            return both(one.null, other.null)
        answer = equal(Translator(self.world, self.names), one, other)
        return either(answer.yes, both(one.null, other.null))

    def _violation(self, entries: list[Entry], values: list[Value]) -> Formula:
        """Two matches of a UNIQUE table, different outputs of an ANY table."""
        found: list[Formula] = []
        if self.table.hit_policy is HitPolicy.UNIQUE:
            found = [both(row, earlier) for row, earlier in _pairs(self.state.matched)]
        elif self.table.hit_policy is HitPolicy.ANY:
            for matched, entry in zip(self.state.matched, entries, strict=True):
                same = conj(self._alike(one, value) for one, value in zip(entry, values, strict=True))
                found.append(both(matched, neg(same)))
        return disj(found)

    def _bad_entry(self, entries: list[Entry], order: list[int]) -> Formula:
        """Whether the chosen row's output is null, or none of the listed values."""
        found = []
        for row, earlier in self._with_earlier(order):
            bad = self._bad(entries[row])
            if bad is not False:
                found.append(both(self.state.matched[row], neg(earlier), bad))
        return disj(found)

    def _bad(self, entry: Entry) -> Formula:
        return disj(
            either(value.null, self._unlisted(value, output.values))
            for value, output in zip(entry, self.table.outputs.values(), strict=True)
        )

    def _unlisted(self, value: Value, listed: Sequence[object] | None) -> Formula:
        if listed is None:
            return False
        answers = (self._alike(value, self.world.constant(one)) for one in listed)
        return neg(disj(answers))

    # -- all hits

    def _list(self, entries: list[Entry], default: Entry | None) -> None:
        state = self.state
        names = list(self.table.outputs)
        state.fault = disj(
            both(matched, self._bad(entry)) for matched, entry in zip(state.matched, entries, strict=True)
        )
        if default is not None and any(not isinstance(one, Scalar | Truth) for one in default):
            state.value = self._free("list")
            return
        items = [
            (matched, entry[0] if len(names) == 1 else Fields(False, dict(zip(names, entry, strict=True))))
            for matched, entry in zip(state.matched, entries, strict=True)
        ]
        if default is not None:
            none = neg(disj(state.matched))
            items.append(
                (none, default[0] if len(names) == 1 else Fields(False, dict(zip(names, default, strict=True))))
            )
        # The order of items is left open: nothing that is translated asks for it.
        state.value = Items(False, tuple(items))

    def _aggregate(self, entries: list[Entry], default: Entry | None) -> None:
        state = self.state
        faults = [both(row, self._bad(entry)) for row, entry in zip(state.matched, entries, strict=True)]
        nulls = [both(row, entry[0].null) for row, entry in zip(state.matched, entries, strict=True)]
        matched = disj(state.matched)
        found: Value | None
        if self.table.hit_policy is HitPolicy.COUNT:
            one = self.world.real(1)
            count = total(
                self.world, self.names, [(row, Scalar("number", one, False, Grid(0, 1))) for row in state.matched]
            )
            state.fault = disj(faults)
            found = count if default is None else merged(matched, count, default[0])
        else:
            null = disj(nulls)
            numbers = [
                (row, entry[0])
                for row, entry in zip(state.matched, entries, strict=True)
                if isinstance(entry[0], Scalar) and entry[0].kind == "number"
            ]
            fallback = NOTHING if default is None else default[0]
            if len(numbers) < len(entries):
                self._unknown(state.matched)
                return
            state.fault = disj(faults)
            whole = (
                total(self.world, self.names, numbers)
                if self.table.hit_policy is HitPolicy.SUM
                else self._extreme(numbers)
            )
            found = None if whole is None else merged(matched, guarded(neg(null), whole), fallback)
        if found is None:
            self._unknown(state.matched)
        else:
            state.value = found

    def _extreme(self, numbers: list[tuple[Formula, Scalar]]) -> Value | None:
        found: Value | None = None
        seen: Formula = False
        for row, one in numbers:
            plain = Scalar("number", one.term, False, one.grid)
            if found is None:
                found, seen = plain, row
                continue
            assert isinstance(found, Scalar)
            ahead = plain.term < found.term if self.table.hit_policy is HitPolicy.MIN else plain.term > found.term
            found = merged(both(row, either(neg(seen), ahead)), plain, found)
            seen = either(seen, row)
        return found


def total(world: World, names: Names, numbers: Sequence[tuple[Formula, Scalar]]) -> Scalar:
    """The sum of the numbers whose conditions hold."""
    translator = Translator(world, names)
    found = Scalar("number", world.real(0), False)
    nothing = Scalar("number", world.real(0), False)
    for row, one in numbers:
        part = merged(row, Scalar("number", one.term, False, one.grid), nothing)
        assert isinstance(part, Scalar)
        found = added(translator, found, part)
    return found


def _pairs(rows: list[Formula]) -> Iterator[tuple[Formula, Formula]]:
    """Each row with whether one before it matched."""
    earlier: Formula = False
    for row in rows:
        yield row, earlier
        earlier = either(earlier, row)
