r"""Stable forms of the scalar formulas, piece by piece.

A piece is a condition and an expression that computes the formula there to a few ulp. Each is proved equal
to the plain formula when it is first used, except the two kinds that no identity states and that ball
arithmetic certifies: Taylor polynomials at a root of a derivative, and saturation. A wrong piece raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symbolic._derivation import Step
from symbolic._errors import WrongStep
from symbolic.catalogue import Formula
from symbolic.catalogue._activations import GELU_CONSTANT, gelu_tanh_inner
from symbolic.catalogue._symbols import a, y, z
from symbolic.lambdify._certify import certify_saturation, taylor_at_root
from symbolic.lambdify._special import Expm1, GeluExp, Log1p, Mills, QuarterGauss, TimesSquare, plain

__all__ = ["Piece", "checked_pieces"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Piece:
    """One piece of a stable form.

    Parameters
    ----------
    condition : sympy boolean
        Where it applies; the first piece that applies counts.
    expression : sympy.Expr
        What is computed there.
    kind : {"identity", "taylor", "saturated"}
        How it is checked: proved equal to the plain formula under the condition; a certified Taylor
        polynomial at the root `near`; a certified limit from `near` outwards.
    near, radius : float
        For the two certified kinds.
    """

    condition: Any
    expression: Any = None
    kind: str = "identity"
    near: float = 0.0
    radius: float = 0.0
    via: Any = None  # for saturation: an identity whose balls stay tight in the tail


_half = sp.exp(z / 2)  # e^z as its square: the product with a large factor underflows one step later
_back = sp.exp(-z)
_fwd = sp.exp(z)
_rest = sp.true


def _sigmoid(order: int) -> list[Piece]:
    if order == 0:
        return [Piece(z >= 0, 1 / (1 + _back)), Piece(_rest, _fwd / (1 + _fwd))]
    # a(1 - a) loses 1 - a where a rounds to 1; one exponential of -|z| does not.
    return [Piece(z >= 0, _back / (1 + _back) ** 2), Piece(_rest, _fwd / (1 + _fwd) ** 2)]


def _tanh(order: int) -> list[Piece]:
    if order == 0:
        return [Piece(_rest, sp.tanh(z))]
    # 1 - tanh² = (2 e^{-|z|}/(1 + e^{-2|z|}))²; the square of e^{-|z|} is a product, so that 2|z| cannot overflow.
    up, down = 1 + TimesSquare(1, _back), 1 + TimesSquare(1, _fwd)
    return [
        Piece(z >= 0, TimesSquare(4, _back) / up**2),
        Piece(_rest, TimesSquare(4, _fwd) / down**2),
    ]


def _softplus(order: int) -> list[Piece]:
    if order == 0:
        return [Piece(z >= 0, z + Log1p(_back)), Piece(_rest, Log1p(_fwd))]
    return _sigmoid(0)


def _silu(order: int) -> list[Piece]:
    if order == 0:
        return [Piece(z >= 0, z / (1 + _back)), Piece(_rest, TimesSquare(z, _half) / (1 + _fwd))]
    return [
        Piece(z >= 0, (1 + _back * (1 + z)) / (1 + _back) ** 2),
        Piece((z > -1.4) & (z < -1.15), kind="taylor", near=-1.2784645427610738, radius=0.13),
        Piece(_rest, TimesSquare(1 + z + _fwd, _half) / (1 + _fwd) ** 2),
    ]


def _gelu(order: int) -> list[Piece]:
    root = sp.sqrt(2 * sp.pi)
    gauss = QuarterGauss(z)
    if order == 0:
        return [
            Piece(z >= 0, z * (1 - TimesSquare(Mills(z), gauss) / root)),
            Piece(_rest, TimesSquare(z * Mills(-z), gauss) / root),
        ]
    return [
        Piece(z >= 0, 1 + TimesSquare(z - Mills(z), gauss) / root),
        Piece((z > -0.875) & (z < -0.625), kind="taylor", near=-0.7517915246935645, radius=0.14),
        Piece(_rest, TimesSquare(Mills(-z) + z, gauss) / root),
    ]


def _gelu_tanh(order: int) -> list[Piece]:
    e, f = GeluExp(z), GeluExp(-z)  # e^u for z < 0, e^{-u} for z ≥ 0
    below, above = 1 + TimesSquare(1, e), 1 + TimesSquare(1, f)
    if order == 0:
        left = TimesSquare(z, e) / below
        return [
            Piece(z >= 0, z / above),
            Piece(z <= -40, sp.Integer(0), "saturated", near=-40, via=left),
            Piece(_rest, left),
        ]
    slope = 2 * gelu_tanh_inner().diff(z)  # with c as a letter: the proofs hold for every c
    right = (1 + TimesSquare(1 + z * slope, f)) / above**2
    left = TimesSquare(below + z * slope, e) / below**2
    return [
        Piece(z >= 40, sp.Integer(1), "saturated", near=40, via=right),
        Piece(z <= -40, sp.Integer(0), "saturated", near=-40, via=left),
        Piece(z >= 0, right),
        Piece((z > -0.875) & (z < -0.625), kind="taylor", near=-0.7524614220710162, radius=0.14),
        Piece(_rest, left),
    ]


def _elu(order: int) -> list[Piece]:
    alpha = sp.Symbol("alpha", positive=True)
    if order == 0:
        return [Piece(z > 0, z), Piece(_rest, alpha * Expm1(z))]
    return [Piece(z > 0, sp.Integer(1)), Piece(_rest, alpha * _fwd)]


def _bce(order: int) -> list[Piece]:
    # With a hard label only one logarithm counts: 0 · log(0) is 0 and not NaN.
    if order == 0:
        return [
            Piece(sp.Eq(y, 0), -Log1p(-a)),
            Piece(sp.Eq(y, 1), -sp.log(a)),
            Piece(_rest, -y * sp.log(a) - (1 - y) * Log1p(-a)),
        ]
    return [
        Piece(sp.Eq(y, 0), 1 / (1 - a)),
        Piece(sp.Eq(y, 1), -1 / a),
        Piece(_rest, (a - y) / (a * (1 - a))),
    ]


def _bce_logit(order: int) -> list[Piece]:
    if order == 0:
        return [
            Piece(sp.Eq(y, 1) & (z >= 0), Log1p(_back)),
            Piece(sp.Eq(y, 0) & (z < 0), Log1p(_fwd)),
            Piece(z >= 0, z * (1 - y) + Log1p(_back)),
            Piece(_rest, Log1p(_fwd) - y * z),
        ]
    return [
        Piece(sp.Eq(y, 0) & (z < 0), _fwd / (1 + _fwd)),
        Piece(sp.Eq(y, 1) & (z >= 0), -_back / (1 + _back)),
        Piece(sp.Eq(y, 1), -1 / (1 + _fwd)),
        Piece(z >= 0, 1 / (1 + _back) - y),
        Piece(_rest, _fwd / (1 + _fwd) - y),
    ]


def _squared_error(order: int) -> list[Piece]:
    return [Piece(_rest, TimesSquare(sp.Rational(1, 2), a - y) if order == 0 else a - y)]


def _huber(order: int) -> list[Piece]:
    delta = sp.Symbol("delta", positive=True)
    near = sp.Abs(a - y) <= delta
    if order == 0:
        # Halves and quarters, which are exact: a - y itself may leave the range where delta times it does not.
        far = 2 * delta * (sp.Abs(a / 2 - y / 2) - delta / 4)
        return [Piece(near, TimesSquare(sp.Rational(1, 2), a - y)), Piece(_rest, far)]
    return [Piece(near, a - y), Piece(_rest, delta * sp.sign(a - y))]


_FORMS: dict[str, Callable[[int], list[Piece]]] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "softplus": _softplus,
    "silu": _silu,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "elu": _elu,
    "bce": _bce,
    "bce_logit": _bce_logit,
    "squared_error": _squared_error,
    "huber": _huber,
}


def _plain_pieces(expression: Any) -> list[Piece]:
    """A formula that is stable as it stands: its own cases."""
    if isinstance(expression, sp.Piecewise):
        return [Piece(condition, value) for value, condition in expression.args]
    return [Piece(_rest, expression)]


def checked_pieces(formula: Formula, order: int) -> list[tuple[Any, Any]]:
    """Return (condition, expression or program) pairs, each proved or certified against the plain formula.

    Parameters
    ----------
    formula : Formula
        Of one variable.
    order : {0, 1}
        The formula, or its derivative as SymPy's ``diff`` gave it.

    Raises
    ------
    WrongStep
        If a piece is not equal to the plain formula where it applies.
    """
    expression = formula.expression if order == 0 else formula.derivative
    constants: dict[Any, Any] = {}
    if formula.name == "gelu_tanh":
        constants, expression = GELU_CONSTANT, _gelu_tanh_in_c(order, expression)
    table = _FORMS.get(formula.name)
    pieces = table(order) if table else _plain_pieces(expression)
    return [
        (piece.condition, check_piece(piece, expression, formula.name, order, constants)) for piece in pieces
    ]


def _gelu_tanh_in_c(order: int, expression: Any) -> Any:
    """The plain formula with its constant as a letter, so that its proofs are about polynomials in c."""
    general = z * (1 + sp.tanh(gelu_tanh_inner())) / 2
    general = general if order == 0 else general.diff(z)
    if general.xreplace(GELU_CONSTANT) != expression:
        raise WrongStep(
            "gelu_tanh with its constant put in is not the catalogue's formula.", rule="constant c"
        )
    return general


def check_piece(
    piece: Piece, expression: Any, name: str, order: int, constants: Mapping[Any, Any] | None = None
) -> Any:
    """Check one piece against the plain expression; return what computes it."""
    constants = constants or {}
    if piece.kind == "taylor":
        return taylor_at_root(expression.xreplace(constants), z, piece.near, piece.radius)
    if piece.kind == "saturated":
        Step(plain(piece.via), expression, f"form of {name}, order {order}, in the tail")
        certify_saturation(plain(piece.via).xreplace(constants), z, int(piece.expression), int(piece.near))
        return piece.expression
    rule = f"stable form of {name}, order {order}, where {piece.condition}"
    equations = {e.lhs: e.rhs for e in sp.sympify(piece.condition).atoms(sp.Equality)}
    inequalities = [c for c in sp.And.make_args(piece.condition) if not isinstance(c, sp.Equality)]
    stable, wanted = plain(piece.expression).subs(equations), expression.subs(equations)
    if wanted.has(sp.Piecewise) and piece.condition is not sp.true:
        condition = sp.And(*inequalities)
        stable, wanted = (sp.Piecewise((side, condition), (0, True)) for side in (stable, wanted))
    elif wanted.has(sp.Piecewise):
        wanted = wanted.args[-1][0]  # the last case, where no condition before it holds
    Step(stable, wanted, rule)
    return piece.expression.xreplace(constants)
