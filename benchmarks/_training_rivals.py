"""The same training step by other libraries, where they are installed: forward, cost, backward, update.

All do plain gradient descent on ReLU units and softmax cross-entropy, on the CPU, with one thread each.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

Step = Callable[[], object]
RATE = 0.01


def available(sizes: list[int], m: int, dtype: Any) -> dict[str, Step]:
    """Return a step by every library that is here, already warm."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((m, sizes[0])).astype(dtype)  # one example a row, as these libraries want it
    y = rng.integers(0, sizes[-1], m)
    steps: dict[str, Step] = {}
    if importlib.util.find_spec("torch"):
        steps["PyTorch eager"] = _torch(sizes, X, y, compiled=False)
        try:
            steps["torch.compile"] = _torch(sizes, X, y, compiled=True)
        except Exception as error:  # it needs a C++ compiler at run time, and says so in many ways
            print(f"(torch.compile does not run here: {type(error).__name__})")
    if importlib.util.find_spec("jax"):
        steps["JAX jit"] = _jax(sizes, X, y)
    if importlib.util.find_spec("autograd"):
        steps["HIPS autograd"] = _autograd(sizes, X, y)
    if importlib.util.find_spec("sklearn"):
        steps["scikit-learn MLPClassifier"] = _sklearn(sizes, X, y)
    return steps


def _torch(sizes: list[int], X: Any, y: Any, *, compiled: bool) -> Step:
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), nn.ReLU()]
    model = nn.Sequential(*layers[:-1]).to(torch.from_numpy(X).dtype)
    call = torch.compile(model) if compiled else model
    inputs, labels = torch.from_numpy(X), torch.from_numpy(y)
    optimiser = torch.optim.SGD(model.parameters(), lr=RATE)
    loss = nn.CrossEntropyLoss()

    def step() -> float:
        optimiser.zero_grad(set_to_none=True)
        J = loss(call(inputs), labels)
        J.backward()
        optimiser.step()
        return float(J.detach())

    step()
    return step


def _weights(sizes: list[int], dtype: Any) -> list[tuple[Any, Any]]:
    rng = np.random.default_rng(0)
    return [
        ((rng.standard_normal((a, b)) * (2 / a) ** 0.5).astype(dtype), np.zeros(b, dtype))
        for a, b in pairwise(sizes)
    ]


def _jax(sizes: list[int], X: Any, y: Any) -> Step:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", X.dtype == np.float64)

    def loss(weights: Any, X: Any, y: Any) -> Any:
        for W, b in weights[:-1]:
            X = jnp.maximum(X @ W + b, 0)
        Z = X @ weights[-1][0] + weights[-1][1]
        return -jnp.mean(jax.nn.log_softmax(Z)[jnp.arange(len(y)), y])

    @jax.jit
    def update(weights: Any, X: Any, y: Any) -> Any:
        J, slopes = jax.value_and_grad(loss)(weights, X, y)
        return J, jax.tree.map(lambda w, g: w - RATE * g, weights, slopes)

    state = {"weights": jax.tree.map(jnp.asarray, _weights(sizes, X.dtype))}
    X, y = jnp.asarray(X), jnp.asarray(y)

    def step() -> float:
        J, state["weights"] = update(state["weights"], X, y)
        return float(J)

    step()
    return step


def _autograd(sizes: list[int], X: Any, y: Any) -> Step:
    import autograd.numpy as anp
    from autograd import value_and_grad
    from autograd.scipy.special import logsumexp

    def loss(weights: Any) -> Any:
        A = X
        for W, b in weights[:-1]:
            A = anp.maximum(anp.dot(A, W) + b, 0)
        Z = anp.dot(A, weights[-1][0]) + weights[-1][1]
        return anp.mean(logsumexp(Z, axis=1) - Z[np.arange(len(y)), y])

    weights = _weights(sizes, X.dtype)
    slope = value_and_grad(loss)

    def step() -> float:
        J, slopes = slope(weights)
        for (W, b), (dW, db) in zip(weights, slopes, strict=True):
            W -= RATE * dW
            b -= RATE * db
        return float(J)

    step()
    return step


def _sklearn(sizes: list[int], X: Any, y: Any) -> Step:
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        hidden_layer_sizes=tuple(sizes[1:-1]), solver="sgd", momentum=0.0, alpha=0.0, batch_size=len(y),
        learning_rate_init=RATE, shuffle=False, random_state=0,
    )  # fmt: skip
    model.partial_fit(X, y, classes=np.arange(sizes[-1]))
    return lambda: model.partial_fit(X, y)
