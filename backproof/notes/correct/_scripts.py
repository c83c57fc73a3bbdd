r"""Scripts: a transpose, a prime or a square too many or too few, an exponent, an index."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._layout import Factor, Script, Sequence, Unit, factors, sequences, values
from ._page import Edit, Page

_TRANSPOSE = re.compile(r"\^\s*(?:\{\s*\\?(?:T|top|intercal|mathsf\{T\}|mathrm\{T\})\s*\}|\\top|T)$")
_NUMBER = re.compile(r"\{?\s*(\d)\s*\}?$")


def transposes(page: Page) -> Iterator[Edit]:
    """One transpose more or less, or on the neighbour."""
    for unit in values(page.tree):
        yield from _without_transpose(page, unit)
        if (
            unit.kind in ("letter", "command", "word", "group", "braces")
            and _is_name(page, unit)
            and not _has_transpose(page, unit)
        ):
            yield Edit((_transposed(page, unit),), 1.2, "a transpose is missing")
    yield from _symmetric(page)
    for term in _terms(page):
        for one, two in zip(term, term[1:], strict=False):
            a, b = one.units[-1], two.units[-1]
            moves = [
                (x, y) for x, y in ((a, b), (b, a)) if _has_transpose(page, x) and not _has_transpose(page, y)
            ]
            for x, y in moves:
                for edit in _without_transpose(page, x):
                    yield Edit(
                        (*edit.splices, _transposed(page, y)),
                        1.25,
                        "the transpose stands on the wrong factor",
                    )


def _symmetric(page: Page) -> Iterator[Edit]:
    """``(A + A^T) x`` for ``2 A x``."""
    twice = re.match(r"\s*2\s*(?:\\cdot\s*)?", page.latex)
    if twice is None or len(page.tree.terms) != 1:
        return
    for unit in values(page.tree):
        name = page.text(unit)
        if re.fullmatch(r"[A-Z]|\\(?:mathbf|boldsymbol|bm)\s*\{[A-Z]\}", name):
            _, _, mark = _transposed(page, unit)
            new = f"({name} + {name}{mark})"
            yield Edit(
                ((0, twice.end(), ""), (unit.start, unit.end, new)),
                1.5,
                f"{_plain(name)} taken for symmetric",
            )


def _terms(page: Page) -> Iterator[tuple[Factor, ...]]:
    for sequence in sequences(page.tree):
        for term in sequence.terms:
            yield term.factors


def _is_name(page: Page, unit: Unit) -> bool:
    return unit.kind in ("group", "braces") or not re.match(
        r"\\(?:sum|prod|partial|log|ln|exp|tanh|cdot|dots|odot|times)|[de]$",
        page.latex[unit.start : unit.stop],
    )


def _has_transpose(page: Page, unit: Unit) -> bool:
    return any(True for _ in _without_transpose(page, unit))


def _without_transpose(page: Page, unit: Unit) -> Iterator[Edit]:
    for script in unit.scripts:
        text = page.latex[script.start : script.end]
        if _TRANSPOSE.match(text):
            yield Edit(((script.start, script.end, ""),), 1.2, "a transpose too many")
        elif script.kind == "^" and (
            found := re.search(r"(?:\^\{?)?(?<=[\])])\s*(?:\\top|\^T|T)(?=\}?$)", text)
        ):
            yield Edit(
                ((script.start + found.start(), script.start + found.end(), ""),), 1.2, "a transpose too many"
            )


def _transposed(page: Page, unit: Unit) -> tuple[int, int, str]:
    written = "\\top" if "\\top" in page.latex + page.left else "T"
    raised = next((s for s in unit.scripts if s.kind == "^"), None)
    if raised is None:
        return (unit.end, unit.end, f"^{written}" if written == "T" else "^{\\top}")
    start, end = raised.inner
    return (start, end, page.latex[start:end] + written)


_ELEMENTARY = re.compile(r"\\?(?:log|ln|exp|max|min|sin|cos|tan|tanh|sinh|cosh)(?![a-z])")


def primes(page: Page) -> Iterator[Edit]:
    """``g`` for ``g'``, and the other way round."""
    for _, factor in factors(page.tree):
        unit = factor.units[0]
        for script in unit.scripts:
            text = page.latex[script.start : script.end]
            if script.kind == "'":
                yield Edit(((script.start, script.end, ""),), 1.3, "a prime too many")
            elif (found := re.search(r"\\prime|'", text)) is not None:
                bare = text.replace(" ", "") in ("^{\\prime}", "^\\prime", "^{'}")
                cut = (
                    (script.start, script.end)
                    if bare
                    else (script.start + found.start(), script.start + found.end())
                )
                yield Edit(((*cut, ""),), 1.3, "a prime too many")
        if (
            len(factor.units) > 1
            and unit.kind in ("letter", "command", "word")
            and not _is_primed(page, unit)
        ):
            name = page.latex[unit.start : unit.stop]
            if not _ELEMENTARY.match(name) or "tanh" in name:
                raised = next((s for s in unit.scripts if s.kind == "^"), None)
                inside = page.primed_inside and raised is not None
                at = raised.inner[1] if inside and raised is not None else unit.stop
                yield Edit(((at, at, "'"),), 1.1, f"{_plain(name)} instead of its derivative")


