"""Code for calls: built-ins are held against their table while compiling, function values while running.

A built-in on constants is computed once, here. Where a minimum or maximum of numbers is asked for, the comparison stands
inline.
"""

from __future__ import annotations

from engine.feel import nodes
from engine.feel.builtins import FUNCTIONS
from engine.feel.builtins.table import Builtin, Parameter, Signature
from engine.feel.compiler.code import NOT_CONSTANT, Code
from engine.feel.compiler.core import Compiler, emits
from engine.feel.compiler.operators import INLINE_EQUAL, boolean, inverted
from engine.feel.runtime.access import call_builtin
from engine.feel.types import ANY, NUMBER, FeelType


@emits(nodes.Call)
def call(compiler: Compiler, node: nodes.Call) -> Code:
    """`function(arguments)`, by position or by name."""
    if isinstance(node.function, nodes.Name):
        function = _function_named(compiler, node.function)
        if function is None:
            return _unknown(compiler, node, node.function)
    else:
        function = compiler.emit(node.function)
    arguments = [compiler.emit(argument) for argument in node.arguments]
    if isinstance(function.constant, Builtin):
        return _builtin(compiler, node, function, function.constant, arguments)
    return _value(compiler, node, function, arguments)


def _function_named(compiler: Compiler, name: nodes.Name) -> Code | None:
    """The function of a name: a local or bound one, else a built-in; None where there is neither."""
    if compiler.speaks_of(name.name) or name.name in FUNCTIONS:
        return compiler.resolve(name, name.name)
    return None


def _unknown(compiler: Compiler, node: nodes.Call, name: nodes.Name) -> Code:
    compiler.problem(node, f"there is no function {name.name!r}", compiler.nearest(name.name, FUNCTIONS))
    for argument in node.arguments:
        compiler.emit(argument)
    return Code("_invoke(None, (), _w)", ANY)


def _value(compiler: Compiler, node: nodes.Call, function: Code, arguments: list[Code]) -> Code:
    kind = function.type
    if kind.known and kind.name != "function":
        compiler.problem(node, f"a {kind.name} cannot be called", "call a function")
    elif compiler.unknowns and not kind.known:
        # Functions that come as arguments could call each other without end.
        compiler.problem(node, "what is called here is not known to be a function", "call a function by its name")
    if kind.parameters is not None and len(kind.parameters) != len(arguments):
        compiler.problem(
            node,
            f"the function takes {len(kind.parameters)} arguments, not {len(arguments)}",
            "give each parameter one argument",
        )
    given = _tuple(arguments)
    known = ", known=True" if compiler.unknowns else ""
    if node.names is not None:
        return Code(f"_invoke_named({function.source}, {node.names!r}, {given}, _w{known})", kind.result or ANY)
    return Code(f"_invoke({function.source}, {given}, _w{known})", kind.result or ANY)


def _tuple(arguments: list[Code]) -> str:
    return "(" + "".join(f"{argument.source}, " for argument in arguments) + ")"


def _builtin(compiler: Compiler, node: nodes.Call, code: Code, function: Builtin, arguments: list[Code]) -> Code:
    if node.names is not None:
        ordered = _by_name(compiler, node, function, arguments)
        if ordered is None:
            return Code(f"_invoke_named({code.source}, {node.names!r}, {_tuple(arguments)}, _w)", ANY)
        arguments = ordered
    if function.name == "not" and len(arguments) == 1:
        return inverted(compiler, boolean(compiler, node.arguments[0], arguments[0]))
    if function.name in ("min", "max") and len(arguments) == 2 and all(a.type == NUMBER for a in arguments):
        return _extreme(compiler, function.name, arguments)
    signature = _check(compiler, node, function, arguments)
    if signature is None:
        return _general(compiler, code, arguments, ANY)
    return _checked(compiler, node, code, signature, arguments)


def _checked(compiler: Compiler, node: nodes.Call, code: Code, signature: Signature, arguments: list[Code]) -> Code:
    """A call whose arguments may fit: computed now, called directly, or checked again at run time."""
    function = code.constant
    assert isinstance(function, Builtin)
    folded = _fold(compiler, node, function, arguments)
    if folded is not None:
        return folded
    if compiler.unknowns and function.name == "list contains" and _plain_items(arguments):
        source = f"_contains_known({code.source}, {', '.join(argument.source for argument in arguments)}, _w)"
        return Code(source, signature.result_of([argument.type for argument in arguments]))
    if _is_certain(compiler, function, signature, arguments):
        return _direct(compiler, signature, arguments)
    return _general(compiler, code, arguments, signature.result_of([argument.type for argument in arguments]))


def _plain_items(arguments: list[Code]) -> bool:
    """Whether a list and a value are of one kind whose Python values say themselves whether they are equal."""
    items, element = (argument.type for argument in arguments)
    return items.name == "list" and items.element is not None and items.element.name == element.name in INLINE_EQUAL


def _general(compiler: Compiler, code: Code, arguments: list[Code], result: FeelType) -> Code:
    """A call that holds its arguments against the table at run time."""
    given = _tuple(arguments)
    if not compiler.unknowns:
        return Code(f"_call({code.source}, {given}, _w)", result)
    literal_nulls = sum(1 << index for index, argument in enumerate(arguments) if argument.is_null)
    return Code(f"_call_known({code.source}, {given}, {literal_nulls}, _w)", result)


