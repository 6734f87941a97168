"""Regular expressions of XPath: what they mean, what is refused, and that none of them takes long."""

from __future__ import annotations

import itertools
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import evaluate, evaluate_with_warnings, limits
from engine.feel.failure import Failure
from engine.feel.regex import compile_pattern
from engine.feel.regex.characters import BLOCKS, CATEGORIES, named_class
from engine.feel.regex.machine import MAX_WORK


@pytest.mark.parametrize(
    ("text", "pattern", "flags", "answer"),
    [
        ("foobar", "^fo*b", "", True),
        ("a", "a[^b]", "", False),
        ("a ", "a[^b]", "", True),
        ("abc\n", "c$", "", False),
        ("a\nb", "a.b", "", False),
        ("a\nb", "a.b", "s", True),
        ("a\nb", "^b", "m", True),
        ("a\nb\n", "^$", "m", False),
        ("x", "", "", True),
        # white space goes under x, but not out of a class, and does not part an escape from its letter
        ("helloworld", "hello world", "x", True),
        ("helloworld", "hello[ ]world", "x", False),
        ("hello world", r"hello\ sworld", "x", True),
        ("a.c", ".", "q", True),
        ("abc", ".", "q", False),
        # case: classes, what is taken from them, signs of the same letter; categories ask for the letter as it is
        ("X", "[a-z]", "i", True),
        ("x", "[A-Z-[OI]]", "i", True),
        ("o", "[A-Z-[OI]]", "i", False),
        ("q", "[^Q]", "i", False),
        ("\u212a", "k", "i", True),
        ("m", r"\p{Lu}", "i", False),
        ("m", r"\P{Lu}", "i", True),
        ("aA", r"(a)\1", "i", True),
        ("aA", r"(a)\1", "", False),
        ("abab", r"^(ab)\1$", "", True),
        ("aa0", r"(a)\10", "", True),
        ("x ", r"^[\sx]+$", "", True),
        ("xy", r"^[\Sx]+$", "", True),
        ("x y", r"^[\Sx]+$", "", False),
        ("5-", r"^[\d-]+$", "", True),
        ("abcdefghijj", r"^(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\10$", "", True),
        # escapes of XML Schema
        ("a-b:c", r"^\i\c*$", "", True),
        ("-a", r"^\i", "", False),
        ("é", r"^\p{IsBasicLatin}$", "", False),
        ("क", r"^\p{IsDevanagari}$", "", True),
        ("_", r"\w", "", False),
        ("+", r"\w", "", True),
        ("\u00a0", r"\s", "", False),
        ("٣", r"\d", "", True),
        ("a-", "^[a-c-]*$", "", True),
        ("1-2.", r"^[0-9-.]+$", "", True),
        ("abc", "^[a-z-[b]]+$", "", False),
        ("ac", "^[a-z-[b]]+$", "", True),
        ("a]b", r"[\]&~]", "", True),
        # repeated groups, which a backtracking engine could spend for ever on
        ("aaaa", "^(a+)+$", "", True),
        ("ab" * 50, "^(a|b|ab)*c", "", False),
        ("", "^((a*)*)*$", "", True),
        ("aaa", "^(a?){3}$", "", True),
        ("xyz", "(?:x|y)z?", "", True),
    ],
)
def test_a_pattern_means_what_xpath_says(text, pattern, flags, answer) -> None:
    assert evaluate("matches(t, p, f)", {"t": text, "p": pattern, "f": flags}) is answer


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [
        ("a", "p"),
        ("a", " "),
        (r"(a)\2", ""),
        (r"(a\1)", ""),
        (r"[\1]", ""),
        (r"\0", ""),
        (r"\p{Xx}", ""),
        (r"\p{IsNowhere}", ""),
        (r"\pL", ""),
        (r"\y", ""),
        ("(?=a)", ""),
        ("(a", ""),
        ("a)", ""),
        ("a**", ""),
        ("^*", ""),
        ("a{2,1}", ""),
        ("a{,2}", ""),
        ("a{x}", ""),
        ("a{5000}", ""),
        ("((a{100}){100}){9}", ""),
        ("[a", ""),
        ("[]", ""),
        ("[z-a]", ""),
        ("[a-]b]c[", ""),
        ("[a&&[b]]", ""),
        ("[a-b-[c]d]", ""),
        (r"[a-\d]", ""),
        (r"[\d-a]", ""),
        ("[ab-", ""),
        ("]", ""),
        ("}", ""),
        ("a\\", ""),
        ("(" * 30 + ")" * 30, ""),
        ("()" * 100, ""),
        ("a" * (limits.MAX_PATTERN_CHARS + 1), ""),
    ],
)
def test_what_is_no_pattern_or_beyond_a_limit_is_null_with_a_warning(pattern, flags) -> None:
    value, warnings = evaluate_with_warnings("matches(t, p, f)", {"t": "abc", "p": pattern, "f": flags})
    assert value is None
    assert warnings[0][0] in ("argument", "limit")


