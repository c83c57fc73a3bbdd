"""Which known function a letter stands for: *g is the sigmoid*, *the activation* ``φ`` *denotes the hyperbolic tangent*.

Only a plain statement counts.
Where the same stretch gives one letter two functions, or says that it may be one, nothing is decided about it.
"""

from __future__ import annotations

import re

from .._context import Context
from .._terms import Call, Ref, Term
from ._clause import Clause, rule
from ._qualified import qualified

_KNOWN = {
    "sigmoid": "sigmoid", "logistic sigmoid": "sigmoid", "logistic": "sigmoid", "tanh": "tanh", "hyperbolic tangent": "tanh",
    "relu": "relu", "rectifier": "relu", "rectified linear unit": "relu", "softplus": "softplus", "swish": "silu",
    "silu": "silu", "시그모이드": "sigmoid", "쌍곡탄젠트": "tanh",
}  # fmt: skip
_NAMES = "|".join(sorted(_KNOWN, key=len, reverse=True))
_WHAT = rf"(?:(?P<name>{_NAMES})|(?P<formula>⟦[FQU]\d+⟧))(?: (?:functions?|activations?|activation functions?|nonlinearity|non-linearity|함수))?"
# What may follow: the end, or something that says no more of the function.
_ENDS = r"(?=$| ⟦|\)| ?[,;:.)]| and\b| with\b| where\b| here\b| so\b| then\b| of (?:a|one|its) (?:real |single )?(?:variable|number|argument)| in (?:all|every|each) layers?| throughout| is\b| applied| acting| 이| 일| 라)"
_IS = rule(
    rf"(?P<who>{{FQ+}})(?:\)|,)? ?(?:is|are|be|=|denotes?|means|stands for|:|는|은|가|이)(?: both| all| again| now| here| simply| just)? ?"
    rf"(?:the |a |an |our |usual |standard |well-known |ordinary )*{_WHAT}{_ENDS}"
)
_APPOSED = rule(
    rf"(?:the |a |an |our |usual |standard |with |for )*(?P<name>{_NAMES})(?: function| activation| activation function| nonlinearity)? (?P<who>{{F}})"
)
_IN_BRACKETS = rule(rf"(?P<who>{{FQ}}) ?\((?:the |a )?{_WHAT}\)")
_IS_NOT = rule(
    rf"(?P<who>{{FQ+}}),? ?(?:is|are|be|denotes|means)(?: here| now| then)? (?:not|no longer|never|neither|anything but|other than)\b[^⟦;]{{0,40}}?(?:{_NAMES})"
)
# A function that no name of these tells: beside one of them it is another.
_IS_ANOTHER = rule(
    r"(?P<who>{FQ}),? ?(?:is|are|be|denotes|means)(?: here| now| then| just| simply)? (?:the |an? )*(?:linear|identity|softmax|step|hard|leaky|elu|gelu|gaussian|sine|absent|omitted|missing)\b"
)
# Words before that make it one case of several, or no statement.
_MAYBE = re.compile(
    r"\b(?:if|when|whenever|either|say|suppose|like|such as|for instance|for example|e\.g|could|can|may|might|not|no|unless|or)\b[^⟦]*$"
    r"|만약|경우"
)
_OR = re.compile(r"^ ?(?:or|/|,? ?e\.g|-)|^[^⟦.;]{0,30}\bor\b|^라면|^이면|^일 때")


def read_functions(clause: Clause, context: Context) -> None:
    """Take from a clause which known functions letters stand for."""
    for match in clause.find(_IS_NOT):
        for ref in _letters(clause, match["who"]):
            _name(context, ref, "?")
        clause.use(match)
    for match in clause.find(_IS_ANOTHER):
        for ref in _letters(clause, match["who"]):
            context.otherwise.add(key_of(ref))
    for pattern in (_IS, _APPOSED, _IN_BRACKETS):
        for match in clause.find(pattern):
            function = _function(clause, match)
            if not function:
                continue
            before, after = clause.text[: match.start()], clause.text[match.end() :]
            maybe = _MAYBE.search(before) is not None or _OR.search(after) is not None
            maybe = maybe or qualified(clause, match.start(), match.end())
            for ref in _letters(clause, match["who"]):
                _name(context, ref, "?" if maybe else function)
            clause.use(match)


def _function(clause: Clause, match: re.Match[str]) -> str:
    """The function that a match speaks of; empty for a formula that is none."""
    groups = match.groupdict()
    if groups.get("name"):
        return _KNOWN[groups["name"]]
    for term in clause.terms(groups.get("formula")):
        if isinstance(term, Ref) and term in {Ref(name) for name in _KNOWN.values()}:
            return term.name
    return ""


def _letters(clause: Clause, text: str) -> list[Ref]:
    """The functions in a stretch of text, written alone or with their argument."""
    found = []
    for term in clause.terms(text):
        ref: Term = term.function if isinstance(term, Call) and not term.primes else term
        if (
            isinstance(ref, Ref)
            and ref.example is None
            and ref.time is None
            and len(ref.name.rpartition(":")[2]) < 8
        ):
            found.append(ref)
    return found


def _name(context: Context, ref: Ref, function: str) -> None:
    key = key_of(ref)
    known = context.named.get(key)
    if known is not None and known != function:
        function = "?"
    context.named[key] = function
    what = "one of several functions" if function == "?" else f"the {function} function"
    context.note(f"{ref} is {what} (prose)")


def key_of(ref: Ref) -> str:
    """The name of a function, with its layer where that is one of its own."""
    layer = ref.layer
    own = layer is not None and (not layer.name or (layer.name == "L" and not layer.offset))
    return f"{ref.name}^{layer}" if own else ref.name


def named_function(context: Context, name: str, layer: int | None, layers: int) -> str:
    """The known function that a letter stands for at a layer, ``?`` for one of several; empty where nothing says so."""
    keys = [name] if layer is None else [f"{name}^{layer}", *([f"{name}^L"] if layer == layers else []), name]
    told = next((key for key in keys if key in context.named), "")
    return "?" if told in context.otherwise else context.named.get(told, "")
