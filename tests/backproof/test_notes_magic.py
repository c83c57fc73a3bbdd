"""`%%check` in a notebook that is executed: findings in colour where HTML is shown, as text elsewhere."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

from backproof._magic import check_cell

CELL = """Since $\\sigma(z) = \\frac{1}{1+e^{-z}}$, its derivative is $\\sigma'(z) = \\sigma(z)(1+\\sigma(z))$.

$$\\sigma'(z) = \\sigma(z)(1-\\sigma(z))$$
"""


def test_an_executed_notebook_shows_the_findings_of_its_cell() -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("%load_ext backproof"),
            nbformat.v4.new_code_cell(f"%%check\n{CELL}"),
        ]
    )

    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()

    (output,) = notebook.cells[1].outputs
    page, text = output.data["text/html"], output.data["text/plain"]
    assert page.count("<math") >= 3
    assert 'class="one refuted"' in page
    assert 'class="one proved"' in page
    assert "<script" not in page
    assert "✗ refuted  σ′(z) = σ(z)(1 + σ(z))" in text
    assert "likely a sign: σ(z)(1 − σ(z))" in text
    assert text.endswith("2 claims, 1 proved, 1 refuted, 0 unknown")


def test_the_findings_of_a_cell_are_plain_data() -> None:
    assert [f["verdict"] for f in check_cell("", CELL).findings] == ["none", "refuted", "proved"]


def test_a_profile_can_be_named_and_a_wrong_one_is_told() -> None:
    assert "profile scalar (asked for)" in check_cell("scalar", CELL).findings[1]["context"]
    with pytest.raises(ValueError, match="scalar"):
        check_cell("nonsense", CELL)


def test_what_a_cell_holds_is_shown_and_not_obeyed() -> None:
    page = check_cell(
        "", "$\\text{<img src=x onerror=alert(1)>} = 1$ $$1+1=3$$ $x = \\unknown{<script>}$"
    )._repr_html_()

    assert "<img" not in page
    assert "<script" not in page
