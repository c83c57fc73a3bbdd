"""Every formula is found where it stands: line, column, and each of its characters, in every container."""

from __future__ import annotations

import html
import json
import re
import time
from urllib.parse import unquote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backproof.notes import NotesError
from backproof.notes.find import Formula, _markdown, find

calm = settings(deadline=None, max_examples=150)

# Formulas with the characters that containers escape.
LATEX = st.sampled_from([
    r"\frac{\partial L}{\partial w_1}", r"a < b & c", r"\sigma(z) = \frac{1}{1+e^{-z}}", "z_{1} = w_{2}*x_{3}", "x",
    r'\text{"q"} = 5', "y | x", r"W^{[l]T} \\ b", "시그모이드", "α + β", r"\{0,1\}", "\U0001d465 = 1", "a_*b_*",
])  # fmt: skip
# Words that look like mathematics, hold the letters of formulas, or are code.
WORDS = st.sampled_from([
    "x is a word, ", "costs $5 and $10, ", "`$code$` ", "**bold** ", "_x_ ", r"\$3 ", "y ", "z = 1 ", "시그모이드 ",
    "<b>x</b> ",
    "[link](http://x.y/$z) ", "# ", "{{ $hugo }} ", "&lt; ", "é\u0301 ", "\U0001d465 ",
])  # fmt: skip
INLINE = [("$", "$"), (r"\(", r"\)"), ("$`", "`$")]
DISPLAY = [("$$", "$$"), ("$$\n", "\n$$"), (r"\[", r"\]"), ("```math\n", "\n```")]
PREFIXES = ["", "> ", "- ", "1. ", "## ", "> - "]


@st.composite
def markdown(draw: st.DrawFn) -> tuple[str, list[tuple[str, int, int]]]:
    """A note, and its formulas with the places where they were put."""
    text, expected = draw(st.sampled_from(["", "\ufeff", "---\ntitle: $x$\n---\n\n"])), []
    for _ in range(draw(st.integers(0, 5))):
        prefix = draw(st.sampled_from(PREFIXES))
        text += prefix + draw(WORDS)
        for _ in range(draw(st.integers(0, 3))):
            latex = draw(LATEX)
            opening, closing = draw(st.sampled_from(INLINE))
            text += opening
            expected.append((latex, text))
            text += latex + closing + " " + draw(WORDS)
        text += "\n\n"
        if draw(st.booleans()):
            latex = draw(LATEX)
            opening, closing = draw(st.sampled_from(DISPLAY))
            quote = "> " if prefix.startswith(">") else ""
            text += quote + opening.replace("\n", "\n" + quote)
            expected.append((latex, text))
            text += latex + closing.replace("\n", "\n" + quote) + "\n\n"
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return text.replace("\n", newline), [(latex, *_end_of(before)) for latex, before in expected]


def _end_of(text: str) -> tuple[int, int]:
    """Line and column of what comes after a text."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def places(text: str, name: str) -> list[tuple[str, int, int]]:
    return [(f.latex, f.line, f.column) for f in find(text, name).formulas]


def assert_every_character_stands_where_it_says(text: str, formula: Formula) -> None:
    """The file at a character's place holds that character, or what its container writes for it."""
    lines = re.split("(?<=\n)|(?<=\r)(?!\n)", text)
    assert formula.source is not None
    assert formula.source.text == formula.latex
    assert sum(map(len, lines[: formula.line - 1])) + formula.column - 1 == formula.source.start(0)
    for k, char in enumerate(formula.latex):
        raw = text[formula.source.start(k) : formula.source.stop(k + 1)]
        meanings = {raw, html.unescape(raw), unquote(raw), "\n" if raw == "\r\n" else raw}
        if raw.startswith("\\") and len(raw) > 1:
            meanings.add(json.loads(f'"{raw}"'))
        if re.fullmatch(r"<br ?/?>|&space;", raw):
            meanings.add(" ")
        assert char in meanings, (k, char, raw)


@calm
@given(markdown())
def test_every_formula_of_markdown_is_found_where_it_was_put(
    note: tuple[str, list[tuple[str, int, int]]],
) -> None:
    text, expected = note

    assert places(text, "note.md") == expected
    for formula in find(text, "note.md").formulas:
        assert_every_character_stands_where_it_says(text, formula)


