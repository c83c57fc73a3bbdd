"""The two edges to numeric's layers: the derivations' formulas run, and the slopes measured, beside the passes by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from backproof.triangle._check import EmptyCheckError, Measured, Task
from backproof.triangle._counterparts import Counterpart
from backproof.triangle._heads import derived_heads
from backproof.triangle._layer_table import counterparts
from backproof.triangle._models import compare_gradients
from backproof.triangle._slopes import Case, slopes_agree

__all__ = ["gradient_claims", "hand_case", "hand_tasks"]


def hand_tasks(name: str, seed: int) -> list[Task]:
    """Return the two edges of a derivation to numeric; none where numeric has no such layer."""
    if not counterparts(name):
        return []
    return [
        Task(name, "symbolic=numeric", "library", partial(_same_numbers, name, seed)),
        Task(name, "numeric~gradcheck", "library", partial(_slopes, name, seed)),
    ]


def gradient_claims(name: str) -> Iterator[Any]:
    """Yield the claims that are gradients by an array that can be moved; an intermediate value cannot."""
    from symbolic import library
    from symbolic.tensor._nodes import Symbol

    for claim in library.claims(name):
        if claim.cost is not None and isinstance(claim.wrt, Symbol):
            yield claim


def _same_numbers(name: str, seed: int) -> Measured:
    """Compare the output, and the gradient by every parameter and by the input, at every size of the table."""
    compared = _compared_heads if name == "multi_head_attention" else _compared
    found = [compared(name, part, seed) for part in counterparts(name)]
    worst = max(found, key=lambda one: one.figure)
    return next((one for one in found if one.verdict != "pass"), worst)


def _compared(name: str, part: Counterpart, seed: int) -> Measured:
    done = part.run(*part.build(seed))
    left_out = set(done.stated) - {"X", *part.fixed, *(key for key, _ in part.letters.values())}
    if left_out:
        raise EmptyCheckError(f"{name} has no letter for numeric's {', '.join(sorted(left_out))}.")
    values = {letter: view(done.at[key]) for letter, (key, view) in part.letters.items()} | part.given(done)
    run = _formulas(name, part.functions, part.sizes)
    derived = {letter: part.m * array if part.mean else array for letter, array in run(values).items()}
    derived |= {letter: read(derived[letter]) for letter, read in part.read.items()}
    output = part.arrives.removeprefix("d")
    by_hand = {output: part.letters[part.arrives][1](done.at["A"])}
    for letter, (key, view) in part.letters.items():
        if key in done.stated:
            by_hand[letter] = done.stated[key] if letter in part.read else view(done.stated[key])
    return compare_gradients({"symbolic": derived, "numeric": by_hand})


def _compared_heads(name: str, part: Counterpart, seed: int) -> Measured:
    done = part.run(*part.build(seed))
    by_hand = {key.removeprefix("0."): array for key, array in {**done.stated, "A": done.at["A"]}.items()}
    return compare_gradients({"symbolic": derived_heads(part, done, _formulas), "numeric": by_hand})


def _formulas(
    name: str, functions: Mapping[str, Any] | None = None, sizes: Mapping[str, int] | None = None
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a derivation as a function from letters to its outputs and its gradients by letter.

    Its cost is the sum of an output times the gradient from above, so its derivative by the latter is the output.
    """
    from symbolic.tensor import axis, differentiate, lambdify
    from symbolic.tensor._nodes import Symbol, in_order

    claims = list(gradient_claims(name))
    formulas = {claim.wrt.name: claim.rhs for claim in claims}
    symbols = [node for node in in_order([claim.cost for claim in claims]) if isinstance(node, Symbol)]
    for symbol in symbols:
        for claim in claims:
            if symbol.name[:1] == "d" and symbol in set(in_order([claim.cost])):
                formulas[symbol.name[1:]] = differentiate(claim.cost, symbol)
                break
    run = lambdify(
        list(formulas.values()), symbols, functions, {axis(key): size for key, size in (sizes or {}).items()}
    )
    return lambda values: dict(zip(formulas, run(*[values[symbol.name] for symbol in symbols]), strict=True))


def _slopes(name: str, seed: int) -> Measured:
    """Measure every parameter and the input at the small sizes. No layer has rare branches: one point is enough."""
    cases = [hand_case(part, seed) for part in counterparts(name)[:-1]]
    return slopes_agree(cases, f"numeric's {name}", seed, probes=False)


def hand_case(part: Counterpart, seed: int) -> Case:
    """Return what is measured of a layer: the sum of its output times dA, by every parameter and by the input."""
    layers, at = part.build(seed)
    dA, held = at.pop("dA"), {key: at.pop(key) for key in part.fixed}
    if getattr(layers[0], "tokens", 0):
        held["X"] = at.pop("X")  # token ids cannot be moved a little

    def passed(moved: dict[str, Any]) -> Any:
        return part.run(layers, {**moved, **held, "dA": dA})

    def loss(moved: dict[str, Any]) -> float:
        return float(np.sum(dA * passed(moved).at["A"]))

    def gradient(moved: dict[str, Any]) -> dict[str, Any]:
        stated = passed(moved).stated
        return {key: stated[key] for key in at}

    return f"{layers[0]!r} on {part.shape}", loss, gradient, at
