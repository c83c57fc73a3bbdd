r"""Of a refuted formula the checker says what its author most likely meant: exactly what stood there before the mistake.

Every case is a true claim of its own small document; one mistake of the catalogue is planted, and the claim must come back.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproof.notes import Finding, check
from backproof.notes.correct._catalogue import catalogue
from backproof.notes.correct._cut import layout
from backproof.notes.correct._layout import sequences
from backproof.notes.correct._page import page_of

LOGISTIC = r"""One neuron: $z = wx + b$, $a = \sigma(z)$ with $\sigma(z) = \frac{1}{1+e^{-z}}$, and the loss is
$L = -y\log a - (1-y)\log(1-a)$. All quantities are numbers."""

LAYERS = r"""The $m$ examples are the columns of $X = A^{[0]}$, $*$ is the entrywise product.
$W^{[l]}$ is $(n^{[l]}, n^{[l-1]})$, $b^{[l]}$ is $(n^{[l]}, 1)$, and for $l = 1, \dots, L$

$$Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \qquad A^{[l]} = g^{[l]}(Z^{[l]})$$

with $g^{[l]}$ applied entry by entry, $g^{[l]'}$ is its derivative. The loss of example $i$ is $\mathcal{L}^{(i)}$ and
$J = \frac{1}{m} \sum_{i=1}^{m} \mathcal{L}^{(i)}$. $dZ^{[l]}$ and $dA^{[l]}$ hold in column $i$
the gradient of $\mathcal{L}^{(i)}$, $dW^{[l]}$ and $db^{[l]}$ are the gradients of $J$."""

SQUARES = r"""There are $m$ examples and
$E = \frac{1}{2m} \sum_{i=1}^{m} (p_i - y_i)^2$ with $p_i = u x_i + c$, all numbers."""

RIDGE = r"""Let $u$, $x$, $y$ and $\lambda$ be numbers and $J = (ux - y)^2 + \lambda u^2$."""

DESCENT = (
    r"""Let $u$, $x$, $y$ be numbers and $E = \frac{1}{2} (ux - y)^2$. $\eta > 0$ is the learning rate."""
)


@dataclass(frozen=True)
class Case:
    """A document, the left side of a claim, the true right side, what is written instead, and how the mistake is called."""

    note: str
    left: str
    right: str
    written: str
    mistake: str

    def text(self, right: str) -> str:
        """The document with the claim."""
        return f"{self.note}\n\n$$\n{self.left} = {right}\n$$\n"

    def finding(self, right: str) -> Finding:
        """What is said of the claim."""
        return check(self.text(right), timeout=20.0)[-1]


CASES = {
    "a sign between terms": Case(
        LOGISTIC, r"\sigma'(z)", r"\sigma(z)(1-\sigma(z))", r"\sigma(z)(1+\sigma(z))", "a sign"
    ),
    "a difference turned": Case(LOGISTIC, r"\frac{\partial L}{\partial z}", "a - y", "y - a", "a sign"),
    "a difference turned in a product": Case(
        LOGISTIC, r"\frac{\partial L}{\partial w}", "(a - y) x", "(y - a) x", "a sign"
    ),
    "a leading sign": Case(
        LOGISTIC, r"\frac{\partial L}{\partial a}", r"-\frac{y}{a} + \frac{1-y}{1-a}",
        r"\frac{y}{a} + \frac{1-y}{1-a}", "a sign"
    ),
    "the sign of an exponent": Case(
        LOGISTIC, r"1 - \sigma(z)", r"\frac{e^{-z}}{1+e^{-z}}", r"\frac{e^{z}}{1+e^{-z}}", "the sign of an exponent"
    ),
    "a square forgotten": Case(
        r"Let $f(x) = \tanh(x)$.", "f'(x)", r"1 - \tanh^2(x)", r"1 - \tanh(x)", "a square is missing"
    ),
    "a denominator without its square": Case(
        LOGISTIC, r"\sigma'(z)", r"\frac{e^{-z}}{(1+e^{-z})^2}", r"\frac{e^{-z}}{1+e^{-z}}",
        "the square of the denominator is missing"
    ),
    "a square in the wrong place": Case(
        r"Let $f(x) = \tanh(x)$.", "f'(x)", r"1 - \tanh(x)^2", r"(1 - \tanh(x))^2", "the square is in the wrong place"
    ),
    "an exponent": Case(r"Let $y = x^3$.", r"\frac{dy}{dx}", "3x^2", "3x^3", "an exponent"),
    "a coefficient": Case(r"Let $y = x^3$.", r"\frac{dy}{dx}", "3x^2", "2x^2", "a coefficient"),
    "an inner derivative forgotten": Case(
        LOGISTIC, r"\frac{\partial L}{\partial w}", "(a - y) x", "a - y", "a factor x is missing"
    ),
    "a factor too many": Case(
        LOGISTIC, r"\frac{\partial L}{\partial b}", "a - y", "(a - y) x", "a factor x too many"
    ),
    "by w instead of by b": Case(LOGISTIC, r"\frac{\partial z}{\partial b}", "1", "x", ""),
    "1 - a forgotten": Case(
        LOGISTIC, r"\frac{\partial a}{\partial z}", "a (1-a)", "a", "a factor (1-a) is missing"
    ),
    "a for 1 - a": Case(
        LOGISTIC, r"\frac{\partial L}{\partial a}", r"\frac{a-y}{a (1-a)}", r"\frac{a-y}{a a}", "a instead of 1-a"
    ),
    "y for a": Case(
        LOGISTIC, r"\frac{\partial a}{\partial z}", "a (1-a)", "a (1-y)", "y instead of a"
    ),
    "a for y in a loss": Case(
        LOGISTIC, "L", r"-y\log a - (1-y)\log(1-a)", r"-y\log a - (1-a)\log(1-a)", "a instead of y"
    ),
    "the logarithm of the wrong argument": Case(
        LOGISTIC, "L", r"-y\log(a) - (1-y)\log(1-a)", r"-y\log(a) - (1-y)\log(a)", "a instead of 1-a"
    ),
    "a bracket closed too late": Case(
        LOGISTIC, "-L", r"y\log(a) + (1-y)\log(1-a)", r"y\log(a) + (1-y\log(1-a))", "a bracket in the wrong place"
    ),
    "sine for cosine": Case(r"Let $f(x) = \sin(x)$.", "f'(x)", r"\cos(x)", r"\sin(x)", "sin instead of cos"),
    "the rule of quotients": Case(
        r"$u(x)$ and $v(x)$ are differentiable, $q(x) = \frac{u(x)}{v(x)}$.", "q'(x)",
        r"\frac{u'(x) v(x) - u(x) v'(x)}{v(x)^2}", r"\frac{u'(x) v(x) + u(x) v'(x)}{v(x)^2}", "a sign",
    ),
    "the rule of products": Case(
        r"$u(x)$ and $v(x)$ are differentiable, $q(x) = u(x) v(x)$.", "q'(x)",
        "u'(x) v(x) + u(x) v'(x)", "u'(x) v(x) + u(x) v(x)", "v instead of its derivative",
    ),
    "1/m forgotten": Case(
        LAYERS, "dW^{[l]}", r"\frac{1}{m} dZ^{[l]} A^{[l-1]T}", "dZ^{[l]} A^{[l-1]T}", "a factor 1/m is missing"
    ),
    "1/m too many": Case(
        LAYERS, "dA^{[l-1]}", "W^{[l]T} dZ^{[l]}", r"\frac{1}{m} W^{[l]T} dZ^{[l]}", "a factor 1/m too many"
    ),
    "g for its derivative": Case(
        LAYERS, "dZ^{[l]}", "dA^{[l]} * g^{[l]'}(Z^{[l]})", "dA^{[l]} * g^{[l]}(Z^{[l]})", "g instead of its derivative"
    ),
    "the derivative at A": Case(
        LAYERS, "dZ^{[l]}", "dA^{[l]} * g^{[l]'}(Z^{[l]})", "dA^{[l]} * g^{[l]'}(A^{[l]})", "A instead of Z"
    ),
    "another layer": Case(
        LAYERS, "dZ^{[l]}", "dA^{[l]} * g^{[l]'}(Z^{[l]})", "dA^{[l]} * g^{[l-1]'}(Z^{[l]})", "the layer is off by one"
    ),
    "the gradient for the weights": Case(
        LAYERS, "dA^{[l-1]}", "W^{[l]T} dZ^{[l]}", "dW^{[l]T} dZ^{[l]}", "the gradient dW instead of W"
    ),
    "a factor of a mean": Case(
        SQUARES, r"\frac{\partial E}{\partial u}", r"\frac{1}{m} \sum_{i=1}^{m} (p_i - y_i) x_i",
        r"\frac{1}{2m} \sum_{i=1}^{m} (p_i - y_i) x_i", "",
    ),
    "a mean forgotten": Case(
        SQUARES, r"\frac{\partial E}{\partial u}", r"\frac{1}{m} \sum_{i=1}^{m} (p_i - y_i) x_i",
        r"\sum_{i=1}^{m} (p_i - y_i) x_i", "a factor 1/m is missing",
    ),
    "half of a square": Case(
        RIDGE, r"\frac{\partial J}{\partial u}", r"2(ux - y)x + 2\lambda u", r"(ux - y)x + 2\lambda u",
        "a factor 2 is missing"
    ),
    "the factor of a penalty": Case(
        RIDGE, r"\frac{\partial J}{\partial u}", r"2(ux - y)x + 2\lambda u", r"2(ux - y)x + \lambda u",
        "a factor 2 is missing"
    ),
    "a penalty that was not differentiated": Case(
        RIDGE, r"\frac{\partial J}{\partial u}", r"2(ux - y)x + 2\lambda u", r"2(ux - y)x + \lambda u^2", ""
    ),
    "a step without its rate": Case(
        DESCENT, r"u - \eta \frac{\partial E}{\partial u}", r"u - \eta (ux - y) x", "u - (ux - y) x",
        "a factor eta is missing"
    ),
    "a step uphill": Case(
        DESCENT, r"u - \eta \frac{\partial E}{\partial u}", r"u - \eta (ux - y) x", r"u + \eta (ux - y) x", "a sign"
    ),
    "an index for another": Case(
        r"For $k = 1, \dots, K$ let $p_k = \frac{e^{z_k}}{\sum_{j=1}^{K} e^{z_j}}$.", r"\frac{\partial p_k}{\partial z_k}",
        "p_k (1 - p_k)", "p_k (1 - p_j)", "the index j instead of k",
    ),
    "digits": Case(
        r"Let $\sigma(z) = \frac{1}{1+e^{-z}}$.", r"\sigma(1)", "0.7311", "0.7131", "a calculation"
    ),
    "a product of numbers": Case("", r"(7 - 5) \cdot 3", "6", "5", "a calculation"),
    "an entry of a matrix": Case(
        "",
        r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix} \begin{bmatrix} 1 \\ 1 \end{bmatrix}",
        r"\begin{bmatrix} 3 \\ 7 \end{bmatrix}", r"\begin{bmatrix} 3 \\ 6 \end{bmatrix}", "a calculation",
    ),
    "a transpose forgotten": Case(
        r"$A$ is a square matrix and $x$, $y$ are columns, all products are matrix products.", "(A x)^T y",
        "x^T A^T y", "x^T A y",
        "a transpose is missing",
    ),
    "a transpose too many": Case(
        r"$A$ is a square matrix and $x$, $y$ are columns, all products are matrix products.", "x^T (A y)",
        "x^T A y", "x^T A^T y",
        "a transpose too many",
    ),
    "operands in the wrong order": Case(
        r"$A$ and $B$ are square matrices, juxtaposition is the matrix product.", "(A B)^T", "B^T A^T", "A^T B^T",
        "the factors in the wrong order",
    ),
    "a quadratic form": Case(
        r"$A$ is a square matrix, $x$ a column, gradients are columns.", r"\nabla_x (x^T A x)", "(A + A^T) x", "2 A x",
        "A taken for symmetric",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_planted_mistake_is_undone(case: Case) -> None:
    assert case.finding(case.right).verdict == "proved"

    finding = case.finding(case.written)

    assert finding.verdict == "refuted"
    assert finding.correction == case.right
    assert finding.reason.endswith(case.mistake), finding.reason


@pytest.mark.parametrize(
    ("right", "correction"),
    [
        ("x - 1", ""),
        (r"\sin(x)", ""),
        (r"2 f(x) \cos(x) + 1", ""),
        ("x^2 + x^2", ""),
    ],
)
def test_what_no_single_mistake_explains_gets_no_correction(right: str, correction: str) -> None:
    finding = check(f"Let $f(x) = e^x$.\n\n$$\nf(x)^2 + f'(x) = {right}\n$$\n", timeout=20.0)[-1]

    assert finding.verdict == "refuted"
    assert finding.correction == correction
    assert "mistake" not in finding.reason


def test_a_chain_is_corrected_where_it_leaves_its_neighbours() -> None:
    rule = r"\frac{\partial L}{\partial a} \frac{\partial a}{\partial z} \frac{\partial z}{\partial w}"
    chain = rf"\frac{{\partial L}}{{\partial w}} = {rule} = (a + y) x = (a - y) x"

    finding = check(f"{LOGISTIC}\n\n$$\n{chain}\n$$\n", timeout=20.0)[-1]

    assert [link.verdict for link in finding.links] == ["proved", "refuted", "refuted"]
    assert finding.correction == "(a - y) x"
    assert finding.reason.endswith("a sign")


@pytest.mark.parametrize(
    ("stated", "mistake"),
    [("(n^{[l-1]}, m)", "the layer is off by one"), ("(m, n^{[l]})", "rows and columns the other way round")],
)
def test_a_shape_is_corrected(stated: str, mistake: str) -> None:
    note = r"""One example per column, $m$ in all; $Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}$, $A^{[l]} = g(Z^{[l]})$
