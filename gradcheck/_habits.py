"""Causes that show in how the gradient answers when it is asked again; and suspicions from where it is wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradcheck._evidence import Evidence, Pair, listed, slopes_vary
from gradcheck._point import Array
from gradcheck._report import Diagnosis


def memory(e: Evidence) -> Iterator[Diagnosis]:
    """The second and third answers differ from the first: an accumulator, momentum, a stale cache, dropout."""
    if e.again is None or e.after_move is None:
        return
    first, again, after = (
        np.concatenate([a.reshape(-1) for a in row]) for row in (e.first, e.again, e.after_move)
    )
    size = float(np.max(np.abs(np.concatenate([first, again, after])))) or 1.0
    one, two = again - first, after - again
    moved_one, moved_two = (float(np.max(np.abs(d))) > 1e-9 * size for d in (one, two))
    if not moved_one and moved_two:
        yield Diagnosis(
            "stale_cache",
            "the whole gradient",
            "Asked at the same point after the loss was called elsewhere, the "
            "gradient answers differently: it uses the activations of the last call of the loss, not those of "
            "the point it is given.",
            {"change": float(np.max(np.abs(two)))},
            0.98,
        )
    elif moved_one:
        pace = along(two, one)
        if pace is not None and abs(pace - 1) < 1e-6:
            yield Diagnosis(
                "accumulator",
                "the whole gradient",
                "Every call at the same point adds the same amount to the answer: "
                "the gradients of earlier calls are never set back to zero.",
                {"pace": pace},
                0.98,
            )
        elif pace is not None and 0 <= pace < 1:
            yield Diagnosis(
                "momentum",
                "the whole gradient",
                f"Every call at the same point changes the answer by {pace:.3g} times "
                "the change before: a running average of earlier gradients (momentum) is mixed in.",
                {"pace": pace},
                0.98,
            )
        else:
            yield Diagnosis(
                "dropout",
                "the whole gradient",
                "Asked twice at the same point, the gradient gives two unrelated "
                "answers: a random mask is drawn anew in the backward pass.",
                {},
                0.9,
            )
    elif not any(pair.analytic.any() for pair in e.wrong):
        return  # a zero answers the same everywhere, without a cache
    elif e.frozen and slopes_vary(e) and not answers_vary(e):
        yield Diagnosis(
            "stale_cache",
            "the whole gradient",
            "The gradient gives the same numbers at every point: it does not look "
            "at the parameters it is given, but at an earlier forward pass (or at its own weights).",
            {},
            0.97,
        )
    elif e.ignored:
        names = listed(list(e.ignored))
        yield Diagnosis(
            "stale_cache",
            "the whole gradient",
            f"{names} may change alone and the gradient stays the same in every entry, although the slopes change: it is "
            "computed from activations that were kept from another point.",
            {"ignored": list(e.ignored)},
            0.97,
        )


def answers_vary(e: Evidence) -> bool:
    """Whether the gradient answers differently at another point; one that is constant in pieces may not, at a few."""
    return any(
        not np.array_equal(here.analytic, there.analytic)
        for sight in e.sights
        for here, there in zip(e.pairs, sight.pairs, strict=True)
    )


def along(second: Array, first: Array) -> float | None:
    """The number c with second = c · first, if there is one."""
    square = float(np.sum(first * first))
    c = float(np.sum(second * first)) / square if square else 0.0
    return c if np.max(np.abs(second - c * first)) <= 1e-6 * np.max(np.abs(first)) else None


def suspicions(e: Evidence, replayed: bool) -> Iterator[Diagnosis]:
    """What is likely from where the gradient is wrong, when nothing in the numbers decides."""
    if not e.wrong:
        return
    top = e.top
    names = listed([pair.name for pair in e.wrong])
    below_right = [
        p for p in e.right if p.layer is not None and top is not None and p.layer < top and p.size > 0
    ]
    if top is None or below_right:  # no layers, or none that stand upon each other as in a chain
        if e.right:
            share = (
                "they share a step that the others do not"
                if len(e.wrong) > 1
                else "the step to it alone is wrong"
            )
            said = f"The gradient is wrong in {names} and right in {few([p.name for p in e.right])}: {share}."
            if len(e.wrong) == 1 and e.wrong[0].is_called_bias and not all(p.is_bias for p in e.right):
                said += " Does its sum run over all examples, once?"
                yield Diagnosis("bias", names, said, {}, 0.1)
                return
        else:
            said = f"Everything is wrong ({names}): look at what all share, from the derivative of the loss backwards."
        yield layer(0.1, names, said)
        return
    highest = [pair for pair in e.wrong if pair.layer == top]
    where = listed([pair.name for pair in highest])
    last = max((pair.layer for pair in e.pairs if pair.layer is not None), default=top)
    weights_only = all(not pair.is_bias for pair in highest)
    whole = {pair.name for pair in highest} == {pair.name for pair in e.pairs if pair.layer == top}
    below = len(e.wrong) > len(highest)
    if not whole and not below and weights_only:
        yield layer(
            0.3,
            where,
            f"Only d{where} is wrong; the bias of the layer is right, so dZ{top} is right: look at the product "
            f"dW{top} = dZ{top} A{top - 1}ᵀ / m.",
        )
        yield Diagnosis(
            "wrong_A", where, f"Only d{where} is wrong: does it take A{top - 1}?", {"layer": top}, 0.25
        )
    elif not whole and not below:
        yield Diagnosis(
            "bias",
            where,
            f"Only d{where} is wrong and the weights of the layer are right, so dZ{top} is right: look at "
            "the sum over the examples.",
            {"layer": top},
            0.35,
        )
        yield Diagnosis(
            "wrong_axis",
            where,
            f"Only d{where} is wrong: does its sum run over the examples?",
            {"layer": top},
            0.3,
        )
    elif top < last:
        step = f"dZ{top} = W{top + 1}ᵀ dZ{top + 1} * g'(Z{top})"
        ratio = lengths(highest)
        yield layer(
            0.3,
            where,
            f"Layer {top + 1} is right, layer {top} and what is below are wrong: the step {step} is wrong.",
        )
        if not replayed:  # a replay would have recognised these
            cause, said = ("missing_gprime", "missing") if ratio > 1 else ("squared_gprime", "there twice")
            yield Diagnosis(
                cause,
                where,
                f"The step {step} gives a gradient {ratio:.2g} times as long as the slopes: is g' {said}?",
                {"length_ratio": ratio},
                0.25,
            )
        yield Diagnosis(
            "wrong_gprime",
            where,
            f"In the step {step}: is g' the derivative of this layer's activation, at Z?",
            {},
            0.2,
        )
        yield Diagnosis("wrong_W", where, f"In the step {step}: is it the right W, transposed?", {}, 0.15)
    else:
        yield Diagnosis(
            "output",
            where,
            f"Everything from layer {top} down is wrong, so dZ{top} itself is: look at the derivative of "
            "the loss.",
            {},
            0.3,
        )
        yield Diagnosis(
            "extra_gprime" if lengths(highest) < 1 else "softmax_diagonal",
            where,
            f"dZ{top} is wrong: for cross-entropy it is A - Y, with no further factor.",
            {},
            0.2,
        )
        yield Diagnosis(
            "example_weights",
            where,
            f"dZ{top} is wrong: are all examples counted, each with its own label, with the "
            "weights of the loss?",
            {},
            0.15,
        )


def few(names: list[str]) -> str:
    """Some names and the number of the others."""
    return listed(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def layer(score: float, where: str, message: str) -> Diagnosis:
    """Point at a layer."""
    return Diagnosis("layer", where, message, {}, score)


def lengths(pairs: list[Pair]) -> float:
    """How many times longer the gradient is than the slopes."""
    a = sum(float(np.sum(p.analytic[p.known] ** 2)) for p in pairs)
    n = sum(float(np.sum(p.numeric[p.known] ** 2)) for p in pairs)
    return float(np.sqrt(a / n)) if n else np.inf
