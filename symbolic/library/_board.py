"""The board a derivation is written on: each line is proved as it is written.

A gradient line differentiates the cost and proves the matrix formula stated for it; an identity line proves an
equality. What was claimed stays at hand as `Claim`, so that it can be run and measured as well as read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from symbolic._derivation import Derivation, Step
from symbolic.tensor import Hypothesis, Tensor, differentiate, named, prove_tensor, to_latex, to_text
from symbolic.tensor._latex import latex_name

__all__ = ["Board", "Claim"]

LIMIT = 5.0  # seconds for one line; each takes a few milliseconds


@dataclass(frozen=True)
class Claim:
    """An equality of a derivation that can be run.

    Attributes
    ----------
    label : str
        What the left side is called: `dW`.
    lhs, rhs : Tensor
        The two sides; for a gradient, `lhs` is what differentiation gave and `rhs` the formula.
    cost, wrt : Tensor or None
        For a gradient: what was differentiated, and with respect to what.
    assuming : tuple of Hypothesis
    """

    label: str
    lhs: Tensor
    rhs: Tensor
    cost: Tensor | None = None
    wrt: Tensor | None = None
    assuming: tuple[Hypothesis, ...] = ()


@dataclass(frozen=True)
class Shown:
    """A side as it is printed: text and LaTeX."""

    text: str
    tex: str

    def __str__(self) -> str:
        return self.text

    def latex(self) -> str:
        """Give the LaTeX, without dollar signs."""
        return self.tex


@dataclass
class Board:
    """Collects proved lines.

    Attributes
    ----------
    name, title : str
    assuming : sequence of Hypothesis
    """

    name: str
    title: str
    assuming: Sequence[Hypothesis] = ()
    given: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)

    def show(self, side: Tensor) -> Shown:
        """Write a side; what was defined is written by name."""
        return Shown(to_text(side), to_latex(side))

    def define(self, name: str, value: Tensor, rule: str = "") -> Tensor:
        """Write what a letter stands for; from here on it is printed by name."""
        self.given.append(f"{name} = {self.show(value)}" + (f" ({rule})" if rule else ""))
        return named(name, value)

    def gradient(
        self, cost: Tensor, wrt: Tensor, formula: Tensor, rule: str, label: str, note: str = ""
    ) -> Tensor:
        """Differentiate, prove the formula, and write the line `label = formula`."""
        self.identity(differentiate(cost, wrt), formula, rule, label, note, cost=cost, wrt=wrt)
        return formula

    def identity(
        self,
        lhs: Tensor,
        rhs: Tensor,
        rule: str,
        label: str = "",
        note: str = "",
        *,
        cost: Tensor | None = None,
        wrt: Tensor | None = None,
    ) -> Tensor:
        """Prove an equality and write the line; without a label the left side is written out."""
        left = Shown(label, label_latex(label)) if label else self.show(lhs)
        shown = (left, self.show(rhs))
        step = Step(lhs, rhs, rule, assuming=tuple(self.assuming), note=note, check=_check, shown=shown)
        self.steps.append(step)
        self.claims.append(Claim(label or str(left), lhs, rhs, cost, wrt, tuple(self.assuming)))
        return rhs

    def derivation(self) -> Derivation:
        """Hand over what is on the board."""
        kinks = dict.fromkeys(
            f"Nothing is claimed where {kink}." for step in self.steps for kink in step.verdict.kinks
        )
        hypotheses = (*self.given, *map(str, self.assuming))
        return Derivation(self.name, self.title, tuple(self.steps), hypotheses, (*self.notes, *kinks))


def _check(lhs: Any, rhs: Any, assuming: Sequence[Any]) -> Any:
    return prove_tensor(lhs, rhs, assuming=assuming, timeout=LIMIT)


def label_latex(label: str) -> str:
    r"""Write a label as LaTeX: `dJ/dW` as a fraction of ∂, anything else as a name."""
    top, slash, bottom = label.partition("/d")
    if slash and top.startswith("d"):
        return rf"\frac{{\partial {latex_name(top[1:])}}}{{\partial {latex_name(bottom)}}}"
    return latex_name(label) if label.isidentifier() else rf"\mathrm{{{label}}}"


HALF = Fraction(1, 2)
