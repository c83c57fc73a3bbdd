"""The scalar prover: refute cheaply, then prove by normal form, then refute thoroughly; else say what was tried."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, TypeAlias

from flint import fmpq

from symbolic._errors import InvalidArgument
from symbolic.grammar import FormulaLimitError
from symbolic.prover._balls import enclosure, evaluate
from symbolic.prover._certificate import Document
from symbolic.prover._deadline import Deadline
from symbolic.prover._errors import Exhausted, OutOfReach, Symbolic
from symbolic.prover._lower import Lowering
from symbolic.prover._points import Sampler
from symbolic.prover._premises import Premises, check_derivatives, gather, read_hypotheses
from symbolic.prover._program import Program
from symbolic.prover._reading import expression, shown, symbols_of
from symbolic.prover._refute import Search, Trial
from symbolic.prover._regions import Claim, Decision, decide
from symbolic.prover._report import assumptions_of, kinks_of
from symbolic.prover._verdict import Counterexample, Verdict

MAX_SYMBOLS = 150
Text: TypeAlias = Callable[[], str]


def prove(lhs: Any, rhs: Any, *, assuming: Any = (), timeout: float = 2.0) -> Verdict:
    """Decide whether two expressions are equal.

    A claim means: equal as real functions at every point where both sides are defined, off the reported kinks.
    Symbols without assumptions are real; SymPy's assumptions on symbols hold; symbols of one name are one variable.
    ``proved`` and ``refuted`` are certain. Everything else is ``unknown``, with what was tried.

    Parameters
    ----------
    lhs, rhs : sympy.Expr, str, number, or tensor expression
        The two sides. Text is read by the formula grammar, without simplification.
    assuming : str, sympy condition, or iterable of them
        Hypotheses, such as ``"z > 0"``, ``"0 < a < 1"``, ``"a + b = 1"``, ``"y in {0, 1}"``.
    timeout : float
        Seconds after which the answer is ``unknown``; it is checked between steps of bounded size.

    Returns
    -------
    Verdict
        With the assumptions used, the kinks left out, a counterexample or a reason, and a certificate.

    Raises
    ------
    FormulaError
        A text is not a formula.
    InvalidArgument
        A side is no expression, or a hypothesis cannot be read.

    Notes
    -----
    *Proved*: both sides become the same quotient of polynomials in kernels (exp, log, roots, erf, constants), in every
    region of constant sign, and at one certified point both are defined. *Refuted*: at a rational point ball
    arithmetic encloses the sides in intervals without a common number. What is too large to work on, ``9**9**9**9``,
    is unknown (limit), not an error; `parse` and `graph`, which have no verdict to give, refuse it.

    Sums of symbolic length (``sum(x[i], i, 1, m)``, or SymPy's ``Sum`` over ``Indexed``) and derivatives by an entry are
    read as tensors, and decided for every length of at least one and every free index; hypotheses then speak of whole
    families: ``x[i] > 0``, ``y[k] in {0, 1}``, ``sum(y[k], k, 1, n) = 1``.

    Examples
    --------
    >>> print(prove("diff(sigmoid(z), z)", "sigmoid(z)*(1 - sigmoid(z))"))
    proved: diff(sigmoid(z), z) = sigmoid(z)*(1 - sigmoid(z)).
    >>> prove("x/x", "1").assumptions
    ('x ≠ 0',)
    >>> print(prove("sqrt(z^2)", "z"))
    refuted: sqrt(z^2) = z; at z = ... the left side is ... and the right side ....
    >>> prove("gamma(z + 1)", "z*gamma(z)").status
    'unknown'
    >>> prove("diff(sum(x[i]^2, i, 1, m)/m, x[k])", "2*x[k]/m").status
    'proved'
    """
    if _is_tensor(lhs) or _is_tensor(rhs):
        from symbolic.tensor import prove_tensor

        verdict: Verdict = prove_tensor(lhs, rhs, assuming=assuming, timeout=timeout)
        return verdict
    if not isinstance(timeout, int | float) or not timeout > 0:
        raise InvalidArgument(f"timeout is {timeout!r}; expected a positive number of seconds.")
    deadline = Deadline(timeout)

    def text() -> str:
        return f"{shown(lhs)} = {shown(rhs)}"

    def decide_sides() -> Verdict:
        symbols = symbols_of(lhs, rhs, assuming)
        sides = expression(lhs, symbols), expression(rhs, symbols)
        conditions = read_hypotheses(assuming, symbols)
        try:
            question = lowered(text, sides, conditions, deadline)
        except Symbolic:
            from symbolic.prover._of_sums import of_sums

            return dataclasses.replace(of_sums(text, sides, conditions, timeout), claim=text)
        verdict = question.answer()
        if verdict.status == "proved" and conditions and question.premises.unused:
            # Nobody knows whether the hypotheses hold together: only what needs none of them is proved.
            verdict = lowered(text, sides, [], deadline).answer()
            if verdict.status != "proved":
                return question.unknown(f"the hypothesis {question.premises.unused[0]} could not be used")
        return verdict

    return _guarded(text, deadline, decide_sides)


def prove_program(program: Program, lhs: int, rhs: int, *, timeout: float = 2.0) -> Verdict:
    """Decide whether two nodes of one program are equal; for callers that have no use for SymPy on the way.

    Parameters
    ----------
    program : Program
        Its variables are real and free.
    lhs, rhs : int
        Nodes.
    timeout : float
        Seconds, as in `prove`.

    Returns
    -------
    Verdict
        As `prove` gives it; the claim's text names the nodes only.

    Examples
    --------
    >>> p = Program()
    >>> z = p.node("sym", "z")
    >>> prove_program(p, p.power(p.add(z, p.one), 2), p.add(p.power(z, 2), z, z, p.one)).status
    'proved'
    """
    deadline = Deadline(timeout)

    def text() -> str:
        return f"node {lhs} = node {rhs}"

    return _guarded(
        text, deadline, lambda: Question(text, Lowering(program), (lhs, rhs), [], deadline).answer()
    )


def lowered(text: Text, sides: tuple[Any, Any], conditions: list[Any], deadline: Deadline) -> Question:
    low = Lowering()
    return Question(text, low, (low(sides[0]), low(sides[1])), conditions, deadline)


def _guarded(text: Text, deadline: Deadline, work: Callable[[], Verdict]) -> Verdict:
    """Turn what stops a decision into ``unknown`` with its reason."""
    try:
        return work()
    except (Exhausted, FormulaLimitError) as limit:
        reason = f"unknown (limit): {str(limit).splitlines()[0]} was reached before a decision"
        if isinstance(limit, FormulaLimitError):
            reason = f"unknown (limit): {str(limit).splitlines()[0]}"
        return Verdict("unknown", "limit", text, reason=reason, elapsed=deadline.elapsed)
    except RecursionError:
        reason = "unknown (limit): the expression is nested too deep"
        return Verdict("unknown", "limit", text, reason=reason, elapsed=deadline.elapsed)
    except ArithmeticError as problem:
        reason = f"{type(problem).__name__} in the arithmetic of polynomials: {problem}"
        return Verdict("unknown", "limit", text, reason=reason, elapsed=deadline.elapsed)
    except OutOfReach as problem:
        reason = f"{problem} is out of reach"
        return Verdict("unknown", "", text, reason=reason, elapsed=deadline.elapsed)


class Question:
    """One claim on its way to a verdict."""

    def __init__(
        self, text: Text, low: Lowering, nodes: tuple[int, int], conditions: list[Any], deadline: Deadline
    ) -> None:
        self.text = text
        self.deadline = deadline
        self.low = low
        self.nodes = nodes
        self.premises: Premises = gather(self.low, conditions)
        check_derivatives(self.low, self.premises)
        if len(self.low.symbols) > MAX_SYMBOLS:
            raise Exhausted(f"the size limit of {MAX_SYMBOLS} variables")

    def answer(self) -> Verdict:
        premises = self.premises
        if premises.impossible:
            return self.unknown("the hypotheses contradict each other")
        searches: list[Search] = []
        for values in premises.cases():
            claim = self._claim(values)
            search = Search(claim, self._sampler(claim, values), self.deadline)
            searches.append(search)
            trial = None if premises.unused else search.quick()
            if trial is not None:
                return self._refuted(claim, trial, values)
        decisions: list[Decision | None] = []
        problems: list[str] = []
        for search in searches:
            try:
                decisions.append(decide(search.claim, self.deadline))
            except OutOfReach as problem:
                decisions.append(None)
                problems.append(f"{problem} is out of reach of the normal form")
            except Exhausted as limit:
                self.deadline.check()
                decisions.append(None)
                problems.append(f"unknown (limit): {limit} was reached")
        return self._conclude(searches, decisions, problems)

    def _conclude(
        self, searches: list[Search], decisions: list[Decision | None], problems: list[str]
    ) -> Verdict:
        open_ = [(s, d) for s, d in zip(searches, decisions, strict=True) if d is None or not _settled(d)]
        if not open_:
            if any(
                s.any_point(d) for s, d in zip(searches, decisions, strict=True) if d is not None and d.holds
            ):
                return self._proved(searches, [d for d in decisions if d is not None])
            return self.unknown(
                "no point was found at which both sides are defined and every hypothesis holds"
            )
        if not self.premises.unused:
            for (search, decision), values in zip(open_, self._cases_of(open_, searches), strict=True):
                trial = search.thorough(decision)
                if trial is not None:
                    return self._refuted(search.claim, trial, values)
        if problems:
            method = "limit" if problems[0].startswith("unknown (limit)") else ""
            return self.unknown(problems[0] + ", and no counterexample was found", method)
        if all(s.witness is None for s in searches):
            return self.unknown(
                "no point was found at which both sides are defined and every hypothesis holds"
            )
        if self.premises.unused:
            return self.unknown(f"the hypothesis {self.premises.unused[0]} could not be used")
        return self.unknown("the normal forms differ, and no counterexample was found")

    def _cases_of(self, open_: list[tuple[Search, Any]], searches: list[Search]) -> Iterable[dict[str, fmpq]]:
        cases = list(self.premises.cases())
        return [cases[next(i for i, s in enumerate(searches) if s is search)] for search, _ in open_]

    def _claim(self, values: dict[str, fmpq]) -> Claim:
        """The claim with the variables replaced that hypotheses determine."""
        p, premises = self.low.program, self.premises
        images = {p.node("sym", name): p.num(value) for name, value in values.items()}
        for name, determined in premises.equal.items():
            root = self.low(determined)
            images[p.node("sym", name)] = p.replace(root, dict(images))
        replaced = bool(images)

        def moved(i: int) -> int:
            return p.replace(i, images) if replaced else i

        lhs = moved(self.nodes[0])
        for i in premises.defined:
            lhs = p.both(lhs, moved(i))  # an equation holds nowhere where one of its sides has no value
        return Claim(
            p,
            lhs,
            moved(self.nodes[1]),
            tuple(moved(i) for i, _ in premises.positive),
            tuple(moved(i) for i, _ in premises.nonnegative),
            tuple(moved(i) for i, _ in premises.nonzero),
            frozenset(premises.integers),
            images,
        )

    def _sampler(self, claim: Claim, values: dict[str, fmpq]) -> Sampler:
        p, premises = claim.program, self.premises
        roots = (claim.lhs, claim.rhs, *claim.positive, *claim.nonnegative, *claim.nonzero)
        sampler = Sampler(p.symbols(*roots), {}, {}, premises.integers, premises.even, premises.odd)
        for i in (*claim.positive, *claim.nonnegative):
            sampler.learn(p, i)
        return sampler

    # -- verdicts ---------------------------------------------------------------------------------
    def unknown(self, reason: str, method: str = "") -> Verdict:
        return Verdict("unknown", method, self.text, reason=reason, elapsed=self.deadline.elapsed)

    def _refuted(self, claim: Claim, trial: Trial, values: dict[str, fmpq]) -> Verdict:
        point: dict[str, object] = {name: _fraction(x) for name, x in {**values, **trial.point}.items()}
        point |= self._determined(claim, trial, values)
        functions = {name: _polynomial(c) for name, c in trial.functions.items()}
        counterexample = Counterexample(point, enclosure(trial.lhs), enclosure(trial.rhs), functions)
        exact = isinstance(trial.lhs, fmpq) and isinstance(trial.rhs, fmpq)
        return Verdict(
            "refuted",
            "exact evaluation" if exact else "ball arithmetic",
            self.text,
            assumptions=tuple(sorted(set(self._hypotheses()) | self.low.notes)),
            counterexample=counterexample,
            elapsed=self.deadline.elapsed,
            evidence=lambda: self._document().refutation(
                trial, values, counterexample.lhs, counterexample.rhs
            ),
        )

    def _determined(self, claim: Claim, trial: Trial, values: dict[str, fmpq]) -> dict[str, object]:
        """Rational values of the variables that equations determine."""
        p = claim.program
        found: dict[str, object] = {}
        exact = {**values, **trial.point}
        for name, determined in self.premises.equal.items():
            node = self.low(determined)
            value = evaluate(p, p.reach(node), exact, trial.precision, trial.functions)[node]
            if name not in exact and isinstance(value, fmpq):
                found[name] = _fraction(value)
        return found

    def _hypotheses(self) -> list[str]:
        premises = self.premises
        stated = [text for _, text in (*premises.positive, *premises.nonnegative, *premises.nonzero)]
        fixed = [premises.equations[name] for name in premises.equal]
        return stated + [premises.texts[name] for name in premises.choices] + fixed

    def _document(self) -> Document:
        return Document(self.low, self.nodes, self.premises)

    def _proved(self, searches: list[Search], decisions: list[Decision]) -> Verdict:
        # A case without any point holds as well, but there is nothing to say of it.
        kept = [(s, d) for s, d in zip(searches, decisions, strict=True) if d.holds]
        held = [d for _, d in kept]

        def assumptions() -> tuple[str, ...]:
            return assumptions_of(held, [s for s, _ in kept], self.premises, self.low.notes)

        return Verdict(
            "proved",
            "normal form",
            self.text,
            assumptions=assumptions,
            kinks=lambda: kinks_of(held),
            elapsed=self.deadline.elapsed,
            evidence=lambda: self._document().proof(searches, decisions, self.premises.cases()),
        )


def _settled(decision: Decision) -> bool:
    """Whether a case needs no more work: it holds, or no point of it has both sides defined."""
    return decision.holds or all(
        leaf.status in ("undefined", "empty") and not leaf.borders for leaf in decision.leaves
    )


def _is_tensor(side: Any) -> bool:
    return str(type(side).__module__).startswith("symbolic.tensor")


def _fraction(x: fmpq) -> Fraction:
    return Fraction(int(x.p), int(x.q))


def _polynomial(coefficients: tuple[fmpq, ...]) -> str:
    powers = ("", "*x", *(f"*x^{n}" for n in range(2, len(coefficients))))
    return "x ↦ " + " + ".join(f"{c}{power}" for c, power in zip(coefficients, powers, strict=False))
