"""`to_numpy`: from a name to a NumPy function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symbolic._errors import InvalidArgument, ShapeMismatch
from symbolic.catalogue import formula, names
from symbolic.catalogue._registry import resolve
from symbolic.lambdify._arrays import as_given, real_array
from symbolic.lambdify._domains import check_domain, finite_number, undefined

__all__ = ["to_numpy"]

Array = npt.NDArray[np.float64]


def to_numpy(name: str, order: int = 0) -> Callable[..., Any]:
    """Return a formula, or its derivative, as a NumPy function.

    Common subexpressions are computed once. Over the whole float64 range, infinities included, nothing
    overflows on the way and nothing becomes NaN: where the plain formula would, a stable rewriting runs that
    was proved equal to it when the function was built. The derivative is what SymPy's ``diff`` gives.
    What a formula is not defined for is refused: probabilities and labels outside [0, 1] (of the hinge loss:
    other than -1 and +1), constants that are not finite, a ``delta`` of at most 0.

    Parameters
    ----------
    name : str
        A name of `symbolic.names`, or an alias.
    order : {0, 1}
        0 for the formula, 1 for its derivative by the first argument.

    Returns
    -------
    callable
        ======================  ==================  ===================================================
        name                    call                returns, with order = 1
        ======================  ==================  ===================================================
        an activation           ``f(z)``            element-wise; leaky_relu takes ``slope=0.01``, elu
                                                    ``alpha=1.0``
        softmax                 ``f(z)``            over axis 0; z is (n,) or (n, m); the Jacobian,
                                                    (n, n) or (n, n, m)
        squared_error, bce      ``f(a, y)``         element-wise, by a
        huber                   ``f(a, y)``         element-wise, by a; takes ``delta=1.0``
        bce_logit, hinge        ``f(z, y)``         element-wise, by z
        softmax_cross_entropy   ``f(Z, Y)``         over axis 0; losses (m,), with order = 1 (n, m)
        l2                      ``f(W, lam)``       one number; with order = 1 shaped like W
        a model                 ``f(p, X, Y)``      p is a dict ``{"W1": …, "b1": …}``; the cost, with
                                                    order = 1 a dict of gradients
        ======================  ==================  ===================================================

        Plain numbers give a float, arrays a float64 array. Where every array or NumPy number is float32, so is
        the result; it is computed in float64 all the same. NaN gives NaN, and so do two equal infinities in a
        loss of the difference a - y, which has no limit there.

    Raises
    ------
    UnknownName
        If the catalogue has no such name.
    InvalidArgument
        If `order` is neither 0 nor 1. The function raises it for text, complex numbers and arguments outside
        the domain, naming the first entry.
    ShapeMismatch
        Raised by the function for shapes that do not fit.
    WrongStep
        If a stable form fails its check (a defect of this package).

    Notes
    -----
    Against 60-digit references the error is a few ulp at every finite float64, tails and the roots of the
    derivatives of SiLU and GELU included; results beyond the range round to infinity or zero. The exception
    is subtraction of a soft label, 0 < y < 1: there the error is a few ulp of the larger operand. At a kink the
    derivative is the slope on the left (for hinge: 0).

    Examples
    --------
    >>> import numpy as np, symbolic
    >>> g = symbolic.to_numpy("sigmoid", order=1)
    >>> g(0.0), g(np.array([-1000.0, 0.0, np.inf]))
    (0.25, array([0.  , 0.25, 0.  ]))
    >>> symbolic.to_numpy("bce")(np.array([0.0, 0.5]), np.array([0.0, 1.0])).round(4)
    array([0.    , 0.6931])
    """
    if not isinstance(order, (int, np.integer)) or order not in (0, 1):
        raise InvalidArgument(f"order is {order!r}; expected 0 (the formula) or 1 (its derivative).")
    return _built(resolve(name), int(order))


@functools.cache
def _built(name: str, order: int) -> Callable[..., Any]:
    if name in names("model"):
        from symbolic.models import model_to_numpy

        return model_to_numpy(name, order)
    if name in ("softmax", "softmax_cross_entropy"):
        from symbolic.lambdify._vector import vector_function

        return vector_function(name, order)
    if name == "l2":
        return _penalty(order)
    return _elementwise(name, order)


def _elementwise(name: str, order: int) -> Callable[..., Any]:
    from symbolic.lambdify._forms import checked_pieces
    from symbolic.lambdify._tape import Tape

    f = formula(name)
    inputs = f.symbols
    pieces: list[tuple[Callable[..., Any], Callable[..., Any]]] = []
    for condition, computed in checked_pieces(f, order):
        holds = _compiled(condition, inputs)
        if isinstance(computed, sp.Basic):
            tape = Tape([computed], inputs)
            pieces.append((holds, lambda *xs, tape=tape: tape(*xs)[0]))
        else:
            pieces.append((holds, lambda x, *_, program=computed: program(x)))
    defaults = {str(p): float(v) for p, v in f.parameters.items()}
    arguments = [str(s) for s in f.symbols if str(s) not in defaults]

    def evaluate(flat: list[Array], constants: tuple[Any, ...]) -> Array:
        out = np.full(flat[0].shape, np.nan)
        open_ = ~undefined(flat)
        # Results beyond the range round to inf or 0, and log(0) is -inf: the truth, and not worth a warning.
        with np.errstate(over="ignore", under="ignore", divide="ignore"):
            for holds, program in pieces:
                here = open_.copy()
                here[open_] = holds(*[x[open_] for x in flat], *constants)
                open_ &= ~here
                if here.any():
                    out[here] = program(*[x[here] for x in flat], *constants)
        return out

    def function(*args: Any, **parameters: float) -> Any:
        if len(args) != len(arguments):
            raise InvalidArgument(
                f"{name} takes {len(arguments)} arrays ({', '.join(arguments)}); it was given {len(args)}."
            )
        if unknown := set(parameters) - set(defaults):
            raise InvalidArgument(
                f"{name} has no parameter {sorted(unknown)[0]!r}; it has {', '.join(defaults) or 'none'}."
            )
        constants = tuple(
            np.float64(finite_number(name, p, parameters.get(p, v))) for p, v in defaults.items()
        )
        given = [real_array(name, argument, x) for argument, x in zip(arguments, args, strict=True)]
        check_domain(name, arguments, given)
        try:
            arrays = np.broadcast_arrays(*given)
        except ValueError as problem:
            shapes = " and ".join(f"{n} of shape {x.shape}" for n, x in zip(arguments, given, strict=True))
            raise ShapeMismatch(f"{name} got {shapes}; expected the same, or one number.") from problem
        flat = [np.ravel(x) for x in arrays]
        if len(flat) == 2:
            return as_given(evaluate(flat, constants).reshape(arrays[0].shape), args)
        finite = np.isfinite(flat[0])
        out = np.full(flat[0].shape, np.nan)
        out[finite] = evaluate([flat[0][finite]], constants)
        for infinity in (np.inf, -np.inf):
            if (at := flat[0] == infinity).any():
                out[at] = at_infinity(infinity, constants)
        return as_given(out.reshape(arrays[0].shape), args)

    @functools.cache
    def at_infinity(infinity: float, constants: tuple[Any, ...]) -> float:
        """The value, or where the pieces meet inf - inf or 0 · inf SymPy's limit of the plain formula."""
        with np.errstate(invalid="ignore"):
            value = float(evaluate([np.array([infinity])], constants)[0])
        if not np.isnan(value):
            return value
        plain = f.expression if order == 0 else f.derivative
        far = sp.Dummy(positive=True)  # which decides the conditions of a Piecewise
        values = dict(zip(f.parameters, map(sp.Rational, constants), strict=True))
        return float(sp.limit(plain.subs({f.variable: far if infinity > 0 else -far, **values}), far, sp.oo))

    function.__name__ = name if order == 0 else f"{name}_derivative"
    function.__doc__ = f"{f.title}{'' if order == 0 else ': the derivative'}, of ({', '.join(arguments)})."
    return function


