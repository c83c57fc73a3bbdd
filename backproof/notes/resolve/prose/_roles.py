"""Functions that prose names by what they are: *p is the softmax of z*."""

from __future__ import annotations

import re
from dataclasses import replace

from .._context import Context, Definition
from .._terms import Call, Ref, Term
from ._clause import Clause, rule
from ._qualified import qualified

_NAMED = {"softmax": "softmax", "logistic": "sigmoid", "sigmoid": "sigmoid", "tanh": "tanh", "hyperbolic tangent": "tanh",
          "relu": "relu", "rectifier": "relu", "identity": ""}  # fmt: skip


_NAMES = "|".join(sorted(_NAMED, key=len, reverse=True))


_ROWWISE = re.compile(
    r"⟦E\d+⟧,? (?:taken |applied |computed |acting |acts )?(?:in|for|along|over|on|to) (?:each|every) row|(?:softmax|소프트맥스)[^.;⟦]{0,40}(?:row[- ]?wise|row by row|(?:on |to |of |for |in )?(?:each|every) row|along (?:the )?rows|by rows)"
    r"|\((?:row by row|row[- ]?wise|by rows)\)|row[- ]?wise softmax|⟦\w\d+⟧,? (?:row by row|row[- ]?wise|by rows)"
)


_SYMMETRIC_KINDS = r"(?:covariance|gram|scatter|hessian|correlation|precision|fisher(?: information)?|positive[- ](?:semi-?)?definite)"


_SYMMETRIC = rule(
    r"(?P<who>{Q+}) (?:is|are|be|=) (?:an? |both |an? {X} )*(?:and )?(?:real )?symmetric|symmetric(?: matrix| matrices)? (?P<who2>{Q+})"
    r"|(?P<who3>{Q}) (?:is|be) (?:an? )?⟦X\d+⟧,? (?:and )?symmetric|(?:with|where|for|and) (?:an? |the )*(?:matrix )?(?P<who4>{Q}) symmetric"
    r"|(?P<who5>{Q}) (?:is|be|denotes|,) (?:an? |the |its |their |our )*(?:\w+ )?"
    + _SYMMETRIC_KINDS
    + r" matrix|"
    + _SYMMETRIC_KINDS
    + r" matrix (?P<who6>{Q})"
)


_IS_OF = rule(
    rf"(?:{{column}}|{{entries}})?(?P<heads>{{QE+}}) (?:is|are|be|=|equals) (?:the |a )*(?:row[- ]wise )?(?P<name>{_NAMES})(?: functions?| activations?)?"
    r" of (?:the )?(?:same row of (?:the )?|each row of (?:the )?)?(?:⟦X\d+⟧ matrix )?(?:(?:column|vector|row|scores?|logits?|matrix) )?(?:{column})?(?P<args>{Q+})"
)


_SAME_INDEX = rule(
    rf"(?:each|every|all) (?P<head>{{QF}}) (?:is|are) (?:the |a )*(?P<name>{_NAMES})(?: function)? of (?:the )?(?P<arg>{{QF}})"
    r" (?:with|of|carrying) the same (?:index|indices|subscript)"
)


_OF_PRE = rule(
    rf"(?P<who>{{Q+}})(?: ?(?:is|are|,))? ?(?:the |all |both |each )*(?P<name>{_NAMES})s?(?: functions?| activations?)?"
    rf"(?: and (?P<who2>{{Q+}}) (?:is |are )?(?:the )?(?P<name2>{_NAMES}))? of (?:its|their)(?: own)? pre-?activations?"
    rf"(?:,? (?:and )?(?P<who3>{{Q+}}) (?:is|are) (?:the )?(?P<name3>{_NAMES}|{{U}}) of (?:its|their) own)?"
)


_ENTRIES_OF = rule(
    r"(?P<small>{QF+}) ?(?:is|are|being|denotes?|denoting|be)? ?(?:an? |the |its |their |\(?single )*(?:⟦\w\d+⟧-?th )?(?:entries|entry|components?|elements?)"
    r"(?: ⟦\w\d+⟧)?(?: of (?:the )?(?:row |column |vector |matrix )?(?P<big>{Q+}))"
)


_ONES = rule(
    r"(?P<who>{QL+}),? ?(?:is |are )?(?:the |a )*(?:all-ones )?(?P<kind>column|vector|row)(?: vector)? of (?:⟦\w\d+⟧ |\w+ )?ones"
)


# What rowsum and colsum do is what their names say.
_ROW_SUMS = rule(
    r"(?P<who>⟦[FQU]\d+⟧) (?:gives|is|denotes|means|takes|adds up|sums) (?:the |a |all )*(?:(?:column|row|vector) of (?:the )?)?"
    r"(?:sums? (?:of|over|along) )?(?:the |each |all |its )*(?P<kind>row|col)(?:umn)?s?(?! of)"
)


