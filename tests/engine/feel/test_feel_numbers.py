"""Numbers: exact decimals of 34 digits, the operators on them and the functions of the library."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feel import FeelError, evaluate, evaluate_with_warnings
from engine.feel.numbers import CONTEXT, from_outside, shrink

SIZES = st.integers(-(10**9), 10**9) | st.decimals(-(10**6), 10**6, places=6)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 5 - 2", "3"),
        ("8 / 2 / 2", "2"),
        ("3 ** 4 ** 5", "3486784401"),
        ("-3 ** 2", "9"),
        ("10 ** -5", "0.00001"),
        ("10**-5", "0.00001"),
        ("-10*-5", "50"),
        ("10--5", "15"),
        ("--10", "10"),
        ("2 ** 0.5", "1.414213562373095048801688724209698"),
        ("0 ** 0", "1"),
        ("1 / 3", "0.3333333333333333333333333333333333"),
        ("1.23e4", "12300"),
        (".5 + .5", "1"),
        ("0.1 + 0.2", "0.3"),
        ("1e2", "100"),
        ("9999999999999999999999999999999999 + 1", "1E+34"),
        ("99999999999999999999 * 99999999999999999999", "9.999999999999999999800000000000000E+39"),
        ("2 ** 200", "1606938044258990275541962092341162602522202993782792835301376"),
        ("decimal(1/3, 2)", "0.33"),
        ("decimal(0.515, 2)", "0.52"),
        ("decimal(2.5, 0)", "2"),
        ("decimal(12345, -2)", "1.23E+4"),
        ("floor(-1.5)", "-2"),
        ("floor(1.56, 1)", "1.5"),
        ("ceiling(-1.56, 1)", "-1.5"),
        ("round up(-5.5, 0)", "-6"),
        ("round down(-5.5, 0)", "-5"),
        ("round half up(5.5, 0)", "6"),
        ("round half up(1.125, 2)", "1.13"),
        ("round half down(5.5, 0)", "5"),
        ("abs(-10)", "10"),
        ("abs(-1.5)", "1.5"),
        ("modulo(-12, 5)", "3"),
        ("modulo(10.1, 4.5)", "1.1"),
        ("sqrt(16)", "4"),
        ("sqrt(2)", "1.414213562373095048801688724209698"),
        ("log(10)", "2.302585092994045684017991454684364"),
        ("exp(1)", "2.718281828459045235360287471352662"),
        ('number("1 000,50", " ", ",")', "1000.50"),
        ('number("-2.5")', "-2.5"),
    ],
)
def test_a_number_comes_out_exact(text, value) -> None:
    result = evaluate(text)
    assert isinstance(result, int | Decimal)
    assert result == CONTEXT.plus(Decimal(value))


@pytest.mark.parametrize("text", ["odd(5)", "even(-2)", "even(2.0)", "1 = 1.0", "12300 = 1.23e4", "0.7 + 0.1 >= 0.8"])
def test_a_statement_about_numbers_is_true(text) -> None:
    assert evaluate(text) is True


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 / 0", "division_by_zero"),
        ("0 ** -1", "division_by_zero"),
        ("modulo(1, 0)", "division_by_zero"),
        ("9e6000 * 9e6000", "limit"),
        ("10 ** 100000", "limit"),
        ("exp(100000)", "limit"),
        ("sqrt(-1)", "argument"),
        ("log(0)", "argument"),
        ("odd(1.5)", "argument"),
        ("decimal(1, 10000)", "argument"),
        ("1 + true", "type"),
        ('1 + "a"', "type"),
        ("-true", "type"),
        ('number("1x")', "argument"),
        ('number("1", ",", ",")', "argument"),
        ('number("1", "x", ".")', "argument"),
    ],
)
def test_a_failure_is_null_and_says_why(text, code) -> None:
    value, warnings = evaluate_with_warnings(text)
    assert value is None
    assert [found for found, _ in warnings] == [code]


@pytest.mark.parametrize(
    "text", ["1 + null", "null * 2", "-null", "1 / null", "null ** 2", "abs(null)", "decimal(null, 1)"]
)
def test_null_goes_through_without_a_warning(text) -> None:
    assert evaluate_with_warnings(text) == (None, ())


@given(SIZES, SIZES)
def test_arithmetic_is_that_of_decimal(x, y) -> None:
    left, right = Decimal(x), Decimal(y)
    scope = {"x": x, "y": y}
    assert evaluate("x + y", scope) == CONTEXT.add(left, right)
    assert evaluate("x - y", scope) == CONTEXT.subtract(left, right)
    assert evaluate("x * y", scope) == CONTEXT.multiply(left, right)
    assert evaluate("x / y", scope) == (CONTEXT.divide(left, right) if right else None)
    assert evaluate("x < y", scope) is (left < right)
    assert evaluate("x = y", scope) is (left == right)


@given(st.integers(-(10**80), 10**80))
def test_a_large_integer_is_rounded_as_decimal128_rounds(value) -> None:
    assert shrink(value) == CONTEXT.plus(Decimal(value))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_means_its_shortest_spelling(value) -> None:
    assert from_outside(value) == Decimal(repr(value))


def test_the_ambient_decimal_context_changes_nothing() -> None:
    with decimal.localcontext() as context:
        context.prec = 3
        context.rounding = decimal.ROUND_UP
        assert evaluate("x / 3 + 0.0001", {"x": 1}) == Decimal("0.3334333333333333333333333333333333")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), pytest.param(10**7000, id="huge")])
def test_what_is_no_decimal128_number_is_refused(value) -> None:
    with pytest.raises(FeelError, match="not finite or too large"):
        evaluate("x", {"x": value})


def test_a_literal_beyond_decimal128_is_refused() -> None:
    with pytest.raises(FeelError, match="decimal128"):
        evaluate("1e7000")
