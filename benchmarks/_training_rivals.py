"""The same training step by other libraries: forward, cost, backward, update.

All do plain gradient descent on ReLU units and softmax cross-entropy, on the CPU, with the same number of threads.
Each function returns a step, already warm; `_turns` calls it in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

Step = Callable[[], object]
RATE = 0.01

# who -> the function of this file
RIVALS = {
    "PyTorch eager": "torch_eager",
    "torch.compile": "torch_compile",
    "JAX jit": "jax_jit",
    "HIPS autograd": "hips_autograd",
    "scikit-learn MLPClassifier": "sklearn_mlp",
}


def _data(sizes: list[int], m: int, dtype: Any) -> tuple[Any, Any]:
    """One example a row, as these libraries want it."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((m, sizes[0])).astype(dtype), rng.integers(0, sizes[-1], m)


def torch_eager(sizes: list[int], m: int, dtype: Any, threads: int) -> Step:
    """PyTorch as one writes it."""
    return _torch(sizes, *_data(sizes, m, dtype), threads, compiled=False)


def torch_compile(sizes: list[int], m: int, dtype: Any, threads: int) -> Step:
    """PyTorch compiled, which needs a C++ compiler at run time."""
    return _torch(sizes, *_data(sizes, m, dtype), threads, compiled=True)


def jax_jit(sizes: list[int], m: int, dtype: Any, threads: int) -> Step:
    """The whole update as one compiled function; threads are set by the environment."""
    return _jax(sizes, *_data(sizes, m, dtype))


def hips_autograd(sizes: list[int], m: int, dtype: Any, threads: int) -> Step:
    """NumPy differentiated by autograd; threads are those of NumPy."""
    return _autograd(sizes, *_data(sizes, m, dtype))


def sklearn_mlp(sizes: list[int], m: int, dtype: Any, threads: int) -> Step:
    """scikit-learn's network, one batch; threads are those of NumPy."""
    return _sklearn(sizes, *_data(sizes, m, dtype))


def _torch(sizes: list[int], X: Any, y: Any, threads: int, *, compiled: bool) -> Step:
    import torch
    from torch import nn

    torch.set_num_threads(threads)
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