@pytest.mark.parametrize(
    ("text", "pattern", "replacement", "flags", "result"),
    [
        ("abracadabra", "bra", "*", "", "a*cada*"),
        ("abracadabra", "a.*?a", "*", "", "*c*bra"),
        ("abracadabra", "a(.)", "a$1$1", "", "abbraccaddabbra"),
        ("AAAA", "A+?", "b", "", "bbbb"),
        ("darted", "^(.*?)d(.*)$", "$1c$2", "", "carted"),
        ("abcd", "(ab)|(a)", "[1=$1][2=$2]", "", "[1=ab][2=]cd"),
        ("abc", "b", "<$0>", "", "a<b>c"),
        ("abc", "(b)", "$12", "", "ab2c"),
        ("abc", "(b)", "$9", "", "ac"),
        ("a/b", "/", r"\$\\", "", r"a$\b"),
        (r"a\b", "\\", "$1", "q", "a$1b"),
        ("none", "x", "y", "", "none"),
        ("(012) 3", r"\((\d{3})\)", "$1-", "", "012- 3"),
        ("banana", r"(an)\1", "$1", "", "bana"),
        ("abcdefghij", "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)", "$10$1", "", "ja"),
        ("ab", "(a)(b)?", "$2$1$3", "", "ba"),
        ("ab", "(a)(x)?b", "[$2]", "", "[]"),
    ],
)
def test_a_replacement_speaks_of_groups(text, pattern, replacement, flags, result) -> None:
    scope = {"t": text, "p": pattern, "r": replacement, "f": flags}
    assert evaluate("replace(t, p, r, f)", scope) == result


@pytest.mark.parametrize("call", ['replace(t, "x*", "y")', 'split(t, "x*")', 'replace(t, "a", "$")'])
def test_a_pattern_that_matches_nothing_and_a_lone_dollar_have_no_value(call) -> None:
    assert evaluate(call, {"t": "abc"}) is None


def test_parts_between_matches_are_kept_even_when_empty() -> None:
    assert evaluate('split("a;b;;", ";")') == ["a", "b", "", ""]
    assert evaluate(r'split("John   Doe", "\\s+")') == ["John", "Doe"]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^(a*)*(b*)*\1\2c$", "a" * 60),
        ("((((a?){20}){20})b)", "a" * 9_999),
        (r"[\i-[a]]{900}z", "b" * 9_999),
        (r"(\w+\s?)*x", "word " * 1_900),
    ],
)
def test_a_search_that_takes_too_much_work_has_no_answer(pattern, text) -> None:
    value, warnings = evaluate_with_warnings("matches(t, p)", {"t": text, "p": pattern})
    assert value in (None, False)
    assert value is False or warnings[0][0] == "limit"
    assert MAX_WORK <= 10**6


def test_a_long_text_is_refused() -> None:
    with pytest.raises(Failure):
        list(compile_pattern("a", "").find("a" * (limits.MAX_MATCH_CHARS + 1)))


@settings(max_examples=400)
@given(st.text("ab01[](){}|^$.*+?\\-,sdwpPicLu ", max_size=14), st.text("ab0 -", max_size=6))
def test_no_pattern_of_signs_fails_in_another_way(pattern, text) -> None:
    for flags in ("", "x", "is"):
        assert evaluate("matches(t, p, f)", {"t": text, "p": pattern, "f": flags}) in (True, False, None)
        assert evaluate("replace(t, p, p, f)", {"t": text, "p": pattern, "f": flags}) != 0


ATOM = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", "^", "$", "(a)", "(?:b)", "(ab|c)"])
PIECE = st.tuples(ATOM, st.sampled_from(["", "", "?", "*", "+", "??", "*?", "{1,2}"])).map(
    lambda pair: pair[0] if pair[0] in ("^", "$") else "".join(pair)
)
PATTERN = st.lists(PIECE, min_size=1, max_size=5).map("".join)


@settings(max_examples=300)
@given(PATTERN, st.text("abc1\n", max_size=8), st.sampled_from(["", "i", "s"]))
def test_the_machine_and_pythons_engine_find_the_same_matches(pattern, text, flags) -> None:
    compiled = compile_pattern(pattern, flags)
    found = [(match.start, match.end, match.groups) for match in compiled._find(text)]
    if compiled.regex is not None:
        assert found == [(m.start(), m.end(), m.groups(default="")) for m in _apart(compiled.regex, text)]
    assert bool(found) == compiled.occurs_in(text)


def _apart(regex: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Python's matches; it also gives an empty one directly behind another, which XPath does not."""
    out: list[re.Match[str]] = []
    position = 0
    while position <= len(text):
        match = regex.search(text, position)
        if match is None:
            break
        out.append(match)
        position = match.end() if match.end() > match.start() else match.end() + 1
    return out


@given(st.text(max_size=12), st.text(max_size=6))
def test_no_text_is_a_pattern_that_fails_in_another_way(pattern, text) -> None:
    for flags in ("", "x", "im", "q"):
        assert evaluate("matches(t, p, f)", {"t": text, "p": pattern, "f": flags}) in (True, False, None)


@given(st.characters(codec="utf-8"), st.sampled_from(sorted(CATEGORIES)))
def test_a_category_holds_the_characters_that_unicode_gives_it(char, category) -> None:
    assert named_class(category)(char) is unicodedata.category(char).startswith(category)


def test_blocks_do_not_run_into_each_other_but_for_synonyms() -> None:
    spans = sorted(set(BLOCKS.values()))
    assert all(low <= high for low, high in spans)
    assert all(first[1] < second[0] for first, second in itertools.pairwise(spans))
