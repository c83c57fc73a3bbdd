"""Mistakes one can make in a dense network's backward pass, each replayed and compared with the gradient under test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gradcheck._evidence import Evidence
from gradcheck._point import Array
from gradcheck._replay import ACTIVATIONS, Edits, Tape, meets, sigmoid
from gradcheck._report import Diagnosis

# Limits that people clip at.
LIMITS = (100.0, 50.0, 10.0, 5.0, 3.0, 2.0, 1.0, 0.5, 0.3, 0.25, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 1e-3)


@dataclass(frozen=True, eq=False)
class Mutation:
    """A mistake: its cause, where it is, what to say, and the backward pass it makes."""

    cause: str
    where: str
    message: str
    edits: Edits


def replayed(e: Evidence, tape: Tape) -> Iterator[Diagnosis]:
    """Every mutation that gives exactly the gradient under test."""
    score = 0.985
    for mutation in mutations(tape, e.top or len(tape.layers)):
        replay = tape.backward(mutation.edits)
        if meets(e, replay):
            yield Diagnosis(mutation.cause, mutation.where, mutation.message, {"replayed": True}, score)
            score = max(0.9, score - 0.02)  # the first in the list is the commonest mistake
        elif e.top is not None and meets(e, replay, e.top):
            # The same or another mistake further down hides the rest; at the top it fits in every entry.
            yield Diagnosis(
                mutation.cause, mutation.where, mutation.message, {"replayed": "this layer"}, score - 0.05
            )
            score = max(0.9, score - 0.02)


def mutations(tape: Tape, top: int) -> Iterator[Mutation]:
    """Single mistakes at the highest wrong layer."""
    last = len(tape.layers)
    if top == last:
        yield from at_the_output(tape, last)
    else:
        yield from in_the_slope(tape, top)
        yield from on_the_way_back(tape, top + 1)
    yield from in_the_product(tape, top)
    yield from in_the_bias(tape, top)
    yield from in_dZ(tape, top)


def at_the_output(tape: Tape, last: int) -> Iterator[Mutation]:
    """The derivative of the loss."""
    layer, Y, where = tape.layers[-1], tape.Y, f"dZ{last}"

    def put(dZ: Array) -> Edits:
        return Edits(at=last, dZ=lambda _: dZ)

    right = tape.dZ
    # A network may show its logits as A: what dZ + Y comes to are then the probabilities.
    A = right + Y if float(np.min(right + Y)) >= -1e-9 and float(np.max(right + Y)) <= 1 + 1e-9 else layer.A
    yield Mutation(
        "softmax_diagonal",
        where,
        f"{where} is -Y (1 - A), which is the product of dA = -Y/A with the diagonal of "
        "the softmax Jacobian only: the off-diagonal -a_i a_j are missing. Together they give A - Y.",
        put(-Y * (1 - A)),
    )
    yield Mutation("missing_label", where, f"{where} is A: the label is missing in A - Y.", put(A.copy()))
    slopes = {"a (1 - a)": A * (1 - A)}
    if layer.slope is not None:
        slopes["g'(Z)"] = layer.slope(layer.Z)
    for said, slope in slopes.items():
        yield Mutation(
            "extra_gprime",
            where,
            f"{where} is (A - Y) times {said}: with this loss A - Y already contains g', the "
            "product cancels it.",
            put(right * slope),
        )
    if (
        layer.slope is not None
        and np.ptp(layer.slope(layer.Z))
        and np.allclose(right, (A - Y) * layer.slope(layer.Z))
    ):
        yield Mutation(
            "missing_gprime", where, f"{where} is A - Y, without the factor g'(Z{last}).", put(A - Y)
        )
        yield Mutation(
            "gprime_at_A",
            where,
            f"{where} takes g' at A{last} instead of Z{last}.",
            put((layer.A - Y) * layer.slope(layer.A)),
        )
    yield Mutation(
        "output", where, f"{where} is A - Y, which is not the derivative of this loss.", put(A - Y)
    )
    yield Mutation("sign", where, f"{where} is Y - A instead of A - Y.", put(-right))
    yield Mutation("factor", where, f"{where} is twice what it should be.", put(2 * right))
    for k in range(1, tape.m):
        yield Mutation(
            "example_rolled",
            where,
            f"{where} pairs example j with the label of example j - {k}: Y is rolled.",
            put(right + Y - np.roll(Y, k, axis=1)),
        )
    yield Mutation(
        "example_rolled",
        where,
        f"{where} pairs the examples with the labels in reverse order.",
        put(right + Y - Y[:, ::-1]),
    )
    if Y.shape[0] > 1:
        over = np.exp(layer.Z - layer.Z.max())
        yield Mutation(
            "wrong_axis",
            where,
            "The softmax is taken over the examples instead of the classes.",
            put(over / over.sum(axis=1, keepdims=True) - Y),
        )


def in_the_slope(tape: Tape, number: int) -> Iterator[Mutation]:
    """The factor g'(Z) of a hidden layer."""
    layer = tape.layers[number - 1]
    Z, A, slope = layer.Z, layer.A, layer.slope
    assert slope is not None
    right, where = slope(Z), f"g'(Z{number})"

    def put(values: Array) -> Edits:
        return Edits(at=number, slope=values)

    yield Mutation(
        "missing_gprime",
        where,
        f"dZ{number} lacks the factor g'(Z{number}): it is W{number + 1}ᵀ dZ{number + 1} alone.",
        put(np.ones_like(Z)),
    )
    yield Mutation(
        "squared_gprime", where, f"dZ{number} is multiplied by g'(Z{number}) twice.", put(right * right)
    )
    with np.errstate(all="ignore"):
        yield Mutation(
            "gprime_at_A",
            where,
            f"dZ{number} takes g' at A{number} where it belongs at Z{number}.",
            put(slope(A)),
        )
        yield Mutation("sign", where, f"g'(Z{number}) has the wrong sign.", put(-right))
        others: dict[str, Any] = {
            "a (1 - a), the sigmoid's": A * (1 - A),
            "1 - a², tanh's": 1 - A * A,
            "1 - z²": 1 - Z * Z,
            "z (1 - z)": Z * (1 - Z),
            "1 - a": 1 - A,
            "a itself": A,
            "z itself": Z,
            "1 - tanh(z)": 1 - np.tanh(Z),
            "g(z)²": A * A,
            "1 + a²": 1 + A * A,
            "a (1 + a)": A * (1 + A),
            "1 where z >= 0": (Z >= 0) * 1.0,
            "1 where z < 0": (Z < 0) * 1.0,
            "zero": 0 * Z,
            "1/2 where z > 0": (Z > 0) * 0.5,
            "1 - sigmoid(z)": 1 - sigmoid(Z),
        }
        for leak in (0.0, 0.01, 0.1, 0.2, 0.3, -0.01):
            others[f"1 or {leak} by the sign of z"] = np.where(Z > 0, 1.0, leak)
            others[f"{leak} or 1 by the sign of z"] = np.where(Z > 0, leak, 1.0)
        for name, (_, other) in ACTIVATIONS.items():
            others[f"that of {name}"] = other(Z)
            others[f"that of {name} at A"] = other(A)
    for said, values in others.items():
        yield Mutation(
            "wrong_gprime",
            where,
            f"dZ{number} is multiplied by {said}, which is not g'(Z{number}) of this layer.",
            put(values),
        )


