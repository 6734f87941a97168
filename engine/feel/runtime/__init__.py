"""What compiled FEEL calls at run time: put `GLOBALS` in the globals of the code that holds a `Compiled.source`.

The names all begin with `_`; the compiler uses no others but the constants of the expression and `_w`, the warnings of
the evaluation: a local that answers to `append((code, message))`. Let it be `_Warnings()` where the text has loops or
function values, so that their steps are bounded over the whole evaluation; a plain list bounds each loop by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.feel.operators import arithmetic, comparison, logic
from engine.feel.runtime import access, loops, ranges
from engine.feel.runtime.loops import Warnings
from engine.feel.values import FeelFunction

GLOBALS: Final[Mapping[str, object]] = {
    "_Warnings": Warnings,
    "_add": arithmetic.add_numbers,
    "_at": loops.at,
    "_at_least": comparison.at_least,
    "_at_most": comparison.at_most,
    "_calculate": arithmetic.calculate,
    "_call": access.call_builtin,
    "_call_known": access.call_builtin_known,
    "_contains_known": access.contains_known,
    "_days_between": arithmetic.days_between,
    "_direct": access.call_direct,
    "_divide": arithmetic.divide_numbers,
    "_every": logic.every,
    "_filtered": loops.filtered,
    "_filtered_known": loops.filtered_known,
    "_function": FeelFunction,
    "_half_range": ranges.half_range,
    "_in_range": ranges.in_range,
    "_instance": access.instance_of,
    "_instance_known": access.instance_of_known,
    "_invoke": access.invoke,
    "_invoke_named": access.invoke_named,
    "_item_name": access.item_name,
    "_less": comparison.less,
    "_loop": loops.loop,
    "_make_range": ranges.make_range,
    "_matches": ranges.matches,
    "_matches_known": ranges.matches_known,
    "_more": comparison.more,
    "_multiply": arithmetic.multiply_numbers,
    "_negate": arithmetic.negate,
    "_path": access.path,
    "_power": arithmetic.power_numbers,
    "_ratio": arithmetic.ratio,
    "_quantified": loops.quantified,
    "_same": comparison.same,
    "_same_known": comparison.same_known,
    "_snapshot": loops.snapshot,
    "_some": logic.some,
    "_span": loops.span,
    "_subtract": arithmetic.subtract_numbers,
    "_test": ranges.test_value,
    "_test_known": ranges.test_value_known,
    "_truth": logic.truth,
    "_unknown_name": access.unknown_name,
    "_unknown_type": access.unknown_type,
}
"""Everything that generated code may call."""
