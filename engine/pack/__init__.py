"""Packs: rules as data. Load, check, decide, explain, compare; pure, but for `load_pack` reading a folder."""

from __future__ import annotations

from engine.pack.cases import CaseResult, run_case, run_cases
from engine.pack.check import Report, check_pack
from engine.pack.decision import ENGINE_VERSION, Decision, Reason, Risk, Unknown, Warned
from engine.pack.diff import Change, diff_packs
from engine.pack.lint import Lint
from engine.pack.load import load_pack, parse_pack, read_folder
from engine.pack.pack import Pack
from engine.pack.problems import PackError, PackProblem, SignalError, SignalProblem
from engine.pack.rules import RuleInfo
from engine.pack.verdict import Verdict

__all__ = [
    "ENGINE_VERSION",
    "CaseResult",
    "Change",
    "Decision",
    "Lint",
    "Pack",
    "PackError",
    "PackProblem",
    "Reason",
    "Report",
    "Risk",
    "RuleInfo",
    "SignalError",
    "SignalProblem",
    "Unknown",
    "Verdict",
    "Warned",
    "check_pack",
    "diff_packs",
    "load_pack",
    "parse_pack",
    "read_folder",
    "run_case",
    "run_cases",
]
