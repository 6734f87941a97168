"""Any DMN model as a pack: what can be carried is, what cannot is listed with element, line and reason.

Inputs become signals, tables and expressions decisions, knowledge models are written out where they are called,
knowledge sources become sources. A model says nothing of a verdict: the pack reviews every case, and floors what is
missing at review, until somebody writes its verdict rules. What the pack loader refuses is left out, with all that
reads it, and listed with the loader's reason; where nothing is left, the import is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from engine.dmn import model as dmn
from engine.exchange.content import Content, Feel
from engine.exchange.failure import MAX_FINDINGS, ExchangeError, Finding
from engine.exchange.foreign_logic import Logic, NotCarriedError
from engine.exchange.foreign_names import Rewriter, snake, unique
from engine.exchange.foreign_tables import Tables
from engine.exchange.foreign_types import Leaf, Types, signal_names
from engine.exchange.literals import NotAConstantError, constants, literal
from engine.exchange.origins import paths_of
from engine.exchange.pack_yaml import write_files
from engine.pack import Pack, PackError, parse_pack
from engine.pack.limits import MAX_TEXT_CHARS
from engine.pack.names import mentioned

_MODEL: Final = "imported_model"
_RULE: Final = "IMPORTED_MODEL"
_REASON: Final = "Imported from a DMN model: nobody has written yet what its decisions mean for the verdict"
_ROUNDS: Final = 20  # of loading; a model whose faults hide each other more often is refused
_RENAMED: Final = "write the pack's name in cases and calls"


def import_foreign(model: dmn.Definitions) -> tuple[dict[str, str], tuple[Finding, ...], Pack]:
    """The files of the pack that a model becomes, what they leave out or decide, and the pack.

    Raises:
        ExchangeError: where nothing of the model can be carried, with every reason.
    """
    return _Import(model).run()


class _Import:
    """One import: names, then types, then logic, then what the loader says."""

    def __init__(self, model: dmn.Definitions) -> None:
        self._model = model
        self._left_out: list[Finding] = []
        self._types = Types(model, self._note)
        self._logic = Logic(model)
        self._tables = Tables(self._types, self._note)
        self._sources: dict[str, str] = {}
        self._content = Content()
        self._decisions: dict[str, dmn.Decision] = {}  # by the pack's name

    def run(self) -> tuple[dict[str, str], tuple[Finding, ...], Pack]:
        """Convert and load."""
        self._head()
        rewriter = self._names()
        for name, decision in self._decisions.items():
            try:
                self._content.decisions[name] = self._decision(name, decision, rewriter)
            except NotCarriedError as error:
                self._note(
                    decision.name, error.line, f"the decision is not carried: {error}", "write it as a pack's table"
                )
        files, pack = self._load()
        self._others()
        return files, tuple(dict.fromkeys(self._left_out))[:MAX_FINDINGS], pack

    def _note(self, where: str, line: int, message: str, remedy: str) -> None:
        self._left_out.append(Finding(where or "the model", line, message, remedy))

    # -- what every pack has

    def _head(self) -> None:
        model = self._model
        title = " ".join(model.name.split()) or "Imported DMN model"
        sources = {
            _MODEL: {"title": title, "reference": model.namespace or "DMN model", "note": "the imported model itself"}
        }
        for source in model.knowledge_sources:
            name = unique(snake(source.name, "source"), sources)
            self._sources[source.id] = name
            details = {"title": source.name, "url": source.location_uri, "note": source.description}
            sources[name] = {key: text for key, text in details.items() if text}
        review = {"id": _RULE, "if": Feel("true"), "verdict": "review", "reason": _REASON, "cite": [_MODEL]}
        self._content.pack = {
            "pack": snake(model.name, "imported"),
            "title": title[:MAX_TEXT_CHARS],
            "version": "1",
            "on_missing": "review",
            "sources": sources,
            "signals": {},
            "decisions": {},
            "verdict": {"rules": [review]},
        }
        self._note("verdict", 0, "a model has no verdict: every case is reviewed", "write the verdict rules")
        self._note(
            "on_missing", 0, "a model does not say what a missing value leads to: review", "say review or reject"
        )

    def _names(self) -> Rewriter:
        """Give every input and decision its name in the pack, declare the signals, and note what is renamed."""
        leaves = [leaf for data in self._model.input_data for leaf in self._types.leaves(data)]
        taken: set[str] = set()
        for decision in self._model.decisions:
            name = unique(snake(decision.name), taken)
            taken.add(name)
            self._decisions[name] = decision
        signals = signal_names(leaves, taken)
        names: dict[tuple[str, ...], str] = {}
        for leaf in leaves:
            name = signals[leaf.path]
            spec = self._types.spec(leaf, self._guess(leaf))
            if spec is not None:
                self._content.pack["signals"][name] = spec
            names[leaf.path] = name
            self._renamed(".".join(leaf.path), name, leaf.line)
        names |= _structures(names)
        for name, decision in self._decisions.items():
            names[(decision.name,)] = name
            self._renamed(decision.name, name, decision.line)
            if isinstance(decision.expression, dmn.DecisionTable) and len(decision.expression.outputs) > 1:
                for clause in decision.expression.outputs:
                    names[decision.name, clause.name] = f"{name}.{snake(clause.name)}"
        return Rewriter({path: text for path, text in names.items() if ".".join(path) != text})

    def _renamed(self, old: str, new: str, line: int) -> None:
        if old != new:
            self._note(old, line, f"is named {new} in the pack", _RENAMED)

    def _guess(self, leaf: Leaf) -> str:
        """The type that the tests of tables show for a value without one; empty where they show none."""
        wanted = ".".join(leaf.path)
        kinds: set[str] = set()
        for decision in self._model.decisions:
            table = decision.expression
            for place, clause in enumerate(table.inputs if isinstance(table, dmn.DecisionTable) else ()):
                if " ".join(clause.expression.text.split()) != wanted or not isinstance(table, dmn.DecisionTable):
                    continue
                kinds.add(self._types.base(clause.expression.type_ref))
                kinds |= {_kind_of(rule.inputs[place].text) for rule in table.rules}
        kinds.discard("")
        return kinds.pop() if len(kinds) == 1 else ""

    # -- decisions

    def _decision(self, name: str, decision: dmn.Decision, rewriter: Rewriter) -> dict[str, Any]:
        logic = decision.expression
        if logic is None:
            raise NotCarriedError("it has no logic", decision.line)
        cite = [self._sources[href[1:]] for href in decision.authority if href[1:] in self._sources]
        about = {"title": decision.label or decision.question, "note": decision.description}
        found: dict[str, Any] = {
            key: " ".join(text.split())[:MAX_TEXT_CHARS] for key, text in about.items() if text.strip()
        }

        def rewrite(text: str, arguments: Mapping[tuple[str, ...], str] | None = None) -> str:
            return rewriter(self._logic.inlined(Rewriter(arguments or {})(text)))

        called = self._logic.tables_called(logic)
        if called is not None:
            logic, bound = called
            arguments: dict[tuple[str, ...], str] = {(parameter,): f"({text})" for parameter, text in bound.items()}
            return found | self._tables.table(decision, name, logic, lambda text: rewrite(text, arguments), cite)
        if isinstance(logic, dmn.DecisionTable):
            return found | self._tables.table(decision, name, logic, rewrite, cite)
        if isinstance(logic, dmn.LiteralExpression):
            text = self._logic.literal(logic)
        else:
            text = self._logic.text(logic)
            self._note(
                decision.name, decision.line, f"a boxed {type(logic).__name__} is written as FEEL", "read it over"
            )
        if cite:
            self._note(
                decision.name,
                decision.line,
                f"rests on {', '.join(cite)}; an expression cites nothing",
                "cite it in a rule",
            )
        kind = self._types.base(decision.variable.type_ref)
        return found | {"expression": Feel(rewrite(text))} | ({"type": kind} if kind else {})

    # -- the loader's word

    def _load(self) -> tuple[dict[str, str], Pack]:
        """Load, leaving out what the loader refuses with all that reads it; one fault may hide another, so in rounds."""
        had = len(self._decisions)
        for number in range(_ROUNDS):
            files = write_files(self._content)
            try:
                pack = parse_pack(files)
            except PackError as error:
                if number < _ROUNDS - 1 and self._leave_out(error, files):
                    continue
                raise ExchangeError(
                    [*(Finding(one.file, one.line, one.message, one.remedy) for one in error.problems), *self._left_out]
                ) from None
            if had and not self._content.decisions:
                raise ExchangeError(self._left_out)
            return files, pack
        raise AssertionError("the last round returns or raises")

    def _leave_out(self, error: PackError, files: Mapping[str, str]) -> bool:
        """Remove the decisions and signals that the loader speaks of; whether there was one."""
        gone: dict[tuple[str, str], str] = {}
        for problem, path in paths_of(error.problems, files):
            if len(path) > 1 and path[0] in {"decisions", "signals"}:
                gone.setdefault((str(path[0]), str(path[1])), f"{problem.message} ({problem.remedy})")
        self._spread(gone)
        for (section, name), reason in gone.items():
            if self._content.pack[section].pop(name, None) is None:
                continue
            decision = self._decisions.get(name) if section == "decisions" else None
            where, line = (decision.name, decision.line) if decision is not None else (name, 0)
            what = section.removesuffix("s")
            self._note(where, line, f"the {what} is not carried: {reason}", "correct it in the model, or write it anew")
        return bool(gone)

    def _spread(self, gone: dict[tuple[str, str], str]) -> None:
        """Add to what goes the decisions that read it."""
        decisions = self._content.decisions
        readers: dict[str, list[str]] = {}
        for name, decision in decisions.items():
            for word in {word for text in _texts(decision) for word in mentioned(text)}:
                readers.setdefault(word, []).append(name)
        pending = [name for _, name in gone]
        while pending:
            lost = pending.pop()
            for name in readers.get(lost, ()):
                if ("decisions", name) not in gone:
                    gone["decisions", name] = f"it reads {lost}, which is not carried"
                    pending.append(name)

    def _others(self) -> None:
        model = self._model
        inlined: Iterable[tuple[str, int, str]] = (
            (one.name, one.line, "the knowledge model is carried only where a carried decision calls it")
            for one in model.knowledge_models
        )
        services = ((one.name, one.line, "the decision service is not carried") for one in model.services)
        imports = ((one.name, one.line, "the imported model is not carried") for one in model.imports)
        for name, line, message in (*inlined, *services, *imports):
            self._note(name, line, message, "import its model too, or write its decisions into the pack")
        carried = self._content.pack["sources"]
        if len(carried) > 1:
            self._note("sources", 0, "sources have no date of amendment", "complete them")


def _texts(value: Any) -> Iterator[str]:
    """Every FEEL text of a decision."""
    if isinstance(value, Feel):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _structures(names: Mapping[tuple[str, ...], str]) -> dict[tuple[str, ...], str]:
    """Structures as FEEL contexts of their signals, for texts that speak of one as a whole."""
    tree: dict[str, Any] = {}
    for path, name in names.items():
        node = tree
        for part in path[:-1]:
            node = node.setdefault(part, {})
        node[path[-1]] = name
    found: dict[tuple[str, ...], str] = {}

    def write(node: Mapping[str, Any], path: tuple[str, ...]) -> str:
        entries = []
        for part, inner in node.items():
            text = inner if isinstance(inner, str) else write(inner, (*path, part))
            entries.append(f"{literal(part)}: {text}")
        text = "{" + ", ".join(entries) + "}"
        if path:
            found[path] = text
        return text

    write(tree, ())
    return found


def _kind_of(test: str) -> str:
    """The type of the plain values that a cell compares with; empty where it shows none."""
    text = test.strip().removeprefix("not").strip().lstrip("<>=").strip()
    text = text[1:-1].replace("..", ",") if text[:1] in "([]" and text[-1:] in ")[]" else text
    try:
        values = constants(text) if text not in {"", "-"} else []
    except NotAConstantError:
        return ""
    kinds = {_python_kind(value) for value in values if value is not None}
    return kinds.pop() if len(kinds) == 1 else ""


def _python_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "" if isinstance(value, list) else "date" if hasattr(value, "isoformat") else "number"
