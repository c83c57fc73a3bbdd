"""Random tensor formulas, the same formula written another way, and the same formula with a mistake in it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

from symbolic.tensor import (
    Axis,
    Tensor,
    axis,
    delta,
    einsum,
    elementwise,
    exp,
    logsumexp,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
    tensor,
)

AXES = (axis("n"), axis("k"), axis("m"))
g = elementwise("g")

# Each makes two formulas from parts that are equal: the plain one, and the same written another way.
Twins = tuple[Tensor, Tensor]


class Generator:
    """Grows pairs of formulas that are equal by construction; `mistakes` spoils the second one."""

    def __init__(self, seed: int, mistake: bool = False) -> None:
        self.random = Random(seed)
        self.pending = mistake
        self.mistaken = False
        self.made = 0

    def pair(self) -> Twins:
        """Grow a scalar pair."""
        a, b = self.random.choice(AXES), self.random.choice(AXES)
        x, y = self.matrix(a, b, self.random.randint(2, 4))
        return x.sum(), self.spoiled(y, a, b).sum()

    def symbol(self, a: Axis, b: Axis) -> Tensor:
        """Name a matrix."""
        return tensor(f"{self.random.choice('ABC')}_{a.name}{b.name}", a, b)

    def matrix(self, a: Axis, b: Axis, depth: int) -> Twins:
        """Grow a pair of matrices with the axes given."""
        self.made += 1
        if depth == 0:
            x = self.symbol(a, b)
            return x, self.random.choice((x, x.T.T, delta(a) @ x, x @ delta(b), einsum("ij->ij", x)))
        grow: Callable[[Axis, Axis, int], Twins] = self.random.choice(
            (
                self._product,
                self._product,
                self._hadamard,
                self._sum,
                self._function,
                self._reduced,
                self._scaled,
            )
        )
        x, y = grow(a, b, depth - 1)
        return x, self.spoiled(y, a, b)

    def spoiled(self, y: Tensor, a: Axis, b: Axis) -> Tensor:
        """Make a mistake, once, in a formula whose twin is right."""
        if not self.pending or self.random.random() > 0.3:
            return y
        self.pending, self.mistaken = False, True
        choices: list[Any] = [
            lambda: -y,
            lambda: 2 * y,
            lambda: y / b.size,
            lambda: y * a.size,
            lambda: y + self.symbol(a, b),
            lambda: y * self.symbol(a, b),
            lambda: y.mean(axis=1, keepdims=True) + 0 * y,
            lambda: tanh(y),
            lambda: relu(y),
            lambda: y + Fraction(1, 7),
        ]
        if a == b:
            choices += [lambda: y.T] * 3
        result: Tensor = self.random.choice(choices)()
        return result

    def _product(self, a: Axis, b: Axis, depth: int) -> Twins:
        c = self.random.choice(AXES)
        (x, x2), (y, y2) = self.matrix(a, c, depth), self.matrix(c, b, depth - 1 if depth else 0)
        ways = (
            lambda: x2 @ y2,
            lambda: (y2.T @ x2.T).T,
            lambda: einsum("ij,jk->ik", x2, y2),
            lambda: einsum("jk,ij->ik", y2, x2),
        )
        return x @ y, self.random.choice(ways)()

    def _hadamard(self, a: Axis, b: Axis, depth: int) -> Twins:
        (x, x2), (y, y2) = self.matrix(a, b, depth), self.matrix(a, b, 0)
        ways = (
            lambda: x2 * y2,
            lambda: y2 * x2,
            lambda: (x2.T * y2.T).T,
            lambda: ((x2 + y2) ** 2 - (x2 - y2) ** 2) / 4,
        )
        return x * y, self.random.choice(ways)()

    def _sum(self, a: Axis, b: Axis, depth: int) -> Twins:
        (x, x2), (y, y2) = self.matrix(a, b, depth), self.matrix(a, b, 0)
        ways = (lambda: y2 + x2, lambda: x2 - (-y2), lambda: 2 * (x2 + y2) / 2, lambda: (x2.T + y2.T).T)
        return x + y, self.random.choice(ways)()

    def _function(self, a: Axis, b: Axis, depth: int) -> Twins:
        x, y = self.matrix(a, b, depth)
        ways: tuple[Callable[[], Twins], ...] = (
            lambda: (tanh(x), 2 * sigmoid(2 * y) - 1),
            lambda: (tanh(x), (exp(y) - exp(-y)) / (exp(y) + exp(-y))),
            lambda: (sigmoid(x), 1 - sigmoid(-y)),
            lambda: (sigmoid(x), (1 + tanh(y / 2)) / 2),
            lambda: (relu(x), y + relu(-y)),
            lambda: (g(x), g(y + y - y)),
            lambda: (softplus(x), y + softplus(-y)),
            lambda: (softmax(x, axis=0), softmax(y - logsumexp(y, axis=0, keepdims=True), axis=0)),
            lambda: (softmax(x, axis=1), exp(y) / exp(y).sum(axis=1, keepdims=True)),
        )
        return self.random.choice(ways)()

    def _reduced(self, a: Axis, b: Axis, depth: int) -> Twins:
        c = self.random.choice(AXES)
        x, y = self.matrix(a, c, depth)
        z = self.symbol(a, b)
        ways = (
            lambda: y.sum(axis=1),
            lambda: c.size * y.mean(axis=1),
            lambda: einsum("ij->i", y),
            lambda: y.T.sum(axis=0),
        )
        return x.sum(axis=1, keepdims=True) * z, self.random.choice(ways)()[:, None] * z

    def _scaled(self, a: Axis, b: Axis, depth: int) -> Twins:
        x, y = self.matrix(a, b, depth)
        ways = (
            lambda: y / a.size,
            lambda: (1 / a.size) * y,
            lambda: y * b.size / (a.size * b.size),
            lambda: y / a.size**2 * a.size,
        )
        return x / a.size, self.random.choice(ways)()
