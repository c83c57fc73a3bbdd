"""The scalar functions of the catalogue, each with its derivative, to the last bits."""

from numeric.functions._binary_cross_entropy import bce, bce_derivative, bce_logit, bce_logit_derivative
from numeric.functions._compensated import accurate_mean, accurate_sum
from numeric.functions._cross_entropy import (
    l2,
    l2_derivative,
    softmax_cross_entropy,
    softmax_cross_entropy_derivative,
)
from numeric.functions._gelu import gelu, gelu_derivative, gelu_tanh, gelu_tanh_derivative
from numeric.functions._losses import (
    hinge,
    hinge_derivative,
    huber,
    huber_derivative,
    squared_error,
    squared_error_derivative,
)
from numeric.functions._piecewise import (
    elu,
    elu_derivative,
    identity,
    identity_derivative,
    leaky_relu,
    leaky_relu_derivative,
    relu,
    relu_derivative,
)
from numeric.functions._registry import ACTIVATIONS, LOSSES, Activation, Loss
from numeric.functions._sigmoid import (
    log_sigmoid,
    log_sigmoid_derivative,
    sigmoid,
    sigmoid_derivative,
    softplus,
    softplus_derivative,
    tanh,
    tanh_derivative,
)
from numeric.functions._silu import silu, silu_derivative
from numeric.functions._softmax import log_softmax, logsumexp, softmax, softmax_derivative, softmax_jacobian

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "Activation",
    "Loss",
    "accurate_mean",
    "accurate_sum",
    "bce",
    "bce_derivative",
    "bce_logit",
    "bce_logit_derivative",
    "elu",
    "elu_derivative",
    "gelu",
    "gelu_derivative",
    "gelu_tanh",
    "gelu_tanh_derivative",
    "hinge",
    "hinge_derivative",
    "huber",
    "huber_derivative",
    "identity",
    "identity_derivative",
    "l2",
    "l2_derivative",
    "leaky_relu",
    "leaky_relu_derivative",
    "log_sigmoid",
    "log_sigmoid_derivative",
    "log_softmax",
    "logsumexp",
    "relu",
    "relu_derivative",
    "sigmoid",
    "sigmoid_derivative",
    "silu",
    "silu_derivative",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_derivative",
    "softmax_derivative",
    "softmax_jacobian",
    "softplus",
    "softplus_derivative",
    "squared_error",
    "squared_error_derivative",
    "tanh",
    "tanh_derivative",
]
