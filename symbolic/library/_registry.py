"""Which derivations there are, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from symbolic._derivation import Derivation
from symbolic._errors import UnknownName
from symbolic.library import (
    _attention,
    _backprop,
    _blocks,
    _convolution,
    _losses,
    _normalise,
    _optimisers,
    _regression,
)
from symbolic.library._board import Board, Claim

_BOARDS: dict[str, Callable[[], Board]] = {
    "linear_regression_any_size": _regression.linear_regression,
    "logistic_regression_any_size": _regression.logistic_regression,
    "mse_any_size": _regression.mean_squared_error,
    "l2_any_size": _regression.l2_penalty,
    "backprop_layer": _backprop.layer,
    "backprop_recursion": _backprop.recursion,
    "backprop_induction": _backprop.induction,
    "sigmoid_bce": _losses.sigmoid_bce,
    "softmax_cross_entropy_any_size": _losses.softmax_cross_entropy,
    "softmax_jvp": _losses.softmax_jacobian,
    "dropout": _blocks.dropout,
    "conv2d": _convolution.convolution,
    "max_pool": _convolution.max_pooling,
    "avg_pool": _convolution.average_pooling,
    "batch_norm": _normalise.batch_norm,
    "batch_norm_in_use": _normalise.batch_norm_in_use,
    "layer_norm": _normalise.layer_norm,
    "rms_norm": _normalise.rms_norm,
    "embedding": _attention.embedding,
    "attention": _attention.attention,
    "causal_attention": _attention.causal_attention,
    "multi_head_attention": _attention.multi_head_attention,
    "residual": _blocks.residual,
    "gelu_block": _blocks.gelu_block,
    "swiglu_block": _blocks.swiglu_block,
    "sgd": _optimisers.descent,
    "momentum": _optimisers.momentum,
    "nesterov": _optimisers.nesterov,
    "rmsprop": _optimisers.rmsprop,
    "adam": _optimisers.adam,
    "adamw": _optimisers.adamw,
}


@cache
def _board(name: str) -> Board:
    return _BOARDS[name]()


def names() -> tuple[str, ...]:
    """List the names of the derivations.

    Returns
    -------
    tuple of str
    """
    return tuple(_BOARDS)


@cache
def derive(name: str) -> Derivation:
    """Build a derivation for symbolic sizes; every step is proved while it is built.

    Parameters
    ----------
    name : str
        One of `names()`.

    Returns
    -------
    Derivation

    Raises
    ------
    UnknownName
        There is no such derivation.
    """
    if name not in _BOARDS:
        raise UnknownName(
            f"no derivation for symbolic sizes is called {name!r}; expected one of {', '.join(_BOARDS)}."
        )
    return _board(name).derivation()


def claims(name: str) -> tuple[Claim, ...]:
    """List what a derivation claims, as expressions that can be run with `symbolic.tensor.lambdify`.

    Parameters
    ----------
    name : str
        One of `names()`.

    Returns
    -------
    tuple of Claim
    """
    derive(name)
    return tuple(_board(name).claims)


def _deferred(name: str) -> Callable[[], Derivation]:
    return lambda: derive(name)


LIBRARY: dict[str, Callable[[], Derivation]] = {name: _deferred(name) for name in _BOARDS}
