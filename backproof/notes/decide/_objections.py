"""Why a refutation does not stand: what a document may mean beside what it says."""

from __future__ import annotations

from collections.abc import Sequence

from ..resolve import (
    Big,
    Branches,
    Call,
    Context,
    Derivative,
    Div,
    Entry,
    Gradient,
    Index,
    Listing,
    Mul,
    Number,
    Prime,
    Ref,
    Table,
    Term,
    indices,
    rebuilt,
    refs,
    walk,
)
from ..resolve._cases import IN_WORDS
from ..resolve._lexicon import is_loss
from ..resolve._limits import LIMIT
from ..resolve._scripts_seen import COUNTING
from ._assumptions import Assumed
from ._dag import Node, reachable
from ._doubts import (
    differential_in,
    doubt_in,
    entries_of_symmetric,
    entry_or_step,
    losses_are_known,
    names_alone,
    one_sided,
    reached,
    stranger_in,
    unread_line,
)
from ._ground import PLAIN, Ground, free_names
from ._outcome import Outcome
from ._pairs import is_number
from ._world import World

# Every free axis has at least so many entries.
_FEW = 3


_CONSTANTS = (Ref("e"), Ref("pi"), Ref("I"))
# As many letters in a row may be indices.
MOST_INDICES = 3
STAND_FOR = "the numbers of one side may stand for"


def spelled_out(ground: Ground) -> bool:
    """Whether the document explains every name of the sides, and nothing in them has a shape by convention alone."""
    context = ground.context
    told = {r.name for d in context.definitions for r in (d.head, *(d.params or ()), *refs(d.body))}
    told |= (
        set(context.shapes) | set(context.depends) | {r.name for rs in context.depends.values() for r in rs}
    )
    rows = any(map(_is_small, context.rows)) or context.vectors_are_rows
    lying = {n for n in ground.world.by_convention & reached(ground.sides, context) if _is_small(n)}
    if rows and lying:
        return False  # beside rows a small letter need not be a column
    told |= {r.name for one, _, two in context.hypotheses for r in (*refs(one), *refs(two))}
    told |= {r.name for limits in context.ranges.values() for end in limits for r in refs(end)}
    stated = [size for found in context.shapes.values() for _, *sizes in found for size in sizes]
    told |= {r.name for size in stated for r in refs(size)}
    told |= context.scalars | context.vectors | context.rows | context.lexicon.indices | context.opaque
    told |= _only_divides(ground.sides)
    for node in (n for side in ground.sides for n in walk(side)):
        if isinstance(node, Gradient) and node.of.name.swapcase() in told:
            told.add(node.of.name)  # dw of the document's W
        if isinstance(node, (Prime, Table, Listing, Branches)):
            return False  # a prime may transpose, a list may be a row or a column
        if isinstance(node, Ref) and node.name not in told and not is_loss(node.name):
            return False
        if isinstance(node, Call) and node.function.name not in told | PLAIN:
            return False
    return True


def _only_divides(sides: Sequence[Term]) -> set[str]:
    """The names that stand below fractions alone: the m of 1/m is a number, whatever the document says of it."""
    above = {
        r.name for side in sides for r in refs(rebuilt(side, lambda t: t.num if isinstance(t, Div) else t))
    }
    return {r.name for side in sides for r in refs(side)} - above


def _is_of_a_count(said: Assumed, ground: Ground) -> bool:
    """Whether a hypothesis says that there are at least two or three of something: there are, and the claim counts none."""
    few = (
        isinstance(said.right, Number)
        and said.right.value + (said.relation == ">") <= _FEW
        and said.relation in (">", "≥")
    )
    plain = isinstance(said.left, Ref) and not indices(said.left)
    return few and plain and not {r.name for r in refs(said.left)} & reached(ground.sides, ground.context)


def _is_small(name: str) -> bool:
    return name.rpartition(":")[2][:1].islower()


def _unlinked(ground: Ground) -> str:
    """A free X beside free ``x^{(i)}`` or columns ``x_i``, which nobody means to have nothing to do with each other."""
    usage = ground.world.usage
    free = {str(key[0]) for key in ground.world.leaves if isinstance(key, tuple)} & reached(
        ground.sides, ground.context
    )
    names = (usage.examples | usage.vector_subs) & free
    return min((n.upper() for n in names if len(n) == 1 and n.islower() and n.upper() in free), default="")


