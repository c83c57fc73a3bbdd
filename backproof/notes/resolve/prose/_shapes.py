"""Which quantities are numbers, columns, rows or matrices, of what size, and which way the examples run."""

from __future__ import annotations

import re
from fractions import Fraction

from .._context import Context, Definition
from .._terms import (
    EVERY,
    Index,
    Number,
    Ref,
    Term,
    Transpose,
    indices,
)
from ._clause import Clause, heads, named, rule
from ._layouts import read_layouts
from ._sizes import is_size, quantities_in, rows_and_columns

ONE = Number(Fraction(1))

_IN_BRACKETS = rule(r"(?P<who>{QG}) \((?:as )?an? (?P<kind>column|row)(?: vector)?\)")
_ENTRIES = rule(
    r"(?P<who>{QG+})\)?,? (?:(?:is|are|be|은|는) ?(?:an? |the |both |all |real |single |one )*|an? )(?P<kind>columns?|rows?|vectors?|column vectors?|row vectors?)"
    r"\b(?: vectors?)?(?! ⟦[QGL])(?: (?:with|of|having|that has) (?:length |size |dimension )?(?P<size>⟦[QNE]\d+⟧)(?: (?:entries|components|elements|units))?)?"
)
_BARE_OF = re.compile(r"\b(?:columns?|rows?|vectors?) of ⟦\w\d+⟧$")
_KOREAN_VECTOR = rule(r"(?P<who>{Q}) ?[은는이가] (?:[가-힣]+ ){0,4}?(?P<kind>열|행) ?벡터")
_HAS_ENTRIES = rule(
    r"(?:(?P<kind>columns?|rows?|vectors?) )?(?P<who>{QG+})\)? (?:has|have|with|having) (?P<size>⟦[QN]\d+⟧) (?:entries|components|elements|units)"
)
_KIND_FIRST = rule(
    r"(?P<kind>columns?|rows?|vectors?|column vectors?|row vectors?)"
    r"(?: of (?:the |all )?(?:weights|parameters|inputs|scores|logits|activations|features|biases|labels|targets|outputs|errors|probabilities))? (?P<who>{QG+})"
)
_MATRICES = rule(
    r"(?:(?P<square>square|symmetric|invertible|n-by-n) |real |constant |weight |two |any |general |given |fixed )*matri(?:x|ces) (?P<who>{Q+})"
    r"|(?P<who2>{Q+}) (?:is|are|be|being) (?:an? |the |any |both |all |two |real |constant |given |fixed |weight |(?P<square2>square|symmetric|invertible) )*matri(?:x|ces)\b(?! product| multipl)"
)
_ALL_VECTORS = re.compile(
    r"(?:all |the |its |and |where )*vectors?(?: of [a-z ]{1,24})? are (?:all )?(?P<kind>columns?|rows?)(?: vectors?)?"
    r"|all vectors being (?P<kind2>columns?|rows?)|vectors as (?P<kind3>columns?|rows?)|states? (?:as|are) (?P<kind4>columns?)"
    r"|\bwith (?P<kind5>columns|rows)(?= and |,|$)|everything in (?P<kind6>columns|rows)|\((?P<kind7>columns|rows),(?! ?(?:columns|rows))"
    r"|(?<!rows and )\b(?P<kind8>columns|rows) (?:throughout|everywhere)|벡터는 (?:모두 )?열|⟦E\d+⟧, (?P<kind9>columns|rows)$|\bwhere (?:they|these|all) are (?:all )?(?P<kind10>columns|rows)\b"
)
_COUNTED = rule(r"(?P<who>{Q}) (?:training |labelled |data |independent )?{example}\b")
_COUNTS = frozenset({"m", "n", "N", "M", "B"})
_OF_VECTORS = re.compile(r"\b(?:columns?|vectors?|matri(?:x|ces))\b|벡터|행렬|向量|矩阵")
_NUMBERS = rule(
    r"(?P<who>{QL+}) ?(?:is|are|be|,|은|는)? ?(?:an? |the |all |single |given |both |arbitrary |positive |nonzero |different )*"
    r"(?:real )?(?:numbers?|scalars?|스칼라|실수)(?! ⟦)"
)
_NUMBERS_FIRST = rule(
    r"(?:real |arbitrary |positive )?(?:numbers|scalars|(?:the|an?)(?: real| positive)? (?:number|scalar)) (?P<who>{QL+})"
)
_ALL_NUMBERS = re.compile(
    r"(?:everything|all (?:quantities|variables|values|symbols|of them)|all of ⟦\w+⟧)[^.;]{0,30}?(?:numbers?|scalars?)"
    r"|, all (?:of them )?(?:real )?numbers$|one unit per layer|(?:all|everything) (?:is|are) (?:a )?(?:numbers?|scalars?)"
    r"|scalar (?:rnn|net|network|case|version)|모든 (?:양|변수|값)\S* (?:스칼라|실수)|층마다 한 개의? (?:유닛|뉴런)"
)
_SUPPOSED = re.compile(r"\b(?:not|if|when|were|unless|suppose|until|only) (?:(?:for|that|in|now) )?$")
_EXCEPT = re.compile(r",? (?:except|but|unless|apart|other than)\b")
_AN = r"(?:one|each|an?|per|every|a single)"
_COLUMNS = rule(
    rf"\b{_AN} {{example}} (?:\w+ ){{0,3}}?(?:per|in each|in every|is a|sits in (?:a|its) (?:own )?|as a|stands in a|a) ?columns?\b"
    rf"|\b{_AN} columns? (?:per|for each|for every|for|is (?:one|an|a)) (?:of )?(?:the )?(?:⟦\w\d+⟧ )?{{example}}"
    r"|\bone (?:per|in each|in every) columns?\b|\bby columns?\b|\bcolumns? (?:are|is|of ⟦\w\d+⟧,? (?:are|is)) (?:the |one |an |its |⟦[QN]\d+⟧ )*{example}"
    r"|{example} (?:⟦Q\d+⟧ )?(?:are |is |stored |stacked |arranged |placed |in |as |the )*(?:the )?(?:⟦[QN]\d+⟧ )?columns\b|\bcolumn for each (?:of the )?(?:⟦\w\d+⟧ )?{example}"
    r"|열\S{0,3}\s*(?:표본|샘플|예제|데이터)|열이 표본|열은 표본|열이 샘플|(?:표본|샘플|예제)\S{0,2} (?:⟦\w\d+⟧ ?개\S{0,2} )?열(?:로|에) (?:쌓|모|놓|배열|늘어)"
)
_ROWS = rule(
    rf"\b{_AN} {{example}} (?:\w+ ){{0,3}}?(?:per|in each|in every|is a|sits in (?:a|its) (?:own )?|as a|stands in a|a) ?rows?\b"
    rf"|\b{_AN} rows? (?:per|for each|for every|for|is (?:one|an|a)) (?:of )?(?:the )?(?:⟦\w\d+⟧ )?{{example}}"
    r"|\bone (?:per|in each|in every) row\b|\bby rows?\b|\brows? (?:are|is|of ⟦\w\d+⟧,? (?:are|is)) (?:the |one |an |its |⟦[QN]\d+⟧ )*{example}"
    r"|{example} (?:⟦Q\d+⟧ )?(?:are |is |stored |stacked |arranged |placed |in |as |the )*(?:the )?(?:⟦[QN]\d+⟧ )?rows\b|\brow for each (?:of the )?(?:⟦\w\d+⟧ )?{example}"
    r"|행\S{0,3}\s*(?:하나의 )?(?:표본|샘플|예제|데이터)|행이 표본|행은 표본|(?:표본|샘플|예제)\S{0,2} (?:⟦\w\d+⟧ ?개\S{0,2} )?행(?:으로|에) (?:쌓|모|놓|배열|늘어)"
)
_WITH = rule(r"(?P<whole>{Q}) ?,? ?(?:\([^)]*\) )?with (?:the )?(?P<kind>columns|rows) (?P<who>{Q+})")
_THE_INPUTS = r"(?:the )?(?:(?:[a-z]+ )?(?:vectors?|examples?|samples?|inputs?|instances|data ?points|observations|points|patterns) )?(?:the )?"
_MADE_OF = rule(
    r"(?P<whole>{Q}) (?:has|(?:is )?the (?:⟦X\d+⟧ )?(?:data |design |input )?matrix (?:with|of|whose)|collects|with) (?:the |as |[a-z⟦⟧0-9≥]* )?(?P<kind>columns|rows) (?:are )?(?:the )?(?P<who>{Q})"
    rf"|(?:the )?(?:⟦I\d+⟧ ?-?(?:th|-th)? )?(?P<kind2>columns?|rows?)(?: ⟦I\d+⟧)? of (?:the )?(?:⟦X\d+⟧ )?(?:matrix )?(?P<whole2>{{QE}}) (?:are|is) {_THE_INPUTS}(?P<who2>{{Q}})"
    r"|(?P<who3>{Q}) (?:are|is) (?:the )?(?:⟦I\d+⟧ ?-?(?:th|-th)? )?(?P<kind3>columns?|rows?)(?: ⟦I\d+⟧)? of (?:the )?(?:⟦X\d+⟧ )?(?:matrix )?(?P<whole3>{QE})"
    r"|(?:the )?(?P<kind5>columns) (?P<who5>{Q}) of (?:the )?(?:⟦X\d+⟧ )?(?:matrix )?(?P<whole5>{QE})"
    rf"|(?P<whole4>{{QE}}),? (?:is |be )?(?:the |an? )?(?:⟦X\d+⟧ )?(?:data |design |input |feature )?matrix,? whose (?:⟦I\d+⟧ ?-?(?:th|-th)? )?(?P<kind4>columns?|rows?) (?:are|is) {_THE_INPUTS}(?P<who4>{{Q}})"
    rf"|(?P<whole6>{{QE}}) (?:has|with|contains|holds|stores|collects) {_THE_INPUTS}(?P<who6>{{Q}}) (?:as|in) (?:its |the )*(?P<kind6>columns|rows)\b"
)
# A target y over K classes.
_OVER_CLASSES = rule(
    r"(?P<who>{Q}) (?:over|for|with) (?:the |all )?(?P<size>⟦Q\d+⟧) (?:classes|categories|words)\b"
)
_TARGETS = r"(?:targets?|labels?|outputs?|predictions?|target values|true values|responses|answers)\b"
_STACKED = rule(
    r"(?P<who>{Q}),? (?:is |be |denotes? )?(?:the |an? )?(?:⟦X\d+⟧[- ])?(?:dimensional )?(?P<kind>column|row|vector)(?: vector)? "
    rf"(?:of|with|containing|that (?:holds|contains|collects)|holding|whose entries are) (?:all |of |the )*(?:{_TARGETS}|(?P<of>{{Q}}))"
    rf"|(?P<who2>{{Q}}) (?:holds|contains|collects|stacks|gathers) (?:all |of |the )*(?:{_TARGETS}|(?P<of2>{{Q}}))"
)
_OWN_SHAPE = rule(
    r"(?:gradients?|derivatives?|they|it|⟦[DGQ]\d+⟧)?,? ?(?:\w+ ){0,3}?(?:(?:have|has|in|with|of|having|written in) the (?:same )?shapes? (?:of|as)|(?:are|is) shaped like|(?:are|is) (?:the |a )?(?:matrix|matrices|array|arrays) of (?:the same|this|that) shape)"
    r"(?: (?:the|their|its|what|that))*(?: (?:variables?|arguments?|parameters?|quantity|it|they|is differentiated by|⟦\w\d+⟧(?:(?:, | and )⟦\w\d+⟧)*))*"
)


