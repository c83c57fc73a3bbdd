"""Every formula is found, with its line and column, in every container."""

from __future__ import annotations

import json

import pytest

from backproof.notes import NotesError
from backproof.notes.find import _markdown, find
from backproof.notes.parse import Macro


def places(text: str, name: str = "note.md") -> list[tuple[str, int, int]]:
    return [(f.latex, f.line, f.column) for f in find(text, name).formulas]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Let $a=1$ and $b$.", [("a=1", 1, 6), ("b", 1, 16)]),
        ("x\n\n$$\nc = d\n$$\n", [("c = d", 4, 1)]),
        (r"so \(a=1\) and \[b = c\] end", [("a=1", 1, 6), ("b = c", 1, 18)]),
        ("```math\nf = g\n```\n", [("f = g", 2, 1)]),
        ("> $$z$$\n", [("z", 1, 5)]),
        ("- item $q_1$\n", [("q_1", 1, 9)]),
        ("cost \\$5 and `$code$`\n\n```\n$no$\n```\n", []),
        ("![](https://a.b/svg.latex?x%5E2)", [("x^2", 1, 27)]),
    ],
    ids=["inline", "display", "brackets", "fence", "quote", "list", "code and money", "address of a picture"],
)
def test_markdown_formulas_keep_their_place(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert places(text) == expected


def test_environments_stand_on_their_own_in_markdown() -> None:
    found = find("\\begin{align}\nu &= v\n\\end{align}\n").formulas

    assert [(f.line, f.display) for f in found] == [(1, True)]


def test_latex_sources_lose_comments_preamble_and_verbatim() -> None:
    text = r"""\documentclass{article} $no$
\begin{document}
a $x=1$ % $no$
\begin{verbatim}
$no$
\end{verbatim}
\[ y = 2 \]
\end{document} $no$
"""

    assert places(text, "a.tex") == [("x=1", 3, 4), ("y = 2", 7, 4)]


def test_macros_of_a_latex_source_are_collected() -> None:
    assert find("\\newcommand{\\R}{\\mathbb{R}}\n\\def\\half#1{\\frac{#1}{2}}", "a.tex").macros == {
        "\\R": Macro(0, "\\mathbb{R}"),
        "\\half": Macro(1, "\\frac{#1}{2}"),
    }


def test_html_gives_delimiters_annotations_and_old_scripts() -> None:
    text = (
        "<p>\\(a=b\\)</p><script type='math/tex; mode=display'>c=d</script>"
        "<math><mi>x</mi><annotation encoding='application/x-tex'>x^2</annotation></math><code>$no$</code>"
    )

    assert [f.latex for f in find(text, "a.html").formulas] == ["a=b", "c=d", "x^2"]


def test_notebooks_give_only_their_markdown_cells() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# T\n", "$a=b$"]},
        {"cell_type": "code", "source": "x = '$no$'"},
        {"cell_type": "markdown", "source": "$c$"},
    ]

    assert [f.latex for f in find(json.dumps({"cells": cells}), "n.ipynb").formulas] == ["a=b", "c"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"cells": 3}', '{"cells": [1, {}]}', "[" * 5000])
def test_what_is_no_notebook_is_an_error_or_empty_never_a_crash(text: str) -> None:
    def found() -> list[object]:
        try:
            return list(find(text, "n.ipynb").formulas)
        except NotesError:
            return []

    assert found() == []


def test_a_formula_that_is_only_a_picture_is_listed_as_one() -> None:
    (found,) = find("![formula](formula.png)").formulas

    assert found.image


@pytest.mark.parametrize("between", [" ", "\n", "\n\n", " | "])
def test_a_text_without_paragraphs_is_read_in_pieces_and_loses_no_formula(
    monkeypatch: pytest.MonkeyPatch, between: str
) -> None:
    text = between.join(f"word $x_{{{k}}}$ *and* more" for k in range(200))
    whole = find(text).formulas

    monkeypatch.setattr(_markdown, "CHUNK", 300)

    assert [f.latex for f in whole] == [f"x_{{{k}}}" for k in range(200)]
    assert find(text).formulas == whole
