"""What a maximum does not run over moves out of it: a positive factor, a term. Nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from symbolic import replay
from symbolic.tensor import (
    argmax_mask,
    axis,
    differentiate,
    exp,
    positive,
    prove_tensor,
    softmax,
    tensor,
    window,
)

n, m, h, i, p = axis("n"), axis("m"), axis("h"), axis("i"), axis("p")
X, x, y, z, c = tensor("X", n, m), tensor("x", n), tensor("y", n), tensor("z", m), tensor("c")
signal = tensor("s", h)
patches = (window(h, i, p, stride=2, padding=1) * signal[:, None, None]).sum(axis=h)


def largest(t: Any) -> Any:
    return t.max(axis=n)


@pytest.mark.parametrize(
    ("lhs", "rhs", "given"),
    [
        pytest.param(largest(x + c), largest(x) + c, (), id="a term"),
        pytest.param(largest(X + z), largest(X) + z, (), id="a term with another index"),
        pytest.param(largest(3 * x - 1), 3 * largest(x) - 1, (), id="a number"),
        pytest.param(largest(x / m.size), largest(x) / m.size, (), id="a size"),
        pytest.param(largest(exp(c) * x + y * exp(c)), exp(c) * largest(x + y), (), id="an exponential"),
        pytest.param(largest(c * x), c * largest(x), (positive(c),), id="what is positive by hypothesis"),
        pytest.param(largest(x - largest(x)), 0, (), id="the shift of a stable softmax"),
        pytest.param(argmax_mask(X + z, axis=n), argmax_mask(X, axis=n), (), id="where it is"),
        pytest.param(softmax(X - largest(X), axis=n), softmax(X, axis=n), (), id="a stable softmax"),
        pytest.param(differentiate(largest(2 * x + c), c), argmax_mask(x, axis=n).sum(), (), id="its slope"),
        pytest.param((patches + c).max(axis=p), patches.max(axis=p) + c, (), id="pooling with a bias"),
        pytest.param(largest(x * 0 + c), c, (), id="nothing to run over"),
    ],
)
def test_it_moves_out(lhs: Any, rhs: Any, given: Any) -> None:
    verdict = prove_tensor(lhs, rhs, assuming=given)

    assert verdict.status == "proved", verdict
    assert replay(verdict.certificate).ok


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        pytest.param(largest(-x), -largest(x), id="a negative number"),
        pytest.param(largest(c * x), c * largest(x), id="a factor of unknown sign"),
        pytest.param(largest(x + y), largest(x) + largest(y), id="a term that moves along"),
        pytest.param(largest(exp(y) * x), exp(y).sum() * largest(x), id="a positive factor that moves along"),
        pytest.param(largest(X * z), largest(X) * z, id="a factor with another index"),
        pytest.param(largest(x + c), largest(x) + 2 * c, id="a term that was doubled"),
        pytest.param(largest(x * x), largest(x) ** 2, id="a square"),
    ],
)
def test_it_does_not(lhs: Any, rhs: Any) -> None:
    assert prove_tensor(lhs, rhs).status == "refuted"