_LEVEL = re.compile(
    r"\b(?:all (?:the )?layers|every layer|each layer|(?:the )?(?:both|two) layers|layers(?: ⟦\w\d+⟧ and ⟦\w\d+⟧| \d and \d)?)\b[^.;⟦]{0,40}"
    r"\b(?:(?:have|has|are of|is of|with) (?:all |both )?(?:the same|one|equal|equally many|as many) "
    r"(?:number|size|width|amount|count|length|unit|neuron|node)s?|(?:are|is) (?:all |both )?(?:equally|of the same|as) (?:large|big|wide|size|width))\b"
)
_SLOPES_AS = rule(
    r"(?:gradients?|derivatives?) \((?:as |all |both )?(?:columns|column vectors)\)|(?:{D+}|gradients?) (?:is|are) (?:both |all |again |an? |the )*(?:columns?|column vectors?)\b"
)


def read_kinds(clause: Clause, context: Context) -> None:
    """Take from a clause which quantities are numbers, columns and rows, and which way the examples run."""
    _examples(clause, context)
    _count(clause, context)
    context.speaks_of_vectors = context.speaks_of_vectors or _OF_VECTORS.search(clause.text) is not None
    for match in clause.find(_ALL_VECTORS):
        kind = next((k for k in match.groups() if k), "columns")
        if kind.startswith("col"):
            context.vectors_are_columns = True
            context.note("vectors are columns (prose)")
        else:
            context.vectors_are_rows = True
            context.note("vectors are rows (prose)")
        clause.use(match)
    for match in clause.everywhere(_ALL_NUMBERS):
        if _SUPPOSED.search(clause.text, 0, match.start()) or _EXCEPT.match(clause.text, match.end()):
            continue
        context.all_scalar = True
        context.note("every quantity is a number (prose)")
        clause.use(match)
    for pattern in (_NUMBERS, _NUMBERS_FIRST):
        for match in clause.find(pattern):
            for ref in quantities_in(clause, match["who"]):
                context.scalars.add(ref.name)
                context.note(f"{ref} is a number (prose)")
            clause.use(match)
    for match in clause.find(_WITH):
        if match["kind"] == "columns":
            context.vectors.update(r.name for r in quantities_in(clause, match["who"]))
            context.vector_families.update(r.name for r in quantities_in(clause, match["who"]) if r.subs)
        context.rows.update(r.name for r in quantities_in(clause, match["who"]) if match["kind"] == "rows")
        clause.use(match)
    for match in clause.find(_MADE_OF):
        wholes = quantities_in(clause, _either(match, "whole"))
        if not wholes:
            continue
        whole, item = wholes[0], clause.terms(_either(match, "who"))[0]
        parts = named(item)
        rows = _either(match, "kind").startswith("row")
        if rows and not isinstance(item, Transpose) and not context.vectors_are_columns:
            continue  # whether the x_i themselves are rows is not said
        one = parts is not None and len(parts.subs) + (parts.example is not None) == 1
        if parts is not None and one and parts.name != whole.name and context.defined(whole) is None:
            example = None if parts.example is None else Index(EVERY)
            body: Term = Ref(parts.name, parts.layer, example, (), parts.time)
            body = Transpose(body) if rows else body
            context.definitions.append(Definition(whole, None, body, clause.line, f"{whole} (prose)"))
            if parts.subs:
                context.vector_families.add(parts.name)
            context.entry_order.setdefault(parts.name, "last" if rows else "first")  # x_ij is X_ij
            context.vectors.add(parts.name)
            context.note(f"the {'rows' if rows else 'columns'} of {whole} are the {parts} (prose)")
            clause.use(match)
    for match in clause.find(_OVER_CLASSES):
        who, size = clause.terms(match["who"])[0], clause.terms(match["size"])[0]
        if isinstance(who, Ref) and not indices(who) and is_size(size) and who.name not in context.shapes:
            context.shapes[who.name] = [(who, size, ONE)]
            context.note(f"{who} has an entry for each of {size} classes (prose)")
    _stacked(clause, context)
    for match in clause.find(_KIND_FIRST):
        if re.match(r" ?⟦", clause.text[match.end() :]) is None and not _of_something(clause, match):
            _kinds(context, clause, match["who"], match["kind"], None)
            clause.use(match)
    for match in clause.find(_MATRICES):
        if _of_something(clause, match) or re.match(r" ?⟦X", clause.text[match.end() :]):
            continue
        for ref in quantities_in(clause, match["who"] or match["who2"]):
            if ref.name not in context.shapes and ref.name not in context.lexicon.functions:
                context.matrices.add(ref.name)
                if match["square"] or match["square2"]:
                    context.squares.add(ref.name)
                context.note(f"{ref} is a matrix (prose)")
        clause.use(match)
    for match in clause.find(_IN_BRACKETS):
        _kinds(context, clause, match["who"], match["kind"], None)
        clause.use(match)
    for match in clause.find(_KOREAN_VECTOR):
        _kinds(context, clause, match["who"], "row" if match["kind"] == "행" else "column", None)
        clause.use(match)
    for pattern in (_HAS_ENTRIES, _ENTRIES):
        for match in clause.find(pattern):
            taken = _is_taken_from(clause, match)
            if taken and re.search(r"\b(?:the|all|both) (?:columns?|rows?) of ", match.group()):
                continue  # what has rows, and not that they are rows themselves
            kind = match["kind"] or (
                "column" if context.vectors_are_columns or context.columns_elsewhere else ""
            )
            if kind and not _of_something(clause, match):
                _kinds(context, clause, _beside(match), kind, None if taken else match["size"])
            clause.use(match)
    read_layouts(clause, context)
    for match in clause.find(_LEVEL):
        context.equal_layers = True
        context.note("all layers have the same number of units (prose)")
        clause.use(match)
    for match in [*clause.find(_OWN_SHAPE), *clause.find(_SLOPES_AS)]:
        context.own_shapes = True
        clause.use(match)