def objection_to(outcome: Outcome, ground: Ground) -> str:
    """Why a refutation does not stand; empty where nothing speaks against it."""
    world, context, sides = ground.world, ground.context, ground.sides
    if ground.numeric and _numbers_on_one_side(ground.pairs) and _of_some_place(sides, context):
        return "a sentence may speak of the place where it is so"  # the line z = 0 separates the classes
    if ground.numeric and _numbers_on_one_side(ground.pairs):
        printed = world.given or any(_has_decimals(p) or _is_worked_out(p) for p in sides)
        if printed:
            return "the document does not give the numbers that one side stands for"
    if world.presumed:
        return min(world.presumed)
    if label := _indices_in_a_label(sides, context):
        return f"the document does not say whether {label} counts something"
    if array := _unlinked(ground):
        return f"the document does not say how {array} holds the {array.lower()} of the examples"
    if stands_for := _decimals_for(ground):
        return f"{STAND_FOR} {stands_for}"
    if counted := _counted_out(world, sides):
        return f"the document does not say how many entries {counted} has"
    if index := _repeated(ground):
        return f"a sum over the repeated index {index} may be meant"
    if names := context.both_bases & reached(sides, context):
        return f"the document does not say whether {min(names)} has an entry number 0"
    if array := entries_of_symmetric(sides, context):
        return (
            f"the document does not say whether {array.swapcase()} holds the entries of the symmetric {array}"
        )
    if names_alone("i", sides, context) and "i" in free_names([x for pair in ground.pairs for x in pair]):
        return "i may be the imaginary unit"
    if any(side in _CONSTANTS for side in sides) and all(map(refs, sides)):
        return "a letter for a constant may name a quantity"  # e = ŷ - y
    if name := entry_or_step(sides, context):
        return f"{name} may be an entry or a step"
    if name := differential_in(sides, context):
        return f"the document does not say what {name} is the gradient of"
    if (context.inline or not all(map(refs, sides))) and _is_constraint(ground):
        return "a sentence may restrict free quantities by it"
    if name := _run_together(sides, context):
        return f"{name} may be one name"
    if name := _anew(ground):
        return f"the sentence may say anew what {name} is"
    if _may_be_a_case(ground):
        return "the words before it may single out a case"
    if word := doubt_in(sides, context):
        return f"the text says {word!r}, which the checker cannot use"
    if any(n.op == "app" for n in reachable([x for pair in ground.pairs for x in pair])):
        if outcome.sized and world.open_losses and not losses_are_known(sides, context):
            return f"the sides differ by a factor {outcome.sized} alone, and no formula says whether the loss holds it"
        if _unrelated(world.open_losses, context):
            losses = sorted(str(Ref(name)) for name in world.open_losses)
            return f"the document does not say how {' and '.join(losses)} are related"
        if world.unexplained:
            return f"the document does not say what {min(world.unexplained)} is"
        if what := _property_of(ground):
            return f"the document does not say what {what} is, and this may be a property of it"
        if alone := one_sided(ground.pairs):
            return f"the document does not say what {alone} is"
    if stranger := stranger_in(world, sides, ground.pairs):
        return f"the document does not say what {stranger} is"
    if partly := _partly_told(sides, context):
        return f"the document does not say all that {partly} depends on"
    if array := _array_in_words(ground):
        return f"words do not say what is done with the entries of {array}"
    if alien := _beside_words(ground):
        return f"the text does not say how what it describes depends on {alien}"
    if line := unread_line(world, sides, context):
        return f"line {line} of the document is not understood and may matter here"
    # What is not zero may be left out: no point has been chosen so that it is.
    if unread := [h for h in ground.unread if h.relation != "≠" and not _is_of_a_count(h, ground)]:
        return f"a hypothesis of the document ({unread[0].relation}) is not read"
    return ""


def _of_some_place(sides: Sequence[Term], context: Context) -> bool:
    """Whether an equation with a number is one in a sentence, or gives a plain quantity or function one: ``f(x) = 0``."""
    left = sides[0]
    named = isinstance(left, Ref) or (
        isinstance(left, Call) and not left.primes and all(isinstance(a, Ref) for a in left.args)
    )
    return not refs(sides[1]) and (context.inline or named)


def _property_of(ground: Ground) -> str:
    """An open function of which a claim says something without differentiating: ``f(cx) = c f(x)`` holds for some."""
    defined = {d.head.name for d in ground.context.definitions}
    nodes = [n for side in ground.sides for n in walk(side)]
    if any(isinstance(n, (Derivative, Gradient, Prime)) for n in nodes):
        return ""
    if any(isinstance(n, Ref) and n.name in defined for n in nodes):
        return ""  # what the document defines is known by its formula
    if any(isinstance(n, Call) and n.primes and n.function.name in defined for n in nodes):
        return ""
    taken: dict[str, set[tuple[tuple[Term, ...], int]]] = {}
    for node in nodes:
        if isinstance(node, Call) and node.function.name not in defined | PLAIN:
            taken.setdefault(node.function.name, set()).add((node.args, node.primes))
    if LIMIT.name in taken:
        return ""
    return min((name for name, places in taken.items() if len(places) > 1), default="")


