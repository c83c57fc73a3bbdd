"""Two networks that learn pictures of digits with the settings they come with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from numeric._activation_layers import ReLU
from numeric._arguments import check_choice
from numeric._dense import Dense
from numeric._layer import Layer
from numeric._model import Model
from numeric._network import Network
from numeric._schedules import cosine
from numeric.layers import BatchNorm, Conv2d, Dropout, Flatten, MaxPool2d

__all__ = ["conv_classifier", "mlp_classifier", "recipe"]


def mlp_classifier(
    n_x: int, n_classes: int, *, dtype: DTypeLike = np.float32, rng: int | np.random.Generator = 0
) -> Network:
    """Make a network with 128 ReLU units in the middle, for classes.

    Examples
    --------
    >>> mlp_classifier(64, 10).n_parameters
    9610
    """
    return Network([n_x, 128, n_classes], activation="relu", dtype=dtype, rng=rng)


def conv_classifier(
    input_shape: Sequence[int],
    n_classes: int,
    *,
    dtype: DTypeLike = np.float32,
    rng: int | np.random.Generator = 0,
) -> Model:
    """Make two convolutions with batch norm and ReLU, one max pooling, dropout and a dense layer.

    Examples
    --------
    >>> conv_classifier((1, 8, 8), 10).n_parameters
    10026
    """
    layers: list[Layer] = [Conv2d(16, 3, padding=1), BatchNorm(), ReLU()]
    layers += [Conv2d(32, 3, padding=1), BatchNorm(), ReLU()]
    layers += [MaxPool2d(2), Flatten(), Dropout(0.3), Dense(n_classes)]
    return Model(layers, input_shape, dtype=dtype, rng=rng)


def recipe(kind: str) -> dict[str, Any]:
    """Return the arguments of ``fit`` that suit ``"mlp"`` or ``"conv"`` on small pictures.

    Examples
    --------
    >>> import numeric
    >>> X, Y = numeric.load_digits()
    >>> order = np.random.default_rng(0).permutation(1797)
    >>> train, test = order[:1437], order[1437:]
    >>> net = mlp_classifier(64, 10)
    >>> _ = net.fit(X[:, train], Y[:, train], **recipe("mlp"))
    >>> net.accuracy(X[:, test], Y[:, test]) >= 0.97
    True
    """
    learning = {"optimiser": "adam", "batch_size": 32, "schedule": cosine(), "rng": 0}
    own = {"mlp": {"epochs": 40, "learning_rate": 0.002}, "conv": {"epochs": 12, "learning_rate": 0.003}}
    return learning | own[check_choice(kind, "kind", own)]
