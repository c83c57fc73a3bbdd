r"""Factors: ``1/m``, 2 or a quantity too many or forgotten, operands the other way round, the wrong product, a sum."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ._layout import Factor, Sequence, Term, Unit, sequences, values
from ._page import Edit, Page

_RATE = re.compile(r"\\(?:eta|alpha|lambda|beta|gamma|epsilon|rho)(?![A-Za-z])")
_CONSTANT = re.compile(r"\d|\\[dt]?frac\s*\{?\s*\d+\s*\}?\s*\{?\s*\d*\s*[mnNM]?\s*\}?$|[mNn]$")


def extra(page: Page) -> Iterator[Edit]:
    """A factor too many, a term too many, a summation too many."""
    for sequence in _valued(page):
        for k, term in enumerate(sequence.terms):
            for j, factor in enumerate(term.factors):
                if len(term.factors) > 1 and _may_go(page, term, j):
                    yield _deleted(page, term, j)
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


def plain(latex: str) -> str:
    found = re.fullmatch(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", latex.strip())
    return f"{found[1]}/{found[2]}" if found else latex.strip().replace("\\", "")


def _sign(page: Page, term: Term) -> str:
    return page.latex[slice(*term.sign)]


def _valued(page: Page) -> Iterator[Sequence]:
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


def _deleted(page: Page, term: Term, j: int) -> Edit:
    factor = term.factors[j]
    text = page.latex[factor.start : factor.end]
    if j == 0:
        splice = (factor.start, term.factors[1].start, "")
    else:
        splice = (term.factors[j - 1].end, factor.end, "")
    if text.startswith("\\sum"):
        return Edit((splice,), 1.6, "a sum too many")
    if _CONSTANT.match(text):
        return Edit((splice,), 1.2, f"a factor {plain(text)} too many")
    return Edit((splice,), 1.8, f"a factor {plain(text)} too many" if len(text) < 12 else "a factor too many")


def constants(page: Page) -> Iterator[Edit]:
    r"""``1/m``, 2, 1/2 or m forgotten, or one of them in the place of another."""
    count = page.count
    known = (
        (f"\\frac{{1}}{{{count}}}", 1.2, f"a factor 1/{count} is missing"),
        ("2", 1.22, "a factor 2 is missing"),
        ("\\frac{1}{2}", 1.25, "a factor 1/2 is missing"),
        (count, 1.5, f"a factor {count} is missing"),
        (f"\\frac{{2}}{{{count}}}", 1.7, f"a factor 2/{count} is missing"),
        (f"\\frac{{1}}{{2{count}}}", 1.8, f"a factor 1/(2{count}) is missing"),
    )
    terms = page.tree.terms
    for new, cost, mistake in known:
        yield in_front(page, page.tree, new, cost, mistake)
        if len(terms) > 1:
            for k, term in enumerate(terms):
                yield _before(page, term, new, cost + (0.1 if k else 0.2), mistake)
    for unit in values(page.tree):
        text = page.text(unit)
        if unit.kind == "number" and not unit.scripts and re.fullmatch(r"[1-9]\d?", text):
            exponent = page.latex[: unit.start].rstrip(" {").endswith("^")
            for other in ("1", "2", "3", "4", count):
                if other != text and not (text == "1" and _stands_alone(page, unit)):
                    mistake = "an exponent" if exponent else f"{text} instead of {other}"
                    yield Edit(
                        ((unit.start, unit.end, other),), 1.3 if "1" in (text, other) else 1.15, mistake
                    )
        if unit.kind == "frac":
            yield from _in_fraction(page, unit, count)


def _stands_alone(page: Page, unit: Unit) -> bool:
    """The 1 of ``1 - a`` is no factor."""
    after = page.latex[unit.end :].lstrip()
    return after.startswith(("-", "+"))


def _in_fraction(page: Page, unit: Unit, count: str) -> Iterator[Edit]:
    top, bottom = unit.inside
    if re.fullmatch(r"[A-Za-z]|\\[A-Za-z]+(?:_\w|_\{[^{}]*\})?", page.text(top).strip()) and page.text(
        top
    ).strip() not in ("d", "\\partial"):
        named = page.text(top).strip()
        yield Edit(((top.start, top.end, "1"),), 1.6, f"a factor {plain(named)} too many")
    for sequence, other in ((top, "2"), (bottom, "2"), (bottom, count), (top, count)):
        text = page.text(sequence).strip()
        if text == "1":
            yield Edit(((sequence.start, sequence.end, other),), 1.18, f"a factor {other} is missing")
        elif len(sequence.terms) == 1 and sequence.terms[0].factors[0].units[0].kind != "number":
            if "\\partial" not in text and not re.match(r"d(?![A-Za-z])|d[A-Za-z]$", text):
                yield Edit(
                    ((sequence.start, sequence.start, other if other == "2" else other + " "),),
                    1.4,
                    f"a factor {other} is missing",
                )
    if page.text(top).strip() == "1" and bottom.terms and len(bottom.terms) == 1:
        for j, factor in enumerate(bottom.terms[0].factors):
            if len(bottom.terms[0].factors) == 1:
                continue
            edit = _deleted(page, bottom.terms[0], j)
            yield Edit(
                edit.splices, 1.2, f"a factor 1/{plain(page.latex[factor.start : factor.end])} too many"
            )


def in_front(page: Page, sequence: Sequence, new: str, cost: float, mistake: str) -> Edit:
    """A factor before everything, with the brackets that a sum needs."""
    terms = sequence.terms
    if len(terms) == 1:
        return _before(page, terms[0], new, cost, mistake)
    opening, closing = (
        ("\\left(", "\\right)")
        if "\\frac" in page.text(sequence) or "\\sum" in page.text(sequence)
        else ("(", ")")
    )
    space = "" if new.isdigit() else " "
    return Edit(
        ((sequence.start, sequence.start, new + space + opening), (sequence.end, sequence.end, closing)),
        cost + 0.05,
        mistake,
    )


def _before(page: Page, term: Term, new: str, cost: float, mistake: str) -> Edit:
    at, start = term.start, page.latex[term.start :]
    if start.startswith("\\sum") and new.isdigit():
        return Edit(((at, at, new + " "),), cost, mistake)
    joint = "" if new.isdigit() else " "
    if start[:1].isdigit():
        joint = " \\cdot "
    return Edit(((at, at, new + joint),), cost, mistake)


def missing(page: Page) -> Iterator[Edit]:
    """A quantity, its complement, or a function at its argument that was forgotten as a factor."""
    for name, cost in _pool(page):
        mistake = f"a factor {plain(name)} is missing"
        front = bool(_RATE.match(name)) or bool(re.match(r"\\[dt]?frac\s*\{[^{}]*\}\s*\{\d*\w?\}", name))
        for sequence in _valued(page):
            top = sequence is page.tree
            if not top and len(list(sequences(page.tree))) > 24:
                continue
            for term in sequence.terms:
                text = page.latex[term.start : term.end]
                alone = len(sequence.terms) == 1
                more = 0.0 if top and alone else 0.15
                if re.match(r"\d+$", text) and not alone:
                    continue
                yield Edit(
                    ((term.start, term.start, name + " "),), cost + more + (0 if front else 0.05), mistake
                )
                if not front:
                    for sign in _products(page, term):
                        yield Edit(
                            ((term.end, term.end, f" {sign} {name}" if sign else " " + name),),
                            cost + more,
                            mistake,
                        )
            if top and len(sequence.terms) > 1:
                opening = (sequence.start, sequence.start, "(" if not front else name + " (")
                for sign in dict.fromkeys(("", page.entrywise)):
                    after = f" {sign} {name}" if sign else " " + name
                    yield Edit(
                        (opening, (sequence.end, sequence.end, ")" + (after if not front else ""))),
                        cost,
                        mistake,
                    )


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


def swapped(page: Page) -> Iterator[Edit]:
    r"""``AB`` for ``BA``, ``A dZ^T`` for ``dZ A^T``, a fraction upside down, another product."""
    for sequence in _valued(page):
        for term in sequence.terms:
            for one, two in pairwise(term.factors):
                yield from _exchanged(page, one, two)
                yield from _other_product(page, one, two)
    for unit in values(page.tree):
        if unit.kind == "frac" and page.text(unit.inside[0]).strip() != "1":
            top, bottom = unit.inside
            yield Edit(
                ((top.start, top.end, page.text(bottom)), (bottom.start, bottom.end, page.text(top))),
                1.6,
                "a fraction upside down",
            )


def _exchanged(page: Page, one: Factor, two: Factor) -> Iterator[Edit]:
    a, b = (page.latex[f.start : f.end] for f in (one, two))
    if re.match(r"\\(?:sum|partial|nabla)|d$", a) or a == b:
        return
    yield Edit(((one.start, one.end, b), (two.start, two.end, a)), 1.4, "the factors in the wrong order")
    first, second = one.units[0], two.units[0]
    if len(one.units) == len(two.units) == 1 and first.scripts and second.scripts:
        x, y = (page.latex[u.start : u.stop] for u in (first, second))
        yield Edit(
            ((first.start, first.stop, y), (second.start, second.stop, x)),
            1.6,
            "two quantities the other way round",
        )
    marks = [_transpose_of(page, f) for f in (one, two)]
    if any(marks):
        bare = [text.replace(mark, "") if mark else text for text, mark in zip((a, b), marks, strict=True)]
        mark = next(m for m in marks if m)
        if len(set(map(bool, marks))) == 2 and mark.startswith("^"):
            left, right = (bare[1], bare[0] + mark) if marks[1] else (bare[1] + mark, bare[0])
            yield Edit(
                ((one.start, one.end, left), (two.start, two.end, right)),
                1.35,
                "the factors in the wrong order",
            )


def _transpose_of(page: Page, factor: Factor) -> str:
    found = re.search(r"\^\{?\s*\\?(?:T|top)\s*\}?$", page.latex[factor.start : factor.end])
    return found.group() if found else ""


def _other_product(page: Page, one: Factor, two: Factor) -> Iterator[Edit]:
    written = page.latex[slice(*two.op)]
    gap = (one.end, two.start)
    if written in ("/", "\\over"):
        return
    if page.entrywise and written != page.entrywise:
        yield Edit(((*gap, f" {page.entrywise} "),), 1.5, "a matrix product instead of the entrywise one")
    if written and written == page.entrywise:
        yield Edit(((*gap, " "),), 1.5, "an entrywise product instead of the matrix product")
        yield Edit(((*gap, " \\cdot "),), 1.55, "an entrywise product instead of the matrix product")
    if page.latex[one.start : one.end].strip() and not written and "(" in page.latex[two.start : two.end][:7]:
        yield Edit(((*gap, "+"),), 2.2, "a product instead of a sum")


def summed(page: Page) -> Iterator[Edit]:
    """A sum that was forgotten, over all or over one term; other limits."""
    for text in page.sums:
        yield in_front(page, page.tree, text, 1.5, "a sum is missing")
        if len(page.tree.terms) > 1:
            for term in page.tree.terms:
                yield _before(page, term, text, 1.6, "a sum is missing")
        for match in re.finditer(r"\\sum(?:_(?:\{[^{}]*\}|\w))?(?:\^(?:\{[^{}]*\}|\w))?", page.latex):
            if match.group() != text:
                yield Edit(((*match.span(), text),), 1.5, "the limits of a sum")
