"""How many units a layer has, in words: *layer* ``l`` *has* ``n^{[l]}`` *units*, *3 features and 4 hidden units*."""

from __future__ import annotations

import re
from fractions import Fraction

from .._context import Context, Units
from .._lexicon import WORDS
from .._number_lists import is_values
from .._terms import (
    Gradient,
    Index,
    Listing,
    Mul,
    Norm,
    Number,
    Ref,
    Term,
)
from ._clause import Clause, named, rule

_UNIT = r"(?:hidden )?(?:units|neurons|nodes)"
_OF_LAYER = rule(
    rf"layer ⟦(?P<layer>[INQ]\d+)⟧,? (?:has|with|of|contains|consists of) (?P<size>⟦[QENI]\d+⟧) {_UNIT}"
    rf"|(?P<size2>⟦[QENI]\d+⟧) (?:is|denotes|be|stands for|are)? ?(?:the )?(?:number of )?{_UNIT} (?:in|of|on) (?:the )?layer ⟦(?P<layer2>[INQ]\d+)⟧"
    rf"|(?:number of )?{_UNIT} (?:in|of) layer ⟦(?P<layer3>[INQ]\d+)⟧ (?:is|be|by|as) (?P<size3>⟦[QENI]\d+⟧)"
    r"|⟦(?P<layer4>[INQ]\d+)⟧ ?(?:번째 )?층의? (?:유닛|뉴런|노드)(?: ?의)? ?(?:수|개수)[는은가이]? (?P<size4>⟦[QENI]\d+⟧)"
)
_COUNTS = {
    "a single": 1,
    "a": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
}
_NUMBER = r"(?P<n>⟦[NQ]\d+⟧|\d+|a single|one|two|three|four|five|six|seven|eight)"
_IN = rule(
    rf"(?<!\w)(?:{_NUMBER} (?:inputs?|(?:input )?features)|input(?: layer)? (?:has|with|of) (?P<n2>⟦[NQ]\d+⟧|\d+|[a-z]+) (?:features|units|entries|neurons|nodes|components))\b"
)
_HIDDEN = rule(
    rf"(?<!\w)(?:{_NUMBER} hidden (?:units|neurons|nodes)|(?:the|a|one|its) hidden layer (?:has|with|of|contains)? ?(?P<n2>⟦[NQ]\d+⟧|\d+|[a-z]+)(?: (?:hidden )?(?:units|neurons|nodes))?)(?=[ ,.;:)]|$)"
)
_OUT = rule(
    rf"(?<!\w)(?:{_NUMBER} outputs?(?: units?| neurons?)?|output layer (?:has|with|of|contains) (?P<n2>⟦[NQ]\d+⟧|\d+|[a-z]+)(?: (?:units?|neurons?|nodes?))?)(?=[ ,.;:)]|$)"
)
_NUMBERED = rule(
    r"layer (?P<layer>\d) (?:has|with|of|contains) (?P<n>⟦[NQ]\d+⟧|\d+|[a-z]+) (?:hidden )?(?:units|neurons|nodes)"
)
_SWAPPED = re.compile(r"\(?\b(?:columns?|cols?|width)(?:, ?| (?:×|x|by|before|then) )(?:rows?|height)\b")


def read_sizes(clause: Clause, context: Context) -> None:
    """Take from a clause the numbers of units of layers."""
    context.columns_first = context.columns_first or any(clause.everywhere(_SWAPPED))
    for match in clause.find(_OF_LAYER):
        groups = match.groupdict()
        token = next(groups[k] for k in ("layer", "layer2", "layer3", "layer4") if groups[k])
        sizes = clause.terms(next(groups[k] for k in ("size", "size2", "size3", "size4") if groups[k]))
        layers = clause.terms(f"⟦{token}⟧")
        if len(sizes) == len(layers) == 1 and (index := _index(layers[0])) is not None:
            _add(context, Units(index, sizes[0]))
            clause.use(match)
    for match in clause.find(_NUMBERED):
        if (size := _number(match["n"], clause)) is not None:
            _add(context, Units(Index("", int(match["layer"])), size))
    for pattern, where in ((_IN, Index("", 0)), (_HIDDEN, Index("", 1)), (_OUT, Index("L", 0))):
        for match in clause.find(pattern):
            size = _number(match["n"] or match["n2"], clause)
            if size is not None:
                _add(context, Units(where, size))


def _add(context: Context, units: Units) -> None:
    if units not in context.units:
        context.units.append(units)


def _index(term: Term) -> Index | None:
    if isinstance(term, Number) and term.value.denominator == 1:
        return Index("", int(term.value))
    return Index(term.name) if isinstance(term, Ref) and not term.subs else None


def _number(text: str, clause: Clause) -> Term | None:
    """A size in digits, in words or as a formula."""
    if text.startswith("⟦"):
        found = clause.terms(text)
        plain = len(found) == 1 and isinstance(found[0], (Number, Ref))
        return found[0] if plain else None
    if text.isdigit():
        return Number(Fraction(int(text)))
    return Number(Fraction(_COUNTS[text])) if text in _COUNTS else None


