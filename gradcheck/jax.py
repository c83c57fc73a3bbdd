"""JAX: check `custom_vjp`, `custom_jvp`, or any function, over any tree of arrays.

JAX enters gradcheck in this file only, when a function of it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck._check import check as _check
from gradcheck._errors import GradcheckError
from gradcheck._report import Report
from gradcheck._seed import read_seed

__all__ = ["check"]


def check(function: Callable[..., Any], args: Any, *, rng: int = 0, **options: Any) -> Report:
    """Check what `jax.vjp` returns against measured slopes.

    The function is called as ``function(*args)``; every floating-point leaf of `args` is checked.  A result that is no
    scalar is multiplied by a fixed random cotangent and summed.  The slopes are measured in float64 (x64 is switched on
    for the duration of the call only); the gradient is computed in the precision that was handed in.

    Parameters
    ----------
    function : callable
        Pure; of arrays or trees of arrays; a ``custom_vjp`` or ``custom_jvp`` function is checked with its own rule.
    args : tuple
        Its arguments, or one array.
    rng : int
        Seed of the cotangent and of the probe points.
    **options
        Handed on to `gradcheck.check`.

    Returns
    -------
    Report
        Its parameters are named after the leaf's path, such as ``[0]['W']``.

    Raises
    ------
    GradcheckError
        If no leaf is a floating-point array.
    ImportError
        If JAX is not installed.
    """
    import jax
    import jax.numpy as jnp

    arguments = args if isinstance(args, (tuple, list)) else (args,)
    leaves, tree = jax.tree_util.tree_flatten_with_path(tuple(arguments))
    names = [jax.tree_util.keystr(path) for path, _ in leaves]
    values = {name: np.asarray(leaf) for name, (_, leaf) in zip(names, leaves, strict=True)}
    at = {name: v.copy() for name, v in values.items() if v.dtype in (np.float32, np.float64)}
    if not at:
        raise GradcheckError(
            "nothing to check: no argument holds a float32 or float64 array; expected at least one."
        )

    def contracted(point: Mapping[str, Any]) -> Any:
        full = jax.tree_util.tree_unflatten(tree, [point.get(name, values[name]) for name in names])
        leaves_out = [jnp.asarray(o) for o in jax.tree_util.tree_leaves(function(*full))]
        outputs = [o for o in leaves_out if jnp.issubdtype(o.dtype, jnp.floating)]
        if not outputs:
            kinds = ", ".join(str(o.dtype) for o in leaves_out) or "nothing"
            raise GradcheckError(
                f"the function returned {kinds}; expected a floating-point array or a tree of them."
            )
        if len(outputs) == 1 and outputs[0].size == 1:
            return outputs[0].reshape(())
        draw = np.random.default_rng([read_seed(rng), 77])
        return sum(
            (
                o * jnp.asarray(draw.uniform(0.5, 1.5, o.shape) * draw.choice([-1.0, 1.0], o.shape), o.dtype)
            ).sum()
            for o in outputs
        )

    def loss(point: Mapping[str, np.ndarray]) -> float:
        with jax.enable_x64(True):
            return float(contracted({k: jnp.asarray(v) for k, v in point.items()}))

    def gradient(point: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        with jax.enable_x64(True):
            value, pull_back = jax.vjp(contracted, {k: jnp.asarray(v) for k, v in point.items()})
            (slopes,) = pull_back(jnp.ones((), value.dtype))
        return {k: np.array(slopes[k]) for k in point}

    return _check(loss, gradient, at, rng=rng, **options)
