"""The checker: find, parse, resolve, decide; one formula's trouble stays its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from ._errors import LimitError, NotesError
from ._finding import Finding, Kind, Link, Verdict, combined, with_mistake
from ._limits import Budget, OutOfTimeError, alarm, time_is_up
from .correct import corrected, refuted_by_shape
from .decide import decide_item
from .decide._usage import read_usage, settled
from .find import MOST_FOUND, Document, Formula, find
from .lint import lints
from .resolve._asked import Asked, from_front, settle
from .resolve._collect import gather
from .resolve._item import Gathered, Item

# Context grows with a document, and with it the work on each formula: a book of a thousand pages has half as many.
MOST_FORMULAS = 20_000
# Work that asks its budget ends by itself; the alarm is for what does not ask.
_ALARM = 1.2


def check(
    text: str,
    *,
    name: str = "note.md",
    profile: str | None = None,
    timeout: float = 2.0,
    loss: str | None = None,
    activation: str | None = None,
) -> list[Finding]:
    r"""Say of every formula of a note whether it is right.

    Nothing in the note is executed.
    ``proved`` and ``refuted`` are certain under the context that the finding prints; all else is ``unknown``, with the
    reason, or ``none`` where nothing is claimed.

    Parameters
    ----------
    text : str
        The document.
    name : str
        Its file name; the ending says how it is read (``.md``, ``.tex``, ``.html``, ``.ipynb``).
    profile : str, optional
        ``deeplearning.ai``, ``row-major``, ``nielsen``, ``cs231n`` or ``scalar``: conventions for what the note leaves
        open. By default the profile that fits the note's own formulas best.
    timeout : float
        Seconds of the processor's time for each formula.
    loss : str, optional
        ``bce``, ``cross-entropy``, ``half-squared``, ``squared``, or a formula such as ``L = (a-y)^2``. It rules over what
        the note says. By default ``loss:`` in the front matter, or what the note defines.
    activation : str, optional
        ``sigmoid``, ``tanh``, ``relu``, ``softmax``, ``softplus``, ``silu`` or ``identity`` for every function that the
        note does not define, or a formula such as ``g(z) = \tanh(z)`` that rules over it. By default ``activation:`` in the
        front matter.

    Returns
    -------
    list of Finding
        One for each formula, in the order of the document.

    Raises
    ------
    NotesError
        The document cannot be read at all, or the profile, the loss or the activation is unknown.

    Notes
    -----
    Python code that takes too long is interrupted (in the main thread of a POSIX process; elsewhere it is asked to stop).
    A call into C that does not come back, and memory, are limited only by ``backproof check``, which works in processes
    of their own.

    Examples
    --------
    >>> note = "Let $\\sigma(z) = \\frac{1}{1+e^{-z}}$.\n\n$$\\sigma'(z) = \\sigma(z)(1+\\sigma(z))$$"
    >>> [(f.kind, f.verdict) for f in check(note)]
    [('definition', 'none'), ('claim', 'refuted')]
    """
    document = find(text, name)
    found = findings(document, profile=profile, timeout=timeout, loss=loss, activation=activation)
    return [finding for _, finding in found]


def findings(
    document: Document,
    *,
    profile: str | None = None,
    timeout: float = 2.0,
    loss: str | None = None,
    activation: str | None = None,
    lost: Mapping[int, str] | None = None,
    skipped: Iterable[int] = (),
    at: Callable[[int | None], None] = lambda number: None,
) -> Iterator[tuple[int, Finding]]:
    """Decide the formulas of a document one by one, each with its number.

    Parameters
    ----------
    document : Document
        What was found.
    profile, timeout, loss, activation
        As for `check`.
    lost : mapping
        Formulas not to be touched, with the reason: what was tried on them before ended the process.
    skipped : iterable of int
        Formulas that need no finding; they are read, since others rest on them.
    at : callable
        Called with the number of a formula before any work on it, and with None before work on no single one.

    Yields
    ------
    (int, Finding)
        In the order of the document.
    """
    lost, skipped = lost or {}, frozenset(skipped)
    numbers = {id(formula): number for number, formula in enumerate(document.formulas)}

    def touch(formula: Formula | None) -> None:
        if formula is None:
            at(None)
            return
        number = numbers[id(formula)]
        if number >= MOST_FORMULAS:
            if number % 100 == 0:  # to leave out so many takes time, too, and none of them shall be blamed
                at(None)
            more = ", and behind them it is not read" if len(numbers) >= MOST_FOUND else ""
            raise LimitError(
                f"the document has {len(numbers):,} formulas{more}; at most {MOST_FORMULAS:,} are checked"
            )
        if number in lost:
            raise LimitError(lost[number])
        at(number)

    if not numbers:  # words without a formula claim nothing, however many they are
        document = replace(document, blocks=())
    gathered = gather(document, partial(guarded, seconds=timeout), touch)
    at(None)
    usage = read_usage(gathered.terms, gathered.context)
    asked, remarks = from_front(document.front, Asked(profile or "", loss or "", activation or ""))
    settle(gathered, asked, not usage.matrices, remarks)
    usage = settled(usage, gathered.context)
    for items in _by_formula(gathered.items):
        number = numbers[id(items[0].formula)]
        if number in skipped:
            continue
        if number not in lost:
            at(number)
        yield number, _finding(items, gathered, usage, timeout)


def _lint(item: Item, gathered: Gathered) -> None:
    for lint in lints(item, gathered):
        if lint not in item.lints:
            item.lints.append(lint)


def _by_formula(items: Iterable[Item]) -> list[list[Item]]:
    groups: list[list[Item]] = []
    for item in items:
        if groups and groups[-1][0].formula is item.formula:
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


_OPEN_SHAPE = "what one of its shapes is, nothing else in the document tells"


def _finding(items: list[Item], gathered: Gathered, usage: object, timeout: float) -> Finding:
    formula = items[0].formula
    found = [_decided(item, gathered, usage, timeout) for item in items]
    for item in items:
        guarded(partial(_lint, item, gathered), timeout)  # what goes wrong in a lint costs that lint alone
    verdict = combined([f.verdict for f in found])
    if verdict == "proved" and any(item.unsure for item in items):
        reason = "the first equality may be a claim about a quantity that the text describes in words"
        found = [replace(f, verdict="unknown", reason=reason) if f.verdict == "proved" else f for f in found]
        verdict = "unknown"
    if verdict == "proved" and any(
        i.setting and f.verdict == "none" for i, f in zip(items, found, strict=True)
    ):
        found = [
            replace(f, verdict="unknown", reason=_OPEN_SHAPE) if f.verdict == "none" else f for f in found
        ]
        verdict = "unknown"
    decisive = next((f for f in found if f.verdict == verdict and f.verdict != "none"), found[0])
    order: list[Kind] = ["numeric", "update", "shape", "claim", "definition", "image", "prose"]
    kind = decisive.kind if decisive.verdict != "none" else min((f.kind for f in found), key=order.index)
    context = tuple(dict.fromkeys(c for f in found for c in f.context))
    return Finding(
        formula.line,
        formula.column,
        formula.latex,
        kind,
        verdict,
        tuple(link for f in found for link in f.links),
        tuple(dict.fromkeys(lint for item in items for lint in item.lints)),
        context,
        decisive.correction,
        decisive.reason,
        f"cell {formula.cell}, line {formula.cell_line}" if formula.cell else "",
    )


def _decided(item: Item, gathered: Gathered, usage: object, timeout: float) -> Finding:
    """Decide one statement; whatever goes wrong becomes ``unknown`` with its reason."""
    formula = item.formula
    blank = Finding(formula.line, formula.column, formula.latex, _kind(item), "none", reason=item.reason)
    if not any(item.claiming):
        if item.kind == "image":
            return replace(blank, verdict="none")
        return blank
    if item.reason:
        return replace(blank, verdict="unknown")
    budget = Budget(timeout)
    found: list[Finding] = []
    reason = guarded(lambda: found.append(decide_item(item, gathered, usage, budget, blank)), timeout)
    if not found:
        return _unknown(item, blank, reason)
    decided = found[0]

    def correct() -> None:
        likely = corrected(item, decided, gathered, usage, timeout / 2)
        if likely is not None:
            reason = with_mistake(decided.reason, likely.mistake)
            found.append(replace(decided, correction=likely.latex, reason=reason))

    def explain() -> None:
        refuted = refuted_by_shape(item, decided, gathered, usage, timeout / 2)
        if refuted is not None:
            found.append(refuted)
            clashes = {link.reason for link in decided.links if link.misfit}
            item.lints[:] = [lint for lint in item.lints if lint not in clashes]  # the refutation says it

    if decided.verdict == "refuted":
        found[0] = replace(decided, correction="")  # what is not proved is no correction
        guarded(correct, timeout)  # without a correction the refutation stands as it is
    elif any(link.misfit for link in decided.links):
        guarded(explain, timeout)
    return found[-1]


def guarded(work: Callable[[], None], seconds: float = 2.0) -> str:
    """Do a piece of work on one formula; say what went wrong, empty when nothing did."""
    try:
        with alarm(_ALARM * seconds):
            work()
    except LimitError as error:
        return f"unknown (limit): {error}"
    except OutOfTimeError:
        return f"unknown (limit): {time_is_up(seconds)}"
    except MemoryError:
        return "unknown (limit): there is not enough memory for it"
    except NotesError as error:
        return f"not understood: {error}"
    except RecursionError:
        return "unknown (limit): nested too deep"
    except Exception as error:  # the one boundary: a crash on one formula never loses the others
        return f"the checker failed here: {type(error).__name__}: {error}"
    return ""


def _unknown(item: Item, blank: Finding, reason: str) -> Finding:
    verdicts: list[Verdict] = ["unknown" if c else "none" for c in item.claiming]
    sides = item.sides if len(item.sides) == len(verdicts) + 1 else ("",) * (len(verdicts) + 1)
    links = tuple(
        Link(sides[k], sides[k + 1], v, None, reason if v == "unknown" else "")
        for k, v in enumerate(verdicts)
    )
    return replace(blank, verdict="unknown", links=links, reason=reason)


def _kind(item: Item) -> Kind:
    kinds: dict[str, Kind] = {
        "claim": "claim",
        "definition": "definition",
        "update": "update",
        "numeric": "numeric",
        "shape": "shape",
        "image": "image",
    }
    return kinds.get(item.kind, "prose")
