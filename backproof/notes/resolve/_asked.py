"""What a caller or the front matter asks for: a profile, the loss, the activation; it rules over what the document says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from .._errors import NotesError
from ..parse import statements
from ._context import Context, Definition
from ._item import Gathered
from ._lexicon import WORDS, is_loss
from ._profiles import PROFILES, apply_profile, choose_profile
from ._structure import Structure
from ._terms import Call, Index, Ref, Term, refs, walk

LOSSES = {
    "bce": "binary cross-entropy",
    "binary-cross-entropy": "binary cross-entropy",
    "cross-entropy": "cross-entropy",
    "half-squared": "half squared error",
    "squared": "squared error",
}
ACTIVATIONS = ("sigmoid", "tanh", "relu", "softmax", "softplus", "silu", "identity")


@dataclass(frozen=True)
class Asked:
    """Overrides, each empty where nothing is asked for."""

    profile: str = ""
    loss: str = ""
    activation: str = ""


def from_front(front: Mapping[str, str], asked: Asked) -> tuple[Asked, tuple[str, ...]]:
    """What is asked for, with the front matter's wishes where the caller has none, and what of those is not used.

    Front matter belongs to the page as well: ``profile: true`` means something to a site's theme.
    """
    fitting = {
        "profile": lambda text: text in PROFILES,
        "loss": lambda text: text in LOSSES or "=" in text,
        "activation": lambda text: text in ACTIVATIONS or "=" in text,
    }
    wishes = {key: front[key] for key in fitting if front.get(key) and not getattr(asked, key)}
    used = {key: text for key, text in wishes.items() if fitting[key](text)}
    unused = [
        f"{key}: {text} of the front matter is not used" for key, text in wishes.items() if key not in used
    ]
    return replace(asked, **used), tuple(unused)


def settle(gathered: Gathered, asked: Asked, numbers: bool, remarks: Iterable[str] = ()) -> None:
    """Let the context of a document follow what is asked for, and the profile that its equations fit best otherwise.

    Parameters
    ----------
    gathered : Gathered
        The document.
    asked : Asked
        The overrides.
    numbers : bool
        Whether nothing in the document is a vector or a matrix.
    remarks : iterable of str
        What is to be printed with the context besides.

    Raises
    ------
    NotesError
        A profile, a loss or an activation is not known, or a formula for one is not understood.
    """
    steps: list[Callable[[Context], None]] = []
    if asked.loss:
        steps.append(_loss(gathered, asked.loss))
    elif (loss := _said_loss(gathered)) and not _is_written(gathered.context):
        steps.append(partial(_said, loss))
    if asked.activation:
        steps.append(_activation(gathered, asked.activation))
    profile, why = asked.profile, None
    if not profile:
        profile, why = choose_profile(
            ((i.parts, i.formula.latex) for i in gathered.items), gathered.context, numbers
        )

    said = tuple(remarks)

    def all_steps(context: Context) -> None:
        for remark in said:
            context.note(remark)
        for step in steps:
            step(context)
        apply_profile(context, profile, why)

    gathered.scopes.settle = all_steps
    all_steps(gathered.context)


def _is_written(context: Context) -> bool:
    """Whether a formula says what a loss is, and not just how a cost is made of losses."""
    losses = [d for d in context.definitions if is_loss(d.head.name)]
    heads = {d.head.name for d in losses}
    return any(not any(is_loss(r.name) and r.name not in heads for r in refs(d.body)) for d in losses)


def _said_loss(gathered: Gathered) -> str:
    """What the text calls the loss, of all its sections; a cross-entropy of no kind is that of the one output function."""
    context, scopes = gathered.context, gathered.scopes
    everywhere = all(
        any(scopes.encloses(said, s.number) for said in context.said_in) for s in scopes.sections[1:]
    )
    if context.other_loss or not (everywhere or len(scopes.sections) <= 2):
        return ""
    if context.said_loss or not context.said_cross_entropy:
        return context.said_loss
    plain = [d for d in context.definitions if d.params is None and not is_loss(d.head.name)]
    used = {r.name for d in plain for r in refs(d.body)}
    ends = [d.body for d in plain if d.head.name not in used]
    calls = [e.function.name for e in ends if isinstance(e, Call) and not e.primes]
    kinds = {context.named.get(name, WORDS.get(name, name)) for name in calls}
    found = {"softmax": "cross-entropy", "sigmoid": "binary cross-entropy"}
    return found.get(kinds.pop(), "") if len(calls) == len(ends) == 1 else ""


def _said(said: str, view: Context) -> None:
    view.loss = view.said_loss = said
    view.note(f"the loss is the {said} (prose)")


def _loss(gathered: Gathered, text: str) -> Callable[[Context], None]:
    """The loss by its name or its formula; what the document says it is no longer counts."""
    context = gathered.context
    formula = _formula(text, context)
    if formula is None and text not in LOSSES:
        raise NotesError(
            f"the loss {text!r} is unknown; expected one of {', '.join(LOSSES)}, or a formula such as L = (a-y)^2"
        )
    depends: dict[str, list[Ref]] = {}
    for old in _forgotten(gathered, _is_of_one):
        others = [
            r for r in dict.fromkeys(refs(old.body)) if r.name.rpartition(":")[2] not in ("y", "Y", "t", "T")
        ]
        depends[old.head.name] = others[:1] if len(others) == 1 else []
    if formula is not None:
        head, params, body = formula
        context.definitions.append(Definition(head, params, body, 0, text))
        return lambda view: view.note(f"the loss is {text} (asked for)")

    def named(view: Context) -> None:
        view.loss = LOSSES[text]
        view.depends = {**{name: on for name, on in depends.items() if on}, **view.depends}
        view.note(f"the loss is the {LOSSES[text]} (asked for)")

    return named


def _activation(gathered: Gathered, text: str) -> Callable[[Context], None]:
    """Every function of one argument that the document does not define is the activation; a formula defines its own."""
    context = gathered.context
    formula = _formula(text, context)
    if formula is None and text not in ACTIVATIONS:
        raise NotesError(
            f"the activation {text!r} is unknown; expected one of {', '.join(ACTIVATIONS)}, "
            "or a formula such as g(z) = \\tanh(z)"
        )
    if formula is not None:
        head, params, body = formula
        if params is None or len(params) != 1:
            raise NotesError(f"the activation {text!r} is no function of one argument; write g(z) = …")
        _forgotten(gathered, lambda d: d.head.name == head.name and d.params is not None)
        context.definitions.append(Definition(head, params, body, 0, text))
    else:
        context.definitions += [known_as(f, text) for f in open_functions(gathered.terms, context)]
    return lambda view: view.note(f"the activation is {text} (asked for)")


def _is_of_one(definition: Definition) -> bool:
    """Whether a definition says what a loss is, not how a cost is made of losses."""
    return is_loss(definition.head.name) and not any(is_loss(r.name) for r in refs(definition.body))


def _forgotten(gathered: Gathered, ruled_over: Callable[[Definition], bool]) -> list[Definition]:
    """Take definitions out of a document, and give them."""
    every = gathered.context.definitions
    places = [k for k, d in enumerate(every) if ruled_over(d)]
    out = [every[k] for k in places]
    for item in gathered.items:
        item.known -= sum(k < item.known for k in places)
    every[:] = [d for k, d in enumerate(every) if k not in places]
    return out


def open_functions(terms: Iterable[Term], context: Context) -> list[Ref]:
    """The functions of one argument that nothing defines or describes, with a layer where they are written with one."""
    found: dict[tuple[str, bool], Ref] = {}
    for term in terms:
        for node in walk(term):
            if not isinstance(node, Call) or len(node.args) != 1:
                continue
            function = node.function
            known = (
                function.name in WORDS.values()
                or is_loss(function.name)
                or any(name.partition("^")[0] == function.name for name in context.named)
            )
            if known or "." in function.name or context.defined(function, function=True) is not None:
                continue
            layered = function.layer is not None
            found[function.name, layered] = Ref(function.name, Index("l") if layered else None)
    return list(found.values())


def known_as(function: Ref, name: str) -> Definition:
    """The definition of a function as one that has a name."""
    z = Ref("·z")
    return Definition(
        function, (z,), z if name == "identity" else Call(Ref(name), (z,)), 0, f"{function} = {name}"
    )


def _formula(text: str, context: Context) -> tuple[Ref, tuple[Ref, ...] | None, Term] | None:
    """A definition in LaTeX; None for a text that is none."""
    if "=" not in text:
        return None
    found = statements(text, False)
    if len(found) != 1 or found[0].error or len(found[0].parts) != 2 or found[0].relations != ("=",):
        raise NotesError(f"{text!r} is not understood; expected one equation, such as L = (a-y)^2")
    structure = Structure(context.lexicon, text)
    left, right = (structure.term(p) for p in found[0].parts)
    if isinstance(left, Ref):
        return left, None, right
    if (
        isinstance(left, Call)
        and left.args
        and all(isinstance(a, Ref) for a in left.args)
        and not left.primes
    ):
        return left.function, tuple(a for a in left.args if isinstance(a, Ref)), right
    raise NotesError(f"{text!r} defines nothing; expected a name or a function before the =")
