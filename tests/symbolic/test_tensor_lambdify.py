"""Formulas run with NumPy: the same numbers as by hand, at the speed of matrix products."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from symbolic.tensor import (
    TensorShapeError,
    TensorTypeError,
    axis,
    delta,
    differentiate,
    einsum,
    elementwise,
    exp,
    gradients,
    lambdify,
    log_softmax,
    logsumexp,
    named,
    sigmoid,
    softmax,
    softplus,
    tanh,
    tensor,
    window,
)

n, k, m, h = axis("n"), axis("k"), axis("m"), axis("h")
W, A, b, G = tensor("W", n, k), tensor("A", k, m), tensor("b", n), tensor("G", n, m)
RNG = np.random.default_rng(3)
w, a, c, d = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 5)), RNG.normal(size=3), RNG.normal(size=(3, 5))


@pytest.mark.parametrize(
    ("formula", "by_hand"),
    [
        (W @ A + b[:, None], lambda: w @ a + c[:, None]),
        ((W @ A).T, lambda: (w @ a).T),
        (W.T @ b, lambda: w.T @ c),
        (b @ b, lambda: c @ c),
        (W.sum(axis=k), lambda: w.sum(1)),
        (W.mean(axis=n, keepdims=True), lambda: w.mean(0, keepdims=True)),
        (G.var(axis=m), lambda: d.var(1)),
        (G.max(axis=n), lambda: d.max(0)),
        ((W @ A * G).sum(), lambda: (w @ a * d).sum()),
        (einsum("ij,jk,ik->ik", W, A, G), lambda: np.einsum("ij,jk,ik->ik", w, a, d)),
        (einsum("ij,kj->ikj", G, G), lambda: d[:, None, :] * d[None, :, :]),
        (einsum("ij,ij->i", W, W), lambda: (w * w).sum(1)),
        (einsum("ii->i", delta(n) @ W @ A @ A.T @ W.T), lambda: np.diag(w @ a @ a.T @ w.T)),
        (b[:, None] * delta(n), lambda: np.diag(c)),
        (2 * b[:, None] + 0 * G, lambda: np.broadcast_to(2 * c[:, None], (3, 5))),
        (1 / (1 + G**2) ** 3, lambda: 1 / (1 + d**2) ** 3),
        (softmax(G, axis=n), lambda: np.exp(d) / np.exp(d).sum(0)),
        (log_softmax(G, axis=n), lambda: d - np.log(np.exp(d).sum(0))),
        (softplus(G) - sigmoid(G), lambda: np.log1p(np.exp(d)) - 1 / (1 + np.exp(-d))),
        (b[:, None], lambda: c[:, None]),
        (b[None, :].sum(axis=0), lambda: c),
        (W / n.size - k.size, lambda: w / 3 - 4),
    ],
)
def test_a_formula_gives_the_numbers_of_numpy(formula: Any, by_hand: Callable[[], Any]) -> None:
    value = lambdify(formula, [W, A, b, G])(w, a, c, d)

    expected = by_hand()
    assert np.shape(value) == np.shape(expected)
    np.testing.assert_allclose(value, expected, rtol=1e-13, atol=1e-14)


def test_convolution_agrees_with_a_loop() -> None:
    p, i = axis("p"), axis("i")
    x, kernel = RNG.normal(size=7), RNG.normal(size=3)
    formula = einsum("h,p,hip->i", tensor("x", h), tensor("q", p), window(h, i, p, stride=2, padding=1))

    value = lambdify(formula, [tensor("x", h), tensor("q", p)], sizes={i: 4})(x, kernel)

    padded = np.pad(x, 1)
    np.testing.assert_allclose(value, [padded[2 * j : 2 * j + 3] @ kernel for j in range(4)], rtol=1e-14)


def test_extreme_logits_neither_overflow_nor_lose_the_tail() -> None:
    z = np.array([[-800.0, -40.0, 0.0, 40.0, 800.0]])
    one = axis("r")
    Z = tensor("Z", one, m)

    s, p, soft = lambdify([sigmoid(Z), softplus(Z), softmax(Z, axis=m)], [Z])(z)

    assert s[0, 1] == pytest.approx(np.exp(-40.0), rel=1e-15)
    assert p[0, 4] == 800
    assert np.isfinite(soft).all()


def test_arguments_and_results_share_no_memory() -> None:
    first, second = lambdify([W, W.T], [W])(w)
    repeated = lambdify(0 * G + b[:, None], [G, b])(d, c)

    for result in (first, second, repeated):
        assert not np.shares_memory(result, w)
        assert result.flags.writeable


@pytest.mark.parametrize("size", [1, 2, 3])
def test_results_do_not_write_over_each_other(size: int) -> None:
    # With m = 2 the factor 2/m is 1: nothing to multiply, and still an array of its own is due.
    core = W @ tensor("B", k, m)
    outputs = [core / m.size, 2 * core / m.size, -2 * core / m.size, core.T, 3 * core, core, -core.T]
    left, right = RNG.normal(size=(3, 4)), RNG.normal(size=(4, size))

    results = lambdify(outputs, [W, tensor("B", k, m)])(left, right)

    product = left @ right
    expected = [
        product / size, 2 * product / size, -2 * product / size, product.T, 3 * product, product, -product.T
    ]  # fmt: skip
    for mine, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-13)
    for place, one in enumerate(results):
        assert not any(np.shares_memory(one, other) for other in results[:place])


@pytest.mark.parametrize("outputs", [[3, 0, 1], [0, 3], [1, 2], [2, 3, 0]])
def test_a_view_is_not_written_over_with_its_original(outputs: list[int]) -> None:
    core = W @ A
    formulas = [2 * core / m.size, core.T @ core, exp(core.T), (core.T / 7).T]
    product = w @ a
    expected = [2 * product / 5, product.T @ product, np.exp(product.T), product / 7]

    results = lambdify([formulas[place] for place in outputs], [W, A])(w, a)

    for mine, place in zip(results, outputs, strict=True):
        np.testing.assert_allclose(mine, expected[place], rtol=1e-13)


def test_arguments_are_left_as_they_were() -> None:
    f = elementwise("f")
    cost = (G * f(W @ A)).sum() / m.size
    before = [x.copy() for x in (w, a, d)]

    # Code from outside may hand its argument back: it must not be written over.
    lambdify([*gradients(cost, [W, A]), cost, 3 * f(W), f(W)], [W, A, G], {"f": (lambda z: z, lambda z: z)})(
        w, a, d
    )

    for was, now in zip(before, (w, a, d), strict=True):
        np.testing.assert_array_equal(was, now)


def test_a_named_part_is_not_written_over_while_it_is_needed() -> None:
    Z = W @ A
    N = named("Z", Z)

    scaled, kept = lambdify([Z / m.size, N + 0 * G], [W, A, G])(w, a, d)

    np.testing.assert_allclose(scaled, w @ a / 5, rtol=1e-14)
    np.testing.assert_allclose(kept, w @ a, rtol=1e-14)


def test_single_precision_stays_single_and_integers_become_double() -> None:
    gradient = lambdify(differentiate((W @ A).sum() / m.size + logsumexp(W @ A), W), [W, A])

    assert gradient(w.astype(np.float32), a.astype(np.float32)).dtype == np.float32
    assert gradient(np.ones((3, 4), int), np.ones((4, 5), int)).dtype == np.float64


def test_arrays_that_do_not_fit_are_named() -> None:
    run = lambdify(W @ A, [W, A])

    with pytest.raises(
        TensorShapeError, match=r"A has shape \(3, 5\) for axes \(k, m\); expected 4 along k, as in W"
    ):
        run(w, d)
    with pytest.raises(TensorShapeError, match=r"W has shape \(12,\); expected axes \(n, k\)"):
        run(w.ravel(), a)
    with pytest.raises(TensorTypeError, match="takes 2 arrays"):
        run(w)


def test_an_unknown_function_runs_with_the_code_handed_over() -> None:
    f = elementwise("f")

    slope = lambdify(differentiate(f(exp(b)).sum(), b), [b], {"f": (np.sin, np.cos)})

    np.testing.assert_allclose(slope(c), np.cos(np.exp(c)) * np.exp(c), rtol=1e-14)


def test_deriving_and_proving_need_no_numpy() -> None:
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from symbolic import library\n"
        "from symbolic.tensor import axis, differentiate, norm, prove_tensor, tensor\n"
        "W = tensor('W', axis('n'), axis('k'))\n"
        "assert prove_tensor(differentiate(norm(W), W), W / norm(W)).status == 'proved'\n"
        "assert library.derive('backprop_layer').steps\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr


def _network(batch: int) -> tuple[Callable[..., Any], Callable[[], Any], list[Any]]:
    """A 784-128-10 network: the generated gradient, the same by hand, and arrays."""
    n_x, n_1, n_2 = axis("n_x"), axis("n_1"), axis("n_2")
    X, Y = tensor("X", n_x, m), tensor("Y", n_2, m)
    W1, b1, W2, b2 = tensor("W1", n_1, n_x), tensor("b1", n_1), tensor("W2", n_2, n_1), tensor("b2", n_2)
    Z2 = W2 @ tanh(W1 @ X + b1[:, None]) + b2[:, None]
    J = (logsumexp(Z2, axis=n_2) - (Y * Z2).sum(axis=n_2)).mean()
    generated = lambdify(gradients(J, [W1, b1, W2, b2]), [X, Y, W1, b1, W2, b2])
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(784, batch)), np.eye(10)[rng.integers(0, 10, batch)].T.copy()
    w1, c1 = rng.normal(size=(128, 784)) / 28, rng.normal(size=128)
    w2, c2 = rng.normal(size=(10, 128)) / 11, rng.normal(size=10)

    def by_hand() -> Any:
        a1 = np.tanh(w1 @ x + c1[:, None])
        z2 = w2 @ a1 + c2[:, None]
        e = np.exp(z2 - z2.max(axis=0))
        dz2 = e / e.sum(axis=0) - y
        dz1 = (w2.T @ dz2) * (1 - a1 * a1)
        return dz1 @ x.T / batch, dz1.sum(axis=1) / batch, dz2 @ a1.T / batch, dz2.sum(axis=1) / batch

    return generated, by_hand, [x, y, w1, c1, w2, c2]


@pytest.mark.parametrize("batch", [1, 32, 256])
def test_the_gradient_of_a_network_agrees_with_the_one_by_hand(batch: int) -> None:
    generated, by_hand, arrays = _network(batch)

    for mine, expected in zip(generated(*arrays), by_hand(), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.serial
@pytest.mark.parametrize("batch", [32, 256])
def test_the_gradient_of_a_network_costs_at_most_twice_the_one_by_hand(
    batch: int, fastest: Callable[..., tuple[float, ...]]
) -> None:
    generated, by_hand, arrays = _network(batch)

    def cheap(mine: float, theirs: float) -> bool:
        return mine <= 2 * theirs  # 1.4 when measured

    times = fastest(lambda: generated(*arrays), by_hand, enough=cheap, least=40, most=400)

    assert cheap(*times), times
