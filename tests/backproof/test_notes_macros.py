"""Macros: what a document defines is expanded as LaTeX would, and a bomb is cut off."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproof.notes import LatexError, LimitError, check
from backproof.notes.parse import Macro, expand_macros, find_macros


def expanded(definitions: str, latex: str) -> str:
    return re.sub(r"\s+", "", expand_macros(latex, find_macros(definitions)))


CASES = {
    "arguments": (r"\newcommand{\dd}[2]{\frac{#1}{#2}}", r"\dd{L}{z}", r"\frac{L}{z}"),
    "arguments without braces": (r"\newcommand\dd[2]{\frac{#1}{#2}}", r"\dd L\beta", r"\frac{L}{\beta}"),
    "TeX's definitions": (r"\def\dd#1#2{\frac{#1}{#2}}", r"\dd{L}{z}", r"\frac{L}{z}"),
    "a default": (r"\newcommand{\pd}[2][L]{\frac{#1}{#2}}", r"\pd{z}", r"\frac{L}{z}"),
    "a default that is not wanted": (r"\newcommand{\pd}[2][L]{\frac{#1}{#2}}", r"\pd[y]{z}", r"\frac{y}{z}"),
    "an empty default": (r"\newcommand{\x}[1][]{x#1}", r"\x+\x[']", "x+x'"),
    "a body that begins as its name": (r"\newcommand{\be}{\beta}", r"\be+1", r"\beta+1"),
    "a longer command is another one": (r"\newcommand{\be}{b}", r"\beta+\be", r"\beta+b"),
    "a line break before letters": (r"\newcommand{\be}{b}", r"a\\be", r"a\\be"),
    "names with an at sign": (r"\def\my@x{x}\newcommand{\xx}{\my@x^2}", r"\xx", "x^2"),
    "an at sign behind a name": (r"\def\my{x}", r"\my@y", "x@y"),
    "a macro in a macro": (r"\newcommand{\a}{\b+1}\newcommand{\b}{x}", r"\a", "x+1"),
    "an operator": (r"\DeclareMathOperator*{\soft}{softmax}", r"\soft z", r"\mathrm{softmax}z"),
    "paired delimiters": (r"\DeclarePairedDelimiter{\abs}{\lvert}{\rvert}", r"\abs*{x}", r"\left\lvertx\right\rvert"),
    "xparse": (r"\NewDocumentCommand{\pd}{O{L} m}{\frac{#1}{#2}}", r"\pd{z}+\pd[y]{z}", r"\frac{L}{z}+\frac{y}{z}"),
    "another name": (r"\let\eps\varepsilon", r"\eps", r"\varepsilon"),
    "names that change places": (r"\let\old\phi\let\phi\varphi\let\varphi\old", r"\phi", r"\phi"),
    "a macro that calls itself is none": (r"\newcommand{\a}{\a+1}", r"\a", r"\a"),
    "said twice": (r"\newcommand{\w}{w}\newcommand{\w}{w}", r"\w", "w"),
    "a definition for want of another": (r"\newcommand{\w}{w}\providecommand{\w}{v}", r"\w", "w"),
    "a page's settings for MathJax 3": (
        r"""<script>window.MathJax = { tex: { macros: { RR: '{\\bf R}', pd: ["\\frac{#1}{#2}", 2, "L"] } } };</script>""",
        r"\RR\pd{z}\pd[y]{z}", r"{\bfR}\frac{L}{z}\frac{y}{z}",
    ),
    "a page's settings for MathJax 2": (
        'MathJax.Hub.Config({TeX: {Macros: {\n  dW: "\\\\mathrm{d}W", // a comment\n  loss: ["\\\\mathcal{L}"],\n}}})',
        r"\dW\loss", r"\mathrm{d}W\mathcal{L}",
    ),
    "a page's settings for KaTeX": (
        r"""renderMathInElement(document.body, {macros: {"\\pd": "\\frac{#1}{#2}"}});""", r"\pd L z", r"\frac{L}{z}"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("definitions", "latex", "meant"), CASES.values(), ids=CASES)
def test_a_macro_stands_for_its_body(definitions: str, latex: str, meant: str) -> None:
    assert expanded(definitions, latex) == meant


def test_a_name_with_two_meanings_has_none() -> None:
    macros = find_macros(r"\newcommand{\w}{w} \renewcommand{\w}{v}")

    with pytest.raises(LatexError, match=r"\\w has two meanings"):
        expand_macros(r"x + \w", macros)


def test_a_name_with_two_meanings_in_a_note_decides_nothing() -> None:
    note = "\\newcommand{\\w}{2}\n\n$$1 + 1 = \\w$$\n\n\\renewcommand{\\w}{3}\n\n$$1 + 2 = 3$$\n"

    first, second = check(note)

    assert (first.verdict, second.verdict) == ("unknown", "proved")
    assert "two meanings" in first.reason


def test_an_optional_argument_with_brackets_is_not_guessed() -> None:
    macros = find_macros(r"\newcommand{\w}[1][l]{W^{[#1]}}")

    assert expand_macros(r"\w[2]", macros).strip() == "W^{[2]}"
    with pytest.raises(LatexError, match="brackets"):
        expand_macros(r"\w[{a[1]}]", macros)


def test_macros_of_a_page_decide_its_formulas() -> None:
    page = (
        "<html><script>MathJax = {tex: {macros: {pd: ['\\\\frac{\\\\partial #1}{\\\\partial #2}', 2]}}}</script>"
        "<body><p>\\(L = z^3\\)</p><p>\\[\\pd{L}{z} = 3z^2\\]</p><p>\\[\\pd{L}{z} = 2z^2\\]</p></body></html>"
    )

    assert [f.verdict for f in check(page, name="page.html")] == ["none", "proved", "refuted"]


@pytest.mark.parametrize(
    "macros",
    [
        {"\\a": Macro(0, r"\b\b"), "\\b": Macro(0, r"\a\a")},
        {f"\\{chr(97 + k)}": Macro(0, f"\\{chr(98 + k)}" * 10) for k in range(20)},
        {"\\a": Macro(1, "#1" * 5_000), "\\b": Macro(0, "x" * 500)},
    ],
    ids=["circle", "bomb", "argument"],
)
def test_macro_bombs_are_cut_off(macros: dict[str, Macro]) -> None:
    with pytest.raises(LimitError):
        expand_macros(r"\a{\b\b\b xxxxxxxxxx}", macros)


HOSTILE = {
    "spaces": r"\newcommand" + " " * 200_000,
    "braces that nobody closes": r"\def\a{" * 9_000,
    "settings that nobody closes": 'macros: {a: "' * 20_000,
    "settings in settings": "macros: {" * 50_000,
    "brackets": r"\newcommand{\a}[1][" * 9_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_definitions_are_read_in_no_time(text: str) -> None:
    start = time.process_time()

    find_macros(text)

    assert (
        time.process_time() - start < 5
    )  # 0.1 s and less when it was written; quadratic readers take minutes


def test_ten_thousand_macros_are_enough() -> None:
    with pytest.raises(LimitError, match="more than 10,000 macros"):
        find_macros("".join(f"\\def\\a{'b' * (k % 50)}{{x}}" for k in range(10_001)))


@given(
    st.text(st.sampled_from("\\ab@#12{}[]*x "), max_size=60),
    st.text(st.sampled_from("\\ab@[]{}*x "), max_size=30),
)
def test_whatever_is_defined_expansion_ends(definition: str, latex: str) -> None:
    macros = find_macros("\\newcommand{\\a}" + definition)

    try:
        assert len(expand_macros(latex, macros)) <= 20_000
    except (LatexError, LimitError):
        assert macros
