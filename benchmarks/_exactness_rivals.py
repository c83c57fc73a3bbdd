"""The same functions elsewhere, in float64: SciPy, PyTorch, JAX, and the textbook's formula in NumPy.

Slopes are what each library's automatic differentiation returns. A library that is not installed has no column.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

Functions: TypeAlias = dict[str, Callable[..., Any]]


def rivals() -> dict[str, Functions]:
    """Name and version of each library at hand, and its functions by their names in numeric."""
    found: dict[str, Functions] = {"textbook": _textbook()}
    for module, build in (("scipy", _scipy), ("torch", _torch), ("jax", _jax)):
        if importlib.util.find_spec(module) is not None:
            version, functions = build()
            found[f"{module} {version}"] = functions
    return found


def _textbook() -> Functions:
    def sigmoid(z: Any) -> Any:
        return 1 / (1 + np.exp(-z))

    def u(z: Any) -> Any:
        return np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)

    def gelu_tanh_derivative(z: Any) -> Any:
        t = np.tanh(u(z))
        return 0.5 * (1 + t) + 0.5 * z * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z**2)

    return {
        "sigmoid": sigmoid,
        "sigmoid_derivative": lambda z: sigmoid(z) * (1 - sigmoid(z)),
        "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
        "tanh_derivative": lambda z: 1 - np.tanh(z) ** 2,
        "softplus": lambda z: np.log(1 + np.exp(z)),
        "log_sigmoid": lambda z: np.log(sigmoid(z)),
        "elu": lambda z: np.where(z > 0, z, np.exp(z) - 1),
        "elu_derivative": lambda z: np.where(z > 0, 1.0, np.exp(z)),
        "silu": lambda z: z * sigmoid(z),
        "silu_derivative": lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z))),
        "gelu_tanh": lambda z: 0.5 * z * (1 + np.tanh(u(z))),
        "gelu_tanh_derivative": gelu_tanh_derivative,
        "bce": lambda a, y: -y * np.log(a) - (1 - y) * np.log(1 - a),
        "bce_derivative": lambda a, y: (1 - y) / (1 - a) - y / a,
        "bce_logit": lambda z, y: np.log(1 + np.exp(z)) - y * z,
        "bce_logit_derivative": lambda z, y: sigmoid(z) - y,
        "squared_error": lambda a, y: (a - y) ** 2 / 2,
        "huber": lambda a, y: np.where(np.abs(a - y) <= 1, (a - y) ** 2 / 2, np.abs(a - y) - 0.5),
        "hinge": lambda z, y: np.maximum(0, 1 - y * z),
    }


def _scipy() -> tuple[str, Functions]:
    import scipy
    from scipy import special

    return scipy.__version__, {
        "sigmoid": special.expit,
        "log_sigmoid": special.log_expit,
        "gelu": lambda z: z * special.ndtr(z),
        "huber": lambda a, y: special.huber(1.0, a - y),
    }


def _torch() -> tuple[str, Functions]:
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)
    forward: dict[str, Callable[..., Any]] = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": lambda z: functional.softplus(z, threshold=1e300),
        "log_sigmoid": functional.logsigmoid,
        "relu": torch.relu,
        "leaky_relu": functional.leaky_relu,
        "elu": functional.elu,
        "silu": functional.silu,
        "gelu": functional.gelu,
        "gelu_tanh": lambda z: functional.gelu(z, approximate="tanh"),
        "bce": lambda a, y: functional.binary_cross_entropy(a, y, reduction="none"),
        "bce_logit": lambda z, y: functional.binary_cross_entropy_with_logits(z, y, reduction="none"),
        "squared_error": lambda a, y: functional.mse_loss(a, y, reduction="none") / 2,
        "huber": lambda a, y: functional.huber_loss(a, y, reduction="none"),
    }

    def value(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arrays: f(*map(torch.tensor, arrays)).numpy()

    def slope(f: Callable[..., Any]) -> Callable[..., Any]:
        def derivative(z: Any, *rest: Any) -> Any:
            leaf = torch.tensor(z, requires_grad=True)
            f(leaf, *map(torch.tensor, rest)).sum().backward()
            return leaf.grad.numpy()

        return derivative

    return torch.__version__, _with_slopes(forward, value, slope)


def _jax() -> tuple[str, Functions]:
    import jax
    from jax import nn

    jax.config.update("jax_enable_x64", True)
    forward: dict[str, Callable[..., Any]] = {
        "sigmoid": nn.sigmoid,
        "tanh": jax.numpy.tanh,
        "softplus": nn.softplus,
        "log_sigmoid": nn.log_sigmoid,
        "relu": nn.relu,
        "leaky_relu": nn.leaky_relu,
        "elu": nn.elu,
        "silu": nn.silu,
        "gelu": lambda z: nn.gelu(z, approximate=False),
        "gelu_tanh": lambda z: nn.gelu(z, approximate=True),
    }

    def value(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda z: np.asarray(jax.jit(f)(z))

    def slope(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda z: np.asarray(jax.jit(jax.vmap(jax.grad(f)))(z))

    return jax.__version__, _with_slopes(forward, value, slope)


def _with_slopes(forward: Functions, value: Any, slope: Any) -> Functions:
    functions = {name: value(f) for name, f in forward.items()}
    functions |= {f"{name}_derivative": slope(f) for name, f in forward.items()}
    return functions
