"""The program of a claim about tensors as a certificate writes it, and what it says in words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from symbolic._replay._ring import Wrong

Node = Mapping[str, Any]
MAX_ORDER = 20  # of a derivative
LONG = 4_000  # characters of one part; a longer one is named by its digest
# What each operation says of itself, beside its axes and operands.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Symbol": ("name",),
    "Number": ("value",),
    "Size": ("axis",),
    "Einsum": ("labels", "out", "at", "value"),
    "Add": ("values",),
    "Power": ("value",),
    "Map": ("function", "order"),
    "Delta": (),
    "Window": ("stride", "padding"),
    **dict.fromkeys(("Softmax", "LogSumExp", "MaxOver", "ArgMax"), ("places",)),
}
KNOWN = (
    "exp", "log", "tanh", "sigmoid", "softplus", "silu", "relu", "step", "sign", "abs", "normal_cdf", "normal_pdf", "gelu",
)  # fmt: skip
HYPOTHESES = ("positive", "binary", "one_hot", "probability", "adds_up")


def check_tensor_program(nodes: Sequence[Node], hypotheses: Sequence[Any]) -> None:
    """Every node is made of earlier ones whose axes fit; one name is one tensor; hypotheses speak of some tensor."""
    symbols: dict[str, list[str]] = {}
    for i, node in enumerate(nodes):
        if set(node) != {"op", "axes", "of", *_FIELDS[node["op"]]}:
            raise Wrong(f"node {i} has the fields {sorted(node)}")
        if not all(type(j) is int and 0 <= j < i for j in node["of"]) or not all(
            type(a) is str and a for a in node["axes"]
        ):
            raise Wrong(f"node {i} is not written properly")
        if node["axes"] != _axes(node, [list(nodes[j]["axes"]) for j in node["of"]]):
            raise Wrong(f"node {i} has other axes than its operands give it")
        if node["op"] == "Symbol" and symbols.setdefault(node["name"], node["axes"]) != node["axes"]:
            raise Wrong(f"{node['name']} stands for two tensors")
    for kind, name, place in hypotheses:
        axes = symbols.get(name, [])
        along = kind not in ("positive", "binary")
        if (
            kind not in HYPOTHESES
            or name not in symbols
            or place not in (range(len(axes)) if along else (-1,))
        ):
            raise Wrong("a hypothesis is not written properly")


def _axes(node: Node, of: list[list[str]]) -> list[str] | None:
    """The axes that a node must have; None where its operands do not fit."""
    op = node["op"]
    if op == "Einsum":
        labels, out = node["labels"], node["out"]
        fits = all([labels[n] for n in own] == axes for own, axes in zip(node["at"], of, strict=True))
        used = {n for own in node["at"] for n in own} | set(out)
        fits = fits and used == set(range(len(labels))) and len(set(out)) == len(out)
        return [labels[n] for n in out] if fits and min(used, default=0) >= 0 else None
    if op == "Map" and not (
        type(node["order"]) is int and 0 <= node["order"] <= MAX_ORDER * (node["function"] not in KNOWN)
    ):
        return None  # a known function comes with its derivatives written out
    if op in ("Add", "Power", "Map"):
        count = len(node["values"]) if op == "Add" else 1
        return of[0] if len(of) == count and of.count(of[0]) == len(of) else None
    if op in ("Softmax", "LogSumExp", "MaxOver", "ArgMax"):
        places = node["places"]
        if (
            len(of) > 1 + (op == "Softmax")
            or of.count(of[0]) != len(of)
            or not set(places) <= set(range(len(of[0])))
        ):
            return None
        return of[0] if op in ("Softmax", "ArgMax") else [a for n, a in enumerate(of[0]) if n not in places]
    if (
        of
        or (op in ("Number", "Size") and node["axes"])
        or (op == "Delta" and node["axes"][1:] != node["axes"][:1])
    ):
        return None
    whole = op != "Window" or (
        len(node["axes"]) == 3 and type(node["stride"]) is type(node["padding"]) is int
    )
    return (
        list(node["axes"])
        if whole and (op != "Window" or min(node["stride"] - 1, node["padding"]) >= 0)
        else None
    )


def tensor_statement(certificate: Mapping[str, Any]) -> str:
    """The claim, the hypotheses, and the set on which nothing is claimed; labels are axis names with numbers.

    Examples
    --------
    >>> from symbolic.tensor import axis, prove_tensor, tensor
    >>> n, m = axis("n"), axis("m")
    >>> X = tensor("X", n, m)
    >>> tensor_statement(prove_tensor(X.sum(axis=n), X.sum(axis=n)).certificate)
    'einsum(n.1 m.0 -> m.0; X[n, m]) = einsum(n.1 m.0 -> m.0; X[n, m])'
    """
    nodes, said = certificate["nodes"], list[str]()
    for node in nodes:
        text = _say(node, [said[j] for j in node["of"]])
        said.append(text if len(text) <= LONG else f"⟨{hashlib.sha256(text.encode()).hexdigest()[:32]}⟩")
    lhs, rhs = (said[i] for i in certificate["sides"])
    axes = {node["name"]: node["axes"] for node in nodes if node["op"] == "Symbol"}
    given = [
        f"{_name(name)} {kind.replace('_', '-')}"
        + (f" along {_name(axes[name][place])} ({place})" if place >= 0 else "")
        for kind, name, place in certificate["hypotheses"]
    ]
    kinks = [
        f"an entry of {said[node['of'][0]]} is 0"
        for node in nodes
        if node.get("function") in ("step", "sign")
    ]
    kinks += [
        f"two entries tie for the largest of {said[node['of'][0]]}"
        for node in nodes
        if node["op"] == "ArgMax"
    ]
    text = f"{lhs} = {rhs}" + (f" given {', '.join(given)}" if given else "")
    return text + (f"; nothing is claimed where {' or '.join(dict.fromkeys(kinks))}" if kinks else "")


def _name(name: str) -> str:
    return name if name.isidentifier() or name == "1" else f"⟨{name!r}⟩"


def _say(node: Node, of: list[str]) -> str:
    op, axes = node["op"], ", ".join(map(_name, node["axes"]))
    if op in ("Symbol", "Size", "Delta"):
        return {
            "Symbol": f"{_name(node.get('name', ''))}[{axes}]",
            "Size": f"|{_name(node.get('axis', ''))}|",
            "Delta": f"delta({axes})",
        }[op]
    if op == "Number":
        return f"({Fraction(node['value'])})"
    if op == "Window":
        return f"window({axes}, stride {node['stride']}, padding {node['padding']})"
    if op == "Add":
        return f"({' + '.join(f'{Fraction(c)}*{x}' for c, x in zip(node['values'], of, strict=True))})"
    if op == "Power":
        return f"({of[0]})^({Fraction(node['value'])})"
    if op == "Map":
        known = node["function"] in KNOWN
        prime = "'" * node["order"]
        return f"{node['function'] if known else 'unknown ' + _name(node['function'])}{prime}({of[0]})"
    if op == "Einsum":
        label = [f"{_name(axis)}.{n}" for n, axis in enumerate(node["labels"])]
        parts = ", ".join(" ".join(label[n] for n in own) for own in node["at"])
        front = f"{Fraction(node['value'])}*" if Fraction(node["value"]) != 1 else ""
        return f"{front}einsum({parts} -> {' '.join(label[n] for n in node['out'])}; {', '.join(of)})"
    word = {"Softmax": "softmax", "LogSumExp": "logsumexp", "MaxOver": "max", "ArgMax": "argmax"}[op]
    where = f" where {of[1]}" if len(of) > 1 else ""
    return f"{word}({of[0]}, along {node['places']}{where})"
