"""The canonical YAML of a pack: one layout for everything that a pack can say.

Files stay as the author split them; inside a file the sections and the keys of an entry have a fixed order, so that two
packs that differ in one word differ in one line. The digest of what is written is the digest of what was read.
"""

from __future__ import annotations

from typing import Any, Final

from engine.exchange.content import META_KEYS, README, SECTIONS, Content, Files, is_pack_file, read_content
from engine.exchange.failure import refused
from engine.exchange.yaml_writer import compact_text, yaml_text
from engine.pack.limits import MAX_FILE_BYTES
from engine.pack.source import MAIN

_ORDER: Final = (
    "case base id type from value source unit title hit_policy needs provides timeout_s retries pii values range items fields "
    "expression scorecard base score category input inputs outputs over absent count when if then points text never sets "
    "verdict queue priority due role four_eyes actions default if_missing as_of signals missing without expect reason tell cite "
    "note characteristics bands rules"
)
_EXPECTED: Final = (
    "verdict risk.score risk.category fired not_fired undecided skipped unknown_signals route route.id "
    "customer_reasons warnings"
)
_PLACE: Final = {key: place for place, key in enumerate(_ORDER.split())}
_EXPECT_PLACE: Final = {key: place for place, key in enumerate(_EXPECTED.split())}
_LISTED: Final = frozenset({"fields", "outputs"})  # their members have a short form: the type alone
_AS_WRITTEN: Final = frozenset({"if", "then", "inputs", "over", "absent", "sets"})
_KEPT: Final = frozenset({"signals", "missing", "expect", "if_missing"})  # values of a case, or by column


def to_yaml(files: Files) -> dict[str, str]:
    """The canonical YAML of a pack by file name, its cases and README included.

    Raises:
        PackError: where the files do not load.
        ExchangeError: where a file would be larger than the format allows.
    """
    return write_files(read_content(files)[0])


def in_one_file(files: Files) -> str:
    """The pack as a single pack.yaml, its tables in it; the cases, which have no place there, are left out.

    Raises:
        PackError: where the files do not load.
        ExchangeError: where the file would be larger than the format allows.
    """
    content, _ = read_content(files)
    return write_files(Content(content.pack))[MAIN]


def write_files(content: Content) -> dict[str, str]:
    """The files of a content. Whether they load is for the loader to say."""
    for name in {*content.homes.values(), *content.cases}:
        if not is_pack_file(name):
            raise refused(name[:120], "no pack has such a file", "write tables/name.yaml or cases/name.yaml")
    main, split = _parts(content)
    files = {MAIN: _fitting(MAIN, _main_text(main), main)}
    for name, tables in split.items():
        files[name] = _fitting(name, yaml_text(tables, broken=2, spaced=1), tables)
    places = {name: place for place, name in enumerate(content.section("signals"))}
    for name, cases in content.cases.items():
        items = [_case(case, places) for case in cases]
        files[name] = _fitting(name, yaml_text(items, broken=2, spaced=1), items)
    return files | ({README: content.readme} if content.readme else {})


def _fitting(name: str, text: str, value: dict[str, Any] | list[Any]) -> str:
    """The text, or a tighter layout where it is beyond the size of a file."""
    if len(text.encode()) > MAX_FILE_BYTES:
        text = compact_text(value)
    if len(text.encode()) > MAX_FILE_BYTES:
        raise refused(name, "the file becomes larger than 1 MiB of YAML", "split it into several files")
    return text


def _main_text(main: dict[str, Any]) -> str:
    """pack.yaml: the head in one piece, then a section after another."""
    head = {key: value for key, value in main.items() if key in META_KEYS}
    parts = [yaml_text(head)]
    for name, section in main.items():
        if name not in META_KEYS:
            parts.append(yaml_text({name: section}, broken=3 if name == "decisions" else 2))
    return "\n".join(parts)


def _decision(value: dict[str, Any]) -> dict[str, Any]:
    found = _ordered(value)
    for row in found.get("rules", ()):
        for part, columns in (("if", found["inputs"]), ("then", found["outputs"])):
            if part in row:
                row[part] = {name: row[part][name] for name in columns if name in row[part]}
    return {key: found[key] for key in sorted(found, key=lambda key: key == "rules")}


def _parts(content: Content) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What stands in pack.yaml, and the decisions of each further file."""
    main: dict[str, Any] = {key: content.pack[key] for key in META_KEYS if key in content.pack}
    split: dict[str, dict[str, Any]] = {}
    for section in SECTIONS:
        if section not in content.pack:
            continue
        value = content.pack[section]
        if section == "decisions":
            for name, decision in value.items():
                home = content.homes.get(name)
                target = main.setdefault("decisions", {}) if home is None else split.setdefault(home, {})
                target[name] = _decision(decision)
        elif section == "verdict":
            main[section] = _ordered(value)
        elif isinstance(value, list):
            main[section] = [_ordered(item) for item in value]
        else:
            main[section] = {name: _ordered(item) for name, item in value.items()}
    return main, split


def _case(case: dict[str, Any], places: dict[str, int]) -> dict[str, Any]:
    """A case; its signals in the order of their declaration, what it expects in the order of the format."""
    found: dict[str, Any] = _ordered(case)
    for part, order in (("signals", places), ("missing", places), ("expect", _EXPECT_PLACE)):
        if part in found:
            names = sorted(found[part], key=lambda name, order=order: order.get(name, len(order)))  # type: ignore[misc]
            found[part] = {name: found[part][name] for name in names}
    return found


def _ordered(value: Any, key: str = "") -> Any:
    """An entry with its keys in the fixed order; where order has meaning it stays as it is."""
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    if not isinstance(value, dict):
        return value
    if key in _KEPT:
        return value
    names = list(value) if key in _AS_WRITTEN | _LISTED else sorted(value, key=lambda name: _PLACE.get(name, 999))
    found = {name: _ordered(value[name], name) for name in names}
    if key in _LISTED:
        found = {name: _short(item) for name, item in found.items()}
    return found


def _short(item: Any) -> Any:
    return item["type"] if isinstance(item, dict) and set(item) == {"type"} else item
