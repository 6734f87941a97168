"""A draft's tables as grids and its parameters as dated values, and the way back into the YAML.

Every table, scorecard, the verdict's rules and the routes are told as rows of texts under the column keys `id`,
`if.<column>`, `then.<output>`, `reason` and so on. What comes back is written cell by cell into the text; comments, order
and every other character stay. After each edit the new text is read again, and where it does not say exactly what was
asked, the edit is refused: a threshold never changes beside the one that was meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import yaml

from service.errors import Invalid, Problem
from service.packs.yaml_edit import CannotEdit, Edits, child, compose, entries, items, shown, written

MAIN: Final = "pack.yaml"
_WORDS: Final = ("reason", "tell", "cite")
_VERDICT: Final = ("if", "verdict", *_WORDS)
_ROUTE: Final = ("if", "queue", "priority", "due", "role", "four_eyes", "actions")
_BAND: Final = ("if", "points", *_WORDS)
_TEXTS: Final = frozenset({"id", "reason", "tell", "verdict", "queue", "due", "role", "cite", "actions"})
_LISTS: Final = frozenset({"cite", "actions"})


@dataclass(frozen=True)
class _Grid:
    """One editable table: its rows' nodes and the keys of its columns. `rules` is the sequence they stand in."""

    name: str
    file: str
    kind: str
    columns: tuple[str, ...]
    rows: Mapping[str, yaml.Node]
    rules: yaml.Node | None
    titles: Mapping[str, str]
    hit_policy: str | None = None

    def told(self) -> dict[str, Any]:
        """The grid for JSON; a cell that the rule does not have is null."""
        columns = [{"key": key, "title": self.titles.get(key, key), "role": key.split(".")[0]} for key in self.columns]
        rows = [{key: _cell(row_id, node, key) for key in self.columns} for row_id, node in self.rows.items()]
        told = {"table": self.name, "file": self.file, "kind": self.kind, "hit_policy": self.hit_policy}
        return told | {"columns": columns, "rows": rows, "growing": self.rules is not None}


