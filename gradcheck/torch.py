"""PyTorch: check the backward pass of a function, an `autograd.Function`, a module or a loss.

PyTorch enters gradcheck in this file only, when a function of it is called.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck._check import check as _check
from gradcheck._errors import GradcheckError
from gradcheck._report import Report
from gradcheck._seed import read_seed

__all__ = ["check"]


def check(function: Callable[..., Any], inputs: Any, *, rng: int = 0, **options: Any) -> Report:
    """Check what `backward` returns against measured slopes.

    A result that is no scalar is multiplied by a fixed random cotangent and summed, so that one run sees every entry of
    the vector-Jacobian product.  A module's parameters are checked besides its inputs.  The slopes are always measured in
    float64, on a copy of the module and of the inputs in double precision; the gradient is computed in the precision that
    was handed in, so float32 models are judged by float32's rounding and not by that of their differences.

    What it does not do: check forward-mode derivatives, complex tensors, or anything that runs on an accelerator only.

    Parameters
    ----------
    function : callable or torch.nn.Module
        Called as ``function(*inputs)``; for an ``autograd.Function`` hand over its ``apply``.  It returns a tensor, or a
        tuple of tensors.  It must be deterministic: put a module with dropout into ``eval()`` or fix its mask.
    inputs : tensor or sequence
        Floating-point tensors are checked; integer tensors and other values are handed on as they are.
    rng : int
        Seed of the cotangent and of the probe points.
    **options
        Handed on to `gradcheck.check`.

    Returns
    -------
    Report
        Its parameters are ``input0``, ``input1``, ... and, for a module, the names of its parameters.

    Raises
    ------
    GradcheckError
        If nothing that could be checked was handed in, or the output does not depend on it.
    ImportError
        If PyTorch is not installed.
    """
    import torch

    values = (
        list(inputs) if isinstance(inputs, Sequence) and not isinstance(inputs, torch.Tensor) else [inputs]
    )
    module = function if isinstance(function, torch.nn.Module) else None
    double = copy.deepcopy(module).double() if module is not None else None

    def is_checked(value: Any) -> bool:
        return isinstance(value, torch.Tensor) and value.dtype in (torch.float32, torch.float64)

    at: dict[str, np.ndarray] = {
        f"input{i}": value.detach().cpu().numpy().copy()
        for i, value in enumerate(values)
        if is_checked(value)
    }
    if module is not None:
        at.update(
            {k: p.detach().cpu().numpy().copy() for k, p in module.named_parameters() if p.requires_grad}
        )
    if not at:
        raise GradcheckError(
            "nothing to check: no input is a float32 or float64 tensor; expected at least one, or a module with parameters."
        )

    def evaluate(point: Mapping[str, np.ndarray], requires_grad: bool) -> tuple[Any, dict[str, Any]]:
        tensors = {k: torch.from_numpy(np.array(v)).requires_grad_(requires_grad) for k, v in point.items()}
        wide = all(t.dtype == torch.float64 for t in tensors.values())
        arguments = [
            tensors[f"input{i}"] if is_checked(v) else v.double() if wide and _is_float(v, torch) else v
            for i, v in enumerate(values)
        ]
        if module is None:
            output = function(*arguments)
        else:
            own = {k: t for k, t in tensors.items() if k in dict(module.named_parameters())}
            body = double if wide and double is not None else module
            # a copy of the buffers: running statistics must not drift from call to call
            buffers = {k: b.clone() for k, b in body.named_buffers()}
            output = torch.func.functional_call(body, {**own, **buffers}, tuple(arguments))
        return _contract(output, read_seed(rng), torch), tensors

    def loss(point: Mapping[str, np.ndarray]) -> float:
        with torch.no_grad():
            return float(evaluate(point, False)[0])

    def gradient(point: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        value, tensors = evaluate(point, True)
        if not value.requires_grad:
            raise GradcheckError(
                "the output does not depend on any checked tensor: its graph was cut (detach, no_grad, .data)."
            )
        slopes = torch.autograd.grad(value, list(tensors.values()), allow_unused=True)
        return {
            k: np.zeros(point[k].shape, point[k].dtype) if s is None else s.detach().cpu().numpy().copy()
            for k, s in zip(tensors, slopes, strict=True)
        }

    return _check(loss, gradient, at, rng=rng, **options)


def _is_float(value: Any, torch: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _contract(output: Any, seed: int, torch: Any) -> Any:
    """Sum of the outputs times a fixed random cotangent; a scalar output is handed on as it is."""
    outputs = [o for o in (output if isinstance(output, (tuple, list)) else [output]) if _is_float(o, torch)]
    if not outputs:
        raise GradcheckError(
            f"the function returned {type(output).__name__}; expected a floating-point tensor or a tuple of them."
        )
    if len(outputs) == 1 and outputs[0].numel() == 1:
        return outputs[0].reshape(())
    draw = np.random.default_rng([seed, 77])
    total = torch.zeros((), dtype=outputs[0].dtype)
    for o in outputs:
        cotangent = torch.from_numpy(
            draw.uniform(0.5, 1.5, tuple(o.shape)) * draw.choice([-1.0, 1.0], tuple(o.shape))
        )
        total = total + (o * cotangent.to(o.dtype)).sum()
    return total
