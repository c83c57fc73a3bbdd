"""Computation graphs: nodes as in the course, values forward, the chain rule backward, two drawings."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import symbolic

COURSE = {"a": 5, "b": 3, "c": 2}


@pytest.fixture(scope="module")
def course():
    return symbolic.graph("3*(a + b*c)")


def test_the_course_graph_has_the_course_nodes(course):
    assert [f"{n.name} = {n.label}" for n in course.nodes if not n.is_input] == [
        "u = b·c",
        "v = a + u",
        "J = 3·v",
    ]


def test_forward_and_backward_at_the_course_values(course):
    assert course.forward(COURSE) == {"a": 5.0, "b": 3.0, "c": 2.0, "u": 6.0, "v": 11.0, "J": 33.0}
    assert course.backward(COURSE) == {"J": 1.0, "v": 3.0, "u": 3.0, "a": 3.0, "b": 6.0, "c": 9.0}


def test_symbolic_derivatives_are_in_the_letters_of_the_nodes(course):
    assert {k: str(v) for k, v in course.derivatives.items()} == {
        "J": "1", "v": "3", "u": "3", "a": "3", "b": "3*c", "c": "3*b",
    }  # fmt: skip
    assert {s.verdict.status for s in course.derivation.steps} == {"proved"}
    assert "dJ/dv · ∂v/∂u" in str(course.derivation)


def test_a_shared_subexpression_is_one_node_and_its_paths_are_summed():
    g = symbolic.graph("(a + b)*log(b + a)")

    assert [n.label for n in g.nodes if not n.is_input] == ["a + b", "log(u)", "u·v"]
    assert g.users("u") == ("v", "J")
    assert "sum over paths" in str(g.derivation)
    assert abs(g.backward(a=1, b=1)["a"] - (float(sp.log(2)) + 1)) < 1e-15


@pytest.mark.parametrize(
    "text",
    [
        "sigmoid(w*x + b)",
        "(sigmoid(w*x + b) - y)^2/2",
        "a/b - c",
        "-a",
        "exp(-z)/(1 + exp(-z))",
        "tanh(a*b)^3",
        "x",
    ],
)
def test_the_chain_rule_agrees_with_the_derivative_of_the_whole(text):
    g = symbolic.graph(text)
    whole = symbolic.parse(text)
    values = {n: sp.Rational(3 + i, 4) for i, n in enumerate(g.inputs)}

    numbers = g.backward(values)

    for name in g.inputs:
        v = sp.Symbol(name, real=True)
        true = whole.diff(v).subs({sp.Symbol(k, real=True): x for k, x in values.items()})
        assert abs(numbers[name] - float(true)) < 1e-14


def test_a_sigmoid_is_one_node():
    assert [n.label for n in symbolic.graph("sigmoid(w*x)").nodes if not n.is_input] == ["w·x", "σ(u)"]


def test_names_of_nodes_avoid_the_variables():
    g = symbolic.graph("(u*v + w)*J0")

    assert len({n.name for n in g.nodes}) == len(g.nodes)
    assert g.inputs == ("J0", "u", "v", "w")


def test_a_sympy_expression_works_too():
    a, b = sp.symbols("a b", real=True)

    assert symbolic.graph(a * b + a).backward(a=2, b=3)["a"] == 4.0


def test_the_text_shows_the_numbers_and_the_paths(course):
    text = course.text(COURSE)

    assert "v = a + u" in text
    assert "dJ/db = dJ/du · ∂u/∂b = 3·c" in text
    assert "= 3 · 2 = 6" in text


@pytest.mark.parametrize("values", [None, COURSE])
def test_the_svg_is_one_self_contained_picture(course, values):
    picture = course.svg(values)
    root = ET.fromstring(picture)

    texts = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "u = b·c" in texts
    assert ("dJ/db = 6" in texts) == (values is not None)
    assert "<script" not in picture
    assert "href" not in picture
    assert picture.count("http") == 1  # the namespace


def test_boxes_of_a_drawing_do_not_overlap():
    g = symbolic.graph("(a + b)*(a + b + c)*log(b + a) + sigmoid(a*c)")
    root = ET.fromstring(g.svg(dict.fromkeys("abc", 1)))
    boxes = [
        tuple(float(r.get(k)) for k in ("x", "y", "width", "height"))
        for r in root.iter("{http://www.w3.org/2000/svg}rect")
        if r.get("stroke")
    ]

    assert len(boxes) == len(g.nodes)
    for i, (x, y, w, h) in enumerate(boxes):
        for p, q, r, s in boxes[i + 1 :]:
            assert x + w <= p or p + r <= x or y + h <= q or q + s <= y


def test_labels_are_escaped():
    assert (
        "&gt;"
        in symbolic.graph(
            sp.Piecewise((sp.Symbol("z", real=True), sp.Symbol("z", real=True) > 1), (1, True))
        ).svg()
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda g: g.forward(a=1), "missing: b, c"),
        (lambda g: g.forward(a=1, b=2, c=3, d=4), "unknown: d"),
        (lambda g: g.backward(a=1, b=2, c=float("nan")), "c is nan"),
        (lambda g: g.backward(a=1, b=2, c="two"), "c is 'two'"),
        (lambda g: g["q"], "no node 'q'"),
        (lambda g: g.forward(3), "values is 3; expected a dict"),
        (lambda _: symbolic.graph("log(a)").forward(a=-1), "no finite real value"),
        (lambda _: symbolic.graph("1/a").forward(a=0), "no finite real value there: a division by 0"),
        (
            lambda _: symbolic.graph("a*b").forward(a=1e300, b=2e300),
            "J is about 2.00e.600 there, beyond the range",
        ),
        (lambda _: symbolic.graph("exp(exp(a))").forward(a=100), "beyond the range of float64"),
        (lambda _: symbolic.graph("gamma(a)"), "gamma function, whose derivative is out of reach"),
        (lambda _: symbolic.graph("a", name="<b>"), "name is '<b>'; expected a letter"),
        (lambda _: symbolic.graph("a", name=3), "name is 3; expected a letter"),
        (lambda _: symbolic.graph("J*2"), "expected another name"),
        (lambda _: symbolic.graph(3.5), "expected text"),
    ],
)
def test_what_cannot_be_evaluated_is_named(course, call, message):
    with pytest.raises(symbolic.InvalidArgument, match=message):
        call(course)


def test_an_inner_value_beyond_the_floats_leads_back_to_one_that_is_none():
    g = symbolic.graph("softplus(a)")

    text = g.text({"a": 1000})

    assert g.forward(a=1000) == {"a": 1000.0, "u": float("inf"), "v": float("inf"), "J": 1000.0}
    assert g.backward(a=1000)["a"] == 1.0
    assert "u = exp(a)    = 1.97007e+434" in text
    assert "= 5.07596e-435 · 1.97007e+434 = 1" in text
    assert "1.97007e+434" in g.svg({"a": 1000})
    assert "a            = 0" in symbolic.graph("a + b").text({"a": 0, "b": 0})


def test_text_from_outside_is_parsed_and_never_run():
    for text in ("__import__('os')", "9**9**9**9", "a +"):
        with pytest.raises(symbolic.UnreadableFormula, match="\\^"):
            symbolic.graph(text)


def test_a_tower_of_powers_is_evaluated_in_a_moment():
    with pytest.raises(symbolic.InvalidArgument, match="beyond the range of float64"):
        symbolic.graph("a^b^c^d").forward(a=9, b=9, c=9, d=9)


@pytest.mark.parametrize(
    ("text", "values", "kinks"),
    [
        ("relu(a)", {"a": 0}, ("J",)),
        ("relu(a)", {"a": 1e-300}, ()),
        ("abs(a - b)", {"a": 2, "b": 2}, ("J",)),
        ("max(a, b) + c", {"a": 1, "b": 1, "c": 0}, ("u",)),
        ("max(a, b)", {"a": 1, "b": 2}, ()),
        ("leaky_relu(a)", {"a": 0}, ("J",)),
        ("elu(a)", {"a": 0}, ()),  # its slopes 1 and alpha = 1 meet
    ],
)
def test_a_kink_is_named_where_the_inputs_meet_it(text, values, kinks):
    g = symbolic.graph(text)

    assert g.kinks(values) == kinks
    assert ("has no derivative there" in g.text(values)) == bool(kinks)


def test_the_larger_of_two_has_slopes_in_the_words_of_the_notes():
    g = symbolic.graph("max(a, b)")

    assert g.text().splitlines()[3] == "  J = max(a, b)"
    assert "[1 if a - b > 0; 0 otherwise]" in g.text()
    assert g.backward(a=2, b=1) == {"J": 1.0, "a": 1.0, "b": 0.0}


@settings(deadline=None, max_examples=25)
@given(a=st.integers(-9, 9), b=st.integers(-9, 9), c=st.integers(-9, 9))
def test_integers_are_exact(a, b, c):
    g = symbolic.graph("3*(a + b*c)")

    assert g.forward(a=a, b=b, c=c)["J"] == 3 * (a + b * c)
    assert g.backward(a=a, b=b, c=c)["b"] == 3 * c
