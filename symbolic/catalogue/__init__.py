"""The catalogue: activations, losses, the penalty and the models, each derived by SymPy at first use."""

from symbolic.catalogue._formula import Formula
from symbolic.catalogue._registry import formula, names

__all__ = ["Formula", "formula", "names"]