def tables(files: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every table as a grid; raises `Invalid` where a file cannot be read as YAML."""
    try:
        return [grid.told() for grid in _grids(files).values()]
    except CannotEdit as failure:
        raise Invalid(f"the tables cannot be shown: {failure}") from None


def set_cells(files: Mapping[str, str], table: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the files with one table's rows as given, all of them in order; new ids are added, absent ones removed.

    Raises:
        Invalid: for an unknown table or column, a repeated or missing id, another order, or a text not editable in place.
    """
    try:
        grid = _grids(files).get(table)
        if grid is None:
            raise Invalid(f"there is no table {table}")
        wanted = _wanted(grid, rows)
        edits = Edits(files[grid.file])
        for position, row_id in enumerate(grid.rows):
            if row_id in wanted:
                _set_row(edits, grid.rows[row_id], wanted[row_id])
            else:
                edits.remove_item(_growing(grid), position)
        for row_id, cells in wanted.items():
            if row_id not in grid.rows:
                edits.add_item(_growing(grid), _new_row(cells))
        changed = {**files, grid.file: edits.apply()}
        after = _grids(changed)[table]
        kept = {row_id: {key: _cell(row_id, node, key) for key in grid.columns} for row_id, node in after.rows.items()}
        asked = {row_id: {key: _text(key, cells.get(key)) for key in grid.columns} for row_id, cells in wanted.items()}
    except CannotEdit as failure:
        raise Invalid(f"{table} cannot be edited in the grid: {failure}; edit the YAML") from None
    if kept != asked:
        raise Invalid(f"{table} cannot be edited in the grid without changing something else; edit the YAML")
    return changed


def parameters(files: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every parameter with its dated values, as written."""
    try:
        found = entries(child(compose(files.get(MAIN, "")), "parameters"))
        return [
            {
                "name": name,
                "unit": shown(child(node, "unit")),
                "values": [
                    {key: shown(child(value, key)) for key in ("from", "value", "source", "note")}
                    for value in items(child(node, "values"))
                ],
            }
            for name, node in found
        ]
    except CannotEdit as failure:
        raise Invalid(f"the parameters cannot be shown: {failure}") from None


def set_parameter(  # noqa: PLR0917 - the seam's order of arguments, one per word of a dated value
    files: Mapping[str, str], name: str, from_: date, value: Any, source: str, note: str = ""
) -> dict[str, str]:
    """Return the files with the parameter's value from that day on; a value that begins on the same day is replaced."""
    try:
        values = child(compose(files.get(MAIN, "")), "parameters", name, "values")
        if values is None:
            raise Invalid(f"there is no parameter {name}", (Problem("/name", "is not declared under parameters"),))
        edits = Edits(files[MAIN])
        dated = {"from": from_, "value": value, "source": source} | ({"note": note} if note else {})
        held = next((item for item in items(values) if shown(child(item, "from")) == from_.isoformat()), None)
        if held is None:
            parts = (f"{key}: {written(part, as_text=key in {'source', 'note'})}" for key, part in dated.items())
            edits.add_item(values, "{" + ", ".join(parts) + "}")
        else:
            for key in ("value", "source", "note"):
                _set_cell(edits, held, key, dated.get(key, ""), as_text=key != "value")
        changed = {**files, MAIN: edits.apply()}
        after = next(one for one in parameters(changed) if one["name"] == name)
        dates = [one for one in after["values"] if one["from"] == from_.isoformat()]
    except CannotEdit as failure:
        raise Invalid(f"{name} cannot be changed in place: {failure}; edit the YAML") from None
    expected = {"from": from_.isoformat(), "value": _plain(value), "source": source, "note": note or None}
    if dates != [expected] or not _others_same(files, changed, name):
        raise Invalid(f"{name} cannot be changed in place without changing something else; edit the YAML")
    return changed


def declared_version(files: Mapping[str, str]) -> str:
    """The author's version as pack.yaml says it, or `draft` where it says none that can be read."""
    return _declared(files, "version") or "draft"


def declared_pack(files: Mapping[str, str]) -> str | None:
    """The id of the pack as pack.yaml says it."""
    return _declared(files, "pack")


def _declared(files: Mapping[str, str], key: str) -> str | None:
    try:
        return (shown(child(compose(files.get(MAIN, "")), key)) or "")[:64] or None
    except CannotEdit:
        return None


def _others_same(files: Mapping[str, str], changed: Mapping[str, str], name: str) -> bool:
    before, after = ([one for one in parameters(version) if one["name"] != name] for version in (files, changed))
    return before == after and tables(files) == tables(changed)


def _grids(files: Mapping[str, str]) -> dict[str, _Grid]:
    found: dict[str, _Grid] = {}
    for file in sorted(name for name in files if name == MAIN or name.startswith("tables/")):
        root = compose(files[file])
        decisions = child(root, "decisions") if file == MAIN else root
        for name, node in entries(decisions):
            if child(node, "rules") is not None:
                found[name] = _table(name, file, node)
            elif child(node, "scorecard") is not None:
                found[name] = _scorecard(name, file, node)
        if file == MAIN:
            for name, rules, keys in (
                ("verdict", child(root, "verdict", "rules"), _VERDICT),
                ("routes", child(root, "routes"), _ROUTE),
            ):
                if rules is not None:
                    found[name] = _Grid(name, file, name, ("id", *keys), _by_id(rules), rules, {})
    return found


def _table(name: str, file: str, node: yaml.Node) -> _Grid:
    inputs = entries(child(node, "inputs"))
    outputs = [key for key, _ in entries(child(node, "outputs"))]
    columns = ("id", *(f"if.{key}" for key, _ in inputs), *(f"then.{key}" for key in outputs), *_WORDS)
    titles = {f"if.{key}": shown(value) or key for key, value in inputs} | {f"then.{key}": key for key in outputs}
    rules = child(node, "rules")
    return _Grid(
        name, file, "table", columns, _by_id(rules), rules, titles, shown(child(node, "hit_policy")) or "UNIQUE"
    )


def _scorecard(name: str, file: str, node: yaml.Node) -> _Grid:
    rows = {
        f"{shown(child(line, 'id'))}.{number}": band
        for line in items(child(node, "scorecard", "characteristics"))
        for number, band in enumerate(items(child(line, "bands")), start=1)
    }
    return _Grid(name, file, "scorecard", ("id", *_BAND), rows, None, {})


def _by_id(rules: yaml.Node | None) -> dict[str, yaml.Node]:
    rows: dict[str, yaml.Node] = {}
    for node in items(rules):
        row_id = shown(child(node, "id"))
        if not row_id or row_id in rows:
            raise CannotEdit("a rule has no id, or one that is taken")
        rows[row_id] = node
    return rows


def _cell(row_id: str, node: yaml.Node, key: str) -> str | None:
    return row_id if key == "id" else shown(child(node, *key.split(".", 1)))


def _wanted(grid: _Grid, rows: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    problems = [
        Problem(f"/rows/{number}/{key}", "is no column of this table")
        for number, row in enumerate(rows)
        for key in row
        if key not in grid.columns
    ]
    ids = [str(row.get("id") or "") for row in rows]
    problems += [
        Problem(f"/rows/{number}/id", "is empty or taken")
        for number, row_id in enumerate(ids)
        if not row_id or row_id in ids[:number]
    ]
    known = [row_id for row_id in ids if row_id in grid.rows]
    if known != [row_id for row_id in grid.rows if row_id in ids] or ids[: len(known)] != known:
        problems.append(Problem("/rows", "the order differs", "keep the rows in order and add new ones at the end"))
    if not rows:
        problems.append(Problem("/rows", "is empty", "a table keeps one row at least"))
    if problems:
        raise Invalid(f"these rows are not a {grid.name}", tuple(problems))
    return dict(zip(ids, rows, strict=True))


def _set_row(edits: Edits, node: yaml.Node, cells: Mapping[str, Any]) -> None:
    for key, value in cells.items():
        if key == "id" or _text(key, value) == shown(child(node, *key.split(".", 1))):
            continue
        *outer, leaf = key.split(".", 1)
        inside = child(node, *outer)
        if inside is None:
            edits.add_entry(node, outer[0], "{" + f"{leaf}: {written(value)}" + "}")
        else:
            _set_cell(edits, inside, leaf, _value(key, value), as_text=key in _TEXTS)


def _set_cell(edits: Edits, node: yaml.Node, key: str, value: Any, *, as_text: bool) -> None:
    held = child(node, key)
    if value in (None, "", []):
        if held is not None:
            edits.remove_entry(node, key)
    elif held is None:
        edits.add_entry(node, key, written(value, as_text=as_text))
    else:
        edits.replace(held, value, as_text=as_text)


def _new_row(cells: Mapping[str, Any]) -> str:
    parts: dict[str, str] = {}
    nested: dict[str, list[str]] = {}
    for key, value in cells.items():
        if value in (None, ""):
            continue
        outer, dot, leaf = key.partition(".")
        text = written(_value(key, value), as_text=key in _TEXTS)
        if dot:
            nested.setdefault(outer, []).append(f"{leaf}: {text}")
            parts[outer] = "{" + ", ".join(nested[outer]) + "}"
        else:
            parts[outer] = text
    return "{" + ", ".join(f"{key}: {text}" for key, text in parts.items()) + "}"


def _value(key: str, value: Any) -> Any:
    if key in _LISTS and isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _text(key: str, value: Any) -> str | None:
    if value is None or value == "":
        return None
    return _plain(_value(key, value))


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value)
    return written(value)


def _growing(grid: _Grid) -> yaml.Node:
    if grid.rules is None:
        raise CannotEdit("bands are neither added nor removed here")
    return grid.rules