_SHAPE = rule(
    r"(?P<who>{QGFL+}),? ?\(?(?:is|are|be|has|have|of|being|with|:|의|은|는|이|가)?,? ?(?:an? |the |two |three |both |also |again |each |constant |square |real |invertible |symmetric |fixed |given |random |weight |data |input )*"
    r"(?:matrix |matrices |array |arrays |column |row |vector )?(?:of |with |having )?(?:the )?(?:shapes?|sizes?|dimensions?|크기)? ?"
    r"(?:is |are |of |= |: ?)?(?P<what>⟦X\d+⟧(?:(?:, ?| and |,? )⟦X\d+⟧)*)"
)


_BEFORE = rule(
    r"(?P<what>⟦X\d+⟧)(?:(?: |-)(?:matrix|matrices|array|row|column|vector|input|output|filter|kernel|image|patch|window|feature map|map)s?(?: of [a-z ]{1,20})?,?)? (?P<who>{QGLE+})"
)


_OF_SHAPE = rule(
    r"(?P<who>{QG})\)?,? (?:is |are |has |having |with )?(?:of |with |the )*(?:shape|size|dimensions?) (?:is |of )?(?P<what>⟦[QN]\d+⟧)"
)


def read_shapes(clause: Clause, context: Context) -> None:
    """Take from a clause what it says of sizes; it is read before the formulas are sorted."""
    for pattern in (_SHAPE, _BEFORE, _OF_SHAPE):
        for match in clause.find(pattern):
            if any(a <= match.start() < b for a, b in clause.used):
                continue  # the size belongs to what stands before it
            targets = quantities_in(clause, match["who"])
            shapes = [s for m in clause.listed(match["what"]) if (s := shape_of(m.parts[0])) is not None]
            sizes = [s for shape in shapes for s in shape]
            if any(not is_size(s) for s in sizes) or any(target in sizes for target in targets):
                continue  # for n × n matrices, n ≥ 2
            if len(shapes) == 1 and targets:
                shapes = shapes * len(targets)
            if len(shapes) == len(targets):
                for target, (rows, cols) in zip(targets, shapes, strict=True):
                    rows_and_columns(context, target, rows, cols)
                clause.use(match)
    for mention in clause.mentions.values():
        if len(mention.parts) == 2 and mention.relations[0] in ("=", "∈"):
            _formula_shape(context, mention.parts, mention.relations[0])


def quantities_in(clause: Clause, text: str) -> list[Ref]:
    """The quantities in a stretch of text; of a gradient the quantity whose shape it has."""
    found = []
    for term in clause.terms(text):
        ref = term.of if isinstance(term, Gradient) else named(term)
        if ref is not None:
            found.append(ref)
    return found


def _formula_shape(context: Context, parts: tuple[Term, ...], relation: str) -> None:
    """``X ∈ ℝ^{n×m}``, and ``W = (n, k)`` where nothing else defines W."""
    from .._cues import space_shape

    left, right = parts
    targets = left.items if isinstance(left, Listing) else (left,)
    found = space_shape(right) if relation == "∈" else None
    if relation == "=" and isinstance(right, Listing) and not is_values(right):
        found = shape_of(right)
        if (
            found is None
            or not all(map(is_size, found))
            or not isinstance(left, Ref)
            or context.defined(left)
        ):
            found = None
    for target in targets:
        if found is not None and isinstance(target, Ref):
            rows_and_columns(context, target, *found)


def rows_and_columns(context: Context, target: Ref, rows: Term, cols: Term) -> None:
    from .._cues import show

    if target.name in WORDS.values():
        return  # for an n × n matrix, det(A)
    known = context.shapes.get(target.name, [])
    if all((target.layer, target.subs) != (pattern.layer, pattern.subs) for pattern, _, _ in known):
        context.shapes[target.name] = [*known, (target, rows, cols)]
        context.note(f"{target} has shape {show(rows)} × {show(cols)} (prose)")


def shape_of(term: Term) -> tuple[Term, Term] | None:
    """Read ``n_x × m`` or ``(n_x, m)`` as rows and columns."""
    if isinstance(term, Mul) and len(term.items) == 2 and term.items[1][0] == "×":
        return term.items[0][1], term.items[1][1]
    if (
        isinstance(term, Listing)
        and len(term.items) == 2
        and term.items[0] is not None
        and term.items[1] is not None
    ):
        return term.items[0], term.items[1]
    return None


def is_size(term: Term) -> bool:
    """Whether a term can be a size: a number or a name."""
    counted = isinstance(term, Norm) and term.order == 0 and isinstance(term.of, Ref)
    return isinstance(term, Ref) or counted or (isinstance(term, Number) and term.value.denominator == 1)