@calm
@given(markdown(), st.booleans(), st.sampled_from([1, 4, None]))
def test_a_notebook_gives_the_places_in_its_own_file(
    note: tuple[str, list[tuple[str, int, int]]], ascii_only: bool, indent: int | None
) -> None:
    source, expected = note
    assume(not source.startswith("---"))  # only the first cell may hold front matter
    cells = [
        {"cell_type": "code", "source": ["print('$x$')\n"], "outputs": [{"text": "$x$"}]},
        {"cell_type": "markdown", "source": source.splitlines(keepends=True)},
        {"cell_type": "markdown", "source": "the $last$ one"},
    ]
    text = json.dumps({"cells": cells}, ensure_ascii=ascii_only, indent=indent)

    *found, last = find(text, "note.ipynb").formulas

    assert [(f.latex, f.cell, f.cell_line) for f in found] == [
        (latex, 2, line) for latex, line, _ in expected
    ]
    assert (last.latex, last.cell, last.cell_line) == ("last", 3, 1)
    for formula in (*found, last):
        assert_every_character_stands_where_it_says(text, formula)


@calm
@given(
    st.lists(
        st.tuples(
            WORDS.filter(lambda w: "`" not in w),
            st.sampled_from([*INLINE[:2], ("$$", "$$"), (r"\[", r"\]")]),
            LATEX,
        ),
        max_size=6,
    )
)
def test_a_page_gives_the_places_in_its_own_file(parts: list[tuple[str, tuple[str, str], str]]) -> None:
    text, expected = "<html><head><title>$no$</title></head><body>", []
    for words, (opening, closing), latex in parts:
        text += f"<p class='$x$'>{html.escape(words)}" + opening
        expected.append((latex, *_end_of(text)))
        text += html.escape(latex) + closing + "</p>\n"

    assert places(text, "note.html") == expected
    for formula in find(text, "note.html").formulas:
        assert_every_character_stands_where_it_says(text, formula)


ENVIRONMENTS = ["equation", "align*", "gather", "multline", "eqnarray", "flalign", "alignat"]


