"""What saves time says what the long way says: readings that nothing was asked of, products of two, polynomials of nodes."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproof.notes import _check, check
from backproof.notes._errors import LimitError, NotesError
from backproof.notes._limits import Budget
from backproof.notes.correct import _search
from backproof.notes.decide import _pairs, _question
from backproof.notes.decide._asked import Asked, Known, Noticed
from backproof.notes.decide._balls import differs
from backproof.notes.decide._dag import Graph, Node
from backproof.notes.decide._export import Export
from backproof.notes.decide._habits import Reading
from backproof.notes.decide._points import Groups, points
from backproof.notes.decide._polynomials import same_polynomial
from backproof.notes.decide._question import Question
from backproof.notes.decide._spelled import same_spelled_out
from backproof.notes.parse import _grammar, _noise, statements
from backproof.notes.parse._tokens import tokenize
from symbolic.prover import prove_program

LAYERS = (
    r"Columns are examples. $Z^{[l]}=W^{[l]}A^{[l-1]}+b^{[l]}$, $A^{[l]}=g(Z^{[l]})$, "
    r"$J=\frac1m\sum_{i=1}^m L(a^{[L](i)},y^{(i)})$."
)
SOFTMAX = r"$s_i=\frac{e^{z_i}}{\sum_{k=1}^n e^{z_k}}$ for $i=1,\dots,n$, and $L=-\sum_{i=1}^n y_i\log s_i$."
COLUMNS = (
    r"$u,v\in\mathbb{R}^{n}$ are columns, $z=Wu$ with $W\in\mathbb{R}^{k\times n}$, $L=\frac12\|z-t\|^2$."
)
SQUARE = r"$u\in\mathbb{R}^{n}$ is a column, $z=Wu$ with $W\in\mathbb{R}^{n\times n}$."
ALIKE = r"$U,V\in\mathbb{R}^{n\times m}$ and $H=U\odot V$."
# Labels that matter and labels that do not, products of matrices, derivatives that lie one way or the other.
CLAIMS = [
    (LAYERS, r"dW^{[l]}=\frac1m dZ^{[l]}A^{[l-1]T}"),
    (LAYERS, r"dZ^{[l]}=dA^{[l]}g'(Z^{[l]})"),
    (LAYERS, r"dA^{[l-1]}=W^{[l]}dZ^{[l]}"),
    (LAYERS, r"dW^{[l]}=dZ^{[l]}\cdot A^{[l-1]}"),
    (SOFTMAX, r"\frac{\partial L}{\partial z_i}=s_i-y_i"),
    (SOFTMAX, r"\frac{\partial s_i}{\partial z_i}=s_i(1+s_i)"),
    (COLUMNS, r"\frac{\partial L}{\partial u}=W(z-t)"),
    (COLUMNS, r"\frac{\partial L}{\partial W}=u(z-t)^T"),
    (COLUMNS, r"\frac{\partial z}{\partial u}=W^T"),
    (COLUMNS, r"u\cdot v=v^Tu+1"),
    (SQUARE, r"\frac{\partial z}{\partial u}=W^T"),
]


def saves(links: list[Any], k: int) -> tuple[bool, bool]:
    """What a reading that may save a link is looked at for."""
    outcome = links[k] if k < len(links) else None
    saved = outcome is not None and (outcome.verdict == "proved" or outcome.agrees)
    return saved, outcome is not None and (outcome.clash or outcome.verdict == "refuted")


def test_a_reading_that_is_known_comes_to_what_it_comes_to_when_it_is_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find, placed = Known.find, Question._placed
    asked: list[tuple[object, object]] = []
    questions: list[Question] = []

    def heard(self: Question, *args: Any) -> Any:
        questions.append(self)
        return placed(self, *args)

    def both(self: Known, now: Any) -> Any:
        ended: NotesError | None = None
        found = None
        try:
            found = find(self, now)
            if found is None:
                return None
        except NotesError as error:
            ended = error
        question = next(q for q in reversed(questions) if q.runs is self and q.item.parts == now.sides[1])
        try:
            links = placed(question, now.reading, now.context, now.usage, now.links, Asked()).links
        except LimitError:
            raise
        except NotesError:
            links = []
        known = [] if found is None else found.links
        asked.extend((saves(known, k), saves(links, k)) for k in now.links)
        if ended is not None:
            raise ended
        return found

    monkeypatch.setattr(Question, "_placed", heard)
    monkeypatch.setattr(Known, "find", both)
    for preamble, claim in CLAIMS:
        check(f"{preamble}\n\n$${claim}$$", timeout=20)

    assert len(asked) > 20
    assert [known for known, _ in asked] == [run for _, run in asked]


def test_a_reading_tells_what_was_asked_of_it_and_of_layouts_only_which() -> None:
    asked = Asked()
    reading = Noticed(Reading(time=2, layout="numerator"), asked)

    assert reading.time == 2
    assert reading.lies("numerator", "")
    assert not reading.lies("denominator", "")

    assert asked.fields == {"time"}
    assert asked.layouts == {"numerator", "denominator"}


def test_whether_a_correction_is_proved_does_not_depend_on_what_else_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decide = _search.decide_item
    verdicts: list[tuple[bool, bool]] = []

    def both(item: Any, gathered: Any, usage: object, budget: Budget, blank: Any, proving: bool) -> Any:
        assert proving
        quick = decide(item, gathered, usage, Budget(20), blank, proving=True)
        whole = decide(item, gathered, usage, Budget(20), blank)
        verdicts.append((quick.verdict == "proved", whole.verdict == "proved"))
        return quick

    monkeypatch.setattr(_search, "decide_item", both)
    for preamble, claim in CLAIMS[2:7]:
        check(f"{preamble}\n\n$${claim}$$", timeout=20)

    assert {proved for proved, _ in verdicts} == {True, False}
    assert [quick for quick, _ in verdicts] == [whole for _, whole in verdicts]


@pytest.mark.parametrize(("claim", "proved"), [("H=UV", True), ("H=U^TV", False), ("H=-UV", False)])
def test_what_other_products_alone_prove_is_proved_where_nothing_else_is_asked(
    claim: str, proved: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = _check.decide_item
    monkeypatch.setattr(_check, "decide_item", partial(decide, proving=True))

    assert (check(f"{ALIKE}\n\n$${claim}$$")[-1].verdict == "proved") == proved


def test_what_is_proved_needs_one_point_and_what_holds_on_one_branch_alone_is_refuted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []

    def counted(*args: Any, **options: Any) -> Any:
        for point in points(*args, **options):
            seen.append(1)
            yield point

    monkeypatch.setattr(_pairs, "points", counted)

    assert check(r"$$(a+b)^2 = a^2+2ab+b^2$$")[0].verdict == "proved"
    assert len(seen) == 1
    for claim in (r"\max(0, x) = x", r"|x| = x", r"|x| = -x"):  # the first point lies between 0 and 1
        assert check(f"$${claim}$$")[0].verdict == "refuted", claim


@st.composite
def _nodes(draw: st.DrawFn, graph: Graph, depth: int = 3) -> Node:
    kind = draw(st.sampled_from(["var", "num", "add", "mul", "neg", "pow", "inv", "named", "fn"]))
    if depth == 0 or kind in ("var", "num"):
        if kind == "num":
            return graph.num(draw(st.fractions(-3, 3, max_denominator=4)))
        return graph.var(draw(st.sampled_from("xyz")))
    inner = draw(_nodes(graph, depth - 1))
    if kind == "add":
        return graph.add((inner, draw(_nodes(graph, depth - 1))))
    if kind == "mul":
        return graph.mul((inner, draw(_nodes(graph, depth - 1))))
    if kind == "neg":
        return graph.neg(inner)
    if kind == "named":
        return graph.named((draw(st.sampled_from("ab")), inner.number), inner)
    if kind == "fn":
        return graph.fn("tanh", inner)
    if inner is graph.zero:
        return inner
    return graph.pow(inner, graph.num(-1 if kind == "inv" else draw(st.integers(2, 4))))


@given(st.data())
def test_the_product_of_two_is_the_product(data: st.DataObject) -> None:
    graph = Graph(Budget(20))
    a, b = data.draw(_nodes(graph)), data.draw(_nodes(graph))

    assert graph.times(a, b) is graph.mul((a, b))
    assert graph.times(b, a) is graph.mul((a, b))


@given(st.data())
def test_nodes_that_are_the_same_polynomial_are_the_same_in_the_program_of_the_prover(
    data: st.DataObject,
) -> None:
    graph = Graph(Budget(20))
    a, b, c = (data.draw(_nodes(graph)) for _ in "abc")
    one, two = graph.mul((graph.add((a, b)), c)), graph.add((graph.mul((a, c)), graph.mul((b, c))))
    named = [n.number for n in (a, b, c) if n.op == "named"]
    symbols = frozenset(data.draw(st.sets(st.sampled_from(named)))) if named else frozenset()

    for left, right in ((one, two), (a, b), (one, graph.add((two, graph.num(Fraction(1, 7)))))):
        if same_spelled_out(left, right, symbols):
            export = Export(symbols)
            lhs, rhs = export.nodes((left, right))
            same = lhs == rhs or same_polynomial(export.program, lhs, rhs)
            assert same or prove_program(export.program, lhs, rhs, timeout=5).status != "refuted"
            for _, values in points([left, right], [], Groups(frozenset(), ()), 3):
                assert not differs(values[left.number], values[right.number])

    assert same_spelled_out(one, two, symbols)
    assert not same_spelled_out(one, graph.add((two, graph.one)), symbols)


def test_a_power_of_the_reciprocal_is_not_the_reciprocal() -> None:
    graph = Graph(Budget(20))
    x, y = graph.var("x"), graph.var("y")
    inverse = graph.pow(x, graph.num(-1))

    assert same_spelled_out(graph.pow(x, graph.num(-2)), graph.mul((inverse, inverse)), frozenset())
    assert not same_spelled_out(graph.pow(x, graph.num(-2)), inverse, frozenset())
    assert not same_spelled_out(inverse, graph.pow(y, graph.num(-1)), frozenset())


@pytest.mark.parametrize(
    "latex", ["a", "3.50", r"\alpha", r"\log", r"\sum", r"\ldots", r"\begin{pmatrix}1&2\end{pmatrix}"]
)
def test_one_token_is_read_as_the_grammar_reads_it(latex: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = tokenize(latex)
    short = _grammar.parse_expr(tokens, latex)

    monkeypatch.setattr(_grammar, "_LEAVES", frozenset())

    assert _grammar.parse_expr(tokens, latex) == short
    assert statements(f"{latex} = {latex}")[0].parts[0] == short


@pytest.mark.parametrize(
    "latex",
    [
        r"a{\cdot}b {=} 1",
        r"\underbrace{*}_{\text{elementwise}} x",
        "A{[1]T} if a > 0",
        r"f = \left\{ \begin{array}{ll} 1 & x > 0 \\ 0 & \text{otherwise} \end{array} \right.",
        "w - x",
    ],
)
def test_noise_that_cannot_stand_there_is_not_looked_for(latex: str) -> None:
    tokens = tokenize(latex)
    every = _noise._without_idle_braces(_noise._without_braces_below(_noise._with_words(tokens)))

    assert _noise.without_noise(tokens) == _noise._as_cases(_noise._raised(every))


def test_no_run_is_taken_for_that_of_other_sides_or_another_context() -> None:
    questions: list[Question] = []
    run = _question.Question.run

    class Heard:
        def __call__(self, question: Question, *args: Any, **options: Any) -> Any:
            questions.append(question)
            return run(question, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_question.Question, "run", lambda self, *a, **k: Heard()(self, *a, **k))
        check(f"{SOFTMAX}\n\n" + r"$$\frac{\partial L}{\partial z_i}=2s_i-y_i$$")

    known = questions[0].runs
    past = known.runs[0][0]
    for change in ({"sides": ("claim", (), ())}, {"links": [0, 1]}):
        assert known.find(_question.replace(past, **change)) is None
    more = _question.replace(past.context, given={Fraction(17)})
    assert known.find(_question.replace(past, context=more)) is None
    labels = _question.replace(past.context, one_hot={"y"})
    assert known.find(_question.replace(past, context=labels)) is not known.runs[0][2]
    strangers = _question.replace(past.context, one_hot={"Q"})
    assert known.find(_question.replace(past, context=strangers)) is known.runs[0][2]
