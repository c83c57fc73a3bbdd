"""Initial weights: zeros, small, Xavier, He — and why zeros never learn.

Let n_in and n_out be the numbers of columns and rows of W. All random schemes are normal with mean 0; the
biases start at 0, because random weights are enough to make the units of a layer differ.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from numeric._arguments import check_choice, check_positive_int, real_array, shown
from numeric._errors import NumericError
from numeric._layer import Array

__all__ = ["INITIALISATIONS", "distinct_units", "initial_scale"]

INITIALISATIONS = ("zeros", "small", "xavier", "he")


def initial_scale(init: str, n_in: int, n_out: int) -> float:
    """Return the standard deviation with which the entries of a weight matrix are drawn.

    Parameters
    ----------
    init : {"zeros", "small", "xavier", "he"}
        Name of the scheme.
    n_in, n_out : int
        What one output sums over, and the number of outputs.

    Returns
    -------
    float
        ``zeros`` 0; ``small`` 0.01; ``xavier`` sqrt(2 / (n_in + n_out)), which keeps the variance of tanh units
        alike forward and backward; ``he`` sqrt(2 / n_in), which makes up for the half that ReLU cuts off.

    Raises
    ------
    NumericError
        When the name is not one of the four.

    References
    ----------
    Glorot & Bengio, AISTATS 2010; He et al., ICCV 2015, doi:10.1109/ICCV.2015.123.

    Examples
    --------
    >>> initial_scale("he", n_in=50, n_out=10)
    0.2
    """
    check_choice(init, "init", INITIALISATIONS)
    if init == "zeros":
        return 0.0
    if init == "small":
        return 0.01
    if init == "xavier":
        return float(np.sqrt(2.0 / (n_in + n_out)))
    if init == "he":
        return float(np.sqrt(2.0 / n_in))
    raise AssertionError(init)  # a name that INITIALISATIONS has and no line above


def distinct_units(parameters: Mapping[str, Array], layer: int = 1) -> int:
    """Count the units of a layer that compute different things.

    Units with equal weights and equal bias, and with equal weights *out of* them, get equal gradients, so
    gradient descent can never tell them apart: that is why weights must not start equal.

    Parameters
    ----------
    parameters : mapping of str to ndarray
        ``net.parameters``.
    layer : int
        Which layer; 1 is the first hidden one.

    Returns
    -------
    int
        The number of different rows of ``[W b]`` of that layer.

    Examples
    --------
    Train eight hidden tanh units from zeros and from small random weights:

    >>> import numeric
    >>> X, Y = numeric.make_moons(200, rng=0)
    >>> for init in ("zeros", "small"):
    ...     net = numeric.Network([2, 8, 1], activation="tanh", loss="bce", init=init, rng=0)
    ...     _ = net.fit(X, Y, epochs=20, learning_rate=1.0)
    ...     print(init, distinct_units(net.parameters))
    zeros 1
    small 8

    The zeros have moved (the output's bias learns how frequent the classes are), but never apart.
    """
    layer = check_positive_int(layer, "layer")
    names = (f"W{layer}", f"b{layer}")
    if not isinstance(parameters, Mapping) or not all(name in parameters for name in names):
        raise NumericError(
            f"parameters is {shown(parameters)} and layer {shown(layer)}; expected a dict that has {' and '.join(names)}."
        )
    W, b = (real_array(parameters[name], name) for name in names)
    return len(np.unique(np.hstack([W, b]), axis=0))
