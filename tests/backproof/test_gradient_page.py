"""The page of `backproof gradcheck --html`: gradcheck's report, and the error against the step at the worst entry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from backproof.report import gradient_page

A = np.array([1.0, -2.0, 0.5])


def page_of(loss: Any, gradient: Any, at: Any) -> str:
    return gradient_page(gradcheck.check(loss, gradient, at), loss, at, "mine.py:case")


@pytest.mark.parametrize(
    ("loss", "gradient", "at"),
    [
        (lambda x: float(np.exp(x).sum()), np.exp, A),
        (lambda p: float(np.exp(p["w"]).sum()), lambda p: {"w": np.exp(p["w"])}, {"w": A}),
        (lambda p: float(np.exp(p[1]).sum()), lambda p: [0 * p[0], np.exp(p[1])], [A, A]),
        (lambda x: float(np.exp(x)), np.exp, 0.5),
    ],
    ids=["array", "dict", "list", "scalar"],
)
def test_a_right_gradient_draws_two_curves_whatever_the_structure(loss: Any, gradient: Any, at: Any) -> None:
    page = page_of(loss, gradient, at)

    assert 'class="value"' in page
    assert 'class="slope"' in page
    assert "mine.py:case" in page
    assert "<script" not in page


def test_the_point_is_not_changed() -> None:
    at = {"w": A.copy()}

    page_of(lambda p: float(np.exp(p["w"]).sum()), lambda p: {"w": np.exp(p["w"])}, at)

    np.testing.assert_array_equal(at["w"], A)


def test_a_tuple_gets_a_sentence_instead_of_a_curve() -> None:
    page = page_of(
        lambda p: float(np.sum(p[0] ** 2) + np.sum(p[1])), lambda p: (2 * p[0], 1 + 0 * p[1]), (A, A[:2])
    )

    assert 'class="value"' not in page
    assert "drawn for arrays, dicts and lists" in page


def test_a_loss_that_raises_at_a_step_of_ours_is_told_on_the_page() -> None:
    at = np.array([1.0])
    report = gradcheck.check(lambda x: float(np.sum(x**2)), lambda x: 2 * x, at)

    def narrow(x: Any) -> float:
        if abs(float(x[0]) - 1.0) > 0.1:
            raise ArithmeticError("<out of range>")
        return float(np.sum(x**2))

    page = gradient_page(report, narrow, at, "mine.py:case")

    assert "ArithmeticError: &lt;out of range&gt;" in page
