"""Witness 1: what SymPy derives, and what can be proved of it.

Every name is imported at its first use, so that ``import symbolic`` costs next to nothing, and needs no
NumPy: only the functions that lambdify import it.

Examples
--------
>>> import symbolic
>>> symbolic.formula("sigmoid").derivative
exp(-z)/(1 + exp(-z))**2
>>> symbolic.formula("sigmoid").closed_form
a*(1 - a)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symbolic._derivation import Derivation as Derivation
    from symbolic._derivation import Step as Step
    from symbolic._derive import derive as derive
    from symbolic._errors import InvalidArgument as InvalidArgument
    from symbolic._errors import LimitReached as LimitReached
    from symbolic._errors import ShapeMismatch as ShapeMismatch
    from symbolic._errors import SymbolicError as SymbolicError
    from symbolic._errors import UnknownName as UnknownName
    from symbolic._errors import UnreadableFormula as UnreadableFormula
    from symbolic._errors import WrongStep as WrongStep
    from symbolic._replay import Replay as Replay
    from symbolic._replay import replay as replay
    from symbolic.catalogue import Formula as Formula
    from symbolic.catalogue import formula as formula
    from symbolic.catalogue import names as names
    from symbolic.grammar import FormulaError as FormulaError
    from symbolic.grammar import FormulaLimitError as FormulaLimitError
    from symbolic.grammar import parse as parse
    from symbolic.grammar import parse_claim as parse_claim
    from symbolic.grammar import parse_hypothesis as parse_hypothesis
    from symbolic.graphs import Graph as Graph
    from symbolic.graphs import graph as graph
    from symbolic.lambdify import to_numpy as to_numpy
    from symbolic.models import network as network
    from symbolic.models import network_gradients as network_gradients
    from symbolic.prover import Correction as Correction
    from symbolic.prover import Counterexample as Counterexample
    from symbolic.prover import Verdict as Verdict
    from symbolic.prover import equivalent_up_to as equivalent_up_to
    from symbolic.prover import prove as prove

# name -> the module that holds it; one line a name, in the order of __all__.
_HOME = {
    "Correction": "symbolic.prover",
    "Counterexample": "symbolic.prover",
    "Derivation": "symbolic._derivation",
    "Formula": "symbolic.catalogue",
    "FormulaError": "symbolic.grammar",
    "FormulaLimitError": "symbolic.grammar",
    "Graph": "symbolic.graphs",
    "InvalidArgument": "symbolic._errors",
    "LimitReached": "symbolic._errors",
    "Replay": "symbolic._replay",
    "ShapeMismatch": "symbolic._errors",
    "Step": "symbolic._derivation",
    "SymbolicError": "symbolic._errors",
    "UnknownName": "symbolic._errors",
    "UnreadableFormula": "symbolic._errors",
    "Verdict": "symbolic.prover",
    "WrongStep": "symbolic._errors",
    "derive": "symbolic._derive",
    "equivalent_up_to": "symbolic.prover",
    "formula": "symbolic.catalogue",
    "graph": "symbolic.graphs",
    "names": "symbolic.catalogue",
    "network": "symbolic.models",
    "network_gradients": "symbolic.models",
    "parse": "symbolic.grammar",
    "parse_claim": "symbolic.grammar",
    "parse_hypothesis": "symbolic.grammar",
    "prove": "symbolic.prover",
    "replay": "symbolic._replay",
    "to_numpy": "symbolic.lambdify",
}

__all__ = sorted(_HOME)  # the table above is the one list of names


def __getattr__(name: str) -> Any:
    """Import a name from its home at first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'symbolic' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
