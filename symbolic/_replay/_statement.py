"""What a certificate says, read off its program alone: this, and nothing else, is the claim that it is about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

WORDS = {
    "exp", "log", "abs", "sign", "heaviside", "erf", "sin", "cos", "asin", "acos", "atan", "gamma", "digamma",
    "max", "min", "piecewise", "diff", "where", "is", "defined", "and", "or", "not", "true", "false", "pi",
    "euler", "catalan", "given", "in", "integer", "even", "odd",
}  # fmt: skip
LONG = 2_000  # characters of one part; a longer one is named by its digest: every claim can be written

_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def statement(certificate: Mapping[str, Any]) -> str:
    """The claim, its hypotheses, and the set on which nothing is claimed.

    Examples
    --------
    >>> from symbolic.prover import prove
    >>> statement(prove("diff(relu(z), z)", "heaviside(z)").certificate)
    'diff(max(0, z), z) = heaviside(z); nothing is claimed where z = 0'
    """
    say = _writer(certificate["nodes"], {i: (j, x) for i, j, x in certificate["slopes"]})
    lhs, rhs = (say(i, _SUM) for i in certificate["sides"])
    hypotheses = _hypotheses(certificate["given"], say)
    kinks = {
        f"{_poly(case, case['polys'][p])} = 0": None
        for case in certificate.get("cases", ())
        for p in case["left_out"]
    }
    text = f"{lhs} = {rhs}" + (f" given {', '.join(hypotheses)}" if hypotheses else "")
    return text + (f"; nothing is claimed where {' or '.join(sorted(kinks))}" if kinks else "")


def sums_statement(certificate: Mapping[str, Any]) -> str:
    """The claim of a certificate about sums with symbolic ends; a proof says from which lengths on it holds.

    Examples
    --------
    >>> from symbolic.prover import prove
    >>> sums_statement(prove("sum(x[i + 1] - x[i], i, 1, m)", "x[m + 1] - x[1]").certificate)
    'sum(x[#1 + 1] + x[#1]*(-1), #1, 1, m) = x[m + 1] + x[1]*(-1) for whole m >= 1 where no sum runs backwards'
    """
    say = _writer(certificate["nodes"], {})
    text = " = ".join(say(i, _SUM) for i in certificate["sides"])
    if certificate["status"] == "proved":
        whole = [
            _name(name) + (f" >= {certificate['bounds'][name]}" if name in certificate["bounds"] else "")
            for name in sorted(certificate["at"])
        ]
        return f"{text} for whole {', '.join(whole)} where no sum runs backwards"
    instance = certificate["instance"]
    hypotheses = _hypotheses(instance["given"], _writer(instance["nodes"], {}))
    return text + (f" given {', '.join(hypotheses)}" if hypotheses else "")


def _hypotheses(given: Mapping[str, Any], say: Any) -> list[str]:
    hypotheses = [
        f"{say(i, _SUM)} {sign} 0"
        for name, sign in (("positive", ">"), ("nonnegative", ">="), ("nonzero", "!="))
        for i in given[name]
    ]
    hypotheses += [f"{_name(x)} = {say(i, _SUM)}" for x, i in given["equal"].items()]
    hypotheses += [f"{_name(x)} in {{{', '.join(values)}}}" for x, values in given["choices"].items()]
    hypotheses += [
        f"{_name(x)} {what}"
        for what in ("integer", "even", "odd")
        for x in given[what + "s" * (what == "integer")]
    ]
    return hypotheses + [f"{say(i, _SUM)} is defined" for i in given["defined"]]


def _name(name: str) -> str:
    """A name as it is, or in quotes where it could be read as something else."""
    plain = (name.isidentifier() and name not in WORDS) or (name[:1] == "#" and name[1:].isdigit())
    return name if plain else f"⟨{json.dumps(name, ensure_ascii=False)}⟩"


def _form(a: Sequence[Any]) -> str:
    """An end of a sum or an index: m + 1."""
    parts = [("" if c == 1 else "-" if c == -1 else f"{c}*") + _name(name) for name, c in a[1]]
    parts += [str(a[0])] if a[0] or not parts else []
    return " + ".join(parts).replace("+ -", "- ")


def _writer(nodes: Sequence[Sequence[Any]], slopes: Mapping[int, tuple[int, str]]) -> Any:
    @cache
    def say(i: int, level: int) -> str:
        if i in slopes:
            j, x = slopes[i]
            own, text = _ATOM, f"diff({say(j, _SUM)}, {_name(x)})"
        else:
            own, text = write(*nodes[i])
        text = text if own >= level else f"({text})"
        return text if len(text) <= LONG else f"⟨{hashlib.sha256(text.encode()).hexdigest()[:32]}⟩"

    def write(op: str, *a: Any) -> tuple[int, str]:
        if op == "num":
            return (_SUM if a[0][0] == "-" else _PRODUCT if "/" in a[0] else _ATOM), a[0]
        if op in ("sym", "const"):
            return _ATOM, _name(a[0]) if op == "sym" else a[0]
        if op in ("sum", "prod"):
            return _ATOM, f"{op}({say(a[0], _SUM)}, {_name(a[1])}, {_form(a[2])}, {_form(a[3])})"
        if op == "entry":
            return _ATOM, f"{_name(a[0])}[{', '.join(map(_form, a[1:]))}]"
        if op == "add":
            return _SUM, " + ".join(say(j, _PRODUCT) for j in a)
        if op == "mul":
            below = [say(nodes[j][1], _POWER) for j in a if nodes[j][0] == "inv"]
            above = [say(j, _POWER) for j in a if nodes[j][0] != "inv"]
            return _PRODUCT, "/".join(["*".join(above) or "1", *below])
        if op == "inv":
            return _PRODUCT, f"1/{say(a[0], _POWER)}"
        if op == "pow":
            return _POWER, f"{say(a[0], _ATOM)}**{say(a[1], _ATOM)}"
        if op in ("int", "root"):
            exponent = str(a[1]) if op == "int" and a[1] >= 0 else f"({'/'.join(map(str, a[1:]))})"
            return _POWER, f"{say(a[0], _ATOM)}^{exponent}"
        if op == "g":
            prime = "'" * a[1]
            return _ATOM, f"{_name(a[0])}{prime}({say(a[2], _SUM)})"
        if op == "if":
            return _ATOM, f"piecewise({say(a[1], _SUM)}, {say(a[0], _SUM)}, {say(a[2], _SUM)})"
        if op == "both":
            return _SUM, f"{say(a[0], _SUM)} where {say(a[1], _SUM)} is defined"
        if op in ("gt", "ge", "eq"):
            sign = {"gt": ">", "ge": ">=", "eq": "="}[op]
            return _SUM, f"{say(a[0], _SUM)} {sign} 0"
        if op in ("and", "or", "not"):
            parts = [say(j, _ATOM) for j in a]
            return _SUM, f" {op} ".join(parts) if op != "not" else f"not {parts[0]}"
        if op in ("true", "false"):
            return _ATOM, op
        name = {"step": "heaviside"}.get(a[0] if op == "fun" else op, a[0] if op == "fun" else op)
        return _ATOM, f"{name}({', '.join(say(j, _SUM) for j in (a[1:] if op == 'fun' else a))})"

    return say


def _poly(case: Mapping[str, Any], p: Sequence[Any]) -> str:
    terms = []
    for c, m in p:
        factors = [_kernel(case, k) + (f"^{e}" if e != 1 else "") for k, e in m]
        terms.append(
            "*".join(([c] if c not in ("1", "-1") or not factors else []) + factors)
            if c != "-1" or not factors
            else "-" + "*".join(factors)
        )
    return " + ".join(terms).replace("+ -", "- ")


def _kernel(case: Mapping[str, Any], k: int) -> str:
    kind, data, args = case["kernels"][k]
    polys = [_poly(case, case["polys"][n]) for n in args]
    inside = "/".join(f"({p})" for p in polys) if polys[1:] not in ([], ["1"]) else "".join(polys[:1])
    if kind in ("exp", "cos", "sin"):
        return f"{kind}({inside})" if data[0] == "1" else f"{kind}({data[0]}*({inside}))"
    if kind in ("sym", "const"):
        return _name(data[0]) if kind == "sym" else str(data[0])
    if kind == "root":
        return f"({inside})^(1/{data[0]})"
    if kind in ("fun", "g"):
        return f"{data[0] if kind == 'fun' else _name(data[0]) + chr(39) * data[1]}({inside})"
    return {"prime": f"log({(data or [''])[0]})", "log": f"log|{inside}|", "parity": f"(-1)^({inside})"}[kind]
