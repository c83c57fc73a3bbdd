"""The models: linear and logistic regression, a shallow and a deep network.

Every gradient is derived entry by entry by differentiating the cost of a concrete architecture whose sizes
are all different, and then compared with the matrix form, entry by entry.
"""

from symbolic.models._catalogue import model_derivation, model_formula, model_to_numpy
from symbolic.models._gradients import network_gradients
from symbolic.models._network import SymbolicNetwork, network

__all__ = [
    "SymbolicNetwork",
    "model_derivation",
    "model_formula",
    "model_to_numpy",
    "network",
    "network_gradients",
]
