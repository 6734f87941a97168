"""Loading is strict and complete: every problem at once, each with file, line, column and a remedy."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from engine.pack import Pack, PackError, PackProblem, load_pack, parse_pack
from engine.pack.limits import MAX_EXPRESSION_CHARS, MAX_RULES

Refused = Callable[..., tuple[PackProblem, ...]]

SIGNAL = "signals: {x: {type: number}, s: {type: string, values: [A, B]}, b: {type: boolean}}\n"


def test_the_example_of_the_format_loads(example: Pack) -> None:
    assert (example.id, example.version, example.on_missing) == ("auto_loan_in", "2026.11.1", "review")
    assert example.parameters["face_match_min"].values[0].value == Decimal("0.6")
    assert example.signals["applicant.date_of_birth"].pii
    assert example.checks["pan"].provides == ("pan.status",)
    assert [route.due for route in example.routes] == ["PT24H", "P2D"]
    rule = example.rules["FACE_BELOW_MIN"]
    assert (rule.kind, rule.decision, rule.cite) == ("row", "identity_points", ("rbi_kyc",))
    assert rule.tell == "Your selfie did not match your document"
    assert rule.needs == ("face.match_score",)
    assert example.rules["NOT_LOW"].needs == ("bureau.score", "face.match_score", "pan.status")


def test_all_problems_come_at_once_sorted_with_place_and_remedy() -> None:
    text = """\
pack: sample
title: A sample
version: 1
on_missing: approve
sorces: {}
signals:
  x: {type: numbr}
decisions:
  a: {expression: "x + nope"}
  t:
    inputs: {x: x}
    outputs: {p: {type: number}}
    rules:
      - {id: R, if: {y: "1"}, then: {p: 1}, reason: "r"}
verdict:
  rules:
    - {id: R, if: "1 + ", verdict: revie, reason: "r"}
