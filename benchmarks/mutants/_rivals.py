"""The rules that people use today, each at its defaults, as `rule(case) -> bool` (True: the gradient is accepted).

A rule whose package is not installed is left out, and the report says so.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from _case import Array, Case, leaves, rebuilt

Rule = Callable[[Case], bool]


def _flat(case: Case) -> tuple[Array, Callable[[Array], float], Callable[[Array], Array]]:
    """A case as functions of one vector, in the precision of its parameters."""
    arrays = [np.asarray(a) for a in leaves(case.at)]
    splits = np.cumsum([a.size for a in arrays])[:-1]

    def unflatten(x: Array) -> Any:
        parts = zip(np.split(np.array(x), splits), arrays, strict=True)
        return rebuilt(case.at, (part.reshape(a.shape) for part, a in parts))

    def gradient(x: Array) -> Array:
        return np.concatenate([np.ravel(g) for g in leaves(case.gradient(unflatten(x)))])

    def loss(x: Array) -> Any:
        return np.float64(case.loss(unflatten(x))) if x.dtype == np.float64 else case.loss(unflatten(x))

    return np.concatenate([a.ravel() for a in arrays]), loss, gradient


def course_notes(case: Case) -> bool:
    """Centred differences with 1e-7; the norm of the difference over the sum of norms below 1e-7."""
    x, f, gradient = _flat(case)
    x = x.astype(float)
    g, slope, h = gradient(x), np.empty_like(x), 1e-7
    for i in range(x.size):
        e = np.zeros_like(x)
        e[i] = h
        slope[i] = (f(x + e) - f(x - e)) / (2 * h)
    size = np.linalg.norm(g) + np.linalg.norm(slope)
    return bool(np.linalg.norm(g - slope) <= 1e-7 * size)


def scipy_check_grad(case: Case) -> bool:
    """SciPy's check_grad, accepted below 1e-6."""
    from scipy.optimize import check_grad

    x, f, gradient = _flat(case)
    return bool(check_grad(f, gradient, x.astype(float)) < 1e-6)


def _torch(fast: bool) -> Rule:
    import torch

    def rule(case: Case) -> bool:
        x, f, gradient = _flat(case)

        class Loss(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):  # type: ignore[no-untyped-def]
                ctx.save_for_backward(x)
                return torch.tensor(f(x.detach().numpy()), dtype=x.dtype)

            @staticmethod
            def backward(ctx, grad):  # type: ignore[no-untyped-def]
                (x,) = ctx.saved_tensors
                return grad * torch.from_numpy(gradient(x.detach().numpy()).astype(x.numpy().dtype))

        point = torch.from_numpy(x.copy()).requires_grad_()
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # torch warns of float32 input and goes on; the rule is as its defaults are
            return bool(torch.autograd.gradcheck(Loss.apply, (point,), fast_mode=fast, raise_exception=False))

    return rule


def _jax() -> Rule:
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp
    from jax.test_util import check_grads

    def rule(case: Case) -> bool:
        x, f, gradient = _flat(case)

        def host_loss(x: Array) -> Array:
            return np.asarray(f(np.asarray(x)), x.dtype)

        def host_gradient(x: Array) -> Array:
            return gradient(np.asarray(x)).astype(x.dtype)

        @jax.custom_vjp
        def loss(x):  # type: ignore[no-untyped-def]
            return jax.pure_callback(host_loss, jax.ShapeDtypeStruct((), x.dtype), x)

        def backward(x, cotangent):  # type: ignore[no-untyped-def]
            return (cotangent * jax.pure_callback(host_gradient, jax.ShapeDtypeStruct(x.shape, x.dtype), x),)

        loss.defvjp(lambda x: (loss(x), x), backward)
        try:
            check_grads(loss, (jnp.asarray(x),), order=1, modes=["rev"])
        except AssertionError:
            return False
        return True

    return rule


def _autograd() -> Rule:
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    def rule(case: Case) -> bool:
        x, f, gradient = _flat(case)
        loss = primitive(f)
        defvjp(loss, lambda ans, x: lambda g: g * gradient(x))
        np.random.seed(0)  # noqa: NPY002 - autograd draws its direction from NumPy's global state
        try:
            check_grads(loss, modes=["rev"], order=1)(x.astype(float))
        except AssertionError:
            return False
        return True

    return rule


def rivals() -> tuple[dict[str, Rule], list[str]]:
    """The rules that can run here, and the names of those that cannot, with the reason."""
    rules: dict[str, Rule] = {"the 1e-7 rule of course notes": course_notes}
    absent = []
    makers: dict[str, Callable[[], Rule]] = {
        "scipy check_grad < 1e-6": lambda: scipy_check_grad,
        "torch gradcheck, slow": lambda: _torch(False),
        "torch gradcheck, fast mode": lambda: _torch(True),
        "jax check_grads": _jax,
        "autograd check_grads": _autograd,
    }
    for name, build in makers.items():
        try:
            rules[name] = build()
        except ImportError as error:
            absent.append(f"{name}: {error}")
    return rules, absent
