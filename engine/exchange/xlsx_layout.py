"""Which sheets a pack's workbook has, and which columns: what the writer and the reader agree on.

A column is named by the key of the pack format that it holds, so that the format's documentation is the workbook's too.
A key that stands here nowhere still gets a column of its own, as a plain value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.exchange.xlsx_cells import Kind
from engine.pack.model import HitPolicy
from engine.pack.read_decisions import OUTPUT_TYPES
from engine.pack.read_vocabulary import SIGNAL_TYPES

FORMAT: Final = "verdict pack workbook 1"
"""Stands in the sheet `pack`; tells a pack's workbook from any other."""

LONG_TEXTS: Final = "long_texts"
MAX_CELL_UNITS: Final = 32_000  # a cell holds 32,767 UTF-16 units
LONG_PIECE: Final = 15_000  # characters of a piece of a longer text


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a grid. `choices` become a list to pick from; `width` is in characters."""

    key: str
    kind: Kind = Kind.TEXT
    width: int = 16
    choices: tuple[str, ...] = ()


def _choice(words: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(words))


ID: Final = Column("id", width=30)
IF: Final = Column("if", Kind.FEEL, 44)
IF_MISSING: Final = Column("if_missing", Kind.CONSTANT, 18)
NOTE: Final = Column("note", width=40)
TITLE: Final = Column("title", width=40)
FILE: Final = Column("file", width=22)
REASON: Final = Column("reason", width=50)
TELL: Final = Column("tell", width=40)
CITE: Final = Column("cite", Kind.WORDS, 24)
WORDS: Final = (REASON, TELL, CITE, NOTE)
YES_NO: Final = ("TRUE", "FALSE")
_CONSTANTS: Final = tuple(
    Column(key, Kind.CONSTANT, 18)
    for key in ("as_amended", "published", "effective", "issuer", "jurisdiction", "url", "note")
)

META: Final = (
    Column("pack"),
    Column("title"),
    Column("version"),
    Column("jurisdiction"),
    Column("on_missing", choices=("review", "reject")),
    Column("note"),
)

GRIDS: Final[dict[str, tuple[Column, ...]]] = {
    "sources": (ID, Column("title", Kind.CONSTANT, 60), Column("reference", Kind.CONSTANT, 40), *_CONSTANTS),
    "parameters": (
        ID,
        Column("unit"),
        TITLE,
        NOTE,
        Column("from", Kind.CONSTANT, 12),
        Column("value", Kind.CONSTANT, 24),
        Column("source", width=24),
        Column("value_note", width=50),
    ),
    "signals": (
        ID,
        Column("field", width=18),
        Column("type", choices=_choice(SIGNAL_TYPES)),
        Column("pii", Kind.CONSTANT, 8, YES_NO),
        Column("values", Kind.CONSTANT, 30),
        Column("range", Kind.CONSTANT, 16),
        Column("items", choices=_choice(SIGNAL_TYPES - {"list"})),
        Column("unit"),
        TITLE,
        NOTE,
    ),
    "checks": (
        ID,
        Column("needs", Kind.WORDS, 40),
        Column("provides", Kind.WORDS, 60),
        Column("timeout_s", Kind.CONSTANT, 10),
        Column("retries", Kind.CONSTANT, 8),
        TITLE,
        NOTE,
    ),
    "decisions": (
        ID,
        Column("expression", Kind.FEEL, 80),
        Column("type", choices=_choice(OUTPUT_TYPES)),
        TITLE,
        NOTE,
        FILE,
    ),
    "verdict": (ID, IF, Column("verdict", choices=("approve", "review", "reject")), IF_MISSING, *WORDS),
    "routes": (
        ID,
        IF,
        Column("queue"),
        Column("priority", Kind.CONSTANT, 8),
        Column("due", width=8),
        Column("role", width=22),
        Column("four_eyes", Kind.CONSTANT, 10, YES_NO),
        Column("actions", Kind.WORDS, 30),
        TITLE,
        NOTE,
    ),
    "patterns": (
        ID,
        Column("over", Kind.CONSTANT, 30),
        Column("absent", Kind.CONSTANT, 20),
        IF,
        Column("count", Kind.FEEL),
        Column("when", Kind.FEEL, 24),
        Column("sets", Kind.CONSTANT, 34),
        Column("if_missing"),
        *WORDS,
    ),
    "invariants": (ID, Column("text", width=60), Column("never", Kind.FEEL, 70), NOTE),
}

SCORECARD: Final = (
    ID,
    Column("input", Kind.FEEL, 24),
    IF_MISSING,
    *WORDS,
    Column("if", Kind.FEEL, 20),
    Column("points", Kind.CONSTANT, 8),
    Column("band_reason", width=50),
    Column("band_tell", width=40),
    Column("band_cite", Kind.WORDS, 24),
    Column("band_note", width=40),
)
TABLE_HEAD: Final = (
    Column("hit_policy", choices=tuple(policy.value for policy in HitPolicy)),
    Column("title"),
    Column("note"),
    Column("file"),
)
CARD_HEAD: Final = (Column("base", Kind.CONSTANT), Column("title"), Column("note"), Column("file"))
VERDICT_HEAD: Final = (Column("score"), Column("category"), Column("note"))
COLUMN_ROWS: Final = (
    Column("expression", Kind.FEEL),
    Column("type", choices=_choice(OUTPUT_TYPES)),
    Column("values", Kind.CONSTANT),
    Column("default", Kind.FEEL),
    Column("column_unit"),
    Column("column_title"),
    Column("column_note"),
)
"""Rows over a table's columns that say what each column is."""

SAYS: Final = (REASON, TELL, CITE, IF_MISSING, NOTE)

CASES: Final = (
    Column("case", width=60),
    Column("file", width=22),
    Column("as_of", Kind.CONSTANT, 12),
    Column("base", width=40),
    Column("without", Kind.WORDS, 24),
    NOTE,
)
EXPECT: Final = {
    "verdict": Kind.CONSTANT,
    "risk.score": Kind.CONSTANT,
    "risk.category": Kind.CONSTANT,
    "route": Kind.CONSTANT,
    "route.id": Kind.CONSTANT,
    "customer_reasons": Kind.CONSTANT,
}
"""How what a case expects is written; the rest are lists of words."""

FIXED_SHEETS: Final = frozenset({"pack", "readme", "cases", LONG_TEXTS, *GRIDS})
