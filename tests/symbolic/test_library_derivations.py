"""Every derivation of the library is proved, and what it claims agrees with centred finite differences."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

import symbolic
from symbolic import library
from symbolic.tensor import ONE, Axis, Tensor, axis, lambdify
from symbolic.tensor._nodes import Map, Symbol, in_order

SIZES = {"m": 4, "n": 3, "k": 5, "h": 6, "t": 4, "s": 5, "c": 2, "v": 7}

# An unknown activation, with its first two derivatives: smooth, neither odd nor even, written by hand.
UNKNOWN = {
    "g": (
        lambda z: np.sin(z) + 0.3 * z**2,
        lambda z: np.cos(z) + 0.6 * z,
        lambda z: 0.6 - np.sin(z),
    )
}


def _symbols(*roots: Tensor | None) -> list[Symbol]:
    return [node for node in in_order(root for root in roots if root is not None) if isinstance(node, Symbol)]


def _sizes(claim: Any) -> dict[Axis, int]:
    """Choose sizes; an image is as large as its windows of stride 2 reach."""
    sides = [side for side in (claim.lhs, claim.rhs, claim.cost) if side is not None]
    names = sorted(
        {one.name for node in in_order(sides) for one in (*node.axes, *getattr(node, "labels", ()))} | {"m"}
    )
    sizes = {"h_out": 2, "w_out": 3, "k_h": 3, "k_w": 2, "c_out": 3}
    if "k_h" in names:
        sizes |= {"h": 2 * 1 + 3, "w": 2 * 2 + 2}
    for place, name in enumerate(names):
        sizes.setdefault(name, SIZES.get(name, 2 + place % 4))
    return {axis(name): sizes[name] for name in names if name != "1"} | {ONE: 1}


def _arrays(claim: Any, symbols: list[Symbol]) -> list[Any]:
    """Draw arrays that satisfy the hypotheses of a claim."""
    rng = np.random.default_rng(7)
    sizes = _sizes(claim)
    kinds = {one.symbol.name: (one.kind, one.place) for one in claim.assuming}
    arrays = []
    for symbol in symbols:
        shape = tuple(sizes[one] for one in symbol.axes)
        kind, place = kinds.get(symbol.name, ("", -1))
        array = rng.normal(size=shape)
        if kind == "positive":
            array = rng.uniform(0.2, 0.9, size=shape)
        elif kind == "binary":
            array = rng.integers(0, 2, size=shape).astype(float)
            array[:, 0] = 1  # every row of a causal mask has a 1
        elif kind == "one_hot":
            hot = np.take(rng.integers(0, shape[place], size=shape), [0], axis=place)
            index = np.arange(shape[place]).reshape([-1 if i == place else 1 for i in range(len(shape))])
            array = (index == hot).astype(float)
        arrays.append(np.asarray(array))
    return arrays


def _difference(function: Any, arrays: list[Any], place: int) -> Any:
    """Measure a derivative by centred differences, one entry at a time."""
    x = arrays[place]
    h = 1e-5  # truncation h² |f'''| / 6 near 1e-10, rounding eps / h near 1e-11
    columns = []
    for index in np.ndindex(x.shape):
        values = []
        for sign in (1, -1):
            moved = x.copy()
            moved[index] += sign * h
            values.append(function(*arrays[:place], moved, *arrays[place + 1 :]))
        columns.append((np.asarray(values[0]) - np.asarray(values[1])) / (2 * h))
    return np.stack(columns, axis=-1).reshape((*columns[0].shape, *x.shape))


CLAIMS = [(name, claim) for name in library.names() for claim in library.claims(name)]
IDS = [f"{name}: {claim.label}, line {place}" for place, (name, claim) in enumerate(CLAIMS)]


@pytest.mark.parametrize("name", library.names())
def test_every_step_is_proved(name: str) -> None:
    derivation = symbolic.derive(name)

    assert {step.verdict.status for step in derivation.steps} == {"proved"}
    assert derivation.latex().startswith("\\begin{aligned}")
    assert str(derivation).splitlines()[0] == derivation.title


@pytest.mark.parametrize("claim", [claim for _, claim in CLAIMS], ids=IDS)
def test_both_sides_of_a_line_give_the_same_numbers(claim: Any) -> None:
    symbols = _symbols(claim.lhs, claim.rhs)
    arrays = _arrays(claim, symbols)

    left, right = lambdify([claim.lhs, claim.rhs], symbols, UNKNOWN, _sizes(claim))(*arrays)

    # A few hundred roundings of numbers near 1: 1e-12 is a thousand times what is seen.
    np.testing.assert_allclose(left, np.broadcast_to(right, np.shape(left)), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "claim", [claim for _, claim in CLAIMS if isinstance(claim.wrt, Symbol)],
    ids=[name for name, (_, claim) in zip(IDS, CLAIMS, strict=True) if isinstance(claim.wrt, Symbol)],
)  # fmt: skip
def test_a_gradient_agrees_with_centred_finite_differences(claim: Any) -> None:
    symbols = _symbols(claim.cost, claim.rhs)
    arrays = _arrays(claim, symbols)
    cost, formula = (
        lambdify(claim.cost, symbols, UNKNOWN, _sizes(claim)),
        lambdify(claim.rhs, symbols, UNKNOWN, _sizes(claim)),
    )

    measured = _difference(cost, arrays, symbols.index(claim.wrt))

    # Differences are off by about 1e-10 of the largest slope; 1e-6 leaves room for normalisation's large third derivative.
    np.testing.assert_allclose(measured, formula(*arrays), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    "claim", [claim for _, claim in CLAIMS if isinstance(claim.wrt, Symbol)][::5], ids=lambda c: c.label
)
def test_finite_differences_see_a_gradient_that_is_wrong(claim: Any) -> None:
    symbols = _symbols(claim.cost, claim.rhs)
    arrays = _arrays(claim, symbols)
    cost, wrong = (
        lambdify(claim.cost, symbols, UNKNOWN, _sizes(claim)),
        lambdify(2 * claim.rhs + 1, symbols, UNKNOWN, _sizes(claim)),
    )

    measured = _difference(cost, arrays, symbols.index(claim.wrt))

    assert not np.allclose(measured, wrong(*arrays), rtol=1e-3, atol=1e-3)


def test_the_hypothesis_of_cross_entropy_is_named_and_shown_to_be_needed() -> None:
    derivation = symbolic.derive("softmax_cross_entropy_any_size")

    text = str(derivation)

    assert "one-hot along n_y" in text
    assert "Without the hypothesis on Y the last line is refuted" in text


def test_kinks_are_said_where_there_are_some() -> None:
    assert "tie for the largest" in str(symbolic.derive("max_pool"))


def test_the_induction_covers_an_unknown_activation() -> None:
    claims = library.claims("backprop_induction")

    functions = {node.function for claim in claims for node in in_order([claim.lhs]) if isinstance(node, Map)}

    assert functions == {"g"}


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(symbolic.UnknownName, match="backprop_layer"):
        library.derive("no_such_derivation")


@pytest.mark.serial
def test_the_whole_library_is_proved_in_five_seconds() -> None:
    from symbolic.library._registry import _BOARDS

    start = time.process_time()  # of this process alone: what else the machine does is not the library's
    for build in _BOARDS.values():
        build()

    assert time.process_time() - start < 5  # 0.7 s when measured