def _decimals_for(ground: Ground) -> str:
    """A quantity of one side in place of which the other may have a number: ``v_2 = 0.9 v_1 + 0.1 g`` for β = 0.9."""
    for k in (0, 1):
        if _has_decimals(ground.sides[k]) and refs(ground.sides[k]):
            own, other = (free_names([pair[j] for pair in ground.pairs]) for j in (k, 1 - k))
            if missing := {name for name in other - own if name.islower() and name not in ("x", "y")}:
                return min(missing)
    return ""


def _is_constraint(ground: Ground) -> bool:
    """Whether an equation relates quantities alone that nothing defines: ``p + q = 1``."""
    bound = {n.index for side in ground.sides for n in walk(side) if isinstance(n, Big)}
    names = {r.name for side in ground.sides for r in refs(side)} - bound
    defined = {d.head.name for d in ground.context.definitions}
    calls = any(isinstance(n, (Call, Derivative, Prime)) for side in ground.sides for n in walk(side))
    return bool(names) and not calls and not names & defined


def _run_together(sides: Sequence[Term], context: Context) -> str:
    """Capitals to which a sentence gives a number: *with* ``FP = 2`` beside an F and a P."""
    left = sides[0]
    letters = [t for _, t in left.items if isinstance(t, Ref)] if isinstance(left, Mul) else []
    names = [t.name for t in letters if not indices(t) and len(t.name) == 1 and t.name.isupper()]
    alone = isinstance(left, Mul) and len(names) == len(left.items) and not any(s for s, _ in left.items)
    return "".join(names) if context.inline and alone and not refs(sides[1]) else ""


def _anew(ground: Ground) -> str:
    """What an equation inside a sentence may define, though something has defined it before."""
    left, context = ground.sides[0], ground.context
    if not context.inline or ground.numeric:
        return ""
    if isinstance(left, Ref) and (known := context.defined(left)) is not None and refs(known.body):
        return str(left)
    if isinstance(left, Call) and not left.primes and all(isinstance(a, Ref) for a in left.args):
        return str(left.function) if context.defined(left.function, function=True) is not None else ""
    return ""


def _repeated(ground: Ground) -> str:
    """An index that stands twice in a product of the claim, or of a definition it rests on, and that nothing binds."""
    context = ground.context
    names = reached(ground.sides, context)
    pairs: list[tuple[Term, Term]] = [(ground.sides[0], ground.sides[1]), (ground.sides[1], ground.sides[0])]
    pairs += [(d.head, d.body) for d in context.definitions if d.head.name in names and d.params is None]
    for other, body in pairs:
        outside = {i.name for r in refs(other) for i in r.subs}
        outside |= {i.name for n in walk(other) if isinstance(n, Entry) for i in n.subs}
        bound = {n.index for n in walk(body) if isinstance(n, Big)}
        for node in (n for n in walk(body) if isinstance(n, Mul)):
            inside = [{i.name for r in refs(t) for i in r.subs if i.name} for _, t in node.items]
            twice = {i for k, one in enumerate(inside) for two in inside[k + 1 :] for i in one & two}
            if left := twice - outside - bound - context.lexicon.layers:
                return min(left)
    return ""


def _may_be_a_case(ground: Ground) -> bool:
    """Whether words such as *for the correct class* or *when the unit is active* stand before what depends on a case."""
    if not any(isinstance(n, Ref) for side in ground.sides for n in walk(side)):
        return False  # sums of numbers are the same in every case
    if ground.context.conditional:
        return True
    if any(isinstance(n, Branches) for side in ground.sides for n in walk(side)):
        return False  # the formula itself tells the cases apart
    if IN_WORDS.search(ground.context.lead) is None:
        return False
    told = {d.head.name for d in ground.context.definitions if isinstance(d.body, Branches)}
    labels = {"y", "t", "Y"} & reached(ground.sides, ground.context) - told
    nodes = reachable([x for pair in ground.pairs for x in pair])
    return bool(labels) or any(n.op == "cases" or n.data in ("abs", "sign") for n in nodes)


