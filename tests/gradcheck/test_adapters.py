"""PyTorch, JAX, autograd and SciPy: a right rule passes, a wrong one is caught, in each framework's idiom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def require(name: str) -> Any:
    return pytest.importorskip(
        name, reason=f"{name} is not installed; `make test-adapters` installs it and runs this test"
    )


@pytest.mark.parametrize(
    ("factor", "verdict"), [(1.0, "pass"), (-1.0, "fail"), (2.0, "fail"), (1.001, "fail")]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_torch_autograd_function(factor: float, verdict: str, dtype: str) -> None:
    torch = require("torch")
    import gradcheck.torch

    class Cube(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            (x,) = ctx.saved_tensors
            return factor * 3 * x**2 * grad

    x = torch.tensor([[0.5, -1.0], [2.0, 0.3]], dtype=getattr(torch, dtype))

    assert gradcheck.torch.check(Cube.apply, x).verdict == verdict


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_torch_module_with_its_parameters(dtype: str) -> None:
    torch = require("torch")
    import gradcheck.torch

    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.LayerNorm(5), torch.nn.Linear(5, 2)
    )
    module = module.to(getattr(torch, dtype))
    before = [p.detach().clone() for p in module.parameters()]

    report = gradcheck.torch.check(module, torch.randn(3, 4, dtype=getattr(torch, dtype)))

    assert report.verdict == "pass"
    assert {"input0", "0.weight", "3.bias"} <= {row.name for row in report.parameters}
    assert all(torch.equal(a, b) for a, b in zip(before, module.parameters(), strict=True))


def test_a_torch_loss_with_integer_targets() -> None:
    torch = require("torch")
    import gradcheck.torch

    logits, target = torch.randn(6, 3, dtype=torch.float64), torch.tensor([0, 1, 2, 0, 1, 2])

    assert gradcheck.torch.check(torch.nn.functional.cross_entropy, (logits, target)).verdict == "pass"


def test_a_torch_function_with_nothing_to_check_says_so() -> None:
    torch = require("torch")
    import gradcheck
    import gradcheck.torch

    with pytest.raises(gradcheck.GradcheckError, match="no input is a float32 or float64 tensor"):
        gradcheck.torch.check(lambda x: x, torch.tensor([1, 2]))
    with pytest.raises(gradcheck.GradcheckError, match="graph was cut"):
        gradcheck.torch.check(lambda x: x.detach() * 2, torch.randn(3))


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "pass"), (-1.0, "fail"), (1.001, "fail")])
def test_a_jax_custom_vjp(factor: float, verdict: str) -> None:
    jax = require("jax")
    import gradcheck.jax

    @jax.custom_vjp
    def cube(x: Any) -> Any:
        return x**3

    cube.defvjp(lambda x: (x**3, x), lambda x, g: (factor * 3 * x**2 * g,))

    for dtype in (np.float32, np.float64):
        assert gradcheck.jax.check(cube, np.array([0.5, -1.0, 2.0], dtype)).verdict == verdict


def test_a_jax_custom_jvp_over_a_tree_of_arrays() -> None:
    jax = require("jax")
    import gradcheck.jax

    @jax.custom_jvp
    def softplus(x: Any) -> Any:
        return jax.numpy.logaddexp(x, 0)

    softplus.defjvps(lambda t, ans, x: t * jax.nn.sigmoid(x))
    rng = np.random.default_rng(0)
    p = {"W": rng.standard_normal((2, 3)), "b": rng.standard_normal((2, 1))}

    report = gradcheck.jax.check(lambda p, X: softplus(p["W"] @ X + p["b"]), (p, rng.standard_normal((3, 4))))

    assert report.verdict == "pass"
    assert {row.name for row in report.parameters} == {"[0]['W']", "[0]['b']", "[1]"}


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "pass"), (-1.0, "fail")])
def test_a_primitive_of_hips_autograd(factor: float, verdict: str) -> None:
    require("autograd")
    from autograd.extend import defvjp, primitive

    import gradcheck.autograd

    cube = primitive(lambda x: x**3)
    defvjp(cube, lambda ans, x: lambda g: factor * g * 3 * x**2)

    assert gradcheck.autograd.check(cube, np.array([0.5, -1.0, 2.0])).verdict == verdict


def test_the_convention_of_scipy() -> None:
    import gradcheck.scipy

    def rosen(x: Any, a: float) -> float:
        return float((a - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2)

    def jac(x: Any, a: float) -> Any:
        return np.array([-2 * (a - x[0]) - 400 * x[0] * (x[1] - x[0] ** 2), 200 * (x[1] - x[0] ** 2)])

    x0 = np.array([-1.2, 1.0])

    assert gradcheck.scipy.check(rosen, jac, x0, (1.0,)).verdict == "pass"
    assert gradcheck.scipy.check(rosen, lambda x, a: jac(x, a)[::-1], x0, (1.0,)).verdict == "fail"
    assert gradcheck.scipy.check(lambda x, a: (rosen(x, a), jac(x, a)), True, x0, (1.0,)).verdict == "pass"
