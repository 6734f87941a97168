"""A machine for patterns: a program of small steps, run with a record of what was tried.

Without back references no pair of step and position is tried twice, so the work is at most the length of the program
times that of the text; with them it can be more. Either has a budget of steps, beyond which there is no answer. Of
several ways to match, the first by XPath's rules is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

from engine.feel.failure import Failure
from engine.feel.regex.characters import cases
from engine.feel.regex.syntax import Back, Char, Choice, Edge, Group, Repeat, Sequence, Tree

MAX_PROGRAM: Final = 2_000
"""Steps of a program; counted repetitions are written out."""

MAX_WORK: Final = 500_000
"""Steps of all searches in one text, or of Python's engine at worst: under a second."""

Captures = tuple[int, ...]


class Op(IntEnum):
    """What a step does."""

    CHAR = 0
    SPLIT = 1
    JUMP = 2
    SAVE = 3
    START = 4
    END = 5
    BACK = 6
    MATCH = 7
    MARK = 8
    MOVED = 9


@dataclass(slots=True)
class Program:
    """A pattern as steps: `(operation, argument, other argument)`. Marks tell an empty turn of a loop."""

    groups: int
    ignore_case: bool
    multiline: bool
    has_back: bool
    steps: list[tuple[Op, Any, Any]] = field(default_factory=list)
    marks: int = 0

    def search(self, text: str, start: int, work: list[int]) -> Captures | None:
        """The first match at or after a position: pairs of start and end for the whole and each group, -1 for none."""
        tried = None if self.has_back else bytearray(len(self.steps) * (len(text) + 1))
        for begin in range(start, len(text) + 1):
            found = self._match(text, begin, tried, work)
            if found is not None:
                return found
        return None

    def _match(self, text: str, begin: int, tried: bytearray | None, work: list[int]) -> Captures | None:
        empty = (-1,) * (2 * (self.groups + 1) + self.marks)
        pending: list[tuple[int, int, Captures]] = [(0, begin, (begin, *empty[1:]))]
        width = len(text) + 1
        while pending:
            step, position, captures = pending.pop()
            while True:
                work[0] += 1
                if work[0] > MAX_WORK:
                    raise Failure("limit", "the pattern takes too long on this text")
                if tried is not None:
                    if tried[step * width + position]:
                        break
                    tried[step * width + position] = 1
                operation, first, second = self.steps[step]
                if operation is Op.MATCH:
                    return (captures[0], position, *captures[2 : 2 * (self.groups + 1)])
                if operation is Op.SPLIT:
                    pending.append((second, position, captures))
                    step = first
                    continue
                moved = self._move(operation, first, text, position, captures)
                if moved is None:
                    break
                position, captures = moved
                step = first if operation is Op.JUMP else step + 1
        return None

    def _move(
        self, operation: Op, argument: Any, text: str, position: int, captures: Captures
    ) -> tuple[int, Captures] | None:
        """Where a step leads, or None where it fails."""
        if operation is Op.CHAR:
            return (position + 1, captures) if position < len(text) and argument(text[position]) else None
        return self._special(operation, argument, text, position, captures)

    def _special(
        self, operation: Op, argument: int, text: str, position: int, captures: Captures
    ) -> tuple[int, Captures] | None:
        """The rarer steps."""
        if operation in {Op.SAVE, Op.MARK}:
            return position, (*captures[:argument], position, *captures[argument + 1 :])
        if operation is Op.START:
            ok = position == 0 or (self.multiline and text[position - 1] == "\n" and position < len(text))
            return (position, captures) if ok else None
        if operation is Op.END:
            ok = position == len(text) or (self.multiline and text[position] == "\n")
            return (position, captures) if ok else None
        if operation is Op.MOVED:
            return (position, captures) if captures[argument] != position else None
        if operation is Op.BACK:
            return self._again(argument, text, position, captures)
        return position, captures

    def _again(self, group: int, text: str, position: int, captures: Captures) -> tuple[int, Captures] | None:
        start, end = captures[2 * group : 2 * group + 2]
        if start < 0 or end < 0:
            return position, captures
        wanted = text[start:end]
        found = text[position : position + len(wanted)]
        same = found == wanted
        if not same and self.ignore_case and len(found) == len(wanted):
            same = all(a in cases(b) for a, b in zip(found, wanted, strict=True))
        return (position + len(wanted), captures) if same else None


def build(tree: Tree, groups: int, flags: str, *, has_back: bool) -> Program:
    """The program of a tree. Raises `Failure` for one that would be too long."""
    program = Program(groups, "i" in flags, "m" in flags, has_back)
    _emit(program, tree)
    _add(program, Op.MATCH)
    return program


def _add(program: Program, operation: Op, first: Any = 0, second: Any = 0) -> int:
    if len(program.steps) >= MAX_PROGRAM:
        raise Failure("limit", "the pattern is too long once its repetitions are written out")
    program.steps.append((operation, first, second))
    return len(program.steps) - 1


def _emit(program: Program, tree: Tree) -> None:
    if isinstance(tree, Char):
        _add(program, Op.CHAR, tree.test)
    elif isinstance(tree, Edge):
        _add(program, Op.START if tree.start else Op.END)
    elif isinstance(tree, Back):
        _add(program, Op.BACK, tree.group)
    elif isinstance(tree, Sequence):
        for piece in tree.pieces:
            _emit(program, piece)
    elif isinstance(tree, Group):
        _add(program, Op.SAVE, 2 * tree.number)
        _emit(program, tree.inner)
        _add(program, Op.SAVE, 2 * tree.number + 1)
    elif isinstance(tree, Choice):
        _emit_choice(program, tree)
    else:
        _emit_repeat(program, tree)


def _emit_choice(program: Program, tree: Choice) -> None:
    ends: list[int] = []
    for option in tree.options[:-1]:
        split = _add(program, Op.SPLIT)
        _emit(program, option)
        ends.append(_add(program, Op.JUMP))
        program.steps[split] = (Op.SPLIT, split + 1, len(program.steps))
    _emit(program, tree.options[-1])
    for end in ends:
        program.steps[end] = (Op.JUMP, len(program.steps), 0)


def _emit_repeat(program: Program, tree: Repeat) -> None:
    for _ in range(tree.low):
        _emit(program, tree.inner)
    if tree.high is None:
        split = _add(program, Op.SPLIT)
        if program.has_back:
            # Without the record of what was tried, an empty turn would go round for ever.
            mark = 2 * (program.groups + 1) + program.marks
            program.marks += 1
            _add(program, Op.MARK, mark)
        _emit(program, tree.inner)
        if program.has_back:
            _add(program, Op.MOVED, mark)
        _add(program, Op.JUMP, split)
        _set_split(program, split, lazy=tree.lazy)
        return
    splits: list[int] = []
    for _ in range(tree.high - tree.low):
        splits.append(_add(program, Op.SPLIT))
        _emit(program, tree.inner)
    for split in splits:
        _set_split(program, split, lazy=tree.lazy)


def _set_split(program: Program, split: int, *, lazy: bool) -> None:
    """Let a split go on into what follows it or to the end of the program so far, by preference."""
    after = len(program.steps)
    program.steps[split] = (Op.SPLIT, after, split + 1) if lazy else (Op.SPLIT, split + 1, after)
