"""Numbers in the place of letters: hundreds of right sides are tried at one point before one of them is proved.

The world of the refuted equality is made once, with the definitions of its document; its left side is evaluated once at
a point. A right side whose value is another there is no correction; one whose value is the same may be, and goes on to
be proved like any other claim. So a mistake in here costs time or a correction, and never makes a wrong one.
"""

from __future__ import annotations

import random
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import flint

from .._errors import LimitError, NotesError
from .._limits import Budget
from ..decide._assumptions import assume, read_hypotheses
from ..decide._balls import PRECISION, ball, differs, node_value
from ..decide._claim import SIZES, name_sizes, place_definitions, sizes_for, surveyed, world_of
from ..decide._dag import Graph, Node
from ..decide._evaluate import Evaluator
from ..decide._habits import Reading, Usage
from ..decide._indices import combinations
from ..decide._numeric import tolerance
from ..decide._pairs import groups_of, solved
from ..decide._points import points
from ..decide._scope import scoped
from ..decide._sides import Entries, forget
from ..decide._substitute import substituted
from ..decide._values import Dim, Value
from ..decide._world import World
from ..resolve import Big, Number, Term, walk
from ..resolve._item import Gathered, Item

MOST_PLACES = 4
# Where labels are 0 or 1 one point tells few right sides apart.
MOST_POINTS = 3


@dataclass
class _Point:
    """Numbers for the letters, and the values of what is made of them."""

    point: dict[int, Fraction]
    values: dict[int, flint.arb]
    opens: dict[object, list[flint.arb]] = field(default_factory=dict)