@calm
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "x is ",
                    "\\emph{y} ",
                    "costs \\$5 ",
                    "% $no$ x\n",
                    "\\verb|$x$| ",
                    "\\item ",
                    "\n\n",
                    "\\\\[2pt] ",
                ]
            ),
            st.sampled_from(
                [("$", "$"), (r"\(", r"\)"), ("$$", "$$"), (r"\[", r"\]"), (r"\ensuremath{", "}"), None]
            ),
            LATEX,
            st.sampled_from(ENVIRONMENTS),
        ),
        max_size=6,
    )
)
def test_a_latex_source_gives_the_places_in_its_own_file(
    parts: list[tuple[str, tuple[str, str] | None, str, str]],
) -> None:
    text = "\\documentclass{article}\n\\title{$no$}\n\\begin{document}\n"
    expected = []
    for words, delimiters, latex, environment in parts:
        opening, closing = delimiters or (f"\\begin{{{environment}}}", f"\\end{{{environment}}}")
        text += words
        whole = opening + latex + closing
        expected.append((latex if delimiters else whole, *_end_of(text + (opening if delimiters else ""))))
        text += whole + " and\n"
    text += "\\end{document} $no$"

    assert places(text, "note.tex") == expected
    for formula in find(text, "note.tex").formulas:
        assert_every_character_stands_where_it_says(text, formula)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Between $5 and $10, or $3-$4.", []),
        ("US$5, $1,000 and $x$", ["x"]),
        ("$HOME and $PATH are set, $x$ too", ["x"]),
        ("$5$ and $10$ are numbers", ["5", "10"]),
        ("It costs \\$5 for $n=5$ and 10\\$", ["n=5"]),
        ("so $ x = 1 $ with spaces", ["x = 1"]),
        ("in words $$a = b$$ as kramdown has it", ["a = b"]),
        ("GitHub's $`a_1 * b_1`$ form", ["a_1 * b_1"]),
        ("{{< katex >}}\na^2\n{{< /katex >}}", ["a^2"]),
        ("{{< katex display >}}a^2{{< /katex >}} and {{ $title }} $b$", ["a^2", "b"]),
        ("{% katex %}a_1{% endkatex %}", ["a_1"]),
        ("a {math}`x_1` and :math:`y_1`", ["x_1", "y_1"]),
        (".. math:: a = b\n\n   c = d\n\ntext $e$", ["a = b\n\n   c = d", "e"]),
        ("```{math}\n:label: one\nf = g\n```", ["f = g"]),
        ("~~~\n$no$\n~~~\n\n    $no$\n\n$yes$", ["yes"]),
        ("- list\n  ```\n  $no$\n  ```\n- $yes$", ["yes"]),
        ("| $a|b$ | $c$ |\n|---|---|\n| $d_1$ | `$no$` |", ["a|b", "c", "d_1"]),
        ("text[^1] $a$\n\n[^1]: note $b$\n\nlast $c$", ["a", "b", "c"]),
        ("<!-- $no$ --> <div>$a$</div>\n\n<pre>$no$</pre>\n\n<script>var x='$no$'</script>", ["a"]),
        ("<details><summary>$s$</summary>\n\n$t$\n\n</details>", ["s", "t"]),
        ("<a title='$no$'>$a$</a> <https://x.y/$no$>", ["a"]),
        ("[$in a link$](http://x.y/$no$) ![$alt$](plot.png)", ["in a link", "alt"]),
        ("> quoted\n> $$\n> a = b \\\\\n> c = d\n> $$\n", ["a = b \\\\\nc = d"]),
        ("\\begin{align}\na &= b\n\\end{align} and \\begin{itemize}$x$\\end{itemize}",
         ["\\begin{align}\na &= b\n\\end{align}", "x"]),
        ("\\\\( a_1 \\\\) and \\\\[ b_1 \\\\]", ["a_1", "b_1"]),
        ("[1] see \\[2\\] and \\[todo\\] $x$", ["x"]),
        ("$$\na = b\n\n+ c\n$$", ["a = b\n\n+ c"]),
        ("$$ never closed\n\nMany words of prose stand here.\n\n$$a = b$$", ["a = b"]),
        ("$never closed\n\n$a$", ["a"]),
        ("$a$$b$ and $$c$$", ["a", "b", "c"]),
        ("$$a = 1 \\\\$$\n\n$$b$$", ["a = 1 \\\\", "b"]),
        ("**$x$** *$y$* ~~$z$~~ $a_1$_b_$c_1$", ["x", "y", "z", "a_1", "c_1"]),
        ("![](https://latex.codecogs.com/svg.image?\\inline&space;\\frac{a}{b}(1&plus;c))", ["\\frac{a}{b}(1+c)"]),
        ('<img src="https://latex.codecogs.com/gif.latex?a%5E2+b" alt="x"> <img src="f.svg" alt="$c^2$">', ["a^2+b", "c^2"]),
    ],
)  # fmt: skip
def test_markdown_in_all_its_habits(text: str, expected: list[str]) -> None:
    found = find(text).formulas

    assert [f.latex for f in found] == expected
    for formula in found:
        assert_every_character_stands_where_it_says(text, formula)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\\be a = b \\ee", ["a = b"]),
        ("\\newcommand{\\be}{\\begin{equation}}\\newcommand{\\ee}{\\end{equation}}\n\\be a = b \\ee",
         ["\\begin{equation}  a = b  \\end{equation}"]),
        ("\\begin{subequations}\\begin{align}a&=b\\end{align}\\end{subequations}", ["\\begin{align}a&=b\\end{align}"]),
        ("\\begin{equation}\\begin{split}a&=b\\end{split}\\end{equation}",
         ["\\begin{equation}\\begin{split}a&=b\\end{split}\\end{equation}"]),
        ("\\input{/etc/passwd} \\include{x} $a$", ["a"]),
        ("\\section{The \\emph{loss} $L$} text", ["L"]),
        ("100\\% of $a$ % $no$\n\\\\% $no$\n$b$", ["a", "b"]),
        ("\\begin{lstlisting}\n$no$\n\\end{lstlisting}\\begin{comment}$no$\\end{comment}$a$", ["a"]),
        ("\\def\\half#1{$\\frac{#1}{2}$} $a$", ["a"]),
        ("a \\ensuremath{x^{2}} b", ["x^{2}"]),
        ("\\begin{tabular}{c}$a$ & $b$ \\\\[2pt] $c$\\end{tabular}", ["a", "b", "c"]),
    ],
)  # fmt: skip
def test_latex_in_all_its_habits(text: str, expected: list[str]) -> None:
    expected = [] if text.startswith("\\be ") else expected  # a macro that nobody defined opens nothing

    found = find(text, "a.tex").formulas

    assert [f.latex for f in found] == expected


