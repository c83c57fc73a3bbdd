"""Causes where the point given is a kink, a start at zero, saturated, or all equal: what shows nothing names nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck

RNG = np.random.default_rng(5)
X, CLASSES = 6 * RNG.standard_normal((6, 3)), np.array([0, 1, 2, 3, 0, 2])


def spoiled(gradient: Callable[[Any], Any], index: tuple[int, ...], factor: float) -> Callable[[Any], Any]:
    def wrong(p: Any) -> Any:
        g = np.array(gradient(p))
        g[index] *= factor
        return g

    return wrong


def margins(W: Any) -> Any:
    v = X @ W.T - (X @ W.T)[np.arange(6), CLASSES][:, None] + 1
    v[np.arange(6), CLASSES] = 0
    return v


def hinge(W: Any) -> float:
    return float(np.maximum(margins(W), 0).sum() / 6)


def slopes_of_hinge(W: Any) -> Any:
    on = (margins(W) > 0) * 1.0
    on[np.arange(6), CLASSES] = -on.sum(axis=1)
    return on.T @ X / 6


def test_a_gradient_constant_in_pieces_is_no_stale_cache_at_a_start_from_zero() -> None:
    report = gradcheck.check(hinge, lambda W: 1.01 * slopes_of_hinge(W), np.zeros((4, 3)))

    assert report.verdict == "fail"
    assert report.diagnosis[0].cause == "factor", report


def test_a_gradient_that_never_looks_at_its_point_is_one_even_at_a_start_from_zero() -> None:
    kept = slopes_of_hinge(RNG.standard_normal((4, 3)))

    report = gradcheck.check(hinge, lambda W: kept, np.zeros((4, 3)))

    assert report.verdict == "fail"
    assert report.diagnosis[0].cause == "stale_cache", report


def test_an_entry_at_its_kink_was_not_right_there_so_no_rare_branch_is_named() -> None:
    w = np.array([0.5, -2.0, 0.7, 1.1])
    x = np.array(
        [0.4, 3.0, -1.0, 0.2]
    )  # the second stands at the border of the hard swish, and is the one spoiled

    report = gradcheck.check(
        lambda x: float(w @ (x * np.clip(x + 3, 0, 6) / 6)),
        spoiled(lambda x: w * np.where(x < -3, 0, np.where(x > 3, 1, (2 * x + 3) / 6)), (1,), 1.02),
        x,
    )

    assert report.verdict == "fail"
    assert report.points[0].verdict == "pass"
    assert report.diagnosis[0].cause == "one_entry", report


def test_a_branch_that_the_point_given_does_not_take_is_still_a_rare_branch() -> None:
    x = np.array([0.3, -0.2, 0.5])

    report = gradcheck.check(
        lambda x: float(np.where(np.abs(x) < 1, x**2 / 2, np.abs(x) - 0.5).sum()), lambda x: x, x
    )

    assert report.verdict == "fail"
    assert report.diagnosis[0].cause == "rare_branch", report


def test_an_error_that_is_constant_because_its_slope_is_constant_is_no_offset() -> None:
    z, y = np.array([[0.02, -0.03, 0.01], [-0.01, 0.03, -0.02]]), np.eye(3)[[2, 1]]

    def soft(z: Any) -> Any:
        e = np.exp((z - z.max(axis=1, keepdims=True)) / 1e-3)
        return e / e.sum(axis=1, keepdims=True)

    def loss(z: Any) -> float:
        u = z / 1e-3
        return float((np.logaddexp.reduce(u, axis=1) - (y * u).sum(axis=1)).mean())

    report = gradcheck.check(loss, spoiled(lambda z: (soft(z) - y) / 2e-3, (0, 0), 1.02), z)

    assert report.verdict == "fail"
    assert report.diagnosis[0].cause == "one_entry", report


@pytest.mark.parametrize("names", [("W", "b"), ("first", "second")])
def test_a_penalty_on_a_column_that_the_loss_does_not_penalise_is_one_on_the_bias(
    names: tuple[str, str],
) -> None:
    W, b = names
    A, Y = RNG.standard_normal((4, 9)), RNG.standard_normal((3, 9))
    at = {W: RNG.standard_normal((3, 4)), b: RNG.standard_normal((3, 1))}

    def loss(p: Any) -> float:
        return float(0.5 * np.mean((np.tanh(p[W] @ A + p[b]) - Y) ** 2) + 0.1 * np.sum(p[W] ** 2))

    def gradient(p: Any) -> Any:
        out = np.tanh(p[W] @ A + p[b])
        dZ = (out - Y) * (1 - out**2) / Y.size
        return {W: dZ @ A.T + 0.2 * p[W], b: dZ.sum(axis=1, keepdims=True) + 0.2 * p[b]}

    report = gradcheck.check(loss, gradient, at)

    assert report.verdict == "fail"
    assert report.diagnosis[0].cause == "l2_on_bias", report


@pytest.mark.parametrize(
    ("slope", "cause"),
    [(lambda x: 3 * x, "inner_derivative"), (lambda x: np.clip(3 * x**2, -12, 12), "clipping")],
)
def test_equal_entries_at_one_number_are_clipped_only_if_other_points_stop_there_too(
    slope: Callable[[Any], Any], cause: str
) -> None:
    report = gradcheck.check(lambda x: float(np.sum(x**3)), slope, np.full(3, 4.0))

    assert report.verdict == "fail"
    assert report.diagnosis[0].cause == cause, report
