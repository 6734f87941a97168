"""A plain diagram for a DMN file: shapes in layers, inputs at the bottom, and a line for each requirement.

Modellers refuse or hide a model without one. Positions carry no meaning and are not read back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from engine.exchange.xml_writer import Xml

DMNDI: Final = "https://www.omg.org/spec/DMN/20230324/DMNDI/"
DC: Final = "http://www.omg.org/spec/DMN/20180521/DC/"
DI: Final = "http://www.omg.org/spec/DMN/20180521/DI/"

_WIDTH: Final = 170
_HEIGHT: Final = 60
_GAP: Final = 40
_PER_ROW: Final = 12  # shapes beside each other; a layer with more takes several rows


def diagram(nodes: Sequence[str], requirements: Mapping[str, Sequence[tuple[str, str]]]) -> Xml:
    """The diagram of a graph: ids of its nodes, and for each the requirements as (id of the requirement, id of the node)."""
    rows = _rows(_layers(nodes, requirements))
    place = {
        node: (_GAP + column * (_WIDTH + _GAP), _GAP + (len(rows) - 1 - row) * (_HEIGHT + 2 * _GAP))
        for row, members in enumerate(rows)
        for column, node in enumerate(members)
    }
    root = Xml("dmndi:DMNDI")
    canvas = root.add("dmndi:DMNDiagram", id="_diagram", name="Decision requirements")
    for node, (x, y) in place.items():
        shape = canvas.add("dmndi:DMNShape", id=f"_shape{node}", dmnElementRef=node)
        shape.add("dc:Bounds", height=str(_HEIGHT), width=str(_WIDTH), x=str(x), y=str(y))
    for node, required in requirements.items():
        for identity, source in required:
            edge = canvas.add("dmndi:DMNEdge", id=f"_edge{identity}", dmnElementRef=identity)
            x, y = place[source]
            edge.add("di:waypoint", x=str(x + _WIDTH // 2), y=str(y))
            x, y = place[node]
            edge.add("di:waypoint", x=str(x + _WIDTH // 2), y=str(y + _HEIGHT))
    return root


def _layers(nodes: Sequence[str], requirements: Mapping[str, Sequence[tuple[str, str]]]) -> list[list[str]]:
    """The nodes by the length of the longest way down from each."""
    depth: dict[str, int] = {}
    waiting = list(nodes)
    while waiting:
        later = []
        for node in waiting:
            below = [source for _, source in requirements.get(node, ())]
            if all(source in depth for source in below):
                depth[node] = max((depth[source] + 1 for source in below), default=0)
            else:
                later.append(node)
        if len(later) == len(waiting):  # a cycle: no pack has one
            depth |= dict.fromkeys(later, 0)
            break
        waiting = later
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for node in nodes:
        layers[depth[node]].append(node)
    return layers


def _rows(layers: list[list[str]]) -> list[list[str]]:
    return [layer[start : start + _PER_ROW] for layer in layers for start in range(0, len(layer), _PER_ROW)]
