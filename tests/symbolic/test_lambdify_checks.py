"""The stable rewritings: what each function refuses, and that a wrong rewriting cannot be built."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import symbolic
from symbolic.catalogue._symbols import y, z
from symbolic.lambdify._certify import certify_saturation, taylor_at_root
from symbolic.lambdify._forms import Piece, check_piece
from symbolic.lambdify._special import _CUT, _DEPTH, DEFINITIONS, METHODS
from symbolic.lambdify._tape import Tape
from symbolic.lambdify._vector import check_body

SIGMOID = symbolic.formula("sigmoid").expression


@pytest.mark.parametrize(
    ("piece", "expression"),
    [
        (Piece(z >= 0, 1 / (1 + sp.exp(z))), SIGMOID),
        (Piece(sp.true, sp.exp(z) / (1 + sp.exp(-z))), SIGMOID),
        (Piece(sp.Eq(y, 0), sp.log(1 + sp.exp(-z))), sp.log(1 + sp.exp(z)) - y * z),
        (Piece(z > 0, -z), sp.Piecewise((z, z > 0), (0, True))),
        (Piece(z <= 0, z), sp.Piecewise((z, z > 0), (0, True))),
    ],
    ids=["sign", "one sign of two", "label 1 for 0", "wrong branch value", "branch on the wrong side"],
)
def test_a_wrong_rewriting_raises_and_names_its_piece(piece, expression):
    with pytest.raises(symbolic.WrongStep, match="stable form of mine, order 0"):
        check_piece(piece, expression, "mine", 0)


def test_a_wrong_vector_body_raises():
    def unshifted(top, row, Z, ops):
        e = ops.exp_gap(top, Z)
        return e / e.sum(axis=0) + e

    with pytest.raises(symbolic.WrongStep, match="logit 1 the largest"):
        check_body(unshifted, "softmax", 0, 2)


def test_a_taylor_piece_needs_its_root_and_a_small_remainder():
    with pytest.raises(symbolic.WrongStep, match=r"No root|not small"):
        taylor_at_root(sp.exp(z), z, 0.5, 0.1)
    with pytest.raises(symbolic.WrongStep, match="not small enough"):
        taylor_at_root(1 / (1 + sp.exp(-20 * z)) - sp.Rational(1, 2), z, 0.0, 0.5)


def test_a_saturated_piece_needs_a_function_that_saturates():
    with pytest.raises(symbolic.WrongStep, match="not certified"):
        certify_saturation(sp.exp(z), z, 0, -40)
    with pytest.raises(symbolic.WrongStep, match="not certified"):
        certify_saturation(1 / (1 + z**2), z, 0, 40)


@pytest.mark.parametrize(
    "block", [b for b in DEFINITIONS if b.nargs == {1} or 1 in b.nargs], ids=lambda b: b.__name__
)
def test_every_building_block_computes_its_definition(block):
    x = np.linspace(0.01, 6.0, 41)

    got = METHODS[block](x)

    for point, value in zip(x, got, strict=True):
        c = {sp.Symbol("c", real=True): sp.Rational(44715, 10**6)}
        true = float(sp.N(DEFINITIONS[block](sp.Rational(float(point))).subs(c), 40))
        assert abs(value - true) <= 8 * np.spacing(abs(true))


def test_two_neighbouring_convergents_of_the_mills_fraction_agree_where_it_takes_over():
    # The convergents lie on both sides of the limit in turn, so their distance bounds the error.
    def convergent(t, depth):
        below = t
        for k in range(depth, 0, -1):
            below = t + k / below
        return 1 / below

    t = sp.Integer(int(_CUT))
    values = [sp.N(convergent(t, depth), 40) for depth in (_DEPTH - 1, _DEPTH)]

    assert abs(values[0] - values[1]) / values[0] < 1e-18


def test_common_subexpressions_are_computed_once():
    f = symbolic.formula("gelu_tanh")
    z_ = f.variable
    tape = Tape([sp.exp(-z_) / (1 + sp.exp(-z_)) ** 2, 1 / (1 + sp.exp(-z_))], [z_])

    # negate, exp, 1 + e, square, divide, and 1/(1 + e)
    assert tape.n_operations == 6


def test_the_tape_refuses_a_function_it_has_no_method_for():
    with pytest.raises(symbolic.InvalidArgument, match="gamma"):
        Tape([sp.gamma(z)], [z])


def test_scalars_give_floats_and_arrays_keep_their_shape():
    f = symbolic.to_numpy("tanh")

    assert isinstance(f(0.5), float)
    assert f(np.zeros((2, 3), dtype=np.float32)).shape == (2, 3)
    assert f(np.zeros((2, 0))).shape == (2, 0)
    assert np.isnan(f(np.nan))


def test_inputs_are_left_alone():
    x = np.array([-1.0, 0.0, 2.0])
    before = x.copy()

    symbolic.to_numpy("gelu", 1)(x)

    assert np.array_equal(x, before)


def test_parameters_can_be_changed_by_name_only_if_the_formula_has_them():
    assert symbolic.to_numpy("leaky_relu", 1)(-1.0, slope=0.2) == 0.2
    with pytest.raises(symbolic.InvalidArgument, match="slope"):
        symbolic.to_numpy("leaky_relu")(-1.0, alpha=0.2)
    with pytest.raises(symbolic.InvalidArgument, match="2 arrays"):
        symbolic.to_numpy("bce")(0.5)
    with pytest.raises(symbolic.InvalidArgument, match="expected 0"):
        symbolic.to_numpy("tanh", 2)


def test_at_a_kink_the_slope_on_the_left_counts():
    assert symbolic.to_numpy("relu", 1)(0.0) == 0.0
    assert symbolic.to_numpy("leaky_relu", 1)(0.0) == 0.01
    assert symbolic.to_numpy("hinge", 1)(1.0, 1.0) == 0.0


def test_softmax_refuses_arrays_that_are_no_columns():
    with pytest.raises(symbolic.ShapeMismatch, match="Z has shape"):
        symbolic.to_numpy("softmax_cross_entropy")(np.zeros((3, 2)), np.zeros((2, 3)))
    with pytest.raises(symbolic.ShapeMismatch, match=r"\(n,\) or \(n, m\)"):
        symbolic.to_numpy("softmax")(np.zeros((2, 2, 2)))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(-800, 800), min_size=2, max_size=6), st.floats(-100, 100))
def test_softmax_sums_to_one_and_does_not_see_a_shift(logits, shift):
    f = symbolic.to_numpy("softmax")
    Z = np.array(logits)

    assert abs(f(Z).sum() - 1) < 1e-15 * len(logits)
    # A shift rounds the logits by up to 2^-44 absolute, which exp passes on.
    assert np.allclose(f(Z + shift), f(Z), rtol=1e-12, atol=1e-300)


@settings(deadline=None, max_examples=40)
@given(st.floats(-700, 700))
def test_laws_between_functions_hold(x):
    sigmoid, tanh = symbolic.to_numpy("sigmoid"), symbolic.to_numpy("tanh")

    assert abs(sigmoid(x) + sigmoid(-x) - 1) <= 2.3e-16
    assert tanh(-x) == -tanh(x)
    assert symbolic.to_numpy("softplus", 1)(x) == sigmoid(x)