class _Remembering(Evaluator):
    """An evaluator that knows terms again: the most of a right side is the same object whatever is changed in it."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.found: dict[tuple[object, int], Value] = {}
        self.here: object = None
        self.top: object = None

    def value(self, term: Term) -> Value:
        """The value of a term, kept where nothing but the place decides on it."""
        if self.env is not self.top or self.params or self.algebra.in_loss:
            return super().value(term)
        key = (self.here, id(term))
        if key not in self.found:
            self.world.mark(term)  # it lives as long as its number is a key
            self.found[key] = super().value(term)
        return self.found[key]


class Screen:
    """One equality at one point.

    Parameters
    ----------
    item : Item
        A statement with the two sides of the equality.
    gathered, usage, budget
        As for `decide_item`.

    Raises
    ------
    NotesError
        The sides have no value that could be compared.
    """

    def __init__(self, item: Item, gathered: Gathered, usage: Usage, budget: Budget) -> None:
        left, right = item.parts
        self.relation, self.left = item.relations[0], left
        self.numeric = item.kind == "numeric"
        context, usage = scoped(gathered, item, usage)
        if not self.numeric:
            context = replace(
                context,
                definitions=[d for d in context.definitions if not d.value],
                values=[(head, given) for head, given in context.values if not isinstance(given, Number)],
            )
        world = world_of(context, usage, Reading(first_time=1), self.numeric)
        shapes = Evaluator(world)
        name_sizes(world)
        place_definitions(shapes)
        assumed = assume(shapes)
        world.known = set(world.leaves)
        world.settle()
        places, _ = surveyed(shapes, (left, right), Entries((True,)))
        place_definitions(shapes)
        self.ranges = _ranges(world, (left, right, *(d.body for d in context.definitions)))
        self.graph = Graph(budget)
        world.make_concrete(self.graph, sizes_for((left, right), SIZES))
        self.world, self.cells = world, _Remembering(world)
        envs = []
        for place, bound in places:
            with suppress(NotesError):
                envs += [{**place, **combo} for combo in combinations(bound, context)][: MOST_PLACES * 2]
        hypotheses, _ = read_hypotheses(self.cells, assumed)
        self.swap, tests = solved(self.graph, hypotheses)
        pairs = []
        for env in envs[: 3 * MOST_PLACES]:
            sides = [self._cells(env, term) for term in (left, right)]
            if sides[0] is not None:
                pairs.append((env, sides[0], sides[1]))
        if not pairs:
            raise NotesError("the left side has no value")
        roots = [n for _, (_, a), b in pairs for n in (*a, *(b[1] if b else ()))]
        groups, _ = groups_of(world, self.graph, roots)
        lefts = [n for _, (_, a), _ in pairs for n in a]
        self.points = [
            _Point(dict(point), dict(values)) for point, values in points(lefts, tests, groups, MOST_POINTS)
        ]
        if not self.points:
            raise NotesError("the left side has no value")
        self.numbers = random.Random(5)  # noqa: S311 - reproducible, not secret
        apart = [p for p in pairs if p[2] is not None and not self._same(p[1], p[2])]
        self.places = [
            (env, a) for env, a, _ in [*apart, *(p for p in pairs if p not in apart)][:MOST_PLACES]
        ]

    def _cells(self, env: Mapping[str, Any], term: Term) -> tuple[tuple[int, int], tuple[Node, ...]] | None:
        with self.cells.bound(env, fresh=True):
            forget(self.world, dict(env))
            self.cells.here, self.cells.top = tuple(sorted(env.items())), self.cells.env
            try:
                value = self.cells.value(term)
                size = value.size()
            except LimitError:
                raise
            except NotesError:
                return None
        if value.cells is None:
            return None
        cells = value.cells
        if self.swap:
            cells = tuple(substituted(self.graph, c, dict(self.swap)) for c in cells)
        return size, cells

    def _value(self, root: Node, at: _Point) -> flint.arb:
        """Enclose a node, and what is new below it."""
        pending, new = [root], {}
        while pending:
            node = pending.pop()
            if node.number not in at.values and node.number not in new:
                new[node.number] = node
                pending.extend(node.args)
        for number in sorted(new):
            node = new[number]
            if node.op == "var" and number not in at.point:
                at.point[number] = Fraction(self.numbers.randint(110, 890), 1000)
            at.values[number] = node_value(node, at.values, at.point, at.opens)
        return at.values[root.number]

    def _same(
        self,
        one: tuple[tuple[int, int], tuple[Node, ...]],
        two: tuple[tuple[int, int], tuple[Node, ...]],
        units: tuple[Fraction, ...] = (),
    ) -> bool:
        if one[0] != two[0]:
            return False
        saved = flint.ctx.prec
        flint.ctx.prec = PRECISION
        try:
            for at in self.points:
                for k, (a, b) in enumerate(zip(one[1], two[1], strict=True)):
                    x, y = self._value(a, at), self._value(b, at)
                    unit = units[k] if len(units) == len(one[1]) else (units or (Fraction(0),))[0]
                    if not y.is_finite() or (abs(x - y) > ball(unit) if unit else differs(x, y)):
                        return False
        finally:
            flint.ctx.prec = saved
        return True

    def agrees(self, right: Term) -> bool:
        """Whether a right side has the values of the left side at all places.

        Raises
        ------
        LimitError
            The time is up.
        """
        units = tuple(tolerance(self.left, right, self.relation)) if self.numeric else ()
        with self._summing(right):
            for env, left in self.places:
                found = self._cells(env, right)
                if found is None or not self._same(left, found, units):
                    return False
        return True

    @contextmanager
    def _summing(self, right: Term) -> Iterator[None]:
        """Let the sums of a right side run over what those of the same index run over in the claim and its document."""
        known = self.world.index_dims
        saved = dict(known)
        for big in (t for t in walk(right) if isinstance(t, Big)):
            for steps, dim in self.ranges.get(big.index, ()):
                known.setdefault((self.world.mark(big), steps), dim)
        try:
            yield
        finally:
            self.world.index_dims = saved

    def entries(self) -> list[str]:
        """What the left side comes to, entry by entry, where these are numbers; empty where they are not."""
        if not self.numeric:
            return []
        _, (_, cells) = self.places[0]
        saved = flint.ctx.prec
        flint.ctx.prec = PRECISION
        try:
            return [self._value(c, self.points[0]).str(40, radius=False) for c in cells]
        finally:
            flint.ctx.prec = saved


def _ranges(world: World, terms: Sequence[Term]) -> dict[str, list[tuple[Hashable, Dim]]]:
    """The axes that the sums of some terms run over, by the name of their index; each with the layers it holds for."""
    indices = {id(t): t.index for term in terms for t in walk(term) if isinstance(t, Big)}
    found: dict[str, list[tuple[Hashable, Dim]]] = {}
    for key, dim in world.index_dims.items():
        if isinstance(key, tuple) and len(key) == 2 and key[0] in indices:
            found.setdefault(indices[key[0]], []).append((key[1], dim))
    return found
