"""How often a window fits, in words: *a filter of side f moves in steps of s over n rows, p are added on each side*.

Each of the roles must have one letter in its section, or one for each of height and width; then the words define how many
positions there are, and a display that says it is a claim.
"""

from __future__ import annotations

import re
from fractions import Fraction

from .._context import Context, Definition
from .._terms import Add, Call, Div, Mul, Number, Ref, Term
from ._clause import Clause, rule

_AXIS = r"(?P<axis>height|width|high|wide|side|sides|size|length|rows?|columns?|pixels)"
_SIDES = (
    r"(?:above and below|at (?:the )?top and (?:at )?(?:the )?bottom|top and bottom|on (?:each|every|either|both) (?:of (?:its|the) )?(?:sides?|ends?)|on all (?:four )?sides"
    r"|(?:on the |at the )?left and (?:on the |at the )?right|around (?:it|the image|the border))"
)
_RULES = {
    "stride": rule(
        r"\bstrides?(?: (?:of|is|length|size|being))? (?P<who>{QI})|(?:in |with )?steps of (?P<who2>{QI})(?: (?:rows|columns|pixels|positions|entries))?|(?P<who3>{QI}) is the stride"
    ),
    "window": rule(
        r"(?:filters?|kernels?|windows?)(?: (?:of|with|has|have|is))? (?:an? |the )?" + _AXIS + r"(?: of)? (?P<who>{QI})"
        r"|(?:filters?|kernels?|windows?)(?: that (?:is|are)| of| is)? (?P<who2>{QI}) (?:rows|pixels|entries|columns)? ?(?P<axis2>high|wide|long)\b"
    ),
    "beside": rule(
        r"(?:padded|extended|padding) (?:by|with|of) (?P<who>{QI})(?: (?:rows|columns|zeros|pixels|entries))?(?: of zeros)? " + _SIDES
        + r"|(?P<who2>{QI})(?: (?:rows|columns|zeros|pixels|entries))?(?: of zeros)? (?:are |is )?(?:added|put|placed|appended) " + _SIDES
    ),
    "input": rule(
        r"\b(?:inputs?|images?|arrays?|signals?|pictures?)(?: (?:of|with|has|have|is|layer))? (?:an? |the )?(?:[a-z]+ )?" + _AXIS + r"(?: of)? (?P<who>{QI})"
        r"|\b(?:input|image|array|signal|picture)(?: of (?:an? |the )?[a-z -]{1,30})? (?:is|of) (?P<who2>{QI}) (?:rows|pixels|entries|columns)? ?(?P<axis2>high|wide|long)\b"
    ),
    "also": rule(
        r"\b(?:inputs?|images?|arrays?|pictures?)(?: (?:of|with|has|have))? (?:an? |the )?(?:height|width)(?: of)? {QI} and (?:an? |the )?(?P<axis>height|width)(?: of)? (?P<who>{QI})"
    ),
    "count": rule(
        r"(?P<who>{QI}),? (?:is|denotes|be|gives) (?:the )?" + _AXIS + r" of (?:the |its )?(?:output|feature map|result)"
        r"|(?P<who2>{QI}),? (?:is|denotes|be|gives|counts) (?:(?:the )?number of )?(?:the |its |these |those )*(?:positions|places|offsets)(?: of the (?:filter|kernel|window))?"
        r"|(?P<who3>{QI}),? (?:is|denotes|be) (?:the )?output(?:'s)? (?P<axis3>height|width|size|length|side)"
    ),
}  # fmt: skip
_ELSE = re.compile(
    r"\b(?:dilat\w*|atrous|transposed conv\w*|deconv\w*|same padding|in total|altogether|partial\w*|incomplete|ceil mode|circular|wrap\w*"
    r"|divides|divisible|multiple of|exactly|without padding|no padding|not padded|unpadded|only (?:above|below|on one|at the))\b"
)
_PADS = re.compile(r"\bpad|\bzeros?\b|\b(?:border|frame|margin)s?\b|\bextended\b")
_AXES = {"height": "height", "high": "height", "row": "height", "rows": "height", "width": "width", "wide": "width", "column": "width", "columns": "width"}  # fmt: skip


def read_positions(clause: Clause, context: Context) -> None:
    """Take from a clause which letters are the sizes of a window that moves, of what it moves over, and of what comes out."""
    if any(clause.everywhere(_ELSE)) and re.search(
        r"\b(?:filter|kernel|window|stride|padd|convol|pool)", clause.text
    ):
        context.moved["else"] = {("", Ref("·"))}
    if _PADS.search(clause.text):
        context.moved.setdefault("pads", set())
    for role, form in _RULES.items():
        for match in clause.everywhere(form):
            groups = match.groupdict()
            who = next((groups[k] for k in ("who", "who2", "who3") if groups.get(k)), None)
            axis = next((groups[k] for k in ("axis", "axis2", "axis3") if groups.get(k)), "")
            found = clause.terms(who)
            if len(found) == 1 and isinstance(found[0], Ref):
                context.moved.setdefault("input" if role == "also" else role, set()).add(
                    (_AXES.get(axis or "", ""), found[0])
                )
                if role == "count":
                    clause.use(match)


def define_positions(context: Context) -> None:
    """Define how many positions there are, where a section has told everything that it depends on."""
    found = context.moved
    if "else" in found or ("pads" in found and "beside" not in found):
        return
    if not found.keys() >= {"stride", "window", "input", "count"}:
        return
    for axis, head in sorted(found["count"], key=str):
        inner = {role: _one(found.get(role, set()), axis) for role in ("input", "window", "stride", "beside")}
        if (
            any(inner[role] is None for role in ("input", "window", "stride"))
            or _one(found["count"], axis) != head
        ):
            continue
        size, side, stride, beside = inner["input"], inner["window"], inner["stride"], inner["beside"]
        refs = [r for r in (head, size, side, stride, beside) if r is not None]
        if ("beside" in found) != (beside is not None) or len(set(refs)) < len(refs):
            continue
        if context.defined(head) is not None or any(context.defined(r) is not None for r in refs[1:]):
            continue
        assert size is not None
        assert side is not None
        assert stride is not None
        context.positions[head] = (size, side, stride, beside)
        room: list[tuple[int, Term]] = [(1, size)]
        if beside is not None:
            room.append((1, Mul((("", Number(Fraction(2))), ("", beside)))))
        steps = Call(Ref("floor"), (Div(Add((*room, (-1, side))), stride),))
        body = Add(((1, steps), (1, Number(Fraction(1)))))
        context.definitions.append(Definition(head, None, body, 0, f"{head} (prose)"))
        context.note(f"{head} is the number of positions of a window (prose)")


def _one(found: set[tuple[str, Ref]], axis: str) -> Ref | None:
    """The one letter of a role, for height or for width if it has several."""
    letters = {ref for _, ref in found}
    own = {ref for along, ref in found if along == axis}
    if len(letters) == 1:
        return next(iter(letters))
    return next(iter(own)) if axis and len(own) == 1 else None