def _either(match: re.Match[str], name: str) -> str:
    """What a rule with several forms, numbered from 2, has found under a name."""
    return next(v for k, v in match.groupdict().items() if v and k.rstrip("23456") == name)


def _examples(clause: Clause, context: Context) -> None:
    for pattern, way in ((_COLUMNS, "columns"), (_ROWS, "rows")):
        for match in clause.find(pattern):
            context.examples = way
            context.note(f"{way} are examples (prose)")
            clause.use(match)


def _count(clause: Clause, context: Context) -> None:
    """``N examples``: the letter that counts them."""
    for match in clause.everywhere(_COUNTED):
        (ref,) = clause.refs(match["who"])[:1] or (None,)
        if ref is not None and ref.name in _COUNTS and not indices(ref) and context.count is None:
            context.count = ref


_OF_IT = re.compile(
    r"\s*(?:⟦I\d+⟧ )?(?:of|in) (?!(?:the |all |true )*(?:labels|targets|outputs|predictions|numbers|zeros|inputs)\b)"
)


def _of_something(clause: Clause, match: re.Match[str]) -> bool:
    """``column i of Z`` and ``the rows of X`` speak of parts, not of what X is."""
    return _OF_IT.match(clause.text, match.end()) is not None


def _is_taken_from(clause: Clause, match: re.Match[str]) -> bool:
    """Whether what follows *of* is an array, and no size: *the* ``x_i`` *are the rows of* ``X``, *x is a column of* ``W``."""
    if not match["size"] or _BARE_OF.search(match.group()) is None:
        return False
    sizes = [r.name.rpartition(":")[2] for r in clause.refs(match["size"])]
    definite = re.search(r"\b(?:the|all|both) (?:columns?|rows?) of ⟦", match.group()) is not None
    return any(definite or n[:1].isupper() for n in sizes)