def _is_primed(page: Page, unit: Unit) -> bool:
    text = page.latex[unit.stop : unit.end]
    return "'" in text or "prime" in text


def _plain(latex: str) -> str:
    return latex.replace("\\", "")


def powers(page: Page) -> Iterator[Edit]:
    """A square forgotten, too many, or on the wrong thing; another exponent."""
    for unit in values(page.tree):
        raised = next((s for s in unit.scripts if s.kind == "^"), None)
        if raised is None and unit.kind in ("letter", "command", "word", "group") and _is_name(page, unit):
            yield Edit(
                ((unit.end, unit.end, "^2"),), 1.3 if unit.kind != "group" else 1.25, "a square is missing"
            )
        if raised is not None:
            yield from _exponents(page, unit, raised)
        if unit.kind == "group" and raised is not None and _NUMBER.match(page.latex[slice(*raised.inner)]):
            yield from _inside(page, unit, raised)
        if unit.kind == "frac":
            yield from _squared(page, unit.inside)
    whole = page.tree
    if len(whole.terms) > 1 or len(whole.terms[0].factors) > 1:
        opening, closing = ("\\left(", "\\right)^2") if "\\frac" in page.latex else ("(", ")^2")
        yield Edit(
            ((whole.start, whole.start, opening), (whole.end, whole.end, closing)),
            1.5,
            "the square of it all is missing",
        )
    for _, factor in factors(page.tree):
        if len(factor.units) > 1 and not any(s.kind == "^" for s in factor.units[-1].scripts):
            yield Edit(((factor.end, factor.end, "^2"),), 1.25, "a square is missing")
            name = factor.units[0]
            if name.kind in ("word", "command") and not name.scripts:
                usual = _ELEMENTARY.match(page.text(name)) is not None
                yield Edit(((name.stop, name.stop, "^2"),), 1.24 if usual else 1.35, "a square is missing")


def _exponents(page: Page, unit: Unit, raised: Script) -> Iterator[Edit]:
    start, end = raised.inner
    inner = page.latex[start:end]
    if inner.strip() == "2":
        yield Edit(((raised.start, raised.end, ""),), 1.2, "a square too many")
    elif (found := re.search(r"(?<=[\])])\s*2$", inner)) is not None:
        yield Edit(((start + found.start(), end, ""),), 1.2, "a square too many")
    elif re.search(r"[\])]\s*$", inner):
        yield Edit(((end, end, "2"),), 1.35, "a square is missing")
    if re.fullmatch(r"\s*(?:[a-zA-Z]|\d)\s*", inner) and page.latex[unit.start : unit.stop] != "e":
        for other in ("2", "3", "n-1", "{-1}"):
            if other.strip("{}") != inner.strip() and (other != "n-1" or inner.strip() == "n"):
                yield Edit(
                    (
                        (
                            raised.start,
                            raised.end,
                            "^" + (other if len(other) == 1 or other[0] == "{" else "{" + other + "}"),
                        ),
                    ),
                    1.6,
                    "an exponent",
                )


