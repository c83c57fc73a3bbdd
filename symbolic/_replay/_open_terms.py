"""Terms with sums whose ends are symbols, for the program that checks certificates: how they are read and rebuilt.

A term is a tuple (operation, operands). Sums and products are flat, sorted, and hold one number at most, so that what is
equal but for the order of its parts is equal. The index of a sum is #1, #2, ... by how many sums lie in each other.
A linear form is (constant, ((name, coefficient), ...)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from symbolic._replay._program import check_node, operands
from symbolic._replay._ring import Wrong

Term = tuple[Any, ...]
Form = tuple[int, tuple[tuple[str, int], ...]]
MAX_BITS = 20_000  # of a number
SUMS = ("sum", "prod")


def number(q: Any) -> Term:
    return ("num", Fraction(q))


def terms_of(nodes: Sequence[Sequence[Any]]) -> list[Term]:
    """The term of every node."""
    found: list[Term] = []
    for i, node in enumerate(nodes):
        op, *a = node
        if op in SUMS:
            body, index, low, high = a
            if type(body) is not int or not 0 <= body < i:
                raise Wrong(f"node {i} is not written properly")
            whole = summed(op, found[body], index, _form(low), _form(high))
            if whole[2] != index:
                raise Wrong("an index is not called as it should be")
            found.append(whole)
        elif op == "entry":
            if type(a[0]) is not str:
                raise Wrong(f"node {i} is not written properly")
            found.append(("entry", a[0], *map(_form, a[1:])))
        elif op == "num":
            found.append(number(a[0]))
        else:
            check_node(i, node)
            found.append(made(op, [found[x] if kind == "i" else x for kind, x in operands(node)]))
    return found


def _form(written: Any) -> Form:
    constant, pairs = written
    form = constant, tuple((name, c) for name, c in pairs)
    whole = all(type(name) is str and type(c) is int and c for name, c in form[1])
    if type(constant) is not int or not whole or form[1] != tuple(sorted(dict(form[1]).items())):
        raise Wrong("an end or an index is not written properly")
    return form


def made(op: str, a: Sequence[Any]) -> Term:
    """An operation, with what is known of numbers worked out."""
    if op in ("add", "mul"):
        return _flat(op, a)
    if op == "int" and a[1] == 1:
        return tuple(a[0])
    if op == "pow" and a[1][0] == "num" and a[1][1].denominator == 1 and abs(a[1][1]) < 1000:
        return made("int", (a[0], int(a[1][1])))
    if op == "both" and (a[1][0] in ("num", "sym", "const", "entry") or a[0] == a[1]):
        return tuple(a[0])
    if a and isinstance(a[0], tuple) and a[0][0] == "num":
        q = a[0][1]
        if op == "inv" and q:
            return number(1 / q)
        bits = max(abs(q.numerator), q.denominator).bit_length()
        if op == "int" and (q or a[1] >= 0) and bits * abs(a[1]) <= MAX_BITS:
            return number(q ** a[1])
        if op == "root" and not q and a[1] > 0:
            return number(0)
        if op in ("gt", "ge", "eq"):
            return ("true",) if {"gt": q > 0, "ge": q >= 0, "eq": q == 0}[op] else ("false",)
    return (op, *a)


def _flat(op: str, a: Sequence[Term]) -> Term:
    """A sum or product; a factor 0 does not swallow the others, which may have no value."""
    constant, rest = Fraction(op == "mul"), list[Term]()
    for t in [part for whole in a for part in (whole[1:] if whole[0] == op else (whole,))]:
        if t[0] != "num":
            rest.append(t)
        elif op == "add":
            constant += t[1]
        else:
            constant *= t[1]
    if constant != (op == "mul") or not rest:
        rest.append(("num", constant))
    return rest[0] if len(rest) == 1 else (op, *sorted(rest, key=repr))


def children(t: Term) -> list[Term]:
    return [x for x in t[1:] if isinstance(x, tuple) and x and isinstance(x[0], str)]


def mapped(t: Term, image: Any) -> Term:
    """A term with its operands exchanged."""
    if t[0] in SUMS:
        return summed(t[0], image(t[1]), *t[2:])
    below = children(t)
    return made(t[0], [image(x) if x in below else x for x in t[1:]]) if below and t[0] != "entry" else t


def height(t: Term) -> int:
    return (t[0] in SUMS) + max((height(x) for x in children(t)), default=0) if t[0] != "entry" else 0


def free(t: Term) -> set[str]:
    """The names of a term that no sum binds."""
    if t[0] == "sym":
        return {t[1]}
    if t[0] == "entry":
        return {name for a in t[2:] for name, _ in a[1]}
    below = set[str]().union(*map(free, children(t)))
    return (below - {t[2]}).union(name for a in t[3:] for name, _ in a[1]) if t[0] in SUMS else below


def summed(op: str, body: Term, index: str, low: Form, high: Form) -> Term:
    name = f"#{1 + height(body)}"
    return (op, put(body, {index: (0, ((name, 1),))}) if name != index else body, name, low, high)


# -- linear forms ---------------------------------------------------------------------------------
def plus(a: Form, b: Form | int, times: int = 1) -> Form:
    constant, pairs = (b, ()) if isinstance(b, int) else b
    total = dict(a[1])
    for name, c in pairs:
        total[name] = total.get(name, 0) + times * c
    return a[0] + times * constant, tuple(sorted((name, c) for name, c in total.items() if c))


def put_form(a: Form, images: Mapping[str, Form]) -> Form:
    total: Form = (a[0], ())
    for name, c in a[1]:
        total = plus(total, images.get(name, (0, ((name, 1),))), c)
    return total


def form_term(a: Form) -> Term:
    return made("add", [number(a[0]), *(made("mul", [number(c), ("sym", name)]) for name, c in a[1])])


def least(a: Form, bounds: Mapping[str, int]) -> int | None:
    if all(c > 0 and name in bounds for name, c in a[1]):
        return a[0] + sum(c * bounds[name] for name, c in a[1])
    return None


def put(t: Term, images: Mapping[str, Form]) -> Term:
    """A term with linear forms in the place of names; the names of indices are never captured, as they tell heights."""
    if t[0] == "sym":
        return form_term(images[t[1]]) if t[1] in images else t
    if t[0] == "entry":
        return (*t[:2], *(put_form(a, images) for a in t[2:]))
    if t[0] in SUMS:
        inner = {name: a for name, a in images.items() if name != t[2]}
        return summed(t[0], put(t[1], inner), t[2], *(put_form(a, images) for a in t[3:]))
    return mapped(t, lambda x: put(x, images))


def expanded(t: Term, numbers: Mapping[str, int]) -> Term:
    """A term with numbers for whole variables, and sums written out."""
    if t[0] in SUMS:
        low, high = (_value(a, numbers) for a in t[3:])
        if not low - 1 <= high < low + 1000:
            raise Wrong("a sum runs backwards, or is too long")
        parts = [expanded(t[1], {**numbers, t[2]: n}) for n in range(low, high + 1)]
        return made("add" if t[0] == "sum" else "mul", parts)
    if t[0] == "entry":
        return ("sym", f"{t[1]}[{', '.join(str(_value(a, numbers)) for a in t[2:])}]")
    if t[0] == "sym":
        return number(numbers[t[1]]) if t[1] in numbers else t
    return mapped(t, lambda x: expanded(x, numbers))


def _value(a: Form, numbers: Mapping[str, int]) -> int:
    return a[0] + sum(c * numbers[name] for name, c in a[1])
