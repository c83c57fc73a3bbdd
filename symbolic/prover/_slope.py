"""Differentiates a program node by node.

The rules are those of the classroom; a kink (|u| at u = 0, the boundary of a piecewise) stays in the result as a
condition on the same u, so that it is found and reported. The caller joins the result to the function itself
("both"), because a derivative exists only where the function does.
"""

from __future__ import annotations

from flint import fmpq

from symbolic.prover._errors import Exhausted, OutOfReach
from symbolic.prover._program import Program


def differentiate(program: Program, root: int, variable: str) -> int:
    """The derivative of a node with respect to a variable, as a node."""
    # None stands for 0: it keeps the program small, and hides no domain because of the "both" around it.
    slopes: dict[int, int | None] = {}
    for i in program.reach(root):
        slopes[i] = _slope(program, i, variable, slopes)
    slope = slopes[root]
    result = program.both(program.zero if slope is None else slope, root)
    if (
        program.nodes[result][0] == "both" and result != root
    ):  # not of what is its own derivative, as exp(x) is
        program.slopes.setdefault(result, (root, variable))
    return result


def _slope(p: Program, i: int, variable: str, slopes: dict[int, int | None]) -> int | None:
    node = p.nodes[i]
    op = node[0]
    if op == "sym":
        return p.one if node[1] == variable else None
    below = [slopes[child] for child in p.children(i)]
    if op in ("sign", "step"):
        # 0 away from the jump; the condition keeps the jump itself in sight.
        return None if below[0] is None else p.node("if", p.node("gt", node[1]), p.zero, p.zero)
    if all(slope is None for slope in below):
        return None
    if op == "add":
        return p.add(*(s for s in below if s is not None))
    if op == "sum" and below[0] is not None:
        return p.node("sum", below[0], *node[2:])
    if op == "mul":
        factors = p.children(i)
        if len(factors) * len(factors) > 40_000:
            raise Exhausted("the size limit of a derivative")
        terms = [p.mul(*factors[:k], s, *factors[k + 1 :]) for k, s in enumerate(below) if s is not None]
        return p.add(*terms)
    if op in ("max", "min"):
        larger, smaller = node[1:] if op == "max" else node[:0:-1]
        first_is_chosen = p.compare("gt", p.sub(larger, smaller))
        return p.node("if", first_is_chosen, *(p.zero if s is None else s for s in below))
    if op == "if":
        return p.node(
            "if", node[1], *(p.zero if s is None else s for s in (slopes[node[2]], slopes[node[3]]))
        )
    if op == "both":
        return None if below[0] is None else p.both(below[0], node[2])
    if op == "pow":
        return _of_power(p, i, slopes)
    if op in ("gt", "ge", "eq", "and", "or", "not", "true", "false"):
        return None
    inner = below[0]
    assert inner is not None
    return p.mul(_outer(p, i), inner)


def _of_power(p: Program, i: int, slopes: dict[int, int | None]) -> int:
    _, u, v = p.nodes[i]
    du, dv = slopes[u], slopes[v]
    terms = []
    if du is not None:
        terms.append(p.mul(v, p.inv(u), du))
    if dv is not None:
        terms.append(p.mul(p.node("log", u), dv))
    return p.mul(i, p.add(*terms))


def _outer(p: Program, i: int) -> int:
    """The derivative of a function of one argument, at that argument."""
    node = p.nodes[i]
    op = node[0]
    if op == "inv":
        return p.neg(p.power(i, 2))
    if op == "int":
        return p.mul(p.num(fmpq(node[2])), p.power(node[1], node[2] - 1)) if node[2] else p.zero
    if op == "root":
        _, u, a, b = node
        power = p.node("root", u, a - b, b) if (a - b) % b else p.power(u, (a - b) // b)
        return p.mul(p.num(fmpq(a, b)), power)
    if op == "exp":
        return i
    if op == "log":
        return p.inv(node[1])
    if op == "abs":
        return p.node("sign", node[1])
    if op == "g":
        return p.node("g", node[1], node[2] + 1, node[3])
    if op == "fun":
        return _of_function(p, node[1], node[2], i)
    raise OutOfReach(f"the derivative of {op}")


def _of_function(p: Program, name: str, u: int, i: int) -> int:
    one_minus_square = p.sub(p.one, p.power(u, 2))
    if name == "erf":
        gauss = p.node("exp", p.neg(p.power(u, 2)))
        return p.mul(p.num(fmpq(2)), p.inv(p.node("root", p.node("const", "pi"), 1, 2)), gauss)
    if name == "sin":
        return p.node("fun", "cos", u)
    if name == "cos":
        return p.neg(p.node("fun", "sin", u))
    if name == "atan":
        return p.inv(p.add(p.one, p.power(u, 2)))
    if name == "asin":
        return p.inv(p.node("root", one_minus_square, 1, 2))
    if name == "acos":
        return p.neg(p.inv(p.node("root", one_minus_square, 1, 2)))
    if name == "gamma":
        return p.mul(i, p.node("fun", "digamma", u))
    raise OutOfReach(f"the derivative of {name}")