entry by entry, layer $l$ has $n^{[l]}$ units and $W^{[l]}.shape = (n^{[l]}, n^{[l-1]})$."""

    finding = check(f"{note}\n\n$$\nA^{{[l]}}.shape = {stated}\n$$\n", timeout=20.0)[-1]

    assert (finding.verdict, finding.correction) == ("refuted", "(n^{[l]}, m)")
    assert finding.reason.endswith(mistake)


def test_the_last_command_of_a_side_belongs_to_it() -> None:
    finding = check(r"Let $y = \beta x^2$." + "\n\n$$\\frac{dy}{dx} = 3 x \\beta$$\n", timeout=20.0)[-1]

    assert finding.links[0].rhs == r"3 x \beta"
    assert finding.correction == r"2 x \beta"


def test_the_search_keeps_to_its_time() -> None:
    terms = " + ".join(f"x_{{{k}}}^2 \\frac{{1}}{{{k}}}" for k in range(1, 60))
    start = time.process_time()

    finding = check(
        f"All $x_k$ are numbers and $s = {terms}$.\n\n$$\ns + 7 = {terms} - 5\n$$\n", timeout=1.0
    )[-1]

    assert finding.verdict in ("refuted", "unknown")
    assert (
        time.process_time() - start < 10
    )  # reading, deciding and searching, each with at most 1.2 s, twice over


_LETTERS = [
    "a",
    "y",
    r"\hat{y}",
    "W^{[l]T}",
    "g'",
    "2",
    "0.5",
    "[l-1]",
    r"\partial",
    r"\log",
    r"\sqrt",
    r"\frac",
]
_MARKS = [
    "(",
    ")",
    r"\left(",
    r"\right)",
    "{",
    "}",
    "^",
    "_",
    "+",
    "-",
    r"\cdot",
    "*",
    "&",
    r"\\",
    "'",
    "=",
    ",",
]
_TABLES = [r"\sum_{i=1}^{m}", r"\begin{bmatrix}", r"\end{bmatrix}"]
PIECES = st.sampled_from([*_LETTERS, *_MARKS, *_TABLES])


@given(st.lists(PIECES, max_size=24).map("".join))
def test_any_latex_is_cut_up_or_refused_and_every_edit_stays_inside_of_it(latex: str) -> None:
    tree = layout(latex)
    page = page_of(latex, r"\frac{\partial L}{\partial w}", [latex], [], ["L = y^2"], "claim")

    if tree is not None:
        for sequence in sequences(tree):
            assert 0 <= sequence.start <= sequence.end <= len(latex)
    for edit in catalogue(page) if page is not None else ():
        assert edit.cost > 0
        assert all(0 <= start <= stop <= len(latex) for start, stop, _ in edit.splices)
        edit.applied(latex)
