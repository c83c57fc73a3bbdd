"""Every activation and loss by its name in the catalogue: what a network looks up.

A record is a named tuple, so ``ACTIVATIONS["relu"].derivative`` and ``ACTIVATIONS["relu"][1]`` are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from numeric.functions import (
    _binary_cross_entropy,
    _cross_entropy,
    _gelu,
    _labels,
    _losses,
    _piecewise,
    _sigmoid,
    _silu,
    _softmax,
)

__all__ = ["ACTIVATIONS", "LOSSES", "Activation", "Loss"]


class Activation(NamedTuple):
    """An activation A = g(Z) of the catalogue.

    Attributes
    ----------
    function : callable
        ``function(z)`` is g(z).
    derivative : callable
        ``derivative(z)`` is g'(z); for softmax, the Jacobian.
    kinks : tuple of float
        Where g has no derivative, and ``derivative`` returns the slope on the left.
    """

    function: Callable[..., Any]
    derivative: Callable[..., Any]
    kinks: tuple[float, ...] = ()


class Loss(NamedTuple):
    """A loss of the catalogue.

    Attributes
    ----------
    function : callable
        ``function(prediction, y, check=True)``: the losses of the examples, no mean.
    derivative : callable
        ``derivative(prediction, y, check=True)``: their slopes with respect to the prediction.
    check : callable
        ``check(prediction, y)`` raises a ``LabelError`` for labels that the loss is not defined on.
    """

    function: Callable[..., Any]
    derivative: Callable[..., Any]
    check: Callable[..., None]


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(_piecewise.identity, _piecewise.identity_derivative),
    "sigmoid": Activation(_sigmoid.sigmoid, _sigmoid.sigmoid_derivative),
    "tanh": Activation(_sigmoid.tanh, _sigmoid.tanh_derivative),
    "relu": Activation(_piecewise.relu, _piecewise.relu_derivative, (0.0,)),
    "leaky_relu": Activation(_piecewise.leaky_relu, _piecewise.leaky_relu_derivative, (0.0,)),
    "softplus": Activation(_sigmoid.softplus, _sigmoid.softplus_derivative),
    "silu": Activation(_silu.silu, _silu.silu_derivative),
    "gelu": Activation(_gelu.gelu, _gelu.gelu_derivative),
    "gelu_tanh": Activation(_gelu.gelu_tanh, _gelu.gelu_tanh_derivative),
    "elu": Activation(_piecewise.elu, _piecewise.elu_derivative),
    "softmax": Activation(_softmax.softmax, _softmax.softmax_derivative),
}

LOSSES: dict[str, Loss] = {
    "squared_error": Loss(_losses.squared_error, _losses.squared_error_derivative, _labels.check_nothing),
    "bce": Loss(_binary_cross_entropy.bce, _binary_cross_entropy.bce_derivative, _labels.check_bce),
    "bce_logit": Loss(
        _binary_cross_entropy.bce_logit, _binary_cross_entropy.bce_logit_derivative, _labels.check_bce_logit
    ),
    "softmax_cross_entropy": Loss(
        _cross_entropy.softmax_cross_entropy,
        _cross_entropy.softmax_cross_entropy_derivative,
        _labels.check_softmax_cross_entropy,
    ),
    "hinge": Loss(_losses.hinge, _losses.hinge_derivative, _labels.check_hinge),
    "huber": Loss(_losses.huber, _losses.huber_derivative, _labels.check_nothing),
}