# Not only ones: *a column of ones and zeros*.
_NOT_ALL = re.compile(
    r",? (?:and|or|with) (?:minus |negative |some |a few )*(?:zeros?|ones|twos|random|noise)"
)


def named_functions(clause: Clause, context: Context) -> None:
    for match in clause.find(_ONES):
        if qualified(clause, match.start(), match.end()) or _NOT_ALL.match(clause.text, match.end()):
            continue
        context.ones.update(r.name for r in clause.refs(match["who"]))
        if match["kind"] == "row":
            context.rows.update(r.name for r in clause.refs(match["who"]))
        clause.use(match)
    for match in clause.find(_ROW_SUMS):
        told = clause.listed(match["who"])[0].latex
        if ("row" if "row" in told else "col") == match["kind"][:3]:
            clause.use(match)
    for match in clause.find(_ROWWISE):
        context.softmax_rows = True
        context.note("softmax is taken along rows (prose)")
        clause.use(match)
    for match in clause.find(_SYMMETRIC):
        if re.search(r"\bnot\b", match.group()):
            continue
        for ref in clause.refs(
            match["who"] or match["who2"] or match["who3"] or match["who4"] or match["who5"] or match["who6"]
        ):
            context.symmetric.add(ref.name)
            context.note(f"{ref} is symmetric (prose)")
        clause.use(match)
    for match in clause.find(_OF_PRE):
        for who, name in (("who", "name"), ("who2", "name2"), ("who3", "name3")):
            told = match[name] or ""
            if told.startswith("⟦"):
                told = clause.listed(told)[0].latex.strip("\\ ")
            for ref in clause.refs(match[who]) if told in _NAMED else ():
                _activate(ref, _NAMED[told], clause, context)
        clause.use(match)
    for match in clause.find(_SAME_INDEX):
        head, arg = clause.refs(match["head"])[0], clause.refs(match["arg"])[0]
        context.same_index.append((head.name, _NAMED[match["name"]], arg.name))
        context.note(f"each {head.name} is {match['name']} of the {arg.name} with its index (prose)")
        clause.use(match)
    for match in clause.find(_IS_OF):
        heads, args = clause.refs(match["heads"]), clause.refs(match["args"])
        if match["name"] == "softmax" and len(heads) == len(args) == 1:
            heads, args = [_of_all(heads[0])], [_of_all(args[0])]
        if len(heads) != len(args) or any(h.subs or h.example is not None for h in heads):
            continue
        if qualified(clause, match.start(), match.end()):
            continue
        if re.search(r"\brows?\b|row-wise", match.group()):
            context.softmax_rows = True
        function = _NAMED[match["name"]]
        for head, arg in zip(heads, args, strict=True):
            body: Term = Call(Ref(function), (arg,)) if function else arg
            context.definitions.append(Definition(head, None, body, clause.line, f"{head} (prose)"))
            context.note(f"{head} is {match['name']} of {arg} (prose)")
        clause.use(match)
    for match in clause.find(_ENTRIES_OF):
        small, big = clause.refs(match["small"]), clause.refs(match["big"])
        if qualified(clause, match.start(), match.end()):
            continue
        if len(small) == len(big) and _order_of(small[0], big[0], context):
            clause.use(match)
        if len(small) == len(big) and all(a.name != b.name for a, b in zip(small, big, strict=True)):
            for a, b in zip(small, big, strict=True):
                context.aliases[a.name] = Ref(b.name, b.layer)
                context.note(f"{a.name} are the entries of {b.name} (prose)")
            clause.use(match)


def _order_of(entry: Ref, vector: Ref, context: Context) -> bool:
    """Keep which index of an entry is the vector's: *x_ij is entry j of x_i*; False where the words speak of something else."""
    if entry.name != vector.name or (len(entry.subs), len(vector.subs)) != (2, 1):
        return False
    (one, two), (own,) = entry.subs, vector.subs
    if own.name not in (one.name, two.name) or one.name == two.name:
        return False
    context.entry_order[entry.name] = "first" if own.name == two.name else "last"
    context.note(f"{entry} is an entry of {vector} (prose)")
    return True


def _of_all(ref: Ref) -> Ref:
    """The whole of what has one entry named: the p_i are the softmax of the z_i."""
    return replace(ref, subs=()) if len(ref.subs) == 1 and ref.subs[0].name else ref


def _activate(ref: Ref, function: str, clause: Clause, context: Context) -> None:
    """``o_t is the logistic function of its pre-activation``, which has no name of its own."""
    inner = replace(ref, name=f"pre:{ref.name}")
    if function and context.defined(ref) is None:
        body = Call(Ref(function), (inner,))
        context.definitions.append(Definition(ref, None, body, clause.line, f"{ref} (prose)"))
        context.activated.add(ref.name)
        context.note(f"{ref} is {function} of its pre-activation (prose)")