KATEX = (
    '<span class="katex-display"><span class="katex"><span class="katex-mathml"><math display="block"><semantics><mrow>'
    '<mi>x</mi></mrow><annotation encoding="application/x-tex">x &lt; y</annotation></semantics></math></span><span '
    'class="katex-html" aria-hidden="true"><span class="base"><span class="mord">$x$</span></span></span></span></span>'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (KATEX, [("x < y", True, False)]),
        ("<math alttext='a^2'><mi>a</mi></math>", [("a^2", False, False)]),
        ("<math><mi>a</mi><mo>+</mo><mi>b</mi></math>", [("a+b", False, True)]),
        ("<script type='math/tex; mode=display'>% <![CDATA[\na<b %]]></script>", [("a<b", True, False)]),
        ("<span class=\"MathJax_Preview\">$no$</span><script type=\"math/tex\">a</script>", [("a", False, False)]),
        ("\\(a<br>+ b\\) \\(a<b>no</b>\\)", [("a + b", False, False)]),
        ("<p>\\[a\n\n= b\\]</p>", [("a\n\n= b", True, False)]),
        ("<code>\\(no\\)</code><textarea>$no$</textarea><p>costs $5 or $10</p>", []),
        ("<img src='https://x.y/latex?a_1'><img src='equation3.png'>",
         [("a_1", True, False), ("equation3.png", True, True)]),
        ("&#36;a&#36; \\(\\alpha &amp;&nbsp;\\pi\\)", [("\\alpha &\xa0\\pi", False, False)]),
    ],
)  # fmt: skip
def test_html_in_all_its_habits(text: str, expected: list[tuple[str, bool, bool]]) -> None:
    assert [
        (f.latex.replace("  ", " "), f.display, f.image) for f in find(text, "a.html").formulas
    ] == expected


def test_notebooks_have_raw_cells_and_magics_and_one_broken_cell_loses_no_other() -> None:
    cells = [
        {
            "cell_type": "raw",
            "metadata": {"format": "text/latex"},
            "source": "\\begin{align}a&=b\\end{align}",
        },
        {"cell_type": "raw", "metadata": {}, "source": "$c$"},
        {"cell_type": "raw", "metadata": {"format": "text/x-python"}, "source": "$no$"},
        {"cell_type": "code", "source": ["%%latex\n", "$$d$$"]},
        {"cell_type": "code", "source": "x = '$no$'"},
        {"cell_type": "markdown", "source": 7},
        {"cell_type": "markdown"},
        None,
        {"cell_type": "markdown", "source": ["$e$", 3, None]},
    ]

    found = find(json.dumps({"cells": cells, "nbformat": 4}), "n.ipynb").formulas

    assert [(f.latex, f.cell) for f in found] == [
        ("\\begin{align}a&=b\\end{align}", 1),
        ("c", 2),
        ("d", 4),
        ("e", 9),
    ]


def test_a_truncated_notebook_says_where_it_breaks() -> None:
    with pytest.raises(NotesError, match=r"not a notebook.*line 1, column"):
        find('{"cells": [{"cell_type": "markdown", "source": "$a$"}', "n.ipynb")


def test_the_notebook_of_the_third_format_has_its_cells_in_worksheets() -> None:
    text = json.dumps({"worksheets": [{"cells": [{"cell_type": "markdown", "source": "$a$"}]}]})

    assert [f.latex for f in find(text, "n.ipynb").formulas] == ["a"]


@pytest.mark.serial
@pytest.mark.parametrize("unit", [
    "$", "$ ", "\\[", "\\(", "`", "```\n", '<a "', "<!--", "{{", "![", "](", "\\begin{align}", "$$\n\n", "<math>",
    "<span class=katex-html>", "> ", "$1 ", "&", "%", "{", "\\ensuremath{",
])  # fmt: skip
@pytest.mark.parametrize("name", ["a.md", "a.tex", "a.html"])
def test_a_page_of_openings_takes_time_in_proportion_to_its_length(unit: str, name: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        start = time.process_time()
        find(text, name)
        return time.process_time() - start

    seconds(1_000)
    small, large = seconds(3_000), seconds(24_000)

    # Eight times the length: a quadratic scan takes 64 times as long, a linear one 8 times, whatever the machine.
    assert large < 24 * small + 0.2


def test_a_very_long_note_is_read_in_pieces_with_every_line_in_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "".join(f"# Part {k}\n\nLet $x_{{{k}}} = {k}$.\n\n$$\ny_{{{k}}}\n$$\n\n" for k in range(300))
    whole = find(text)

    monkeypatch.setattr(_markdown, "CHUNK", 500)
    pieces = find(text)

    assert pieces == whole
    assert [b.line for b in pieces.blocks] == [b.line for b in whole.blocks]