def _stacked(clause: Clause, context: Context) -> None:
    """``y is the column of the targets``, ``\\vec y holds the y^{(i)}``: one for each example, as many as X has rows."""
    for match in clause.find(_STACKED):
        row = match["kind"] == "row"
        of = clause.terms(match["of"] or match["of2"])
        for ref in quantities_in(clause, match["who"] or match["who2"]):
            letter = ref.name.rpartition(":")[2]
            one = of[0] if of else Ref(letter)
            if not isinstance(one, Ref) or one.name != letter or one.subs or ref.name in context.shapes:
                continue
            sizes = context.shapes.get("X", [])[:1]
            if not of and sizes:
                rows_and_columns(context, ref, *((ONE, sizes[0][2]) if row else (sizes[0][1], ONE)))
            elif row or (of and one.example is None):
                continue
            elif ref.name != letter:
                context.spellings.setdefault(ref.name, letter)
            if not row:
                context.stacked |= {ref.name, letter}
            if ref.name.isupper():
                (context.rows if row else context.vectors).add(ref.name)
                context.note(f"{ref} is a {'row' if row else 'column'} (prose)")
            clause.use(match)


def _beside(match: re.Match[str]) -> str:
    """Who is a column: of ``the rows of X, w a column`` the last, of ``v, w are columns`` all."""
    if re.match(r"\)?,? \(?an? ", match.string[match.end("who") :]):
        return str(re.findall(r"⟦\w\d+⟧", match["who"])[-1])
    return match["who"]


def _kinds(context: Context, clause: Clause, who: str, kind: str, size: str | None) -> None:
    length: Term | None = None
    for mention in clause.listed(size):
        length = heads(mention)[0] if heads(mention) else None
    row = kind.strip().startswith("row")
    for ref in quantities_in(clause, who):
        if ref.name in context.lexicon.indices | context.lexicon.functions:
            continue
        if (
            length is not None
            and is_size(length)
            and not isinstance(length, Number)
            and ref.name not in context.shapes
        ):
            context.shapes[ref.name] = [(ref, ONE, length) if row else (ref, length, ONE)]
        elif row:
            context.rows.add(ref.name)
        else:
            context.vectors.add(ref.name)
            if ref.subs:
                context.vector_families.add(ref.name)
        context.note(f"{ref} is a {'row' if row else 'column'} (prose)")
