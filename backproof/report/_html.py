"""A verification as one HTML file: the verdict, every check, every formula with its picture and its proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from backproof.report._math import mathml
from backproof.report._page import render
from backproof.report._sketch import curve, triangle
from backproof.report._table import COLUMNS, HEADINGS, MARKS, figure_text, summary

if TYPE_CHECKING:
    from markupsafe import Markup

    from backproof.triangle import Check, Verification

__all__ = ["to_html"]

TITLES = ("derivation", "symbolic = numeric", "numeric ~ gradcheck", "symbolic ~ gradcheck")
# Losses are drawn against the prediction, for one label: name -> label, what is drawn.
DRAWN: dict[str, tuple[float, tuple[float, float]]] = {
    "squared_error": (0.0, (-3.0, 3.0)),
    "bce": (1.0, (0.05, 0.98)),
    "bce_logit": (1.0, (-5.0, 5.0)),
    "hinge": (1.0, (-2.0, 3.0)),
    "huber": (0.0, (-3.0, 3.0)),
}


@dataclass(frozen=True)
class Card:
    """What the page says of one formula."""

    name: str
    title: str
    picture: Markup | None
    remark: str
    formulas: list[Markup]
    steps: list[tuple[Markup, str]]
    notes: list[str]


def to_html(found: Verification) -> str:
    """Return the page of a verification.

    Examples
    --------
    >>> from backproof.triangle import verify
    >>> page = to_html(verify(["relu"]))
    >>> "<script" in page, "<math" in page, "<svg" in page
    (False, True, True)
    """
    shown = [
        (c, t) for c, t in zip(COLUMNS, TITLES, strict=True) if any(one.column == c for one in found.checks)
    ]
    shelves = list(_shelves(found))
    linked = {card.name for _, cards in shelves for card in cards}
    edges = ("symbolic=numeric", "numeric~gradcheck", "symbolic~gradcheck")
    tally = {
        edge: [check.verdict == "pass" for check in found.checks if check.column == edge] for edge in edges
    }
    return render(
        "verify.html.j2",
        title=f"backproof verify: {found.verdict}",
        found=found,
        summary=summary(found),
        culprits=found.culprits(),
        steps=sum(int(c.figure or 0) for c in found.checks if c.edge == "derivation" and c.verdict == "pass"),
        triangle=triangle({edge: (sum(held), len(held)) for edge, held in tally.items()}),
        titles=[title for _, title in shown],
        groups=[
            (heading, _rows(found, kind, [c for c, _ in shown], linked)) for kind, heading in _headings(found)
        ],
        marks=MARKS,
        shelves=shelves,
    )


def _headings(found: Verification) -> list[tuple[str, str]]:
    return [
        (kind, heading) for kind, heading in HEADINGS.items() if any(c.kind == kind for c in found.checks)
    ]


def _rows(
    found: Verification, kind: str, columns: list[str], linked: set[str]
) -> list[tuple[str, bool, list[tuple[Check | None, str]]]]:
    rows = []
    for row in dict.fromkeys(check.row for check in found.checks if check.kind == kind):
        cells: list[tuple[Check | None, str]] = []
        for column in columns:
            here = [c for c in found.checks if (c.kind, c.row, c.column) == (kind, row, column)]
            cells.append((here[0], figure_text(here[0])) if here else (None, ""))
        rows.append((row, row in linked, cells))
    return rows


def _shelves(found: Verification) -> list[tuple[str, list[Card]]]:
    """Return the cards of everything whose derivation held; what failed is told above, not explained here."""
    shelves = []
    for kind, heading in _headings(found):
        held = [
            c.name for c in found.checks if c.kind == kind and c.edge == "derivation" and c.verdict == "pass"
        ]
        if held:
            shelves.append((heading, [_card(name, kind) for name in held]))
    return shelves


def _card(name: str, kind: str) -> Card:
    import symbolic

    derivation = symbolic.derive(name)
    formulas: list[Markup] = []
    title = derivation.title
    if kind in ("activation", "loss", "penalty"):
        formula = symbolic.formula(name)
        title = formula.title
        formulas.append(mathml(formula.latex, display=True))
        formulas += [mathml(latex, display=True) for latex in _derivative(formula)]
    return Card(
        name=name,
        title=title,
        picture=_picture(name, kind),
        remark=f"for the label {DRAWN[name][0]:g}" if name in DRAWN else "",
        formulas=formulas,
        steps=[(mathml(step.latex(), display=True), step.rule) for step in derivation.steps],
        notes=[*(f"Given: {h}." for h in derivation.hypotheses), *derivation.notes],
    )


def _derivative(formula: Any) -> list[str]:
    """Return the derivative as it is taught, and what its letters stand for, as LaTeX."""
    import sympy as sp

    left = formula.latex.partition("=")[0]
    names = {s: r"\lambda" for s in formula.symbols if str(s) == "lam"}
    left, by = left.strip(), sp.latex(formula.variable)
    if len(formula.variables) > 1:
        by = by.split("_")[0]
    said = [rf"\frac{{d {left}}}{{d {by}}} = {sp.latex(formula.closed_form, symbol_names=names)}"]
    for letter, stands_for in formula.notation.items():
        line = f"{sp.latex(letter)} = {sp.latex(stands_for, symbol_names=names)}"
        if sp.latex(letter) != left and "_" not in str(letter):
            said.append(line)
    return said


def _picture(name: str, kind: str) -> Markup | None:
    import numpy as np

    import symbolic

    functions: tuple[Callable[..., Any], Callable[..., Any]] = (lambda z: z, lambda z: z)
    if kind == "activation" and name != "softmax":
        functions, interval = (symbolic.to_numpy(name), symbolic.to_numpy(name, order=1)), (-5.0, 5.0)
        kinks = [float(k) for k in symbolic.formula(name).kinks]
    elif name in DRAWN:
        label, interval = DRAWN[name]
        f, df = symbolic.to_numpy(name), symbolic.to_numpy(name, order=1)
        functions = (lambda a: f(a, np.full_like(a, label)), lambda a: df(a, np.full_like(a, label)))
        y = symbolic.formula(name).symbols[1]
        kinks = [float(k.subs(y, label)) for k in symbolic.formula(name).kinks]
    else:
        return None
    return curve(*functions, interval, kinks, f"{name} and its derivative")