"""
    with pytest.raises(PackError) as caught:
        parse_pack({"pack.yaml": text})
    problems = caught.value.problems
    assert problems == tuple(sorted(problems))
    lines = [str(problem) for problem in problems]
    assert str(caught.value) == "\n".join(lines)
    for start, part, remedy in [
        ("pack.yaml:3:10", "version is a number", "in quotes"),
        ("pack.yaml:4:13", "on_missing cannot be approve", "review"),
        ("pack.yaml:5:1", "unknown key sorces", "did you mean sources?"),
        ("pack.yaml:7:13", "cannot be of type numbr", "use one of"),
        ("pack.yaml:9:24", "nothing is named 'nope'", "declare it"),
        ("pack.yaml:14:22", "unknown column y", "use one of: x"),
        ("pack.yaml:14:9", "rule R cites no source", "add cite"),
        ("pack.yaml:17:7", "rule id R is taken in pack.yaml:14", "give each its own"),
        ("pack.yaml:17:36", "cannot be revie", "did you mean review?"),
    ]:
        assert any(line.startswith(start) and part in line and remedy in line for line in lines), (start, lines)
    assert all(problem.remedy and problem.code for problem in problems)


@pytest.mark.parametrize(
    ("body", "code", "part"),
    [
        ("parameters: {p: {values: [{value: 1, source: law}]}}\n", "missing_key", "has no from"),
        ("parameters: {p: {values: [{from: 2026-01-01, value: 1}]}}\n", "missing_key", "has no source"),
        (
            "parameters: {p: {values: [{from: 2026-01-01, value: 1, source: x}]}}\n",
            "unknown_source",
            "unknown source x",
        ),
        ("parameters: {p: {values: []}}\n", "undated", "has no value"),
        ("parameters: {p: {values: [{from: soon, value: 1, source: law}]}}\n", "wrong_kind", "date"),
        (
            "parameters: {p: {values: [{from: 2026-01-01, value: 1, source: law}, {from: 2026-01-01, value: 2, source: law}]}}\n",
            "duplicate_date",
            "two values",
        ),
        (
            "parameters: {p: {values: [{from: 2026-01-01, value: 1, source: law}, {from: 2026-02-01, value: x, source: law}]}}\n",
            "type_clash",
            "different kinds",
        ),
        ("signals: {x: {type: number, values: [a]}}\n", "type_clash", "do not fit"),
        ("signals: {x: {type: string, range: [0, 1]}}\n", "type_clash", "does not fit"),
        ("signals: {x: {type: number, range: [1, 0]}}\n", "range", "is empty"),
        ("signals: {x: {type: list}}\n", "list", "needs its fields"),
        ("signals: {x: {type: number, fields: {a: number}}}\n", "list", "is no list"),
        ("signals: {X: {type: number}}\n", "name", "cannot name"),
        ("signals: {not.x: {type: number}}\n", "reserved", "a word of FEEL"),
        ("signals: {patterns.x: {type: boolean}}\n", "reserved", "for patterns"),
        ("signals: {x: {type: number}}\ndecisions: {x: {expression: 1}}\n", "duplicate", "uses a name taken"),
        ("checks: {c: {provides: [x], timeout_s: 1}}\n", "unknown_signal", "provides unknown signal x"),
        ("checks: {c: {needs: [x.y], provides: [], timeout_s: 0}}\n", "limit", "out of bounds"),
        ("decisions: {a: {expression: b}, b: {expression: a}}\n", "cycle", "a -> b -> a"),
        ("decisions: {a: {expression: a}}\n", "cycle", "a -> a"),
        (SIGNAL + "decisions: {a: {expression: 's + 1'}}\n", "feel", ""),
        (SIGNAL + "decisions: {a: {expression: 's = \"Z\"'}}\n", "feel", "can never be true"),
        (SIGNAL + "decisions: {a: {expression: 'x', type: string}}\n", "type_clash", "not string"),
        (SIGNAL + "decisions: {t: {inputs: {s: s}, outputs: {o: number}, rules: []}}\n", "empty", "has no rule"),
        (
            SIGNAL
            + "decisions: {t: {inputs: {s: s}, outputs: {o: number}, rules: [{id: R, if: {s: '\"Z\"'}, then: {o: 1}}]}}\n",
            "feel",
            "can never be true",
        ),
        (
            SIGNAL
            + "decisions: {t: {inputs: {x: x}, outputs: {o: number}, rules: [{id: R, if: {x: '\"Z\"'}, then: {o: 1}}]}}\n",
            "feel",
            "",
        ),
        (
            SIGNAL + "decisions: {t: {inputs: {x: x}, outputs: {o: number}, rules: [{id: R, then: {o: '\"Z\"'}}]}}\n",
            "type_clash",
            "output o is string",
        ),
        (
            SIGNAL
            + "decisions: {t: {inputs: {x: x}, outputs: {o: number, q: number}, rules: [{id: R, then: {o: 1}}]}}\n",
            "missing_key",
            "gives no q",
        ),
        (
            SIGNAL
            + "decisions: {t: {hit_policy: FRIST, inputs: {x: x}, outputs: {o: number}, rules: [{id: R, then: {o: 1}}]}}\n",
            "hit_policy",
            "unknown hit policy",
        ),
        (
            SIGNAL
            + "decisions: {t: {hit_policy: PRIORITY, inputs: {x: x}, outputs: {o: number}, rules: [{id: R, then: {o: 1}}]}}\n",
            "hit_policy",
            "has no values",
        ),
        (
            SIGNAL
            + "decisions: {t: {hit_policy: COLLECT SUM, inputs: {x: x}, outputs: {o: string}, rules: [{id: R, then: {o: '\"a\"'}}]}}\n",
            "hit_policy",
            "sums string",
        ),
        (
            SIGNAL
            + "decisions: {t: {hit_policy: COLLECT MAX, inputs: {x: x}, outputs: {o: number, q: number}, rules: [{id: R, then: {o: 1, q: 1}}]}}\n",
            "hit_policy",
            "several outputs",
        ),
        (
            SIGNAL
            + "decisions: {t: {inputs: {x: x}, outputs: {o: number}, rules: [{id: R, if: {x: '1'}, then: {o: 1}, if_missing: {x: a}}]}}\n",
            "type_clash",
            "if_missing gives",
        ),
        (
            SIGNAL
            + "decisions: {t: {inputs: {x: x}, outputs: {o: number}, rules: [{id: R, if: {x: '1'}, then: {o: 1}, if_missing: {z: 1}}]}}\n",
            "unknown_column",
            "unknown column z",
        ),
        (
            "decisions: {c: {scorecard: {characteristics: [{id: C, input: 1, bands: []}]}}}\n",
            "empty",
            "has no band",
        ),
        ("routes: [{id: A, queue: q, priority: 1, due: soon, role: r}]\n", "due", "no duration"),
        ("routes: [{id: A, queue: q, priority: 0, due: 1h, role: r}]\n", "wrong_kind", "priority"),
        (
            "routes: [{id: A, queue: q, priority: 1, due: 1h, role: r}, {id: B, queue: q, priority: 1, due: 1h, role: r}]\n",
            "unreachable",
            "no route after A",
        ),
        ("routes: [{id: A, if: '1', queue: q, priority: 1, due: 1h, role: r}]\n", "type_clash", "gives number"),
        ("invariants: [{id: I, text: t, never: 'nope'}]\n", "feel", "nothing is named"),
        ("invariants: [{id: I, text: t, never: '\"a\"'}]\n", "type_clash", "gives string"),
        (
            "patterns: [{id: P, over: {a: document}, if: 'a.x = 1', sets: {patterns.p: true}}]\n",
            "unknown_signal",
            "no list",
        ),
    ],
)
def test_a_fault_is_a_problem(refused: Refused, body: str, code: str, part: str) -> None:
    found = [problem for problem in refused(body) if problem.code == code]
    assert found
    assert any(part in problem.message for problem in found), found


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{id: A, if: 'true', verdict: review, reason: r}", "uncited"),
        ("{id: A, if: 'true', verdict: review, reason: r, cite: [nope]}", "unknown_source"),
        ("{id: A, if: 'true', verdict: review, cite: [law]}", "missing_key"),
        ("{id: A, if: '1', verdict: approve, reason: r}", "type_clash"),
        ("{id: A, if: 'true', verdict: approve, reason: r, if_missing: {x: 1}}", "approve_on_missing"),
        ("{id: NO_RULE, if: 'true', verdict: approve, reason: r}", "reserved"),
        ("{id: A, if: verdict = 1, verdict: approve, reason: r}", "feel"),
        ("{id: A, if: 'true', verdict: review, reason: r, cite: [law], if_missing: {zz: 1}}", "unknown_name"),
        ("{id: A, if: 'true', verdict: review, reason: r, cite: [law], if_missing: [1]}", "wrong_kind"),
    ],
)
def test_a_verdict_rule_says_what_it_must(refused: Refused, rule: str, code: str) -> None:
    assert code in {problem.code for problem in refused("", f"verdict: {{rules: [{rule}]}}\n")}


def test_a_pack_without_verdict_or_head_is_refused(refused: Refused) -> None:
    missing = {problem.message for problem in refused("", "", "title: x\n")}
    assert missing >= {f"the pack has no {key}" for key in ("pack", "version", "on_missing", "signals", "verdict")}


def test_the_score_must_be_a_decision(refused: Refused) -> None:
    problems = refused("", "verdict: {score: nope, rules: [{id: A, if: 'true', verdict: approve, reason: r}]}\n")
    assert [problem.code for problem in problems if "nope" in problem.message] == ["unknown_name"]


def test_a_large_table_may_stand_in_its_own_file(build: Callable[..., Pack]) -> None:
    pack = build(
        SIGNAL + "decisions: {d: {expression: t + 1}}\n",
        tables__t="t: {inputs: {x: x}, outputs: {o: {type: number}}, rules: [{id: R, then: {o: 1}}]}\n",
    )
    assert set(pack.decision_index) == {"t", "d"}
    assert pack.rules["R"].place.file == "tables/t.yaml"


def test_a_decision_stands_in_one_file_only(refused: Refused) -> None:
    problems = refused(
        SIGNAL + "decisions: {t: {expression: 1}}\n",
        tables__t="t: {expression: 2}\n",
        other__x="a: 1\n",
    )
    assert {problem.code for problem in problems} == {"duplicate", "stray_file"}


def test_problems_of_cases_have_their_own_file(refused: Refused) -> None:
    problems = refused(SIGNAL, cases__c="- {case: a, as_of: 2026-01-01, signals: {x: 1}, expect: {verdct: review}}\n")
    assert [(problem.file, problem.line, problem.code) for problem in problems] == [("cases/c.yaml", 1, "unknown_key")]
    assert problems[0].remedy == "did you mean verdict?"


def test_an_expression_over_the_limit_is_refused(refused: Refused) -> None:
    long = "1 + " * (MAX_EXPRESSION_CHARS // 4) + "1"
    assert "limit" in {problem.code for problem in refused(f"decisions: {{a: {{expression: '{long}'}}}}\n")}


def test_too_many_rules_are_refused(refused: Refused) -> None:
    rows = "".join(f"      - {{id: R{n}, then: {{o: 1}}}}\n" for n in range(MAX_RULES + 1))
    body = (
        "decisions:\n  t:\n    hit_policy: COLLECT\n    inputs: {x: '1'}\n    outputs: {o: number}\n    rules:\n" + rows
    )
    assert "limit" in {problem.code for problem in refused(body)}


def test_a_deeply_nested_expression_ends_in_a_pack_error(refused: Refused) -> None:
    text = "(" * 4000 + "1" + ")" * 4000
    assert "feel" in {problem.code for problem in refused(f"decisions: {{a: {{expression: '{text}'}}}}\n")}


def test_a_feel_problem_in_a_block_text_is_found_on_its_line(refused: Refused) -> None:
    problems = refused("decisions:\n  a:\n    expression: |\n      1 +\n      nope\n")
    assert [(problem.line, problem.column) for problem in problems if problem.code == "feel"] == [(11, 7)]


def test_a_folder_is_read_and_an_absent_one_is_a_problem(tmp_path: Path, example_text: str) -> None:
    (tmp_path / "pack.yaml").write_text(example_text, encoding="utf-8")
    (tmp_path / "README.md").write_text("not read", encoding="utf-8")
    assert load_pack(tmp_path).id == "auto_loan_in"
    with pytest.raises(PackError, match="no such pack folder"):
        load_pack(tmp_path / "nowhere")
    with pytest.raises(PackError, match=r"no pack\.yaml"):
        load_pack(_empty(tmp_path))


def _empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, example_text: str) -> None:
    (tmp_path / "secret.yaml").write_text("pack: secret\n", encoding="utf-8")
    folder = tmp_path / "pack"
    (folder / "tables").mkdir(parents=True)
    (folder / "pack.yaml").write_text(example_text, encoding="utf-8")
    (folder / "tables" / "t.yaml").symlink_to(tmp_path / "secret.yaml")
    assert load_pack(folder).id == "auto_loan_in"


def test_problems_and_packs_show_themselves(example: Pack, refused: Refused) -> None:
    assert repr(example).startswith("Pack(auto_loan_in 2026.11.1, 12 rules")
    assert "unknown_key" in {problem.to_dict()["code"] for problem in refused("nope: 1\n")}
