r"""Derivations: the steps a teacher writes on the board, none of which can exist unproved.

A `Step` says ``lhs = rhs`` and names its rule. It is checked when it is built: a `Step` that exists has
been proved, and one that cannot be proved raises `WrongStep` with the rule, both sides and, where the
claim is false, a point at which the two sides differ.

Abbreviations (``a`` for σ(z)) and hypotheses that are equations (one-hot: y₃ = 1 - y₁ - y₂) travel in
`where`: they are put in before the check, and printed beside the step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from symbolic._errors import InvalidArgument, WrongStep
from symbolic._printing import shortened, to_latex, to_text

__all__ = ["Derivation", "Step"]

# A check takes (lhs, rhs, assuming) and returns a verdict: an object with `status` ("proved", "refuted",
# "unknown"), and where it has them `method`, `counterexample`, `reason`, `assumptions`.
Check = Callable[[Any, Any, Sequence[Any]], Any]


_RULE_COLUMN = 78  # equations up to this width share one column for their rules


def _default_check(lhs: Any, rhs: Any, assuming: Sequence[Any]) -> Any:
    from symbolic._checking import decide

    return decide(lhs, rhs, assuming)


@dataclass(frozen=True, eq=False)
class Step:
    """One proved equality of a derivation.

    Parameters
    ----------
    lhs, rhs : object
        The two sides: SymPy expressions, SymPy matrices (compared entry by entry), or tensor expressions.
    rule : str
        What justifies the step, in the words of a teacher: ``"chain rule"``.
    where : mapping, optional
        Abbreviations and hypotheses, symbol to expression, put into both sides before the check.
    assuming : sequence, optional
        Hypotheses handed to the prover as they are.
    note : str
        A remark printed under the step.
    check : callable, optional
        ``check(lhs, rhs, assuming) -> verdict``; the project's prover by default.
    shown : tuple of object, optional
        The two sides as they are printed, when the check compares their entries: matrix formulas beside
        the explicit matrices they stand for.

    Attributes
    ----------
    verdict : object
        What the prover said; its ``status`` is always ``"proved"``.

    Raises
    ------
    WrongStep
        If the step is refuted, or could not be decided.
    """

    lhs: Any
    rhs: Any
    rule: str
    where: Mapping[Any, Any] = field(default_factory=dict)
    assuming: Sequence[Any] = ()
    note: str = ""
    check: Check = field(default=_default_check, repr=False)
    shown: tuple[Any, Any] | None = None
    verdict: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.rule:
            raise InvalidArgument("A step needs a rule; it was given none. Say what justifies it.")
        lhs, rhs = _put_in(self.lhs, self.where), _put_in(self.rhs, self.where)
        verdict = self.check(lhs, rhs, tuple(self.assuming))
        if verdict.status != "proved":
            _raise_wrong(self, verdict)
        object.__setattr__(self, "verdict", verdict)

    @property
    def sides(self) -> tuple[Any, Any]:
        """The two sides as they are printed."""
        return self.shown or (self.lhs, self.rhs)

    def __str__(self) -> str:
        left, right = self.sides
        return f"{to_text(left)} = {to_text(right)}    ({self.rule})"

    def latex(self) -> str:
        r"""Return ``lhs = rhs`` as LaTeX."""
        left, right = self.sides
        return f"{to_latex(left)} = {to_latex(right)}"


def _put_in(side: Any, where: Mapping[Any, Any]) -> Any:
    """Put abbreviations in until none is left (an abbreviation may use another)."""
    if not where:
        return side
    functions = {k: v for k, v in where.items() if isinstance(k, type)}
    letters = {k: v for k, v in where.items() if k not in functions}
    for name, definition in functions.items():
        side = side.replace(name, definition)
    for _ in range(len(letters)):
        put = side.xreplace(letters)
        if put == side:
            break
        side = put
    return side


def _raise_wrong(step: Step, verdict: Any) -> None:
    left, right = step.sides
    counterexample = getattr(verdict, "counterexample", None)
    reason = getattr(verdict, "reason", "") or ""
    says = "is wrong" if verdict.status == "refuted" else "could not be proved"
    message = f"The step by {step.rule!r} {says}: {shortened(left)} = {shortened(right)}."
    if step.where:
        message += (
            " Where " + ", ".join(f"{to_text(k)} = {shortened(v, 120)}" for k, v in step.where.items()) + "."
        )
    if reason:
        message += f" {reason.rstrip('.')}."
    if counterexample is not None:
        message += f" The sides differ {counterexample}."
    raise WrongStep(
        message,
        rule=step.rule,
        lhs=step.lhs,
        rhs=step.rhs,
        status=verdict.status,
        counterexample=counterexample,
    )


@dataclass(frozen=True, eq=False)
class Derivation:
    """A chain of proved steps.

    Consecutive steps whose left side is the right side before them print as one chain of equations.

    Parameters
    ----------
    name : str
        What `symbolic.derive` calls it.
    title : str
        One line for people.
    steps : tuple of Step
        At least one; each was proved when it was built.
    hypotheses : tuple of str
        What the derivation assumes, in words.
    notes : tuple of str
        Remarks printed after the last step: kinks at which nothing is claimed, for example.

    Examples
    --------
    >>> import symbolic
    >>> d = symbolic.derive("sigmoid")
    >>> d.steps[0].rule
    'definition of sigmoid'
    >>> {step.verdict.status for step in d.steps}
    {'proved'}
    """

    name: str
    title: str
    steps: tuple[Step, ...]
    hypotheses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.steps))
        if not self.steps:
            raise InvalidArgument(
                f"The derivation {self.name!r} has no steps; a derivation has at least one."
            )

    @property
    def lhs(self) -> Any:
        """The left side of the first step."""
        return self.steps[0].lhs

    @property
    def rhs(self) -> Any:
        """The right side of the last step: what was derived."""
        return self.steps[-1].rhs

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules, in order."""
        return tuple(step.rule for step in self.steps)

    def _chains(self) -> Iterable[tuple[Step, bool]]:
        """Each step with whether it continues the one before."""
        before: Any = None
        for step in self.steps:
            left, right = step.sides
            yield step, before is not None and (left is before or bool(left == before))
            before = right

    def __str__(self) -> str:
        lines = [self.title, "=" * len(self.title)]
        lines += [f"given: {h}" for h in self.hypotheses]
        rows = []
        width = 0
        for step, continues in self._chains():
            left, right = (to_text(side) for side in step.sides)
            if not continues:
                width = len(left)
            rows.append((" " * width if continues else left, right, step))
        widths = [len(left) + len(right) + 3 for left, right, _ in rows]
        edge = max((w for w in widths if w <= _RULE_COLUMN), default=_RULE_COLUMN)
        for left, right, step in rows:
            equation = f"{left} = {right}"
            if len(equation) <= edge:
                lines.append(f"  {equation:<{edge}}   [{step.rule}]")
            else:  # a long equation has its rule below
                lines += [f"  {equation}", f"  {'':<{edge}}   [{step.rule}]"]
            lines += [f"      {step.note}"] if step.note else []
        lines += [f"note: {n}" for n in self.notes]
        return "\n".join(lines)

    def latex(self) -> str:
        r"""Return the steps as one ``aligned`` environment, the rules at the right.

        Returns
        -------
        str
            LaTeX without dollar signs.
        """
        rows = []
        for step, continues in self._chains():
            left, right = (to_latex(side) for side in step.sides)
            rows.append(rf"{'' if continues else left} &= {right} && \text{{{_escaped(step.rule)}}}")
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def markdown(self) -> str:
        r"""Return the derivation as Markdown: title, hypotheses, formulas in ``$$``, notes.

        Returns
        -------
        str
        """
        parts = [f"### {self.title}"]
        parts += [f"Given: {h}." for h in self.hypotheses]
        parts.append(f"$$\n{self.latex()}\n$$")
        remarks = [s.note for s in self.steps if s.note] + list(self.notes)
        parts += [f"> {n}" for n in remarks]
        return "\n\n".join(parts) + "\n"


_TEXT_MODE = {"_": r"\_", "&": r"\&", "%": r"\%", "#": r"\#"}


def _escaped(text: str) -> str:
    return "".join(_TEXT_MODE.get(c, c) for c in text)
