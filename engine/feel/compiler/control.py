"""Code for `if`, loops, and the literals of lists, contexts and functions."""

from __future__ import annotations

from engine.feel import nodes
from engine.feel.compiler.code import Code
from engine.feel.compiler.core import Compiler, emits
from engine.feel.compiler.operators import boolean
from engine.feel.types import ANY, BOOLEAN, DATE, NULL, NUMBER, FeelType, context_of, function_of, join, list_of


@emits(nodes.If)
def condition(compiler: Compiler, node: nodes.If) -> Code:
    """`if`: only true takes `then`; where null is unknown, a null condition gives null."""
    test = boolean(compiler, node.condition, compiler.emit(node.condition))
    chosen, other = compiler.emit(node.chosen), compiler.emit(node.other)
    kind = join(chosen.type, other.type)
    if not test.null:
        source = f"({chosen.source} if {test.source} else {other.source})"
        return Code(source, kind, null=chosen.null or other.null)
    if compiler.unknowns:
        first, again = compiler.held(test)
        return Code(f"(None if {first} is None else {chosen.source} if {again} else {other.source})", kind)
    source = f"({chosen.source} if {test.source} is True else {other.source})"
    return Code(source, kind, null=chosen.null or other.null)


# -- loops


def _iterations(
    compiler: Compiler, iterations: tuple[nodes.Iteration, ...], body: nodes.Node, *, partial: bool
) -> tuple[str, str, Code]:
    """The sources as a tuple of functions, the variables of the body, and the body."""
    variables: list[str] = []
    sources: list[str] = []
    known: list[tuple[str, Code]] = []
    for iteration in iterations:
        with compiler.local(known):
            source, element = _source(compiler, iteration)
        sources.append(f"lambda {', '.join(variables)}: {source}" if variables else f"lambda: {source}")
        variable = compiler.temporary("_v")
        variables.append(variable)
        known.append((iteration.name, Code(variable, element, atom=True)))
    if partial:
        variables.append(compiler.temporary("_v"))
        # What the list holds is known only after the body that is being compiled. It still grows: whoever keeps it
        # keeps a copy.
        snapshot = f"_snapshot({variables[-1]}, _w)"
        known.insert(0, ("partial", Code(snapshot, list_of(ANY), null=False)))
    with compiler.local(known):
        code = compiler.emit(body)
    return f"({', '.join(sources)},)", ", ".join(variables), code


def _source(compiler: Compiler, iteration: nodes.Iteration) -> tuple[str, FeelType]:
    source = compiler.emit(iteration.source)
    if iteration.end is not None:
        end = compiler.emit(iteration.end)
        kind = join(source.type, end.type)
        if kind.known and kind not in (NUMBER, DATE):
            compiler.problem(iteration, f"a loop cannot count through {kind}", "count through whole numbers or dates")
        return f"_span({source.source}, {end.source}, _w)", kind
    if source.type.name in ("list", "range"):
        return source.source, source.type.element or ANY
    if source.type.known:
        compiler.problem(iteration, f"a loop runs over a list, not a {source.type.name}", "give it a list or a range")
    return source.source, source.type


@emits(nodes.For)
def loop(compiler: Compiler, node: nodes.For) -> Code:
    """`for`."""
    sources, variables, body = _iterations(compiler, node.iterations, node.body, partial=True)
    return Code(f"_loop({sources}, lambda {variables}: {body.source}, _w)", list_of(body.type))


@emits(nodes.Quantified)
def quantified(compiler: Compiler, node: nodes.Quantified) -> Code:
    """`some`, `every`."""
    sources, variables, body = _iterations(compiler, node.iterations, node.condition, partial=False)
    answer = boolean(compiler, node.condition, body)
    source = (
        f"_quantified(all_of={node.every}, sources={sources}, condition=lambda {variables}: {answer.source}, "
        "warnings=_w)"
    )
    return Code(source, BOOLEAN)


# -- literals


@emits(nodes.ListLiteral)
def list_literal(compiler: Compiler, node: nodes.ListLiteral) -> Code:
    """A list; one of constants is made anew each time, so that no caller can change it for another."""
    items = [compiler.emit(item) for item in node.items]
    element = NULL
    for item in items:
        element = join(element, item.type)
    kind = list_of(element if items else ANY)
    return Code(f"[{', '.join(item.source for item in items)}]", kind, null=False)


@emits(nodes.ContextLiteral)
def context_literal(compiler: Compiler, node: nodes.ContextLiteral) -> Code:
    """A context; each entry is computed once, in order, and the later ones see it."""
    known: list[tuple[str, Code]] = []
    parts: list[str] = []
    types: dict[str, FeelType] = {}
    for key, entry in node.entries:
        with compiler.local(known):
            code = compiler.emit(entry)
        first, again = compiler.held(code)
        known.append((key, Code(again, code.type, atom=True, null=code.null, constant=code.constant)))
        parts.append(f"{key!r}: {first}")
        types[key] = code.type
    return Code(f"{{{', '.join(parts)}}}", context_of(types), null=False)


@emits(nodes.FunctionLiteral)
def function_literal(compiler: Compiler, node: nodes.FunctionLiteral) -> Code:
    """A function as a value; its parameters are checked against their types when it is called."""
    names = tuple(parameter.name for parameter in node.parameters)
    if len(set(names)) != len(names):
        compiler.problem(node, "two parameters have the same name", "give each its own name")
    types = tuple(
        ANY if parameter.type is None else compiler.type_of(parameter.type) or ANY for parameter in node.parameters
    )
    variables = [compiler.temporary("_v") for _ in names]
    bound = [
        (name, Code(variable, kind, atom=True)) for name, variable, kind in zip(names, variables, types, strict=True)
    ]
    with compiler.local(bound):
        body = compiler.emit(node.body)
    head = f"lambda {', '.join(variables)}: " if variables else "lambda: "
    result = "" if body.type == ANY else f", 0, {compiler.constant(body.type)}"
    source = f"_function({names!r}, {head}{body.source}, {compiler.constant(types)}{result})"
    return Code(source, function_of(types, body.type), null=False)
