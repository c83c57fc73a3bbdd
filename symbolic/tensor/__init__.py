"""Tensors with symbolic sizes: build, differentiate, prove, print and run matrix formulas for every size at once."""

from symbolic._replay import Replay as TensorReplay
from symbolic._replay import replay as replay_tensor
from symbolic.tensor._along import argmax_mask, log_softmax, logsumexp, norm, softmax
from symbolic.tensor._axes import ONE, Axis, axis
from symbolic.tensor._build import as_tensor, named, tensor
from symbolic.tensor._correct import Correction, correction
from symbolic.tensor._differentiate import differentiate, gradients
from symbolic.tensor._errors import (
    TensorAxisError,
    TensorError,
    TensorLimitError,
    TensorNameError,
    TensorShapeError,
    TensorTypeError,
    TensorUndefinedError,
)
from symbolic.tensor._functions import (
    Elementwise,
    elementwise,
    exp,
    gelu,
    log,
    maximum,
    normal_cdf,
    normal_pdf,
    relu,
    sigmoid,
    silu,
    softplus,
    sqrt,
    square,
    step,
    tanh,
)
from symbolic.tensor._hypotheses import Hypothesis, adds_up, binary, one_hot, positive, probability
from symbolic.tensor._lambdify import lambdify
from symbolic.tensor._latex import to_latex
from symbolic.tensor._nodes import Symbol, Tensor, symbols_in
from symbolic.tensor._notation import delta, einsum, window
from symbolic.tensor._prove import canonical, prove_tensor
from symbolic.tensor._text import to_text

__all__ = [
    "ONE",
    "Axis",
    "Correction",
    "Elementwise",
    "Hypothesis",
    "Symbol",
    "Tensor",
    "TensorAxisError",
    "TensorError",
    "TensorLimitError",
    "TensorNameError",
    "TensorReplay",
    "TensorShapeError",
    "TensorTypeError",
    "TensorUndefinedError",
    "adds_up",
    "argmax_mask",
    "as_tensor",
    "axis",
    "binary",
    "canonical",
    "correction",
    "delta",
    "differentiate",
    "einsum",
    "elementwise",
    "exp",
    "gelu",
    "gradients",
    "lambdify",
    "log",
    "log_softmax",
    "logsumexp",
    "maximum",
    "named",
    "norm",
    "normal_cdf",
    "normal_pdf",
    "one_hot",
    "positive",
    "probability",
    "prove_tensor",
    "relu",
    "replay_tensor",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "sqrt",
    "square",
    "step",
    "symbols_in",
    "tanh",
    "tensor",
    "to_latex",
    "to_text",
    "window",
]
