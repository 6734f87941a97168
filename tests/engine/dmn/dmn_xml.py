"""Builders of DMN files for tests: each gives the XML of one element."""

from __future__ import annotations

from html import escape

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def xml(*elements: str, namespace: str = "urn:test", version: str = NAMESPACE, attributes: str = "") -> bytes:
    """A DMN file of these elements, one to a line from line 3."""
    body = "\n".join(elements)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{version}" name="m" namespace="{namespace}" {attributes}>'
    return f"{head}\n{body}\n</definitions>".encode()


def literal(text: str, attributes: str = "") -> str:
    return f"<literalExpression {attributes}><text>{escape(text)}</text></literalExpression>"


def decision(name: str, logic: str, *requires: str, kind: str = "") -> str:
    """A decision with boxed logic (or a text of FEEL) that requires `input:`, `decision:` or `knowledge:` ids."""
    parts: list[str] = []
    for required in requires:
        what, _, href = required.partition(":")
        href = href if "#" in href else f"#{href}"
        tag = {"input": "requiredInput", "decision": "requiredDecision", "knowledge": "requiredKnowledge"}[what]
        outer = "knowledgeRequirement" if what == "knowledge" else "informationRequirement"
        parts.append(f'<{outer}><{tag} href="{href}"/></{outer}>')
    logic = logic if logic.startswith("<") or not logic else literal(logic)
    typed = f' typeRef="{kind}"' if kind else ""
    return f'<decision id="{name}" name="{name}"><variable name="{name}"{typed}/>{"".join(parts)}{logic}</decision>'


def input_data(name: str, kind: str = "Any") -> str:
    return f'<inputData id="{name}" name="{name}"><variable name="{name}" typeRef="{kind}"/></inputData>'


def knowledge(
    name: str, parameters: str, logic: str, *, kind: str = "", requires: str = "", attributes: str = ""
) -> str:
    """A knowledge model with `a: number, b` for parameters."""
    formal = ""
    for part in filter(None, (piece.strip() for piece in parameters.split(","))):
        name_, _, type_ = part.partition(":")
        formal += f'<formalParameter name="{name_.strip()}" typeRef="{type_.strip() or "Any"}"/>'
    logic = logic if logic.startswith("<") else literal(logic)
    need = f'<knowledgeRequirement><requiredKnowledge href="#{requires}"/></knowledgeRequirement>' if requires else ""
    typed = f' typeRef="{kind}"' if kind else ""
    return (
        f'<businessKnowledgeModel id="{name}" name="{name}"><variable name="{name}"{typed}/>'
        f"<encapsulatedLogic {attributes}>{formal}{logic}</encapsulatedLogic>{need}</businessKnowledgeModel>"
    )


def item(
    name: str, kind: str = "", *, values: str = "", many: bool = False, components: str = "", whole: str = ""
) -> str:
    """An item definition; `components` are item definitions themselves."""
    inner = f"<typeRef>{kind}</typeRef>" if kind else ""
    inner += f"<allowedValues><text>{escape(values)}</text></allowedValues>" if values else ""
    inner += f"<typeConstraint><text>{escape(whole)}</text></typeConstraint>" if whole else ""
    inner += components.replace("itemDefinition", "itemComponent")
    return f'<itemDefinition name="{name}" isCollection="{str(many).lower()}">{inner}</itemDefinition>'


def table(policy: str, inputs: str, outputs: str, *rules: str, aggregation: str = "", extra: str = "") -> str:
    """A decision table: columns `a; b as number`, outputs `x; y` and rules `cell; cell | entry; entry`."""

    def texts(part: str) -> list[str]:
        return [piece.strip() for piece in part.split(";")]

    columns = ""
    for text in filter(None, texts(inputs)):
        tested, _, kind = text.partition(" as ")
        typed = f' typeRef="{kind}"' if kind else ""
        columns += f"<input><inputExpression{typed}><text>{escape(tested)}</text></inputExpression></input>"
    results = "".join(f'<output name="{name}"/>' for name in texts(outputs))
    rows = ""
    for rule in rules:
        cells, _, entries = rule.partition("|")
        row = "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in texts(cells))
        row += "".join(f"<outputEntry><text>{escape(entry)}</text></outputEntry>" for entry in texts(entries))
        rows += f"<rule>{row}</rule>"
    aggregated = f' aggregation="{aggregation}"' if aggregation else ""
    return f'<decisionTable hitPolicy="{policy}"{aggregated}>{columns}{extra or results}{rows}</decisionTable>'
