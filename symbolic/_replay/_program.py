"""The program of a scalar claim as a certificate writes it: [operation, operands], operands first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symbolic._replay._ring import Wrong

# The operands of each operation: nodes (i), integers (n), text (s); sums and products have any number of them.
_OPERANDS = {
    **dict.fromkeys(("add", "mul", "inv", "exp", "log", "abs", "sign", "step", "gt", "ge", "eq", "not"), "i"),
    **dict.fromkeys(("pow", "max", "min", "both", "and", "or"), "ii"),
    **{"num": "s", "sym": "s", "const": "s", "true": "", "false": ""},
    **{"int": "in", "root": "inn", "if": "iii", "fun": "si", "g": "sni"},
}


def children(node: Sequence[Any]) -> list[int]:
    """The nodes that a node is made of."""
    op, *operands = node
    if op in ("add", "mul"):
        return operands
    return [x for kind, x in zip(_OPERANDS[op], operands, strict=True) if kind == "i"]


def operands(node: Sequence[Any]) -> list[tuple[str, Any]]:
    """The operands of a node, each with what it is."""
    op, *a = node
    return list(zip(_OPERANDS[op] * (len(a) if op in ("add", "mul") else 1), a, strict=True))


def check_node(i: int, node: Sequence[Any]) -> None:
    """A node has the operands of its operation, which come before it."""
    op, *a = node
    kinds = _OPERANDS[op] * (len(a) if op in ("add", "mul") else 1)
    fits = all(_fits(kind, x, i) for kind, x in zip(kinds, a, strict=False))
    if len(a) != len(kinds) or not fits or (op == "g" and a[1] < 0):
        raise Wrong(f"node {i} is not written properly")


def _fits(kind: str, x: Any, end: int) -> bool:
    if kind == "i":
        return type(x) is int and 0 <= x < end
    return type(x) is (int if kind == "n" else str)


def check_program(certificate: Mapping[str, Any]) -> None:
    """Every node has the operands of its operation, which come before it; a derivative says of what it is one."""
    nodes = certificate["nodes"]
    for i, node in enumerate(nodes):
        check_node(i, node)
    given, slopes = certificate["given"], certificate["slopes"]
    lists = (given[name] for name in ("positive", "nonnegative", "nonzero", "defined"))
    named = [*certificate["sides"], *given["equal"].values(), *(i for part in lists for i in part)]
    if len(certificate["sides"]) != 2 or not all(type(i) is int and 0 <= i < len(nodes) for i in named):
        raise Wrong("a side or a hypothesis is no node")
    if len({i for i, _, _ in slopes}) != len(slopes) or any(
        nodes[i][::2] != ["both", j] for i, j, _ in slopes
    ):
        raise Wrong("a derivative is not written properly")
