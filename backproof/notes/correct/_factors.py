r"""Factors: ``1/m``, 2 or a quantity too many or forgotten, operands the other way round, the wrong product, a sum."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._layout import Sequence, Term, sequences, values
from ._page import Edit, Page, before, in_front, plain

_RATE = re.compile(r"\\(?:eta|alpha|lambda|beta|gamma|epsilon|rho)(?![A-Za-z])")
_CONSTANT = re.compile(r"\d|\\[dt]?frac\s*\{?\s*\d+\s*\}?\s*\{?\s*\d*\s*[mnNM]?\s*\}?$|[mNn]$")


def extra(page: Page) -> Iterator[Edit]:
    """A factor too many, a term too many, a summation too many."""
    for sequence in valued(page):
        for k, term in enumerate(sequence.terms):
            for j in range(len(term.factors)):
                if len(term.factors) > 1 and _may_go(page, term, j):
                    yield deleted(page, term, j)
            if len(sequence.terms) > 1 and sequence is page.tree:
                start = term.sign[0]
                stop = sequence.terms[k + 1].sign[0] if k == 0 else term.end
                end = sequence.terms[1].start if k == 0 and _sign(page, sequence.terms[1]) == "+" else stop
                yield Edit(((start, end, ""),), 2.3, "a term too many")
    for unit in values(page.tree):
        if unit.kind == "frac":
            bottom = unit.inside[1]
            if (
                bottom.terms
                and len(bottom.terms) == 1
                and _CONSTANT.match(page.text(bottom))
                and len(bottom.terms[0].factors) == 1
            ):
                top = page.text(unit.inside[0])
                if len(unit.inside[0].terms) == 1 and top.strip() != "1":
                    yield Edit(((unit.start, unit.end, top),), 1.3, f"1/{plain(page.text(bottom))} too many")


def _sign(page: Page, term: Term) -> str:
    return page.latex[slice(*term.sign)]


def valued(page: Page) -> Iterator[Sequence]:
    """The sequences that hold values: no indices."""
    for sequence in sequences(page.tree):
        before = page.latex[: sequence.start].rstrip(" {")
        exponent = before.endswith("^") and before[:-1].rstrip().endswith("e")
        if sequence.terms and (exponent or not before.endswith(("_", "^"))):
            yield sequence


def _may_go(page: Page, term: Term, j: int) -> bool:
    """Whether a product is still one without a factor: no derivative loses its name, no sum its sign alone."""
    text = page.latex[term.factors[j].start : term.factors[j].end]
    if j and re.match(
        r"\\(?:partial|nabla)", page.latex[term.factors[j - 1].start : term.factors[j - 1].end]
    ):
        return False
    return not re.match(r"\\(?:partial|nabla|[lc]?dots|quad)|d$", text)


def deleted(page: Page, term: Term, j: int) -> Edit:
    factor = term.factors[j]
    text = page.latex[factor.start : factor.end]
    start, end = (factor.start, term.factors[1].start) if j == 0 else (term.factors[j - 1].end, factor.end)
    splice = (start, end, "")
    if text.startswith("\\sum"):
        return Edit((splice,), 1.6, "a sum too many")
    if _CONSTANT.match(text):
        return Edit((splice,), 1.2, f"a factor {plain(text)} too many")
    return Edit((splice,), 1.8, f"a factor {plain(text)} too many" if len(text) < 12 else "a factor too many")


def missing(page: Page) -> Iterator[Edit]:
    """A quantity, its complement, or a function at its argument that was forgotten as a factor."""
    places = list(_places(page))
    for name, cost in _pool(page):
        mistake = f"a factor {plain(name)} is missing"
        front = _leads(name)
        for term, more in places:
            yield from _inserted(page, term, name, cost + more, mistake)
        if len(page.tree.terms) > 1:
            start, end = page.tree.start, page.tree.end
            for sign in dict.fromkeys(("", page.entrywise)):
                after = ")" if front else f") {sign} {name}" if sign else f") {name}"
                opening = f"{name} (" if front else "("
                yield Edit(((start, start, opening), (end, end, after)), cost, mistake)


def _leads(name: str) -> bool:
    """Whether a factor stands before all others: a rate, a constant."""
    constant = re.match(r"\\[dt]?frac\s*\{[^{}]*\}\s*\{\d*\w?\}", name)
    return _RATE.match(name) is not None or constant is not None


def _places(page: Page) -> Iterator[tuple[Term, float]]:
    """The products in which something may have been forgotten, and how much less likely than in the only one."""
    inner = len(list(sequences(page.tree))) <= 24
    for sequence in valued(page):
        top = sequence is page.tree
        for term in sequence.terms:
            alone = len(sequence.terms) == 1
            if (top or inner) and (alone or not re.match(r"\d+$", page.latex[term.start : term.end])):
                yield term, 0.0 if top and alone else 0.15


def _inserted(page: Page, term: Term, name: str, cost: float, mistake: str) -> Iterator[Edit]:
    """A factor where it belongs, a rate in front, all else behind; less likely between others."""
    front = _leads(name)
    yield Edit(((term.start, term.start, f"{name} "),), cost if front else cost + 0.05, mistake)
    if front:
        return
    last = len(term.factors) - 1
    for k, factor in enumerate(term.factors):
        text = page.latex[factor.start : factor.end]
        if k < last and (cost > 2.05 and f"(1-{text})" != name):
            continue
        beside = f"(1-{text})" == name  # a (1-a) x
        for sign in _products(page, term):
            new = f" {sign} {name}" if sign else f" {name}"
            more = -0.05 if beside else 0.0 if k == last else 0.1
            yield Edit(((factor.end, factor.end, new),), cost + more, mistake)


def _products(page: Page, term: Term) -> list[str]:
    """The signs of a product by which a factor may go on: the one that stands there, none, the entrywise one."""
    there = [
        page.latex[slice(*f.op)] for f in term.factors[1:] if page.latex[slice(*f.op)] not in ("/", "\\over")
    ]
    return list(dict.fromkeys([*there[-1:], "", page.entrywise]))


def _pool(page: Page) -> list[tuple[str, float]]:
    """What may have been forgotten, and how likely: a rate above all, and what stands on the other sides alone."""
    pool: dict[str, float] = {}
    for name in page.names:
        absent = name not in page.latex
        if _RATE.match(name) and absent and (name in page.left or page.kind == "update"):
            pool[name] = 1.0
        else:
            pool[name] = 1.55 if absent and name in page.left else 1.75 if name in page.left else 2.0
    for factor in page.factors:
        if factor not in page.latex:
            pool.setdefault(factor, 1.5)
    for name in page.names[:8]:
        if name in page.latex:
            pool[f"(1-{name})"] = 2.1
            if "tanh" in "".join(page.calls):
                pool[f"(1-{name}^2)"] = 2.15
    for call in page.calls:
        pool.setdefault(call, 2.0)
    for name in page.names:
        if "[l-1]" in page.left and "[l-1]" in name:
            pool.setdefault(name.replace("[l-1]", "[l-2]"), 2.2)
    for match in re.finditer(
        r"\\sum_(?:\{[^{}]*\}|\w)(?:\^(?:\{[^{}]*\}|\w))?\s*\\exp\([^()]*\)", page.latex
    ):
        pool.setdefault(match.group(), 2.1)
    return sorted(pool.items(), key=lambda entry: entry[1])


def summed(page: Page) -> Iterator[Edit]:
    """A sum that was forgotten, over all or over one term, behind a constant or before it; other limits."""
    terms = page.tree.terms
    for text in page.sums:
        yield in_front(page, page.tree, text, 1.5, "a sum is missing")
        for term in terms:
            if len(terms) > 1:
                yield before(page, term, text, 1.6, "a sum is missing")
            first = term.factors[0]
            if len(term.factors) > 1 and _CONSTANT.match(page.latex[first.start : first.end]):
                splice = (first.end, first.end, f" {text}")
                yield Edit((splice,), 1.45 if len(terms) == 1 else 1.55, "a sum is missing")
        for match in re.finditer(r"\\sum(?:_(?:\{[^{}]*\}|\w))?(?:\^(?:\{[^{}]*\}|\w))?", page.latex):
            if match.group() != text:
                yield Edit(((*match.span(), text),), 1.5, "the limits of a sum")
    for match in re.finditer(r"\\sum\s*_\s*\{?\s*([ijkn])(?![A-Za-z])", page.latex):
        for letter in page.indices:
            if letter != match[1]:
                yield Edit(((*match.span(1), letter),), 1.45, f"a sum over {match[1]} instead of {letter}")
