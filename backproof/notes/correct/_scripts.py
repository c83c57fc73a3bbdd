"""Primes and indices: a function for its derivative, a layer off by one, i for j."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._layout import Unit, factors
from ._page import Edit, Page, plain

ELEMENTARY = re.compile(r"\\?(?:log|ln|exp|max|min|sin|cos|tan|tanh|sinh|cosh)(?![a-z])")


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
            if not ELEMENTARY.match(name) or "tanh" in name:
                raised = next((s for s in unit.scripts if s.kind == "^"), None)
                inside = page.primed_inside and raised is not None
                at = raised.inner[1] if inside and raised is not None else unit.stop
                yield Edit(((at, at, "'"),), 1.1, f"{plain(name)} instead of its derivative")


def _is_primed(page: Page, unit: Unit) -> bool:
    text = page.latex[unit.stop : unit.end]
    return "'" in text or "prime" in text


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
            for other in (int(match[1]) - 1, int(match[1]) + 1):
                if other >= 0:
                    yield Edit(((match.start(), match.end(), str(other)),), 1.4, mistake)
    for match in re.finditer(r"(?<=_)\{\s*([a-z])(\s*,?\s*)([a-z])\s*\}", page.latex):
        first, between, second = match.groups()
        if first != second and {first, second} <= set(page.indices):
            text = f"{{{second}{between}{first}}}"
            yield Edit(
                ((match.start(), match.end(), text),), 1.15, f"the indices {first} and {second} exchanged"
            )
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
