"""What the prover answers: a status, the grounds for it, and a certificate that others can check."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Generic, Literal, TypeAlias, TypeVar, cast

Status: TypeAlias = Literal["proved", "refuted", "unknown"]
Json: TypeAlias = dict[str, Any]
_CLOSE = 12  # sides that share so many digits look equal
_DIGITS = 4000  # that Python writes and reads at once


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A closed interval with exact rational ends that certainly holds a value.

    Parameters
    ----------
    low, high : Fraction
        The ends; equal when the value is known exactly.

    Examples
    --------
    >>> from fractions import Fraction
    >>> print(Enclosure(Fraction(1, 2), Fraction(1, 2)))
    1/2
    >>> print(Enclosure(Fraction(1414, 1000), Fraction(1415, 1000)))
    1.41450 ± 0.00050
    """

    low: Fraction
    high: Fraction

    def __str__(self) -> str:
        if self.low == self.high:
            return _exact(self.low, 24)
        middle, radius = (self.low + self.high) / 2, (self.high - self.low) / 2
        if middle == 0:
            return f"0 ± {_scientific(radius, 2)}"
        digits = max(1, min(30, _decimal_order(middle) - _decimal_order(radius) + 2))
        return f"{_scientific(middle, digits)} ± {_scientific(radius, 2)}"

    def excludes(self, other: Enclosure) -> bool:
        """Say whether the two intervals have no point in common."""
        return self.high < other.low or other.high < self.low

    def written(self) -> tuple[str, str]:
        """Write both ends as numbers that `fractions.Fraction` reads; very long ones are rounded outwards."""
        return _written(self.low, math.floor), _written(self.high, math.ceil)


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A point at which the two sides certainly differ.

    Parameters
    ----------
    point : Mapping[str, object]
        Exact value of each variable (a ``Fraction``; for tensors, sizes and entries).
    lhs, rhs : Enclosure
        Certified enclosures of both sides at the point; they have no number in common.
    functions : Mapping[str, str]
        The concrete function that stands for each unknown function, as text.
    """

    point: Mapping[str, object]
    lhs: Enclosure
    rhs: Enclosure
    functions: Mapping[str, str] = field(default_factory=dict)

    @property
    def difference(self) -> Enclosure:
        """A certified enclosure of the left side minus the right side; it does not hold 0."""
        return Enclosure(self.lhs.low - self.rhs.high, self.lhs.high - self.rhs.low)

    @property
    def looks_equal(self) -> bool:
        """Whether the sides are so close that the difference says more than the two values."""
        gap = min(abs(self.difference.low), abs(self.difference.high))
        return gap * Fraction(10**_CLOSE) < max(abs(self.lhs.low), abs(self.rhs.low))

    def __str__(self) -> str:
        where = ", ".join(
            [f"{name} = {_shown(value)}" for name, value in self.point.items()]
            + [f"{name}: {text}" for name, text in self.functions.items()]
        )
        if self.looks_equal:
            middle = (self.lhs.low + self.lhs.high) / 2
            values = f"both sides are about {_scientific(middle, _CLOSE)} and left minus right is {self.difference}"
        else:
            values = f"the left side is {self.lhs} and the right side {self.rhs}"
        return f"at {where} {values}" if where else values


Value = TypeVar("Value")


class _OnDemand(Generic[Value]):
    """A field that may be given as a function of nothing: it is called when somebody first looks.

    Writing a claim or what it rests on can take longer than deciding it, and most callers look at the status only.
    """

    def __init__(self, default: Value) -> None:
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = "_" + name

    def __get__(self, verdict: Any, owner: type | None = None) -> Value:
        if verdict is None:
            return self.default
        value = verdict.__dict__[self.name]
        if callable(value):
            value = verdict.__dict__[self.name] = value()
        return cast(Value, value)

    def __set__(self, verdict: Any, value: Value | Callable[[], Value]) -> None:
        verdict.__dict__[self.name] = value


@dataclass(frozen=True)
class Verdict:
    """The answer to one claim.

    ``proved`` and ``refuted`` are certain; ``unknown`` says what was tried. None is ever guessed.

    Parameters
    ----------
    status : {"proved", "refuted", "unknown"}
        The answer.
    method : str
        What decided it: ``"normal form"``, ``"ball arithmetic"``, ``"exact evaluation"``,
        ``"canonical form"``, ``"limit"``, or ``""``.
    claim : str
        The claim as text.
    assumptions : tuple of str
        Those really used: domains, non-zero denominators, hypotheses, and the kink set on which
        nothing is claimed.
    counterexample : Counterexample or None
        For ``refuted``: the point and certified enclosures of both sides.
    reason : str
        Why, in a sentence; for ``unknown`` what was tried.
    elapsed : float
        Seconds.
    kinks : tuple of str
        The sets, as equations, on which nothing is claimed.
    evidence : dict or callable, optional
        The certificate, or a function that builds it when it is first asked for.

    Examples
    --------
    >>> verdict = Verdict("unknown", claim="gamma(z + 1) = z*gamma(z)", reason="gamma is out of reach")
    >>> print(verdict)
    unknown: gamma(z + 1) = z*gamma(z); gamma is out of reach.
    """

    status: Status
    method: str = ""
    claim: _OnDemand[str] = _OnDemand("")
    assumptions: _OnDemand[tuple[str, ...]] = _OnDemand(())
    counterexample: Counterexample | None = None
    reason: str = ""
    elapsed: float = 0.0
    kinks: _OnDemand[tuple[str, ...]] = _OnDemand(())
    evidence: Json | Callable[[], Json] | None = field(default=None, repr=False, compare=False)

    @property
    def certificate(self) -> Json | None:
        """The JSON document that `symbolic.replay` checks; None for ``unknown``."""
        if callable(self.evidence):
            # Built on demand: most callers never look, and a proof should not wait for its paper.
            object.__setattr__(self, "evidence", self.evidence())
        assert not callable(self.evidence)
        return self.evidence

    def __bool__(self) -> bool:
        raise TypeError("A verdict has three values: ask for verdict.status == 'proved' (or 'refuted').")

    def __str__(self) -> str:
        sentence = f"{self.status}: {self.claim}"
        if self.counterexample is not None:
            sentence += f"; {self.counterexample}"
        elif self.status == "proved" and self.assumptions:
            sentence += " wherever " + ", ".join(self.assumptions)
        if self.status == "proved" and self.kinks:
            sentence += "; nothing is claimed where " + " or ".join(self.kinks)
        if self.reason:
            sentence += f"; {self.reason.rstrip('.')}"
        return sentence + "."

    def __getstate__(self) -> dict[str, Any]:
        state = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        state["evidence"] = self.certificate  # a closure cannot travel to another process
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)


def _decimal_order(value: Fraction) -> int:
    """Exponent of ten of a non-zero rational, exact even beyond the range of floats."""
    value = abs(value)
    # Python writes no integer of more than 4300 digits, and its logarithm is all that is needed.
    order = (
        math.floor((value.numerator.bit_length() - value.denominator.bit_length() - 1) * math.log10(2)) - 1
    )
    power = Fraction(10) ** (order + 1)
    while value >= power:
        order, power = order + 1, power * 10
    return order


def _short(value: Fraction, digits: int = _DIGITS) -> bool:
    bits = max(value.numerator.bit_length(), value.denominator.bit_length())
    return bits * math.log10(2) < digits


def _exact(value: Fraction, width: int) -> str:
    """A rational number as it is where that is short, with twelve digits otherwise."""
    exact = str(value) if _short(value) else ""
    return exact if exact and len(exact) <= width else _scientific(value, 12)


def _shown(value: object) -> str:
    return _exact(value, _DIGITS) if isinstance(value, Fraction) else str(value)


def _written(value: Fraction, towards: Callable[[Fraction], int]) -> str:
    if _short(value):
        return str(value)
    order = _decimal_order(value)
    return f"{towards(value / Fraction(10) ** (order - _DIGITS + 2))}e{order - _DIGITS + 2}"


def _scientific(value: Fraction, digits: int) -> str:
    if value == 0:
        return "0"
    order = _decimal_order(value)
    scaled = round(abs(value) / Fraction(10) ** (order - digits + 1))
    if scaled >= 10**digits:
        scaled, order = scaled // 10, order + 1
    text = str(scaled)
    sign = "-" if value < 0 else ""
    if -5 <= order < 0:
        return f"{sign}0.{'0' * (-order - 1)}{text}"
    if 0 <= order < digits:
        point = order + 1
        return sign + text[:point] + ("." + text[point:] if text[point:] else "")
    tail = f".{text[1:]}" if len(text) > 1 else ""
    return f"{sign}{text[0]}{tail}e{order:+03d}"