def _is_certain(compiler: Compiler, function: Builtin, signature: Signature, arguments: list[Code]) -> bool:
    """Whether the types alone show that the arguments fit, so that nothing is left to check at run time but null."""
    if signature.spread or signature.rest or (compiler.unknowns and function.keeps_items):
        return False
    for index, argument in enumerate(arguments):
        parameter = signature.parameter(index)
        kind = argument.type
        if not parameter.kinds or kind.name not in parameter.kinds or parameter.nullable:
            return False
        if kind.name in ("list", "context") and (parameter.element.known or function.looks_at_items):
            return False
    return True


def _direct(compiler: Compiler, signature: Signature, arguments: list[Code]) -> Code:
    """A call of the implementation itself, if no argument is null."""
    guards: list[str] = []
    given: list[str] = []
    for argument in arguments:
        if argument.null:
            first, again = compiler.held(argument)
            guards.append(f"{first} is None")
            given.append(again)
        else:
            given.append(argument.source)
    implementation = compiler.implementation(signature)
    source = f"_direct({implementation}, _w, {', '.join(given)})"
    if guards:
        source = f"(None if {' or '.join(guards)} else {source})"
    return Code(source, signature.result_of([argument.type for argument in arguments]))


def _extreme(compiler: Compiler, name: str, arguments: list[Code]) -> Code:
    (first, left), (second, right) = (compiler.held(argument) for argument in arguments)
    operator = "<=" if name == "min" else ">="
    held = [(part, argument) for part, argument in zip((first, second), arguments, strict=True)]
    guards = " or ".join(f"{part} is None" for part, argument in held if argument.null or part.startswith("("))
    body = f"{left} if {left} {operator} {right} else {right}"
    return Code(f"(None if {guards} else {body})" if guards else f"({body})", NUMBER, null=bool(guards))


def _by_name(compiler: Compiler, node: nodes.Call, function: Builtin, arguments: list[Code]) -> list[Code] | None:
    names = node.names or ()
    signature = function.named(names)
    if signature is None:
        known = [parameter.name for one in function.signatures for parameter in one.parameters]
        wrong = next((name for name in names if name not in known), None)
        remedy = compiler.nearest(wrong, known) if wrong else f"name the arguments {function.usage()}"
        compiler.problem(node, f"{function.name} does not take arguments of these names", remedy)
        return None
    given = dict(zip(names, arguments, strict=True))
    return [given[parameter.name] for parameter in signature.parameters if parameter.name in given]


def _fold(compiler: Compiler, node: nodes.Call, function: Builtin, arguments: list[Code]) -> Code | None:
    if not arguments or any(argument.constant is NOT_CONSTANT for argument in arguments):
        return None
    warnings: list[tuple[str, str]] = []
    value = call_builtin(function, [argument.constant for argument in arguments], warnings)
    if warnings:
        compiler.problem(node, f"this has no value: {warnings[0][1]}", "correct the arguments")
        return None
    if isinstance(value, list | dict):
        # A value that could be changed is made anew each time.
        return None
    return compiler.value(value)


def _check(compiler: Compiler, node: nodes.Call, function: Builtin, arguments: list[Code]) -> Signature | None:
    """The first signature that may take these arguments; a problem where none does."""
    fitting = [signature for signature in function.signatures if signature.takes(len(arguments))]
    if not fitting:
        compiler.problem(
            node, f"{function.name} takes {function.usage()}, not {len(arguments)} arguments", "correct the arguments"
        )
        return None
    for signature in fitting:
        if all(_may_fit(signature, index, argument, len(arguments)) for index, argument in enumerate(arguments)):
            return signature
    _report_argument(compiler, node, function, fitting[0], arguments)
    return None


def _report_argument(
    compiler: Compiler, node: nodes.Call, function: Builtin, signature: Signature, arguments: list[Code]
) -> None:
    """Name the first argument that cannot fit."""
    count = len(arguments)
    index = next(i for i, argument in enumerate(arguments) if not _may_fit(signature, i, argument, count))
    parameter = signature.parameter(index)
    compiler.problem(
        node.arguments[index],
        f"{function.name}: {parameter.name} is a {' or '.join(parameter.kinds)}, not a {arguments[index].type}",
        "correct the argument",
    )


def _may_fit(signature: Signature, index: int, argument: Code, count: int) -> bool:
    parameter = signature.parameter(index)
    kind = argument.type
    if not kind.known:
        return True
    if signature.spread and (count > 1 or kind.name != "list"):
        return not parameter.element.known or parameter.element.name == kind.name
    if not parameter.kinds or kind.name in parameter.kinds:
        return _items_fit(parameter, kind)
    if parameter.takes_list:
        return not parameter.element.known or parameter.element.name == kind.name
    element = kind.element
    return kind.name == "list" and (element is None or not element.known or element.name in parameter.kinds)


def _items_fit(parameter: Parameter, kind: FeelType) -> bool:
    wanted, given = parameter.element, kind.element
    return not wanted.known or given is None or not given.known or wanted.name == given.name
