"""DMN models as they are: read from XML, evaluated by the standard's own semantics.

Pure like the rest of the engine: bytes in, values out; no file, clock or network. What FEEL turns into null is null
here as well, and every such failure is a warning of the outcome with the name of the node it happened in.
"""

from __future__ import annotations

from engine.dmn.errors import DmnError, DmnProblem
from engine.dmn.evaluate import Model, Outcome
from engine.dmn.log import DmnWarning
from engine.dmn.model import Definitions, Import
from engine.dmn.read import read_model

__all__ = ["Definitions", "DmnError", "DmnProblem", "DmnWarning", "Import", "Model", "Outcome", "read_model"]
