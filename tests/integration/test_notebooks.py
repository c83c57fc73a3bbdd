"""The lessons run, match their scripts, and their graders tell right answers from wrong ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))

ANSWERS = {
    "01_activations_and_losses": {
        "answer_1": ("1 - tanh(z)**2", "1 - tanh(z)"),
        "answer_2": ("sigmoid(z)", "sigmoid(-z)"),
        "answer_3": (
            "sigmoid(z) + z*sigmoid(z)*(1 - sigmoid(z))",
            "sigmoid(z) + sigmoid(z)*(1 - sigmoid(z))",
        ),
    },
    "02_backprop_equations": {
        "answer_1": (
            "(sigmoid(w*x + b) - y) * sigmoid(w*x + b) * (1 - sigmoid(w*x + b)) * x",
            "(sigmoid(w*x + b) - y) * x",
        ),
        "answer_2": ("3*c", "3*b"),
    },
    "03_gradient_checking": {"answer_1": ("3*x*h + h**2", "3*x*h")},
}


def test_there_are_three_lessons() -> None:
    assert LESSONS == ["01_activations_and_losses", "02_backprop_equations", "03_gradient_checking"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_notebook_holds_what_its_script_holds(lesson: str) -> None:
    import jupytext

    script, notebook = (jupytext.read(NOTEBOOKS / f"{lesson}{suffix}") for suffix in (".py", ".ipynb"))

    assert [(c.cell_type, c.source) for c in script.cells] == [
        (c.cell_type, c.source) for c in notebook.cells
    ]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_runs_from_top_to_bottom(lesson: str) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4)  # type: ignore[no-untyped-call]

    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()

    printed = "".join(str(out) for cell in notebook.cells for out in cell.get("outputs", []))
    assert "… Not answered yet." in printed
    assert "image/png" in printed


@pytest.mark.parametrize(
    ("lesson", "name"), [(lesson, name) for lesson in ANSWERS for name in ANSWERS[lesson]]
)
def test_an_exercise_tells_a_right_answer_from_a_wrong_one(lesson: str, name: str) -> None:
    from backproof.lessons import grade

    truth = _truth((NOTEBOOKS / f"{lesson}.py").read_text(), name)
    right, wrong = ANSWERS[lesson][name]

    assert grade(right, truth).status == "right"
    assert grade(wrong, truth).status == "wrong"


def _truth(script: str, name: str) -> str:
    """The formula that the notebook grades this answer against."""
    import ast

    calls = [node for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Call)]
    (call,) = [
        c for c in calls if getattr(c.func, "id", "") == "grade" and getattr(c.args[0], "id", "") == name
    ]
    return str(ast.literal_eval(call.args[1]))


def test_an_exercise_in_code_tells_a_right_gradient_from_a_wrong_one() -> None:
    from backproof.lessons import grade_gradient

    x = np.array([-3.0, 0.5, 2.0])

    def loss(x: np.ndarray) -> float:
        return float(np.logaddexp(0, x).sum() + 0.05 * (x * x).sum())

    assert grade_gradient(lambda x: 1 / (1 + np.exp(-x)) + 0.1 * x, loss, x).status == "right"
    assert grade_gradient(lambda x: 1 / (1 + np.exp(-x)) + 0.05 * x, loss, x).status == "wrong"
    assert grade_gradient(lambda x: np.ones(2), loss, x).status == "wrong"
    assert grade_gradient(lambda x: None, loss, x).status == "open"
