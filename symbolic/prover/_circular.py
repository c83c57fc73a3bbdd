"""Sine and cosine as kernels, with what relates them: c**2 + s**2 = 1, sums and multiples of angles, turns by pi.

An angle is split into rational multiples of a basis, as an exponent is. Each basis element has two kernels,
c = cos(unit b) and s = sin(unit b), and a multiple n of it is the n-th power of c + i s, written out in reals.
"""

from __future__ import annotations

from typing import TypeAlias

from flint import fmpq

from symbolic.prover._errors import Exhausted
from symbolic.prover._field import Field, Frac
from symbolic.prover._powers import Powers

MAX_MULTIPLE = 64
Turn: TypeAlias = tuple[Frac, Frac]  # cosine and sine of one angle

_SINES = {
    fmpq(0): 0,
    fmpq(1, 6): 1,
    fmpq(1, 4): 2,
    fmpq(1, 3): 3,
}  # angle in units of pi: four times sine squared
_ARCS = {"asin": {fmpq(1): fmpq(1, 2), fmpq(1, 2): fmpq(1, 6)}, "atan": {fmpq(1): fmpq(1, 4)}}


class Circular:
    """The circular functions and their inverses in one region.

    Parameters
    ----------
    powers : Powers
        Splits angles, and makes the roots that inverses bring.
    """

    def __init__(self, powers: Powers) -> None:
        self.powers = powers
        self.field: Field = powers.field
        # How each angle was put together: of which kernel how many times, and its turn where the kernel does not say it.
        self.made: dict[str, list[tuple[int, fmpq, Turn | None]]] = {}

    def cos(self, u: Frac) -> Frac:
        return self.turn(u)[0]

    def sin(self, u: Frac) -> Frac:
        return self.turn(u)[1]

    def turn(self, u: Frac) -> Turn:
        """Cosine and sine of an angle."""
        result: Turn = (self.field.one, self.field.zero)
        made = self.made[str(u)] = []
        for basis, q in self.powers.split(u):
            k, n, turn, part = self._of_basis(basis, q)
            made.append((k, n, turn))
            result = self._after(result, part)
        return result

    def _after(self, a: Turn, b: Turn) -> Turn:
        """One turn after another: (c + i s)(c' + i s')."""
        field = self.field
        return (
            field.sub(field.mul(a[0], b[0]), field.mul(a[1], b[1])),
            field.add(field.mul(a[0], b[1]), field.mul(a[1], b[0])),
        )

    def _times(self, turn: Turn, n: int) -> Turn:
        if abs(n) > MAX_MULTIPLE:
            raise Exhausted(f"the limit of {MAX_MULTIPLE} for the multiple of an angle")
        if n < 0:
            turn, n = (turn[0], self.field.neg(turn[1])), -n
        result: Turn = (self.field.one, self.field.zero)
        for digit in bin(n)[2:]:
            result = self._after(result, result)
            if digit == "1":
                result = self._after(result, turn)
        return result

    def _of_basis(self, basis: Frac, q: fmpq) -> tuple[int, fmpq, Turn | None, Turn]:
        field = self.field
        k = field.kernel_of(basis.num) if basis.den.is_one() else None
        kernel = field.kernels[k] if k is not None else None
        if k is not None and kernel is not None:
            if kernel.args[0] == "pi" and kernel.kind == "const" and 12 % int(q.q) == 0:
                turn = self._of_pi(q)
                return k, q, turn, turn
            if kernel.kind == "fun" and q.q == 1 and kernel.args[0] in ("asin", "atan"):
                turn = self._of_arc(*kernel.args)
                return k, q, turn, self._times(turn, int(q.p))
        unit, n = self.powers.whole_multiple("turn", basis, q)
        key = f"{unit}*{basis.num}/{basis.den}"

        def shown() -> str:
            return field.show(field.mul(basis, field.number(unit)))

        c = field.kernel(f"cos {key}", lambda: f"cos({shown()})", "cos", (basis, unit), False)
        s = field.kernel(f"sin {key}", lambda: f"sin({shown()})", "sin", (basis, unit), False)
        field.circle(c, s)
        turn = field.of_poly(field.gen(c)), field.of_poly(field.gen(s))
        return c, fmpq(n), None, self._times(turn, n)

    def _of_pi(self, q: fmpq) -> Turn:
        """A turn by a multiple of pi/12."""
        field = self.field
        quarters = (2 * q).floor()
        place = _SINES.get(q - fmpq(quarters) / 2)
        if place is None:  # pi/12 = pi/3 - pi/4
            return self._after(self._of_pi(4 * q), self._of_pi(-3 * q))

        def half_root(n: int) -> Frac:  # sqrt(n)/2
            return field.mul(self.powers.root(field.number(fmpq(n)), fmpq(1, 2)), field.number(fmpq(1, 2)))

        turn: Turn = half_root(4 - place), half_root(place)
        for _ in range(int(quarters) % 4):
            turn = field.neg(turn[1]), turn[0]
        return turn

    def _of_arc(self, name: str, u: Frac) -> Turn:
        """The turn by asin u or atan u: its cosine is not negative."""
        field, square = self.field, self.field.mul(u, u)
        if name == "asin":
            return self.powers.root(field.sub(field.one, square), fmpq(1, 2)), u
        c = self.powers.root(field.add(field.one, square), fmpq(-1, 2))
        return c, field.mul(u, c)


def arc(name: str, u: Frac) -> fmpq | None:
    """The angle asin u or atan u of a number, in units of pi, where it is known."""
    if not (u.num.is_constant() and u.den.is_constant()):
        return None
    return _ARCS[name].get(fmpq(u.num.leading_coefficient(), u.den.leading_coefficient()))
