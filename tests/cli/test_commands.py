"""The command line's promises: examples in every help, three exit codes, one line for bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer.main

from cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "tests" / "packs" / "quick_checks"


def verdict(*words: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("VERDICT_")}
    return subprocess.run(
        [sys.executable, "-m", "cli", *words], capture_output=True, text=True, cwd=ROOT, env=bare, check=False
    )


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    children = getattr(group, "commands", None)
    if children is None:
        yield path, group
        return
    for name, child in children.items():
        yield from commands(child, (*path, name))


ALL = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_every_command_has_help_with_an_example_of_itself(path, command) -> None:
    assert "Example: " in (command.help or "")
    assert f"verdict {' '.join(path)}" in command.help


def test_decide_prints_the_decision_of_the_contract(tmp_path) -> None:
    signals = tmp_path / "signals.json"
    signals.write_text(
        json.dumps(
            {
                "applicant.name": "A B",
                "applicant.date_of_birth": "1990-01-01",
                "applicant.pan": "ZXKPV4271M",
                "pan.status": "E",
                "pan.name_match": True,
                "screening.sanctions_hit": False,
            }
        )
    )
    done = verdict("decide", "--pack", str(PACK), "--signals", str(signals), "--as-of", "2026-11-20")
    assert done.returncode == 0, done.stderr
    decision = json.loads(done.stdout)
    assert decision["verdict"] == "approve"
    assert decision["route"] is None
    assert decision["id"] is None
    assert {
        "reference",
        "pack",
        "engine_version",
        "as_of",
        "risk",
        "reasons",
        "customer_reasons",
        "unknowns",
        "warnings",
        "trace",
        "digest",
    } <= set(decision)


def test_a_check_that_passes_exits_0_and_one_that_fails_exits_1_with_the_place(tmp_path) -> None:
    assert verdict("pack", "check", str(PACK)).returncode == 0
    broken = tmp_path / "broken"
    (broken / "cases").mkdir(parents=True)
    (broken / "pack.yaml").write_text((PACK / "pack.yaml").read_text().replace("age < age_min", "age < age_minimum"))
    done = verdict("pack", "check", str(broken))
    assert done.returncode == 1
    assert "pack.yaml:" in done.stdout
    assert "age_min" in done.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "signals.json:1:2"),
        ("[1]", "object"),
        ('{"pan.status": NaN}', "not JSON"),
        ('{"pan.status": "Q"}', "pan.status"),
        ('{"no.such": 1}', "no.such"),
    ],
    ids=["cut off", "a list", "NaN", "value out of its list", "unknown signal"],
)
def test_bad_input_ends_with_2_and_one_line_that_names_the_place(tmp_path, content, words) -> None:
    signals = tmp_path / "signals.json"
    signals.write_text(content)
    done = verdict("decide", "--pack", str(PACK), "--signals", str(signals))
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2


def test_bad_usage_ends_with_2(tmp_path) -> None:
    nowhere = str(tmp_path / "nowhere")
    assert verdict("decide", "--pack", nowhere, "--signals", "x").returncode == 2
    assert verdict("no-such-command").returncode == 2
    assert verdict("demo", "no_such_system").returncode == 2
    assert verdict("lists", "status", "--data-dir", nowhere).returncode == 2


def test_a_semantic_diff_exits_1_where_packs_differ_and_0_where_they_do_not(tmp_path) -> None:
    changed = tmp_path / "changed"
    (changed / "cases").mkdir(parents=True)
    (changed / "pack.yaml").write_text((PACK / "pack.yaml").read_text().replace("value: 18", "value: 21"))
    assert verdict("pack", "diff", str(PACK), str(PACK)).returncode == 0
    done = verdict("pack", "diff", str(PACK), str(changed))
    assert done.returncode == 1
    assert "age_min" in done.stdout
