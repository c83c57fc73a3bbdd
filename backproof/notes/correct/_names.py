r"""Names: A for Z, a for y, x for a, the gradient for the quantity, another function, ``a`` for ``1 - a``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._layout import Factor, Unit, factors, sequences, values
from ._page import Edit, Page, is_quantity, plain

# What is taken for what most often, by base: both ways.
_CONFUSED = (
    "A Z", "a z", "a y", "A Y", "x a", "X A", "W b", "w b", "x y", "p y", "x w", "l L", "m n", "h x", "h y", "i j",
    "\\hat{y} y", "\\hat{Y} Y", "\\mu x", "\\delta a", "\\sin \\cos", "\\sinh \\cosh",
    "\\log \\exp", "\\sigma \\tanh", "\\eta \\lambda",
)  # fmt: skip
_PAIRS = {frozenset(pair.split()) for pair in _CONFUSED}


def renamed(page: Page) -> Iterator[Edit]:
    """Another quantity in the place of one, with its own indices or with those that stand there."""
    bases = list(dict.fromkeys(base for name in page.names if (base := _base(name))))
    for unit in reversed(list(values(page.tree))):  # of equal factors the last is the likelier slip
        if unit.kind not in ("letter", "command", "word") or not is_quantity(page, unit):
            continue
        own = page.latex[unit.start : unit.stop]
        mistakes = f"{plain(own)} instead of "
        for base in bases:
            if base != own:
                cost = 1.3 if _alike(own, base) else 1.6
                yield Edit(((unit.start, unit.stop, base),), cost, mistakes + plain(base))
        whole = page.text(unit)
        for name in page.names:
            if name != whole and _base(name) != own:
                near = 1.55 if _alike(own, _base(name)) else 1.9
                yield Edit(((unit.start, unit.end, name),), near, mistakes + plain(name))
            elif name != whole:
                yield Edit(((unit.start, unit.end, name),), 1.7, f"{plain(whole)} instead of {plain(name)}")
        if page.kind != "shape":
            yield from _gradient(page, unit, own)


def _gradient(page: Page, unit: Unit, own: str) -> Iterator[Edit]:
    """``dW`` for ``W``, ``W`` for ``dW``."""
    if re.fullmatch(r"d[A-Za-z]", own):
        yield Edit(((unit.start, unit.stop, own[1]),), 1.2, f"the gradient {own} instead of {own[1]}")
    elif re.fullmatch(r"[A-Za-z]", own):
        before = page.latex[: unit.start].rstrip()
        # The d of dW in letters of its own: \mathcal{d}W.
        letter = re.search(r"\\(?:mathcal|mathrm|text)\s*\{?\s*d\s*\}?$", before)
        if letter is not None:
            yield Edit(((letter.start(), unit.start, ""),), 1.2, f"the gradient d{own} instead of {own}")
        yield Edit(((unit.start, unit.start, "d"),), 1.45, f"{own} instead of its gradient")


def _base(name: str) -> str:
    found = re.match(
        r"\\(?:hat|bar|tilde|vec|mathbf|mathcal|mathrm|text|boldsymbol)\s*(?:\{[^{}]*\}|\w)|\\[A-Za-z]+|d?[^\W\d_]",
        name,
    )
    return found.group() if found else ""


def _alike(one: str, other: str) -> bool:
    return frozenset((one, other)) in _PAIRS or one.lower() == other.lower()


def functions(page: Page) -> Iterator[Edit]:
    """Another function at the same argument, or the function for its argument and the other way round."""
    heads = (re.match(r"[^(\s\[{]+", call) for call in page.calls)
    names = list(dict.fromkeys(head.group() for head in heads if head is not None))
    for _, factor in factors(page.tree):
        if len(factor.units) < 2:
            continue
        first = factor.units[0]
        own = page.latex[first.start : first.end]
        rest = page.latex[factor.units[1].start : factor.end]
        for name in [*names, "\\sigma", "\\tanh", "\\log", "\\exp", "\\sin", "\\cos"]:
            if name != own:
                sine = {own.strip("\\"), name.strip("\\")} in ({"sin", "cos"}, {"sinh", "cosh"})
                known = name in names
                yield Edit(
                    ((first.start, first.end, name),),
                    1.2 if sine else 1.6 if known else 2.2,
                    f"{plain(own)} instead of {plain(name)}",
                )
        if (
            own.strip("\\") in ("sign", "sgn", "operatorname{sign}", "text{sign}", "mathrm{sign}")
            and factor.units[1].inside
        ):
            inner = page.text(factor.units[1].inside[0])
            yield Edit(
                ((factor.start, factor.end, f"\\mathbb{{1}}({inner} > 0)"),),
                1.2,
                "the sign instead of a step from 0 to 1",
            )
        if factor.units[1].kind == "group":
            yield Edit(((factor.start, factor.end, rest),), 2.0, f"{plain(own)} too many")
    for call in page.calls:
        for unit in values(page.tree):
            if (
                unit.kind in ("letter", "command", "word")
                and is_quantity(page, unit)
                and f"({page.text(unit)}" in call.replace(" ", "")
            ):
                yield Edit(
                    ((unit.start, unit.end, call),),
                    2.1,
                    f"{plain(page.text(unit))} instead of {plain(call)}",
                )


def complements(page: Page) -> Iterator[Edit]:
    r"""``a`` for ``1 - a``, ``1 - a`` for ``a``, in arguments of logarithms above all."""
    for unit in reversed(list(values(page.tree))):
        if unit.kind in ("letter", "command", "word") and is_quantity(page, unit):
            name = page.text(unit)
            yield Edit(
                ((unit.start, unit.end, f"(1-{name})"),), 1.6, f"{plain(name)} instead of 1-{plain(name)}"
            )
    for _, factor in factors(page.tree):
        yield from _call(page, factor)
    for sequence in sequences(page.tree):
        text = page.text(sequence)
        if sequence.terms and re.match(r"1\s*-", text) and len(sequence.terms) == 2:
            one, two = sequence.terms
            if sequence is not page.tree or len(two.factors) == 1:
                yield Edit(((one.start, two.start, ""),), 1.5, "1 minus too many")


def _call(page: Page, factor: Factor) -> Iterator[Edit]:
    r"""``1-\sigma(x)`` for ``\sigma(x)``; ``\log(1-a)`` for ``\log(a)``; ``\sigma(-x)`` for ``\sigma(x)``."""
    if len(factor.units) < 2:
        return
    text = page.latex[factor.start : factor.end]
    if not text.startswith(("\\log", "\\ln", "log", "ln")):
        yield Edit(
            ((factor.start, factor.end, f"(1-{text})"),), 1.7, f"{plain(text)} instead of 1-{plain(text)}"
        )
    last = factor.units[-1]
    if last.kind == "group" and last.inside[0].terms:
        (inside,) = last.inside
        inner = page.text(inside)
        if len(inside.terms) == 1:
            yield Edit(
                ((inside.start, inside.start, "1-"),), 1.4, f"{plain(inner)} instead of 1-{plain(inner)}"
            )
        else:
            yield Edit(
                ((inside.start, inside.end, f"1-({inner})"),), 1.9, f"{plain(inner)} instead of 1 minus it"
            )
