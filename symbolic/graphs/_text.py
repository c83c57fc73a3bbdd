"""A computation graph as text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from symbolic._printing import to_text

if TYPE_CHECKING:
    from symbolic.graphs._graph import Graph

__all__ = ["as_text", "short"]


def short(value: Any) -> str:
    """A number with at most six digits, also one that no float holds."""
    rounded = float(value)
    if math.isinf(rounded) or (rounded == 0 and not value.is_zero):
        digits, _, power = str(value.n(6)).partition("e")
        return f"{digits.rstrip('0').rstrip('.')}e{power}"
    return f"{rounded:.6g}"


def as_text(graph: Graph, values: Mapping[str, Any] | None = None) -> str:
    """Return definitions and values forward, then every derivative with its chain rule backward.

    Parameters
    ----------
    graph : Graph
    values : mapping, optional
        A value for every input; without them the text is symbolic only.

    Returns
    -------
    str

    Examples
    --------
    >>> import symbolic
    >>> print(symbolic.graph("3*(a + b*c)").text({"a": 5, "b": 3, "c": 2}))
    forward
      a            = 5
      b            = 3
      c            = 2
      u = b·c      = 6
      v = a + u    = 11
      J = 3·v      = 33
    backward
      dJ/dJ                                   = 1
      dJ/dv = dJ/dJ · ∂J/∂v = 3               = 1 · 3 = 3
      dJ/du = dJ/dv · ∂v/∂u = 3               = 3 · 1 = 3
      dJ/da = dJ/dv · ∂v/∂a = 3               = 3 · 1 = 3
      dJ/db = dJ/du · ∂u/∂b = 3·c             = 3 · 2 = 6
      dJ/dc = dJ/du · ∂u/∂c = 3·b             = 3 · 3 = 9
    """
    numeric = values is not None
    ahead, back, slopes = graph.numbers(values) if values is not None else ({}, {}, {})
    J = graph.output

    rows = [(n.name if n.is_input else f"{n.name} = {n.label}", f"= {short(ahead[n.name])}" if numeric else "")
            for n in graph.nodes]  # fmt: skip
    lines = ["forward", *_columns(rows)]
    rows = []
    for name in graph.derivatives:  # from the output back
        users = graph.users(name)
        paths = " + ".join(f"d{J}/d{u} · ∂{u}/∂{name}" for u in users)
        symbolic = to_text(graph.derivatives[name]).replace("*", "·")
        left = f"d{J}/d{name}" if name == J else f"d{J}/d{name} = {paths or '0'} = {symbolic}"
        right = ""
        if numeric:
            numbers = " + ".join(f"{_bracketed(back[u])} · {_bracketed(slopes[u, name])}" for u in users)
            right = f"= {numbers} = {short(back[name])}" if users else f"= {short(back[name])}"
        rows.append((left, right))
    lines += ["backward", *_columns(rows)]
    if values is not None and (kinks := graph.kinks(values)):
        lines.append(
            f"note: {' and '.join(kinks)} has no derivative there: a kink; shown is the slope that code takes."
        )
    return "\n".join(lines)


def _bracketed(value: Any) -> str:
    return f"({short(value)})" if value < 0 else short(value)


def _columns(rows: list[tuple[str, str]]) -> list[str]:
    width = max(len(left) for left, _ in rows) + 4 if any(right for _, right in rows) else 0
    return [f"  {left:<{width}}{right}".rstrip() for left, right in rows]
