"""Derivations: real steps, all proved, printed four ways; wrong steps raise and name the culprit."""

from __future__ import annotations

import pytest
import sympy as sp

import symbolic
from symbolic.catalogue._activations import SIGMOID
from symbolic.catalogue._chains import chain
from symbolic.catalogue._symbols import D, a, over, plus, times, vector, y, z

CATALOGUE = [n for n in symbolic.names() if n not in symbolic.names("model")]
FEWEST = {"identity": 1, "relu": 3, "leaky_relu": 3}


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_derivation_has_real_steps_and_each_is_proved(name):
    d = symbolic.derive(name)

    assert len(d.steps) >= FEWEST.get(name, 3)
    assert all(step.rule for step in d.steps)
    assert {step.verdict.status for step in d.steps} == {"proved"}
    # A step that says x = x would pass every check and teach nothing.
    assert all(step.lhs != step.rhs for step in d.steps)


@pytest.mark.parametrize("name", [n for n in CATALOGUE if n not in ("softmax", "bce_logit", "l2")])
def test_a_derivation_ends_where_the_catalogue_does(name):
    f = symbolic.formula(name)
    end, rules = symbolic.derive(name).rhs, {**f.notation, **f.hypotheses}

    if isinstance(end, sp.MatrixBase):
        assert end == f.closed_form
    else:
        notation = {k: v for k, v in rules.items() if k in end.free_symbols}
        c = {sp.Symbol("c", real=True): sp.Rational(44715, 10**6)}
        assert symbolic.prove(end.xreplace(c).xreplace(notation), f.derivative).status in (
            "proved",
            "unknown",
        )
        point = {s: sp.Rational(2 + i, 5) for i, s in enumerate(f.symbols)}
        gap = end.xreplace(c).xreplace(notation) - f.derivative
        assert abs(sp.N(gap.subs(point), 40)) < 1e-30


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_derivation_prints_as_text_latex_and_markdown(name):
    d = symbolic.derive(name)

    text, tex, markdown = str(d), d.latex(), d.markdown()

    for step in d.steps:
        assert step.rule in text
    assert tex.count("&=") == len(d.steps)
    assert tex.count("{") == tex.count("}")
    assert markdown.startswith("### ")
    assert "$$\n" + tex in markdown
    assert d._repr_latex_().startswith("$")


def test_the_one_hot_hypothesis_is_named_and_used_only_where_it_is_needed():
    d = symbolic.derive("softmax_cross_entropy")
    last = d.steps[-1]

    assert any("one-hot" in h for h in d.hypotheses)
    assert "one-hot" in last.rule
    assert [s.rhs.shape for s in d.steps[-1:]] == [(3, 1)]


def test_kinks_are_said_where_a_derivation_has_one():
    assert "nothing is claimed" in str(symbolic.derive("relu"))
    assert "nothing is claimed" in str(symbolic.derive("hinge"))


# Unhappy paths: a wrong line on the board, and the rule that must be named.
E = sp.exp(-z)
zs, ys, letters = vector("z", 3), vector("y", 3), vector("a", 3)
SOFTMAX = {q: sp.exp(v) / sp.Add(*map(sp.exp, zs)) for q, v in zip(letters, zs, strict=True)}
LOSS = -sp.Add(*[label * sp.log(SOFTMAX[q]) for label, q in zip(ys, letters, strict=True)])
WRONG = {
    "sign lost in the quotient rule": (D(SIGMOID, z), over(D(1 + E, z), (1 + E) ** 2), {}),
    "a for 1 - a": (D(SIGMOID, z), a * a, {a: SIGMOID}),
    "1 - a for a": (D(SIGMOID, z), (1 - a) ** 2, {a: SIGMOID}),
    "derivative taken at a instead of z": (D(SIGMOID, z), sp.exp(-a) / (1 + sp.exp(-a)) ** 2, {a: SIGMOID}),
    "missing square": (D(sp.tanh(z), z), 1 - a, {a: sp.tanh(z)}),
    "missing inner derivative": (D(sp.exp(-z), z), sp.exp(-z), {}),
    "missing factor 2": (D((a - y) ** 2, a), a - y, {}),
    "missing denominator": (D(-(y * sp.log(a) + (1 - y) * sp.log(1 - a)), a), (a - y) / a, {}),
    "y - a for a - y": (D(sp.log(1 + sp.exp(z)) - y * z, z), y - a, {a: SIGMOID}),
    "product rule with one term": (D(times(z, SIGMOID), z), SIGMOID, {}),
    "log of a sum split": (sp.log(1 + sp.exp(z)), plus(sp.log(1), z), {}),
    "softmax diagonal without 1 - a": (D(SOFTMAX[letters[0]], zs[0]), letters[0], SOFTMAX),
    "softmax off-diagonal sign": (D(SOFTMAX[letters[0]], zs[1]), letters[0] * letters[1], SOFTMAX),
    "one-hot used but not given": (D(LOSS, zs[0]), letters[0] - ys[0], SOFTMAX),
    "kink taken for smooth": (sp.Piecewise((z, z > 0), (0, True)), z, {}),
    "slope below the kink": (
        sp.Piecewise((1, z > 0), (sp.Rational(1, 100), True)),
        sp.Piecewise((1, z > 0), (0, True)),
        {},
    ),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_step_raises_and_is_named(mistake):
    lhs, rhs, where = WRONG[mistake]

    with pytest.raises(symbolic.WrongStep) as caught:
        symbolic.Step(lhs, rhs, mistake, where=where)

    assert caught.value.status == "refuted"
    assert caught.value.rule == mistake
    assert caught.value.counterexample is not None
    assert mistake in str(caught.value)
    assert "The sides differ" in str(caught.value)


def test_a_chain_stops_at_its_first_wrong_link():
    with pytest.raises(symbolic.WrongStep, match="quotient rule"):
        chain(
            D(SIGMOID, z),
            (E / (1 + E) ** 2, "definition"),
            (E / (1 + E), "quotient rule"),
            (a * (1 - a), "substitute"),
            where={a: SIGMOID},
        )


def test_a_matrix_of_the_wrong_shape_is_refuted_by_its_shape():
    row = sp.ImmutableMatrix([[z, a]])

    with pytest.raises(symbolic.WrongStep, match=r"\(1, 2\).*\(2, 1\)"):
        symbolic.Step(row, row.T, "a transpose")


def test_a_wrong_entry_of_a_matrix_is_named():
    left = sp.ImmutableMatrix([[z, 2 * z], [a, y]])

    with pytest.raises(symbolic.WrongStep, match=r"Entry \(2, 1\)"):
        symbolic.Step(left, sp.ImmutableMatrix([[z, 2 * z], [y, y]]), "one wrong entry")


def test_a_step_that_is_true_but_out_of_reach_raises_too():
    with pytest.raises(symbolic.WrongStep) as caught:
        symbolic.Step(sp.gamma(z + 1), z * sp.gamma(z), "gamma")

    assert caught.value.status == "unknown"
    assert "could not be proved" in str(caught.value)


def test_a_step_without_a_rule_and_a_derivation_without_steps_are_refused():
    with pytest.raises(symbolic.InvalidArgument, match="rule"):
        symbolic.Step(z, z, "")
    with pytest.raises(symbolic.InvalidArgument, match="no steps"):
        symbolic.Derivation("empty", "Empty", ())