def on_the_way_back(tape: Tape, number: int) -> Iterator[Mutation]:
    """The weights in dA_{l-1} = Wlᵀ dZl."""
    W, where = tape.layers[number - 1].W, f"dA{number - 1}"
    shape = W.T.shape

    def put(back: Array) -> Edits:
        return Edits(at=number, back=back)

    if W.shape == shape:
        yield Mutation(
            "transpose", where, f"{where} is carried back with W{number} where W{number}ᵀ belongs.", put(W)
        )
    choices: dict[str, Array] = {}
    yield Mutation(
        "reshape",
        where,
        f"{where} is carried back with W{number} reshaped, not transposed.",
        put(W.reshape(shape)),
    )
    for k, other in enumerate(tape.layers, start=1):
        if k != number and other.W.T.shape == shape:
            choices[f"W{k}ᵀ where W{number}ᵀ belongs"] = other.W.T
        if k != number and other.W.shape == shape:
            choices[f"W{k} where W{number}ᵀ belongs"] = other.W
    for axis, line in ((0, "rows"), (1, "columns")):
        for k in (1, -1):
            choices[f"W{number}ᵀ with its {line} rolled by {k}"] = np.roll(W.T, k, axis=axis)
        choices[f"W{number}ᵀ with its {line} reversed"] = np.flip(W.T, axis=axis)
    choices[f"the signs of W{number}ᵀ"] = np.sign(W.T)
    choices[f"|W{number}ᵀ|"] = np.abs(W.T)
    for said, back in choices.items():
        yield Mutation("wrong_W", where, f"{where} is carried back with {said}.", put(back))


