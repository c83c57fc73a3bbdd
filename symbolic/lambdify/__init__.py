"""From formulas to NumPy: stable over the whole float64 range, each rewriting checked when it is built.

NumPy is imported here and in `symbolic.models`' gradients, and nowhere else in symbolic.
"""

from symbolic.lambdify._api import to_numpy

__all__ = ["to_numpy"]
