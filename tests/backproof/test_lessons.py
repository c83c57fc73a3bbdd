"""The graders of the exercises: a question is no answer."""

from __future__ import annotations

import pytest

from backproof.lessons import grade


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("diff(tanh(z), z)", "diff(tanh(z), z)"),
        ("diff( tanh(z),z )", "diff(tanh(z), z)"),
        ("tanh'(z)", "diff(tanh(z), z)"),
        ("2*z*tanh'(z^2)", "diff(tanh(z^2), z)"),
        ("sigmoid(z) + z*diff(sigmoid(z), z)", "diff(z*sigmoid(z), z)"),
        ("1 - tanh(z)**2 + 0*diff(z, z)", "diff(tanh(z), z)"),
        ("piecewise(diff(tanh(z), z), z > 0, 1 - tanh(z)^2)", "diff(tanh(z), z)"),
        ("Derivative(tanh(z), z)", "diff(tanh(z), z)"),
        ("diff(g(z^2), z)", "diff(g(z^2), z)"),  # the chain rule is the question
    ],
)
def test_an_answer_that_leaves_the_derivative_undone_is_the_question(answer: str, truth: str) -> None:
    found = grade(answer, truth)

    assert found.status == "wrong"
    assert "That is the question: carry the derivative out" in found.message


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("1 - tanh(z)**2", "diff(tanh(z), z)"),
        ("2*z*g'(z^2)", "diff(g(z^2), z)"),
        ("g(z) + z*diff(g(z), z)", "diff(z*g(z), z)"),  # nobody can carry out the derivative of an unknown g
    ],
)
def test_an_answer_is_right_where_every_derivative_that_can_be_is_carried_out(
    answer: str, truth: str
) -> None:
    assert grade(answer, truth).status == "right"
