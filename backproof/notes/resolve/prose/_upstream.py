"""Gradients that are named in passing: *a function of* ``O`` *with gradient* ``dO``, *the upstream gradient* ``dY``, *and likewise* ``dV``."""

from __future__ import annotations

import re

from .._context import LOSS, Context
from .._lexicon import is_loss
from .._terms import Gradient, Ref
from ._clause import Clause, rule

_SLOPE = r"(?:gradient|derivative)s?"
_WITH = rule(
    rf"(?:(?P<loss>{{L}})[^⟦;]{{0,40}})?\b(?:function of|depends on) (?:the )?(?P<of>{{Q}}) ?(?:alone |only )?,? ?(?:with|and|having|whose) (?:the |its |a )*"
    rf"(?:upstream |incoming |known |given |corresponding )*{_SLOPE}(?: is)? (?P<slope>{{G}})"
)
_UPSTREAM = rule(
    rf"(?:upstream|incoming|output|backpropagated|back-propagated) {_SLOPE},? (?P<slope>{{G}})(?: ?(?:=|of|for|in|by|with respect to) (?:the )?(?P<of>{{Q}}))?"
)
_LIKEWISE = rule(
    r"(?:,? ?(?:and|or))? ?(?:likewise|similarly|analogously|in the same way|the same (?:way )?for|so (?:do|are)|accordingly|correspondingly)(?: for| with)? (?P<more>{G+})"
)
_OF_LOSS = re.compile(r"\b(?:loss|cost|error|objective)\b")


def read_upstream(clause: Clause, context: Context) -> None:
    """Take from a clause the gradients that it names in passing."""
    for pattern in (_WITH, _UPSTREAM):
        for match in clause.find(pattern):
            slope = clause.terms(match["slope"])[0]
            of = next(iter(clause.refs(match["of"])), None)
            if not isinstance(slope, Gradient) or slope.of.name in context.gradients:
                continue
            if pattern is _WITH and of != slope.of:
                continue  # whose gradient it is, the words do not tell
            loss = next((r for r in clause.refs(match.groupdict().get("loss")) if is_loss(r.name)), LOSS)
            if pattern is _WITH and loss == LOSS and not _OF_LOSS.search(clause.text[: match.end()]):
                continue
            _keep(slope, loss, context)
            context.last_loss = loss
            if pattern is _WITH:
                at = clause.text.index(match["of"], match.start()) + len(match["of"])
                clause.used.append((at, match.end()))
            else:
                clause.use(match)
                context.gradient_default = context.gradient_default or LOSS


def read_likewise(clause: Clause, context: Context) -> None:
    """Take from a clause the gradients that it says to be like those before them."""
    for match in clause.find(_LIKEWISE):
        known = [
            context.gradients[t.of.name]
            for t in clause.terms(clause.text[: match.start()])
            if isinstance(t, Gradient) and t.of.name in context.gradients
        ]
        if known and len(set(known)) == 1:
            for slope in clause.terms(match["more"]):
                if isinstance(slope, Gradient):
                    _keep(slope, known[0], context)
            clause.use(match)


def _keep(slope: Gradient, loss: Ref, context: Context) -> None:
    context.gradients.setdefault(slope.of.name, loss)
    context.foreign.discard(slope.of.name)
    context.note(f"d{slope.of.name} is the gradient of {loss} (prose)")