def _counted_out(world: World, sides: Sequence[Term]) -> str:
    """A quantity of open length of which the claim, or what it rests on, names entries by number as if these were all."""
    numbered: dict[str, set[tuple[Index, ...]]] = {}
    names = reached(sides, world.context)
    bodies = [d.body for d in world.context.definitions if d.head.name in names and d.params is None]
    for ref in (r for side in (*sides, *bodies) for r in refs(side)):
        if ref.subs and ref.name in world.usage.subs and not any(s.name for s in ref.subs):
            numbered.setdefault(ref.name, set()).add(ref.subs)
    several = sorted(name for name, found in numbered.items() if len(found) > 1)
    return next((name for name in several if world.has_open_length(name)), "")


def _beside_words(ground: Ground) -> str:
    """A quantity of which a sentence that defines one side says nothing: other formulas may connect the two.

    ``The output a is σ(z)`` does not speak of ``a = σ(Wx + b)`` where nothing says what z is.
    """
    context = ground.context
    for k in (0, 1):
        side = ground.sides[k]
        head = side.function if isinstance(side, Call) else side
        if isinstance(head, Ref) and head.name in context.in_words:
            own, other = (free_names([pair[j] for pair in ground.pairs]) for j in (k, 1 - k))
            written = {r.name for r in refs(ground.sides[1 - k])}
            led = {r.name for d in context.definitions if d.head.name in written for r in refs(d.body)}
            compared = [{r.name for t in (a, b) for r in refs(t)} for a, _, b in context.hypotheses]
            beside = {name for names in compared if names & (own | led) for name in names}  # 0 < β_1 < β_2
            if alien := (other & written) - own - led - beside:
                return min(alien)
    return ""


def _partly_told(sides: Sequence[Term], context: Context) -> str:
    """An error of which only some slopes are given, differentiated by something else: it may reach that by other ways."""
    for slope in (n for side in sides for n in walk(side) if isinstance(n, Derivative)):
        reached = {r.name for r in refs(slope.of)}
        while (
            more := {r.name for d in context.definitions if d.head.name in reached for r in refs(d.body)}
            - reached
        ):
            reached |= more
        for loss in sorted(reached & context.by_slopes):
            known = context.depends.get(loss, [])
            if any(by not in known and not _goes_through(by, known, context) for by in slope.by):
                return loss
    return ""


def _indices_in_a_label(sides: Sequence[Term], context: Context) -> str:
    """A name such as ``y_{nk}`` with a label of letters that count, over one of which a sum runs."""
    for name in sorted(reached(sides, context)):
        label = name.rpartition("_")[2] if "_" in name else ""
        if 1 < len(label) <= MOST_INDICES and set(label) <= COUNTING and set(label) & context.lexicon.summed:
            return name
    return ""


def _goes_through(by: Term, known: Sequence[Ref], context: Context) -> bool:
    """Whether the only formulas that speak of a quantity are those of what a loss is known to depend on."""
    heads = [d.head for d in context.definitions if any(r == by for r in refs(d.body))]
    return bool(heads) and all(head in known for head in heads)


def _array_in_words(ground: Ground) -> str:
    """An array, named as a whole, in arithmetic that a sentence does in words: by entries, or as matrices."""
    world, context = ground.world, ground.context
    reached = {r.name for side in ground.sides for r in refs(side)}
    while (
        more := {r.name for d in context.definitions if d.head.name in reached for r in refs(d.body)}
        - reached
    ):
        reached |= more
    bodies = [d.body for d in context.definitions if d.head.name in context.spelled & reached]
    whole = {r.name for body in bodies for r in refs(body) if not r.subs and r.example is None}
    known = [*world.leaves.items(), *((key, (v.rows, v.cols)) for key, v in world.arrays.items())]
    for key, axes in known:
        name = str(key[0]) if isinstance(key, tuple) else str(key)
        if name in whole and any(d.root().value != 1 for d in axes):
            return name
    return ""


def _unrelated(losses: set[str], context: Context) -> bool:
    """Whether several losses are met whose relation is open; E_1 and E_2, each of known arguments, are two terms."""
    terms = len({x.partition("_")[0] for x in losses}) == 1 and losses <= context.depends.keys()
    return len(losses) > 1 and not terms


def _has_decimals(term: Term) -> bool:
    return any(isinstance(n, Number) and n.digits >= 0 for n in walk(term))


def _is_worked_out(term: Term) -> bool:
    """Whether a side is arithmetic with numbers, which come from somewhere: ``(1 - 2)^2 + 3``."""
    numbers = [n for n in walk(term) if isinstance(n, Number)]
    return not refs(term) and len(numbers) > 2


def _numbers_on_one_side(pairs: Sequence[tuple[Node, Node]]) -> bool:
    """Whether numbers are set equal to what depends on quantities without a number."""
    left = all(is_number(a) for a, _ in pairs)  # shapes that fit nowhere leave no pairs
    return left != all(is_number(b) for _, b in pairs)
