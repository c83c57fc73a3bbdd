"""What a verdict on one equality must survive before it stands."""

from __future__ import annotations

from collections.abc import Sequence

from ..resolve import (
    Call,
    Derivative,
    Ref,
    Term,
    indices,
    walk,
)
from ..resolve._lexicon import is_loss
from ._doubts import (
    counted_for_another_layer,
    losses_are_known,
    lost_definition,
    member_in,
)
from ._ground import Ground
from ._objections import objection_to, spelled_out
from ._outcome import Outcome


def standing(outcome: Outcome, ground: Ground) -> Outcome:
    """The outcome, or why it does not stand."""
    if outcome.verdict == "proved" and ground.loose:
        return Outcome(
            "unknown", "the two sides agree only if one is repeated to the shape of the other", loose=True
        )
    if outcome.verdict in ("proved", "refuted") and (name := member_in(ground.sides, ground.context)):
        return Outcome(
            "unknown", f"the document does not say whether {name} is one of those that are summed over"
        )
    if outcome.verdict == "proved" and (line := lost_definition(ground.sides, ground.context)):
        return Outcome("unknown", f"line {line} of the document is not understood and may define this anew")
    if outcome.verdict == "proved" and (size := counted_for_another_layer(ground.sides, ground.context)):
        return Outcome("unknown", f"{size} may not be how many units the sum runs over")
    outcome.loose = ground.loose
    if outcome.verdict != "refuted":
        return outcome
    if ground.loose and _sums_along(ground.sides):  # the code says along which axis, and what is left
        return misfit("the sum leaves another shape than the other side has", ground, anywhere=False)
    if ground.loose and not _stands_apart(ground):
        return Outcome("unknown", "the sides differ in shape: a sum may be meant", loose=True)
    objection = objection_to(outcome, ground)
    return Outcome("unknown", objection) if objection else outcome


def _stands_apart(ground: Ground) -> bool:
    """Whether sides of different shapes are not equal in any way that an author may mean.

    They differ where the shorter is repeated. A sum, or a mean, of the longer may be meant and not written: it differs
    as well, or the text says of gradients what shape they have.
    """
    slopes = [n for side in ground.sides for n in walk(side) if isinstance(n, Derivative)]
    if any(not isinstance(s.of, Ref) or not is_loss(s.of.name) or indices(s.of) for s in slopes):
        return False
    told = ground.context.own_shapes or (ground.apart and not slopes)
    return told and losses_are_known(ground.sides, ground.context) and spelled_out(ground)


def _sums_along(sides: Sequence[Term]) -> bool:
    """Whether a side adds up along an axis that it names, as ``np.sum(dZ, axis=0)`` does."""
    calls = (n for s in sides for n in walk(s) if isinstance(n, Call))
    return any(c.function.name in ("np.sum", "np.mean") and "axis" in dict(c.keywords) for c in calls)


def misfit(clash: str, ground: Ground, anywhere: bool) -> Outcome:
    """A clash of shapes: unknown, and known to be no matter of reading where every quantity of the sides is explained.

    ``anywhere``: there are indices for which the shapes do fit.
    """
    certain = not anywhere and spelled_out(ground) and not objection_to(Outcome("refuted"), ground)
    return Outcome("unknown", clash, loose=True, clash=True, misfit=certain)


def without_misfits(links: list[Outcome]) -> list[Outcome]:
    """A side that does not fit its other neighbour in shape refutes nothing."""
    misfits = {k for k, o in enumerate(links) if o.loose}
    reason = "a side that it shares with another equality does not fit that one in shape"
    return [
        Outcome("unknown", reason, loose=True) if o.verdict == "refuted" and {k - 1, k + 1} & misfits else o
        for k, o in enumerate(links)
    ]
