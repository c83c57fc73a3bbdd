"""A computation graph as SVG: columns from the inputs to the output, values in blue, derivatives in red."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from symbolic._printing import to_text
from symbolic.graphs._text import short

if TYPE_CHECKING:
    from symbolic.graphs._graph import Graph, Node

__all__ = ["as_svg"]

_ROW, _GAP, _MARGIN, _HEIGHT = 88, 84, 26, 64
_CHARACTER = 8.2  # width of one character of the labels, generously
_INK, _BLUE, _RED, _GREY = "#1f2933", "#1d5fbf", "#c0322b", "#8a97a6"
_FONT = "font-family='ui-serif, Georgia, Cambria, serif'"


def as_svg(graph: Graph, values: Mapping[str, Any] | None = None) -> str:
    """Draw a graph.

    Parameters
    ----------
    graph : Graph
    values : mapping, optional
        A value for every input; without them the drawing shows the symbolic derivatives.

    Returns
    -------
    str
        One ``<svg>`` element: no script, no style sheet, no link.
    """
    lines = {node.name: _lines(graph, node, values) for node in graph.nodes}
    column = _columns(graph)
    width = dict.fromkeys(set(column.values()), 0.0)
    for node in graph.nodes:
        longest = max(len(text) for text, _ in lines[node.name])
        width[column[node.name]] = max(width[column[node.name]], 28 + _CHARACTER * longest, 74)
    left = {c: _MARGIN + sum(width[k] + _GAP for k in range(c)) for c in width}
    bends = _bends(graph, column)
    row = _rows(column, bends)
    low = min(row.values())
    top = {name: _MARGIN + (r - low) * _ROW for name, r in row.items()}
    box = {
        n.name: (left[column[n.name]], top[n.name], width[column[n.name]], float(_HEIGHT))
        for n in graph.nodes
    }
    total_w = max(x + w for x, _, w, _ in box.values()) + _MARGIN
    total_h = max(top.values()) + _HEIGHT + _MARGIN + 26

    slopes = graph.numbers(values)[2] if values is not None else {}
    body, labels = [], []
    for (user, operand), slope in graph.local.items():
        text = short(slopes[user, operand]) if slopes else to_text(slope).replace("*", "·")
        corners = [(left[column[b]], top[b] + _HEIGHT / 2, width[column[b]]) for b in bends[user, operand]]
        curve, label = _edge(box[operand], corners, box[user], f"×{text}" if len(text) <= 9 else "")
        body.append(curve)
        labels.append(label)
    body += labels
    body += [
        _box(box[node.name], lines[node.name], node.is_input, node.name == graph.output)
        for node in graph.nodes
    ]
    title = escape(f"Computation graph of {graph.output} = {to_text(graph.expression)}")
    legend = (
        f"<text x='{_MARGIN}' y='{total_h - 14:.0f}' font-size='12' fill='{_GREY}' {_FONT}>"
        f"<tspan fill='{_BLUE}'>forward: value</tspan>"
        f"<tspan dx='14' fill='{_RED}'>backward: d{escape(graph.output)}/d(node)</tspan>"
        "<tspan dx='14'>on an edge: the local derivative the chain rule multiplies by</tspan></text>"
    )
    total_w = max(total_w, 2 * _MARGIN + 530)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{total_w:.0f}' height='{total_h:.0f}' "
        f"viewBox='0 0 {total_w:.0f} {total_h:.0f}' role='img' aria-label='{escape(title, {chr(39): '&#39;'})}'>"
        f"<title>{title}</title>"
        f"<rect width='100%' height='100%' rx='10' fill='#ffffff'/>" + "".join(body) + legend + "</svg>"
    )


def _lines(graph: Graph, node: Node, values: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """What a box says: its definition, its value, its derivative, each with its colour."""
    J = graph.output
    head = node.name if node.is_input else f"{node.name} = {node.label}"
    if values is None:
        symbolic = to_text(graph.derivatives[node.name]).replace("*", "·")
        return [(head, _INK), (f"d{J}/d{node.name} = {symbolic}", _RED)]
    ahead, back, _ = graph.numbers(values)
    value, slope = ahead[node.name], back[node.name]
    return [(head, _INK), (short(value), _BLUE), (f"d{J}/d{node.name} = {short(slope)}", _RED)]


def _columns(graph: Graph) -> dict[str, int]:
    """Longest path from the inputs; an input stands right before its first use."""
    depth: dict[str, int] = {}
    for node in graph.nodes:
        depth[node.name] = 1 + max((depth[o] for o in node.operands), default=-1)
    for node in graph.nodes:
        users = graph.users(node.name)
        if node.is_input and users:
            depth[node.name] = min(depth[u] for u in users) - 1
    return depth


def _bends(graph: Graph, column: dict[str, int]) -> dict[tuple[str, str], list[str]]:
    """Places in the columns that an edge crosses, so that it goes around the boxes there; they join `column`."""
    bends: dict[tuple[str, str], list[str]] = {}
    for user, operand in graph.local:
        crossed = range(column[operand] + 1, column[user])
        bends[user, operand] = [f"{operand}>{user}@{c}" for c in crossed]
    for names in bends.values():
        column |= {name: int(name.rsplit("@", 1)[1]) for name in names}
    return bends


def _rows(column: dict[str, int], bends: dict[tuple[str, str], list[str]]) -> dict[str, float]:
    """Rows by the mean of the neighbours, swept a few times, then pushed apart within each column."""
    members: dict[int, list[str]] = {}
    for name, c in column.items():
        members.setdefault(c, []).append(name)
    neighbours: dict[str, list[str]] = {name: [] for name in column}
    for (user, operand), between in bends.items():
        for one, other in itertools.pairwise([operand, *between, user]):
            neighbours[one].append(other)
            neighbours[other].append(one)
    row = {name: float(i) for group in members.values() for i, name in enumerate(group)}
    for _ in range(12):
        for group in members.values():
            wish = {n: sum(row[k] for k in neighbours[n]) / max(1, len(neighbours[n])) for n in group}
            group.sort(key=lambda n: (wish[n], row[n]))
            placed: list[float] = []
            for n in group:
                placed.append(max(wish[n], placed[-1] + 1) if placed else wish[n])
            shift = (sum(wish.values()) - sum(placed)) / len(group)
            row |= {n: p + shift for n, p in zip(group, placed, strict=True)}
    return row


def _box(
    box: tuple[float, float, float, float], lines: list[tuple[str, str]], is_input: bool, is_output: bool
) -> str:
    x, y, w, h = box
    fill, stroke = (
        ("#f3f7fd", "#9db7dc")
        if is_input
        else ("#fffaf0", "#d9b36c")
        if is_output
        else ("#ffffff", "#b9c2cc")
    )
    out = [
        f"<rect x='{x:.1f}' y='{y:.1f}' width='{w:.1f}' height='{h}' rx='9' fill='{fill}' stroke='{stroke}' "
        "stroke-width='1.4'/>"
    ]
    step = h / (len(lines) + 0.55)
    for i, (text, colour) in enumerate(lines):
        size, weight = (15, "600") if i == 0 else (13, "400")
        out.append(
            f"<text x='{x + w / 2:.1f}' y='{y + step * (i + 1):.1f}' text-anchor='middle' font-size='{size}' "
            f"font-weight='{weight}' fill='{colour}' {_FONT}>{escape(text)}</text>"
        )
    return "".join(out)


def _edge(
    tail: tuple[float, float, float, float],
    corners: list[tuple[float, float, float]],
    head: tuple[float, float, float, float],
    label: str,
) -> tuple[str, str]:
    """The curve of an edge with its arrow head, and its label on a white patch."""
    start = (tail[0] + tail[2], tail[1] + tail[3] / 2)
    tip = (head[0] - 8, head[1] + head[3] / 2)
    path, here = f"M{start[0]:.1f},{start[1]:.1f}", start
    stations = [((x, y), (x + w, y)) for x, y, w in corners] + [(tip, tip)]
    for arrive, leave in stations:
        reach = (arrive[0] - here[0]) / 2
        path += (
            f" C{here[0] + reach:.1f},{here[1]:.1f} {arrive[0] - reach:.1f},{arrive[1]:.1f} "
            f"{arrive[0]:.1f},{arrive[1]:.1f}"
        )
        path += f" L{leave[0]:.1f},{leave[1]:.1f}" if leave != arrive else ""
        here = leave
    arrow = f"M{head[0]:.1f},{tip[1]:.1f} l-9,-4.5 l0,9 z"
    curve = f"<path d='{path}' fill='none' stroke='{_GREY}' stroke-width='1.5'/><path d='{arrow}' fill='{_GREY}'/>"
    if not label:
        return curve, ""
    first = stations[0][0]
    x, y = (start[0] + first[0]) / 2, (start[1] + first[1]) / 2
    half = 4 + 3.4 * len(label)
    patch = (
        f"<rect x='{x - half:.1f}' y='{y - 9:.1f}' width='{2 * half:.1f}' height='17' rx='5' fill='#ffffff'/>"
    )
    text = (
        f"<text x='{x:.1f}' y='{y + 4:.1f}' text-anchor='middle' font-size='12' fill='{_RED}' {_FONT}>"
        f"{escape(label)}</text>"
    )
    return curve, patch + text
