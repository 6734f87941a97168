"""The head of a pack whose patterns look at two lists of facts, for the tests of this folder."""

from __future__ import annotations

from datetime import date

HEAD = """\
pack: patterns
title: Patterns
version: "1"
on_missing: review
sources: {law: {title: A law}}
parameters:
  limit: {values: [{from: 2026-01-01, value: 2, source: law}]}
  word: {values: [{from: 2026-01-01, value: p, source: law}]}
signals:
  facts.a: {type: list, fields: {n: number, m: number, k: string, b: boolean, d: date}}
  facts.b: {type: list, fields: {n: number, m: number, k: string, b: boolean, d: date}}
  s.k: {type: string}
  s.n: {type: number}
  s.b: {type: boolean}
verdict:
  rules:
    - {id: OK, if: "true", verdict: approve, reason: fine}
patterns:
"""
TODAY = date(2026, 11, 20)
