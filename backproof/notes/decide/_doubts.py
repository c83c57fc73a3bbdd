"""What keeps a refutation from standing: a quantity that is not explained, a line that is not understood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..resolve import (
    Big,
    Call,
    Context,
    Derivative,
    Gradient,
    Index,
    Prime,
    Ref,
    Term,
    indices,
    rebuilt,
    refs,
    walk,
)
from ..resolve._families import turned_weights
from ..resolve._lexicon import is_loss
from ._dag import Node, opened, reachable
from ._gradients import is_told
from ._world import World


def stranger_in(world: World, sides: Sequence[Term], pairs: list[tuple[Node, Node]]) -> str:
    """A quantity of the claim that the document mentions nowhere else; nothing can be refuted about it.

    An identity that stands on its own, both sides over the same quantities, needs no document.
    """
    context = world.context
    inside = {
        r.name
        for d in context.definitions
        if d.params is not None
        for r in (d.head, *d.params, *refs(d.body))
    }
    inside |= (
        set(context.shapes)
        | context.scalars
        | {r.name for rs in context.depends.values() for r in rs}
        | set(context.depends)
    )
    if context.loss:
        inside |= {"y", "Y", "bf:y", "bf:Y"}  # what a loss that is asked for compares the output with
    inside |= {r.name for step in context.steps.values() for r in refs(step)}
    own = [{r.name for n in walk(s) for r in refs(n)} for s in sides]
    free = {
        n.data[0]
        for n in reachable([x for pair in pairs for x in pair])
        if n.op == "var" and isinstance(n.data, tuple) and isinstance(n.data[0], tuple)
    }
    timed = {
        k[:2] for k in world.known if isinstance(k, tuple) and k[2] is not None
    }  # x_2 is known as x_1 is
    known = {k for k in free if k in world.known or (k[2] is not None and k[:2] in timed)}
    inside |= turned_weights({r.name for d in context.definitions for r in refs(d.body)})
    strangers = sorted({str(k[0]) for k in free - known if k[0] not in inside})
    if not strangers:
        return ""
    names = {str(k[0]) for k in free}
    alone = not (own[0] | own[1]) & {d.head.name for d in context.definitions}
    slopes = any(
        isinstance(n, (Derivative, Prime)) or (isinstance(n, Call) and n.primes)
        for s in sides
        for n in walk(s)
    )
    if alone and ((own[0] & names) == (own[1] & names) or (slopes and (own[0] & names) >= (own[1] & names))):
        return ""
    return strangers[0]


def one_sided(pairs: list[tuple[Node, Node]]) -> str:
    """An open function that one side alone speaks of: the document does not say what it is."""
    found = [
        {opened(n)[0].partition("^")[0] for n in reachable(side) if n.op == "app"}
        for side in zip(*pairs, strict=True)
    ]
    alone = sorted(found[0] ^ found[1]) if len(found) == 2 else []
    if alone:
        return alone[0]
    layered: dict[str, set[bool]] = {}
    for side in zip(*pairs, strict=True):
        for node in reachable(side):
            if node.op == "app":
                name, mark, _ = opened(node)[0].partition("^")
                layered.setdefault(name, set()).add(bool(mark))
    return min((name for name, kinds in layered.items() if len(kinds) > 1), default="")


def differential_in(sides: Sequence[Term], context: Context) -> str:
    """A ``dy`` that may be a differential: the text names it nowhere, and speaks of no loss whose gradient it could be."""
    spoken = (
        context.gradient_default is not None
        or context.last_loss is not None
        or context.cost_how
        or context.mean_cost
        or context.per_example
        or any(
            map(is_loss, (*context.written, *context.depends, *(d.head.name for d in context.definitions)))
        )
        or context.profile not in ("", "scalar")
    )
    if spoken or context.loss:
        return ""
    names = [n.of.name for s in sides for n in walk(s) if isinstance(n, Gradient)]
    return next((f"d{name}" for name in names if name not in context.gradients), "")


def member_in(sides: Sequence[Term], context: Context) -> str:
    """A ``u_o`` of which the text leaves open whether it is one of the u_w that it sums over."""
    lexicon = context.lexicon
    if context.has_negatives or lexicon.distinct:
        return ""
    for name in sorted(reached(sides, context)):
        base, _, letter = name.rpartition("_")
        letters = lexicon.lettered.get(base, set())
        among = letter in letters - lexicon.indices and letters & lexicon.summed
        if among and not _has_formula_of_its_own(name, base, letter, context):
            return name
    return ""


def _has_formula_of_its_own(name: str, base: str, letter: str, context: Context) -> bool:
    """Whether ``g_o = σ(u_o v) - 1`` is another formula than that of the ``g_i = σ(u_i v)``."""
    own = {d.body for d in context.definitions if d.head == Ref(name)}
    others = [d for d in context.definitions if d.head.name == base and len(d.head.subs) == 1]
    if len(own) != 1 or len(others) != 1:
        return False
    (index,) = others[0].head.subs

    def moved(term: Term) -> Term:
        if isinstance(term, Ref) and term.subs == (index,):
            return replace(term, name=f"{term.name.partition('_')[0]}_{letter}", subs=())
        return term

    return bool(index.name) and rebuilt(others[0].body, moved) not in own


def unread_line(world: World, sides: Sequence[Term], context: Context) -> int:
    """The line of a formula that was not understood and shares a name with the claim; 0 without one."""
    names = {r.name.rpartition(":")[2].partition("_")[0] for s in sides for r in refs(s)}
    for place, latex in context.unread:
        if place >= (context.line, context.column):  # they are in the order of their places
            break
        if any(re.search(rf"(?<![A-Za-z]){re.escape(n)}(?![a-z])", latex) for n in names if n):
            return place[0]
    return 0


def lost_definition(sides: Sequence[Term], context: Context) -> int:
    """The line of an equation that was not understood and that begins with a name the claim rests on; 0 without one."""
    names = {n.rpartition(":")[2].partition("_")[0] for n in reached(sides, context)}
    for (line, _), latex in context.unread:
        found = _HEAD.match(latex)
        if found is not None and line <= context.line and found[1] in names:
            return line
    return 0


_HEAD = re.compile(
    r"\s*(?:\\\w+\s*\{\s*)?\\?([A-Za-z]+)\}?(?:[_^](?:\{[^{}]*\}|\w))*\s*(?:\([^()=]*\)\s*)?(?::=|=)"
)


_FUNCTION = re.compile(r"softmax|sigmoid|logistic|tanh|relu|소프트맥스|시그모이드", re.I)


def doubt_in(sides: Sequence[Term], context: Context) -> str:
    """Words of the text that state something about a quantity of the claim, and that no rule can use."""
    names = reached(sides, context)
    slopes = any(isinstance(n, (Derivative, Gradient)) for s in sides for n in walk(s))
    formulas = [d for d in context.definitions if not d.latex.endswith("(prose)")]
    losses = any(is_loss(d.head.name) for d in formulas)
    functions = {n.function.name for d in formulas for n in walk(d.body) if isinstance(n, Call)}
    defined = {d.head.name for d in formulas}
    written = defined | {r.name for d in formulas for r in refs(d.body)} - functions
    for doubt in context.doubts.values():
        # The softmax of z is p, where a formula gives p; the mean is μ says what μ is.
        told = written if all(map(_FUNCTION.match, doubt.words.split())) else defined
        if doubt.described and (doubt.names & names <= told) and (losses or not doubt.about_loss):
            continue
        if names & doubt.names or (slopes and doubt.about_loss):
            return doubt.words
    return ""


def reached(sides: Sequence[Term], context: Context) -> set[str]:
    """The names in a claim, and all that their definitions lead to."""
    found = {r.name for s in sides for r in refs(s)}
    grown = True
    while grown:
        more = {r.name for d in context.definitions if d.head.name in found for r in refs(d.body)}
        grown = not more <= found
        found |= more
    return found


def losses_are_known(sides: Sequence[Term], context: Context) -> bool:
    """Whether the document says of every loss that the sides differentiate how it is made of those of the examples."""
    formulas = {d.head.name for d in context.definitions if is_loss(d.head.name)}
    said = set(context.means) | context.per_example
    # The L_i of J = 1/m Σ L_i are those of one example each.
    inside = {r.name for d in context.definitions if d.head.name in formulas for r in refs(d.body)}
    for side in sides:
        for node in walk(side):
            if isinstance(node, Gradient) and not is_told(context, node.of.name, refuting=True):
                return False
            if isinstance(node, Derivative):
                losses = {r.name for r in refs(node.of) if is_loss(r.name) and not _is_one_of(r, inside)}
                if not losses <= formulas | said:
                    return False
    return True


def _is_one_of(loss: Ref, inside: set[str]) -> bool:
    """Whether a loss carries the index of an example or a step, and another one is made of it."""
    return loss.name in inside and any(i.name and not i.label for i in indices(loss))


def entry_or_step(sides: Sequence[Term], context: Context) -> str:
    """A name that the document numbers by steps and by a letter that a sum runs over: ``Σ_i w_i x_i`` beside ``w_{t+1}``."""
    lexicon = context.lexicon
    every = [r for side in sides for r in refs(side)]
    steps = {r.time.name for r in every if r.time is not None} - {"i", "j", ""}
    heads = {(d.head.name, d.head.time.name) for d in context.definitions if d.head.time is not None}
    for ref in every:
        if ref.time is not None and (ref.name, ref.time.name) in heads:
            continue  # the document defines it step by step
        letter = ref.time.name if ref.time is not None else ""
        if not steps and letter in lexicon.summed & {"i", "j"} and len(lexicon.stepped.get(ref.name, ())) > 1:
            return str(ref)
    return ""


def names_alone(name: str, sides: Sequence[Term], context: Context) -> bool:
    """Whether a letter stands without indices in a claim, or in what it rests on."""
    names = reached(sides, context)
    bodies = [*sides, *(d.body for d in context.definitions if d.head.name in names)]
    return any(ref == Ref(name) for body in bodies for ref in refs(body))


def entries_of_symmetric(sides: Sequence[Term], context: Context) -> str:
    """A matrix that the text calls symmetric, of which a small letter with two indices may be the entries."""
    names = reached(sides, context)
    bodies = [*sides, *(d.body for d in context.definitions if d.head.name in names)]
    entries = {r.name.swapcase() for body in bodies for r in refs(body) if len(r.subs) == 2}
    return min(entries & context.symmetric, default="")


def counted_for_another_layer(sides: Sequence[Term], context: Context) -> str:
    """A size at which a sum over the units of another layer ends: ``Σ_{k=1}^{n_l} w^{l+1}_{kj} δ^{l+1}_k``.

    Where the document uses the size itself, that tells of which layer it is.
    """
    told = [d.body for d in context.definitions] + [end for ends in context.ranges.values() for end in ends]
    told += [size for stated in context.shapes.values() for _, *sizes in stated for size in sizes]
    used = {r.name for body in told for n in walk(body) for r in _sizes_in(n)}
    for node in (n for side in sides for n in walk(side) if isinstance(n, Big)):
        size = node.high
        if not isinstance(size, Ref) or size.name in used or (mine := _layer_of(size)) is None:
            continue
        for ref in refs(node.body):
            units = [i.name for i in ref.subs] == [node.index] and ref.layer is not None
            if units and ref.layer.name == mine.name and ref.layer.offset != mine.offset:  # type: ignore[union-attr]
                return str(size)
    return ""


def _sizes_in(node: Term) -> Sequence[Ref]:
    """The names of a quantity, or of the end of a sum."""
    if isinstance(node, Ref):
        return refs(node)
    return refs(node.high) if isinstance(node, Big) and node.high is not None else ()


def _layer_of(size: Ref) -> Index | None:
    """The layer of which a size such as ``n_l`` or ``n^{[l]}`` tells the number of units."""
    return size.layer if size.layer is not None else size.subs[0] if len(size.subs) == 1 else None
