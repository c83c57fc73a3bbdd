"""The normal form of a program in one region: each node becomes an element of the fraction field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import fmpq

from symbolic.prover._circular import Circular, arc
from symbolic.prover._constants import sign_of_constant
from symbolic.prover._errors import OutOfReach, Undefined
from symbolic.prover._field import Field, Frac, Poly
from symbolic.prover._powers import Powers
from symbolic.prover._program import Node, Program
from symbolic.prover._signs import Signs

_ODD = ("erf", "atan", "asin")
MAX_DEPTH = 200  # of nodes; the evaluation is recursive, because branches not taken must not be looked at


class Normal:
    """Evaluates nodes in one region.

    Parameters
    ----------
    program : Program
    field : Field
    chosen : dict
        The region: polynomials with their signs.
    units : dict
        Units of exponents (see `Powers`).
    integers : frozenset of str
        Variables that take integer values only.
    """

    def __init__(
        self,
        program: Program,
        field: Field,
        chosen: dict[str, tuple[Poly, int]],
        units: dict[str, fmpq],
        integers: frozenset[str],
    ) -> None:
        self.program = program
        self.field = field
        self.signs = Signs(field, chosen)
        self.powers = Powers(field, self.signs, units)
        self.circular = Circular(self.powers)
        self.integers = integers
        self.values: dict[int, Frac] = {}
        self.conditions: dict[int, bool] = {}
        self.kinks = self.signs.left_out
        self.divided: dict[str, Poly] = {}
        self.depth = 0

    def __call__(self, i: int) -> Frac:
        found = self.values.get(i)
        if found is None:
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise OutOfReach("an expression this deep")
            node = self.program.nodes[i]
            found = self.values[i] = _RULES[node[0]](self, node)
            self.depth -= 1
        return found

    def made(self, i: int) -> list[tuple[Poly, int]]:
        """The powers of which the value of an exponential, root or power was put together."""
        self.powers.made.clear()
        _RULES[self.program.nodes[i][0]](self, self.program.nodes[i])
        return list(self.powers.made)

    def condition(self, i: int) -> bool:
        """Decide a condition, off the kinks."""
        found = self.conditions.get(i)
        if found is None:
            found = self.conditions[i] = self._condition(self.program.nodes[i])
        return found

    def _condition(self, node: Node) -> bool:
        op = node[0]
        if op in ("true", "false"):
            return bool(op == "true")
        if op == "not":
            return not self.condition(node[1])
        if op in ("and", "or"):
            # Both parts are looked at: the whole has a value only where both have one.
            first, second = self.condition(node[1]), self.condition(node[2])
            return (first and second) if op == "and" else (first or second)
        value = self(node[1])
        if value.num.is_zero():
            return bool(op != "gt")
        self._kink(value)
        return op != "eq" and self.signs.of(value) > 0

    def _kink(self, value: Frac) -> None:
        for p, _ in self.field.factor(value.num)[1]:
            if not self.signs.never_zero(p):
                self.kinks[str(p)] = p

    # -- rules ------------------------------------------------------------------------------------
    def _add(self, node: Node) -> Frac:
        total = self.field.zero
        for i in node[1:]:
            total = self.field.add(total, self(i))
        return total

    def _mul(self, node: Node) -> Frac:
        product = self.field.one
        for i in node[1:]:
            product = self.field.mul(product, self(i))
        return product

    def _inv(self, node: Node) -> Frac:
        return self._reciprocal(self(node[1]))

    def _reciprocal(self, u: Frac) -> Frac:
        if not u.num.is_constant():
            for p, _ in self.field.factor(u.num)[1] if len(u.num) < 30 else [(u.num, 1)]:
                if not self.signs.never_zero(p) and sign_of_constant(self.field, p) is None:
                    self.divided[str(p)] = p
        return self.field.inv(u)

    def _int(self, node: Node) -> Frac:
        u = self(node[1])
        return self.field.pow(u if node[2] >= 0 else self._reciprocal(u), abs(node[2]))

    def _root(self, node: Node) -> Frac:
        u, q = self(node[1]), fmpq(node[2], node[3])
        return self.powers.root(u, q)

    def _pow(self, node: Node) -> Frac:
        u, v = self(node[1]), self(node[2])
        if u.num.is_zero():
            raise Undefined("a symbolic power of 0")
        if not self._is_integer(v):
            return self.powers.exp(self.field.mul(v, self.powers.log(u)))
        inverse = self._reciprocal(u)  # u = 0 is left out, whatever the sign of the exponent
        if v.num.is_zero():
            return self.field.one
        if v.num.is_constant():
            n = int(v.num.leading_coefficient())
            return self.field.pow(u if n > 0 else inverse, abs(n))
        power = self.powers.exp(self.field.mul(v, self.powers.log_of_abs(u)))
        return power if self.signs.of(u) > 0 else self.field.mul(power, self._parity(v.num))

    def _is_integer(self, v: Frac) -> bool:
        if not v.den.is_one():
            return False
        if v.num.is_constant():
            return True
        used = [self.field.kernels[self.field.index_of(i)] for i, e in enumerate(v.num.degrees()) if e]
        return all(kernel.kind == "sym" and kernel.args[0] in self.integers for kernel in used)

    def _parity(self, exponent: Poly) -> Frac:
        """(-1)**n for a polynomial n with integer values: one kernel s with s**2 = 1 for each odd term."""
        field, result = self.field, self.field.one
        for exponents, c in exponent.terms():
            if int(c) % 2 == 0:
                continue
            monomial = field.ctx.from_dict({exponents: 1})
            if monomial.is_one():
                result = field.neg(result)
                continue
            name = f"(-1)**({field.show_poly(monomial)})"
            k = field.kernel(f"parity {monomial}", name.__str__, "parity", (monomial,), False)
            field.relate(k, 2, field.one_poly)
            result = field.mul(result, field.of_poly(field.gen(k)))
        return result

    def _abs(self, node: Node) -> Frac:
        u = self(node[1])
        return u if self.signs.of(u) >= 0 else self.field.neg(u)

    def _jump(self, node: Node) -> Frac:
        u = self(node[1])
        if u.num.is_zero():
            if node[0] == "sign":
                return self.field.zero
            raise Undefined("the Heaviside step at 0")
        self._kink(u)
        s = self.signs.of(u)
        return self.field.number(fmpq(s if node[0] == "sign" else max(s, 0)))

    def _extremum(self, node: Node) -> Frac:
        a, b = self(node[1]), self(node[2])
        difference = self.field.sub(a, b)
        if difference.num.is_zero():
            return a
        above = self.signs.of(difference) > 0
        return a if above == (node[0] == "max") else b

    def _if(self, node: Node) -> Frac:
        return self(node[2] if self.condition(node[1]) else node[3])

    def _both(self, node: Node) -> Frac:
        self(node[2])
        return self(node[1])

    def _fun(self, node: Node) -> Frac:
        name, u = node[1], self(node[2])
        if name in ("sin", "cos"):
            return self.circular.sin(u) if name == "sin" else self.circular.cos(u)
        if name in ("asin", "acos"):
            self.signs.demand(self.field.sub(self.field.one, self.field.mul(u, u)), 1, strict=False)
        if name == "acos":
            return self.field.sub(self._of_pi(fmpq(1, 2)), self._odd("asin", u))
        return self._odd(name, u)

    def _of_pi(self, q: fmpq) -> Frac:
        return self.field.mul(self._const(("const", "pi")), self.field.number(q))

    def _odd(self, name: str, u: Frac) -> Frac:
        """A function of which nothing is known but, of some, that it is odd."""
        if u.num.is_zero() and name in _ODD:
            return self.field.zero
        mirrored = u.num.leading_coefficient() < 0 and name in _ODD
        v = self.field.neg(u) if mirrored else u
        known = arc(name, v) if name in ("asin", "atan") else None
        if known is not None:
            return self._of_pi(-known if mirrored else known)
        if name == "atan" and f"fun atan {v.den}/{v.num}" in self.field.by_key:
            # atan v + atan 1/v is pi/2 with the sign of v, wherever v is not 0.
            self._kink(u)
            half = self._of_pi(fmpq(self.signs.of(u), 2))
            return self.field.sub(half, self._odd("atan", self.field.inv(u)))
        k = self._kernel(f"fun {name}", name, v, "fun", (name, v))
        value = self.field.of_poly(self.field.gen(k))
        return self.field.neg(value) if mirrored else value

    def _unknown(self, node: Node) -> Frac:
        _, name, order, i = node
        u = self(i)
        k = self._kernel(f"g {order} {name!r}", name + "'" * order, u, "g", (name, order, u))
        return self.field.of_poly(self.field.gen(k))

    def _kernel(self, prefix: str, name: str, u: Frac, kind: str, args: tuple[Any, ...]) -> int:
        return self.field.kernel(
            f"{prefix} {u.num}/{u.den}", lambda: f"{name}({self.field.show(u)})", kind, args, False
        )

    def _symbol(self, node: Node) -> Frac:
        k = self.field.kernel(f"sym {node[1]}", lambda: str(node[1]), "sym", (node[1],), False)
        return self.field.of_poly(self.field.gen(k))

    def _const(self, node: Node) -> Frac:
        k = self.field.kernel(f"const {node[1]}", lambda: str(node[1]), "const", (node[1],), True)
        return self.field.of_poly(self.field.gen(k))


_RULES: dict[str, Callable[[Normal, Node], Frac]] = {
    "num": lambda normal, node: normal.field.number(node[1]),
    "sym": Normal._symbol, "const": Normal._const, "add": Normal._add, "mul": Normal._mul, "inv": Normal._inv,
    "int": Normal._int, "root": Normal._root, "pow": Normal._pow, "abs": Normal._abs, "sign": Normal._jump,
    "step": Normal._jump, "max": Normal._extremum, "min": Normal._extremum, "if": Normal._if, "both": Normal._both,
    "fun": Normal._fun, "g": Normal._unknown,
    "exp": lambda normal, node: normal.powers.exp(normal(node[1])),
    "log": lambda normal, node: normal.powers.log(normal(node[1])),
}  # fmt: skip
