"""Every bound of the pack format in one place.

A pack is written by people and uploaded through an API, so nothing in it may grow without limit: not its files, not
its YAML, not its rules, not what a caller may post as a signal. Each number says what it bounds and why it is that
large; a breach is a `PackError` or a `SignalError`, never a slow or dying process.
"""

from __future__ import annotations

from typing import Final

MAX_FILE_BYTES: Final = 1024 * 1024  # one YAML file; a 5,000-row table needs about 0.7 MiB
MAX_PACK_BYTES: Final = 4 * 1024 * 1024  # all files of a pack together, cases included
MAX_FILES: Final = 200  # pack.yaml, tables and cases
MAX_YAML_DEPTH: Final = 32  # nesting; the format itself needs nine levels
MAX_YAML_NODES: Final = 200_000  # scalars, lists and mappings of one file
MAX_RULES: Final = 10_000  # rows, bands, verdict rules and patterns together; a 5,000-row table is compiled in 2 s
MAX_NAMES: Final = 2_000  # signals, parameters and decisions together
MAX_COLUMNS: Final = 64  # inputs, or outputs, of one table
MAX_EXPRESSION_CHARS: Final = 10_000  # one FEEL text, as the FEEL parser bounds it too
MAX_NAME_CHARS: Final = 120  # an id, a name of a signal, a column
MAX_TEXT_CHARS: Final = 2_000  # a reason, a note, a title
MAX_PROBLEMS: Final = 1_000  # reported at once; a file that is no pack at all need not print a million lines
MAX_STRING_CHARS: Final = 10_000  # a string signal
MAX_LIST_ITEMS: Final = 256  # facts in a list signal; what patterns may combine of them is bounded below
MAX_NUMBER_DIGITS: Final = 34  # decimal128, as FEEL's numbers
MAX_NUMBER_EXPONENT: Final = 400  # keeps a posted 1e999999999 out of the arithmetic
MAX_PATTERN_VARIABLES: Final = 3  # variables of one pattern, absent ones included
MAX_PATTERN_TERMS: Final = 16  # tests and joins that hold together; the native engine holds 32 with its own
MAX_PATTERN_BRANCHES: Final = 16  # ways in which one condition can hold, its `or`s multiplied out
MAX_PATTERN_COMBINATIONS: Final = 32_768  # choices of facts that one pattern may look at; 0.3 s if all of them fit
MAX_DECISION_COMBINATIONS: Final = 131_072  # the same for all patterns of a pack together
MAX_MEMO_ENTRIES: Final = 4_096  # remembered outcomes of one table, by what matched
