"""Packs in and out: Excel workbooks, DMN 1.5 models and canonical YAML, each without loss; any DMN model as a pack."""

from __future__ import annotations

from engine.exchange.dmn_read import Imported, from_dmn
from engine.exchange.dmn_write import to_dmn
from engine.exchange.failure import ExchangeError, Finding
from engine.exchange.pack_yaml import to_yaml
from engine.exchange.xlsx_read import from_xlsx
from engine.exchange.xlsx_write import to_xlsx

__all__ = ["ExchangeError", "Finding", "Imported", "from_dmn", "from_xlsx", "to_dmn", "to_xlsx", "to_yaml"]