def in_the_product(tape: Tape, number: int) -> Iterator[Mutation]:
    """The activations in dW = dZ Aᵀ."""
    right, where = tape.below(number), f"dW{number}"

    def put(below: Array) -> Edits:
        return Edits(at=number, below=below)

    if right.shape[0] == right.shape[1]:
        yield Mutation(
            "transpose", where, f"{where} takes A{number - 1} where A{number - 1}ᵀ belongs.", put(right.T)
        )
    yield Mutation(
        "reshape",
        where,
        f"{where} takes A{number - 1} reshaped where A{number - 1}ᵀ belongs.",
        put(right.reshape(right.shape[::-1]).T),
    )
    seen = {"A0": tape.A0, "Y": tape.Y}
    for k, layer in enumerate(tape.layers, start=1):
        seen |= {f"A{k}": layer.A, f"Z{k}": layer.Z}
    for said, array in seen.items():
        if array.shape == right.shape and said != f"A{number - 1}":
            yield Mutation(
                "wrong_A",
                where,
                f"{where} is made of {said} where A{number - 1} belongs: dW{number} = dZ{number} "
                f"A{number - 1}ᵀ / m.",
                put(array),
            )
    if number > 1 and tape.layers[number - 2].slope is not None:
        under = tape.layers[number - 2]
        assert under.slope is not None
        yield Mutation(
            "wrong_A",
            where,
            f"{where} is made of g'(Z{number - 1}) where A{number - 1} belongs.",
            put(under.slope(under.Z)),
        )
    for k in range(1, tape.m):
        yield Mutation(
            "example_rolled",
            where,
            f"{where} pairs dZ of example j with the activations of example j - {k}.",
            put(np.roll(right, k, axis=1)),
        )
    yield Mutation(
        "example_rolled",
        where,
        f"{where} pairs dZ with the activations in reverse order.",
        put(right[:, ::-1]),
    )


def in_the_bias(tape: Tape, number: int) -> Iterator[Mutation]:
    """The sum over the examples in db."""
    where = f"db{number}"

    def put(made: Any) -> Edits:
        return Edits(at=number, bias=made)

    if tape.layers[number - 1].Z.shape[0] == tape.m:
        yield Mutation(
            "wrong_axis",
            where,
            f"{where} sums dZ{number} over the units, not over the examples.",
            put(lambda d: d.sum(axis=0)),
        )
    yield Mutation(
        "wrong_axis",
        where,
        f"{where} sums dZ{number} over the units, and the sums, one for each example, were made to fit the shape.",
        put(lambda d: np.resize(d.sum(axis=0), d.shape[0])),
    )
    for said, column in (("first", 0), ("last", -1)):
        for scale in (1.0, float(tape.m)):
            yield Mutation(
                "example_dropped",
                where,
                f"{where} takes the {said} example only, not the sum over all.",
                put(lambda d, column=column, scale=scale: scale * d[:, column]),
            )
    for axis_said, made in (
        ("is the largest over the examples", lambda d: tape.m * d.max(axis=1)),
        ("sums absolute values", lambda d: np.abs(d).sum(axis=1)),
        ("sums squares", lambda d: (d * d).sum(axis=1)),
    ):
        yield Mutation("bias", where, f"{where} {axis_said}.", put(made))
    for j in range(tape.m):
        yield Mutation(
            "example_dropped",
            where,
            f"{where} leaves out example {j} (counted from 0).",
            put(lambda d, j=j: d.sum(axis=1) - d[:, j]),
        )


def in_dZ(tape: Tape, number: int) -> Iterator[Mutation]:
    """dZ itself: rolled, clipped."""
    where = f"dZ{number}"
    if tape.layers[number - 1].Z.shape[0] == tape.m:
        yield Mutation("transpose", where, f"{where} is transposed.", Edits(at=number, dZ=np.transpose))
    for k in range(1, tape.m):
        yield Mutation(
            "example_rolled",
            where,
            f"{where} is shifted by {k} example{'s' * (k > 1)}.",
            Edits(at=number, dZ=partial(np.roll, shift=k, axis=1)),
        )
    yield Mutation(
        "example_rolled",
        where,
        f"{where} has its examples in reverse order.",
        Edits(at=number, dZ=lambda d: d[:, ::-1]),
    )
    for j in range(tape.m):
        kept = np.ones(tape.m)
        kept[j] = 0.0
        for said, scale in (
            ("", 1.0),
            (" and the mean is taken over the others", tape.m / max(tape.m - 1, 1)),
        ):
            yield Mutation(
                "example_dropped",
                where,
                f"Example {j} of m = {tape.m} (counted from 0) does not count in {where}{said}.",
                Edits(at=number, dZ=partial(np.multiply, kept * scale)),
            )
    for limit in LIMITS:
        for said, unit in (("", 1.0), (" / m", float(tape.m))):
            yield Mutation(
                "clipping",
                where,
                f"{where}{said} is clipped to ±{limit:g} in the backward pass; the loss knows nothing of it.",
                Edits(at=number, dZ=partial(np.clip, a_min=-limit * unit, a_max=limit * unit)),
            )
    yield Mutation(
        "low_precision",
        where,
        f"{where} passes through single precision.",
        Edits(at=number, dZ=lambda d: d.astype(np.float32).astype(np.float64)),
    )
    yield Mutation(
        "low_precision",
        where,
        f"{where} passes through half precision.",
        Edits(at=number, dZ=lambda d: d.astype(np.float16).astype(np.float64)),
    )
    yield Mutation("sign", where, f"{where} loses its sign.", Edits(at=number, dZ=np.abs))
