"""The catalogue: every name gives a record whose derivative SymPy derived and whose closed form was proved."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest
import sympy as sp

import symbolic
from symbolic.catalogue._formula import derived
from symbolic.catalogue._symbols import a, y, z

SCALAR = [
    n
    for n in symbolic.names()
    if n not in (*symbolic.names("model"), "softmax", "softmax_cross_entropy", "l2")
]


@pytest.mark.parametrize("name", symbolic.names())
def test_every_name_gives_a_formula_of_its_kind(name):
    f = symbolic.formula(name)

    assert f.name == name
    assert name in symbolic.names(f.kind)
    assert f.latex
    assert f.expression.free_symbols <= set(f.symbols) | set(f.notation)


@pytest.mark.parametrize("name", SCALAR)
def test_the_derivative_is_the_slope_of_the_expression(name):
    f = symbolic.formula(name)
    point = {v: sp.Rational(3 + i, 7) for i, v in enumerate(f.symbols)}
    h = sp.Rational(1, 10**12)
    at = {s: v for s, v in point.items() if s != f.variable}

    rise = f.expression.subs({**at, f.variable: point[f.variable] + h}) - f.expression.subs(
        {**at, f.variable: point[f.variable] - h}
    )

    # The truncation error of a centred difference is f'''·h²/6 < 1e-22 here.
    assert abs(sp.N(rise / (2 * h) - f.derivative.subs(point), 40)) < 1e-20


@pytest.mark.parametrize("name", SCALAR)
def test_the_closed_form_with_its_letters_put_in_equals_the_derivative(name):
    f = symbolic.formula(name)

    verdict = symbolic.prove(f.closed_form.xreplace(dict(f.notation)), f.derivative)

    assert verdict.status == "proved"


def test_a_formula_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        symbolic.formula("sigmoid").name = "tanh"
    with pytest.raises(TypeError):
        symbolic.formula("sigmoid").notation[z] = z


@pytest.mark.parametrize(
    ("alias", "name"),
    [("swish", "silu"), ("mse", "squared_error"), ("categorical_cross_entropy", "softmax_cross_entropy")],
)
def test_aliases_give_the_same_record(alias, name):
    assert symbolic.formula(alias) is symbolic.formula(name)
    assert symbolic.derive(alias) is symbolic.derive(name)


@pytest.mark.parametrize("ask", [symbolic.formula, symbolic.derive, symbolic.to_numpy])
def test_an_unknown_name_raises_and_the_nearest_name_is_suggested(ask):
    with pytest.raises(symbolic.UnknownName, match="softplus"):
        ask("sofplus")


def test_an_unknown_kind_names_the_kinds():
    with pytest.raises(symbolic.InvalidArgument, match="activation, loss, penalty, model"):
        symbolic.names("layer")


@pytest.mark.parametrize(
    ("name", "kinks"),
    [("relu", (0,)), ("leaky_relu", (0,)), ("hinge", (1 / y,)), ("elu", ()), ("sigmoid", ())],
)
def test_kinks_are_the_points_without_a_derivative(name, kinks):
    assert symbolic.formula(name).kinks == kinks


def test_softmax_takes_any_number_of_classes_from_two():
    assert symbolic.formula("softmax", n=5).derivative.shape == (5, 5)
    with pytest.raises(symbolic.InvalidArgument, match="at least 2"):
        symbolic.formula("softmax", n=1)
    with pytest.raises(symbolic.InvalidArgument, match="leave n out"):
        symbolic.formula("tanh", n=3)


def test_parameters_carry_their_defaults():
    f = symbolic.formula("leaky_relu")

    assert [str(p) for p in f.parameters] == ["slope"]
    assert f.with_defaults(f.derivative).subs(f.variable, -1) == sp.Rational(1, 100)


@pytest.mark.parametrize(
    ("expression", "claim", "notation"),
    [
        (1 / (1 + sp.exp(-z)), a * a, {a: 1 / (1 + sp.exp(-z))}),
        (sp.tanh(z), 1 - a, {a: sp.tanh(z)}),
        (sp.log(1 + sp.exp(z)), 1 / (1 + sp.exp(z)), {}),
    ],
    ids=["a for 1 - a", "missing square", "wrong sign in the exponent"],
)
def test_a_wrong_closed_form_raises_and_is_named(expression, claim, notation):
    with pytest.raises(symbolic.WrongStep, match="closed form of mine") as caught:
        derived("mine", "activation", "Mine", expression, (z,), claim, notation=notation)

    assert caught.value.status == "refuted"
    assert caught.value.counterexample is not None


def test_importing_and_deriving_need_no_numpy():
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "import symbolic\n"
        "symbolic.derive('sigmoid'); symbolic.formula('softmax'); symbolic.derive('shallow_network')\n"
        "print(symbolic.graph('3*(a + b*c)').backward(a=5, b=3, c=2)['b'])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "6.0"


def test_importing_symbolic_imports_neither_sympy_nor_numpy():
    code = "import sys, symbolic; print({'sympy', 'numpy', 'flint', 'lark'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