def _inside(page: Page, unit: Unit, raised: Script) -> Iterator[Edit]:
    r"""``(1 - t)^2`` for ``1 - t^2``: the square on the last term, with the brackets and without."""
    power = page.latex[raised.start : raised.end]
    (inside,) = unit.inside
    if not inside.terms:
        return
    at = inside.terms[-1].end
    splices = ((raised.start, raised.end, ""), (at, at, power))
    whole = unit.start == page.tree.start and unit.end == page.tree.end
    if whole:
        opening, closing = (unit.start, inside.start, ""), (inside.end, raised.end, power)
        yield Edit((opening, closing), 1.4, "the square is in the wrong place")
    yield Edit(splices, 1.45, "the square is in the wrong place")


def _squared(page: Page, inside: tuple[Sequence, ...]) -> Iterator[Edit]:
    for which, sequence in enumerate(inside):
        if sequence.terms and (len(sequence.terms) > 1 or len(sequence.terms[0].factors) > 1):
            text = page.text(sequence)
            new = f"\\left({text}\\right)^2" if "\\frac" in text else f"({text})^2"
            where = ("numerator", "denominator")[which]
            yield Edit(((sequence.start, sequence.end, new),), 1.2, f"the square of the {where} is missing")


def indices(page: Page) -> Iterator[Edit]:
    """A layer, an example or an entry off by one, or another index."""
    for match in re.finditer(
        r"(?<=[\[({_^,])\s*([lLt])\s*([-+]\s*1)?\s*(?=[\])},]|T|\\top|'|$|\W)", page.latex
    ):
        if not _in_script(page.latex, match.start()) and not _bracketed(page.latex, match):
            continue
        letter, shift = match[1], (match[2] or "").replace(" ", "")
        bare = page.latex[match.start() - 1] in "_^"
        for new in ("", "-1", "+1"):
            if new != shift and (new != "+1" or letter != "L"):
                text = letter + new if not bare or not new else "{" + letter + new + "}"
                mistake = "the time is off by one" if letter == "t" else "the layer is off by one"
                yield Edit(((match.start(), match.end(), text),), 1.3 if new != "+1" else 1.35, mistake)
    for match in re.finditer(r"(?<=[\[({_^,a-zA-Z])(\d)(?=[\])},]|T|'|$|[^\d.\w])", page.latex):
        if _in_script(page.latex, match.start()) and "." not in page.latex[match.end() : match.end() + 1]:
            mistake = "an index"
            for new in (int(match[1]) - 1, int(match[1]) + 1):
                if new >= 0:
                    yield Edit(((match.start(), match.end(), str(new)),), 1.4, mistake)
    for match in re.finditer(r"(?<=[\[({_^,a-zA-Z])([ijkn])(?![A-Za-z])", page.latex):
        if _in_script(page.latex, match.start()) and not _is_limit(page.latex, match.start()):
            for new in page.indices:
                if new != match[1]:
                    likely = new in page.left and match[1] not in page.left
                    yield Edit(
                        ((match.start(), match.end(), new),),
                        1.3 if likely else 1.4,
                        f"the index {match[1]} instead of {new}",
                    )


def _bracketed(latex: str, match: re.Match[str]) -> bool:
    return latex[match.start() - 1 : match.start()] == "[" or latex[match.start() - 1 : match.start()] in "_^"


def _in_script(latex: str, at: int) -> bool:
    """Whether a place lies in a subscript or a superscript."""
    before = latex[max(0, at - 24) : at]
    return re.search(r"[_^]\s*(?:\{[^{}]*)?$", before) is not None


def _is_limit(latex: str, at: int) -> bool:
    return re.search(r"\\(?:sum|prod)(?:\\limits)?\s*[_^]\s*\{?[^{}]*$", latex[:at]) is not None
