"""The library of derivations for symbolic sizes: every line of each is proved when it is built.

Examples
--------
>>> from symbolic import library
>>> print(library.derive("backprop_layer").steps[1])
dJ/dW = (1/m) dZ A_prevᵀ    (product rule, summed over examples)
"""

from symbolic.library._board import Claim
from symbolic.library._registry import LIBRARY, claims, derive, names

__all__ = ["LIBRARY", "Claim", "claims", "derive", "names"]