_COMPARE: dict[Any, Callable[..., Any]] = {
    sp.Gt: np.greater,
    sp.Ge: np.greater_equal,
    sp.Lt: np.less,
    sp.Le: np.less_equal,
    sp.Eq: np.equal,
}


def _compiled(condition: Any, inputs: Any) -> Callable[..., Any]:
    """Compile the condition of a piece to a function of arrays."""
    from symbolic.lambdify._tape import Tape

    if condition in (sp.true, True):
        return lambda *_: np.True_
    if isinstance(condition, sp.And):
        parts = [_compiled(c, inputs) for c in condition.args]
        return lambda *values: functools.reduce(np.logical_and, [holds(*values) for holds in parts])
    tape, compare = Tape([condition.lhs, condition.rhs], inputs), _COMPARE[condition.func]
    return lambda *values: compare(*tape(*values))


def _penalty(order: int) -> Callable[..., Any]:
    """The penalty for a matrix of any shape: its entries share one law, checked on the catalogue's matrix."""
    from symbolic._derivation import Step

    f = formula("l2")
    lam = f.symbols[-1]
    entries = f.variables
    if order == 0:
        Step(sp.Add(*[lam / 2 * w**2 for w in entries]), f.expression, "the penalty is a sum over entries")
    else:
        Step(f.derivative, sp.ImmutableMatrix(2, 3, [lam * w for w in entries]), "dR/dW = lam W")

    def function(W: Any, lam: float) -> Any:
        weights, factor = real_array("l2", "W", W), finite_number("l2", "lam", lam)
        if factor == 0:  # nothing is penalised, and 0 · inf is 0
            weights = np.where(np.isnan(weights), np.nan, 0.0)
        with np.errstate(over="ignore", under="ignore"):
            if order == 1:
                return as_given(np.asarray(factor * weights), [W])
            # Squares of W and the factor, each less its power of two: only the result may leave the range.
            largest = np.max(np.abs(weights), initial=0.0)
            _, e = np.frexp(largest if np.isfinite(largest) else 1.0)
            mantissa, e_factor = np.frexp(factor)
            squares = np.sum(np.ldexp(weights, -e) ** 2)
            return as_given(np.asarray(np.ldexp(0.5 * mantissa * squares, 2 * e + e_factor)), [W])

    function.__name__ = "l2" if order == 0 else "l2_derivative"
    function.__doc__ = f"{f.title}, of (W, lam)."
    return function
