"""FEEL, the expression language of DMN 1.5: parser, type check, compiler to Python and the library of functions.

Pure: no clock, file, network or random number, and no access to Python from a text. Numbers are exact decimals of 34
digits in a fixed context. A text that cannot be read is a `FeelError`; what fails while running is null with a warning.
"""

from __future__ import annotations

from engine.feel.compiler import (
    NOT_CONSTANT,
    Binding,
    Compiled,
    Environment,
    compile_expression,
    compile_unary_tests,
)
from engine.feel.errors import FeelError, Problem
from engine.feel.evaluation import evaluate, evaluate_unary_tests, evaluate_with_warnings, to_feel
from engine.feel.parser import parse_expression, parse_unary_tests
from engine.feel.types import FeelType

__all__ = [
    "NOT_CONSTANT",
    "Binding",
    "Compiled",
    "Environment",
    "FeelError",
    "FeelType",
    "Problem",
    "compile_expression",
    "compile_unary_tests",
    "evaluate",
    "evaluate_unary_tests",
    "evaluate_with_warnings",
    "parse_expression",
    "parse_unary_tests",
    "to_feel",
]
