"""A computation graph as SVG: columns from the inputs to the output, values in blue, derivatives in red."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from symbolic._printing import to_text
from symbolic.graphs._text import short

if TYPE_CHECKING:
    from symbolic.graphs._graph import Graph, Node

__all__ = ["as_svg"]

_ROW, _GAP, _MARGIN, _HEIGHT = 92, 76, 26, 64
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
    row = _rows(graph, column)
    low = min(row.values())
    box = {
        n: (left[column[n]], _MARGIN + (row[n] - low) * _ROW, width[column[n]], _HEIGHT) for n in row
    }  # x, y, width, height
    total_w = max(x + w for x, _, w, _ in box.values()) + _MARGIN
    total_h = max(y + h for _, y, _, h in box.values()) + _MARGIN + 26

    slopes = graph.local_slopes(values) if values is not None else {}
    body = []
    for (user, operand), slope in graph.local.items():
        text = short(slopes[user, operand]) if slopes else to_text(slope).replace("*", "·")
        body.append(_edge(box[operand], box[user], f"×{text}" if len(text) <= 9 else ""))
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
    value, slope = graph.forward(values)[node.name], graph.backward(values)[node.name]
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


def _rows(graph: Graph, column: dict[str, int]) -> dict[str, float]:
    """Rows by the mean of the neighbours, swept a few times, then pushed apart within each column."""
    members: dict[int, list[str]] = {}
    for name, c in column.items():
        members.setdefault(c, []).append(name)
    row = {name: float(i) for group in members.values() for i, name in enumerate(group)}
    neighbours = {n.name: [*n.operands, *graph.users(n.name)] for n in graph.nodes}
    for _ in range(12):
        for group in members.values():
            wish = {n: sum(row[k] for k in neighbours[n]) / len(neighbours[n]) if neighbours[n] else row[n]
                    for n in group}  # fmt: skip
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
    tail: tuple[float, float, float, float], head: tuple[float, float, float, float], label: str
) -> str:
    x1, y1 = tail[0] + tail[2], tail[1] + tail[3] / 2
    x2, y2 = head[0], head[1] + head[3] / 2
    reach = max(30.0, (x2 - x1) / 2)
    tip = x2 - 8
    path = f"M{x1:.1f},{y1:.1f} C{x1 + reach:.1f},{y1:.1f} {tip - reach:.1f},{y2:.1f} {tip:.1f},{y2:.1f}"
    arrow = f"M{x2:.1f},{y2:.1f} l-9,-4.5 l0,9 z"
    out = f"<path d='{path}' fill='none' stroke='{_GREY}' stroke-width='1.5'/><path d='{arrow}' fill='{_GREY}'/>"
    if label:
        middle_x, middle_y = (x1 + x2) / 2, (y1 + y2) / 2 - 7
        out += (
            f"<text x='{middle_x:.1f}' y='{middle_y:.1f}' text-anchor='middle' font-size='12' fill='{_RED}' "
            f"stroke='#ffffff' stroke-width='4' paint-order='stroke' {_FONT}>{escape(label)}</text>"
        )
    return out
