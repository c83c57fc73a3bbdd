"""Losses that jump: at points of gradcheck's choosing a staircase proves nothing, at the point given it is what is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck._jumps import jumped


def moves_of(f: Any) -> Any:
    return lambda which, steps: (np.array([f(h) for h in steps]), np.array([f(-h) for h in steps]))


STEPS = 2.0 ** -np.arange(4.0, 35.0, 2.0)[:, None]
#: f, the slope that fine steps show, what the gradient says, whether a jump makes the difference
SHAPES = {
    "a staircase climbing with slope 1": (lambda t: np.floor(64 * t + 0.5) / 64, 0.0, 1.0, True),
    "stairs on a slope": (lambda t: 2 * t + np.floor(64 * t + 0.5) / 64, 2.0, 3.0, True),
    "a staircase, and a gradient that nothing bears out": (lambda t: np.floor(64 * t + 0.5) / 64, 0.0, 9.0, False),
    "a smooth loss": (lambda t: np.expm1(t), 1.0, 1.3, False),
    "a kink nearby": (lambda t: np.maximum(t - 0.01, 0), 0.0, 0.5, False),
    "a steep place nearby": (lambda t: np.tanh(1e4 * (t - 0.01)) + 1, 0.0, 9.0, False),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_only_a_jump_that_bears_the_gradient_out_excuses_it(shape: str) -> None:
    f, slope, said, expected = SHAPES[shape]
    plus, minus = (np.array([[f(s * h[0])] for h in STEPS]) for s in (1, -1))

    found = jumped(
        moves_of(f), np.array([0]), STEPS, plus, minus, np.array([slope]), np.array([said]), noise=1e-16
    )

    assert found.tolist() == [expected]


def test_a_straight_through_gradient_of_a_staircase_is_wrong_at_the_point_given() -> None:
    x = np.array([0.3, 1.2, -0.7])

    report = gradcheck.check(lambda x: float(np.sum(np.round(4 * x) / 4)), lambda x: np.ones(3), x)

    assert report.verdict == "fail"
