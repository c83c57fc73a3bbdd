"""The sign of an element, as far as it follows from the region at hand, from hypotheses and from domains.

Signs are weak: +1 says "nowhere negative". |p| = p, max and roots need no more. Where a jump makes the boundary
matter, the normal form reports the set p = 0 as a kink, on which nothing is claimed.
"""

from __future__ import annotations

from symbolic.prover import _radicals as radicals
from symbolic.prover._constants import sign_of_constant
from symbolic.prover._errors import Undefined
from symbolic.prover._field import Field, Frac, Poly

MAX_FACTOR, MAX_TERMS = 12, 200  # of a logarithm whose sign is asked for, and of the power that this asks for


class NeedSign(Exception):
    """The sign of a polynomial is open: both cases are to be tried."""

    def __init__(self, poly: Poly) -> None:
        super().__init__()
        self.poly = poly


class Contradiction(Undefined):
    """What is demanded of signs cannot hold inside the region.

    Attributes
    ----------
    borders : tuple of str
        Polynomials of the region on whose zeros the demand may hold after all (a root of 0 is defined): those
        points belong to the neighbouring regions, which must then be decided.
    """

    def __init__(self, borders: tuple[str, ...] = ()) -> None:
        super().__init__("its domain is empty")
        self.borders = borders


class Signs:
    """The signs of polynomials in one region.

    Parameters
    ----------
    field : Field
    chosen : dict of str to (Poly, int)
        The region: polynomials and their signs, by their text.
    """

    def __init__(self, field: Field, chosen: dict[str, tuple[Poly, int]]) -> None:
        self.field = field
        self.chosen = chosen
        self.known = dict(chosen)
        self.pending: list[tuple[list[Poly], int, list[Poly], bool]] = []
        self.used: set[str] = set()
        self.everywhere: dict[str, tuple[Poly, int]] = {}  # signs found by completing squares, in any region
        self.strict: set[str] = set()  # known not to be 0 either
        self.firm: frozenset[str] = frozenset()  # those of them that are so by the hypotheses
        self.apart: dict[str, Poly] = {}  # demanded not to be 0, with whatever sign
        self.left_out: dict[str, Poly] = {}  # zeros on which nothing is claimed
        # For what was concluded the chosen polynomials on whose zeros it need not hold: sqrt(p q) says nothing at p = 0.
        self.leaning: dict[str, frozenset[str]] = {}

    # -- what is demanded -------------------------------------------------------------------------
    def demand(self, a: Frac, wanted: int, *, strict: bool) -> None:
        """State that an element has a sign: a hypothesis, or the domain of a log (strict) or root (weak)."""
        if a.num.is_zero():
            if strict:
                raise Contradiction
            return
        sign, odd, even = self._factors(a)
        if strict:
            self.apart.update({str(p): p for p in even if not self.never_zero(p)})
        self._state(odd, sign * wanted, [] if strict else even, strict)

    def _leave_out(self, factors: list[Poly]) -> None:
        for p in factors:
            if not self.never_zero(p):
                self.left_out[str(p)] = p

    def _factors(self, a: Frac) -> tuple[int, list[Poly], list[Poly]]:
        top, above = self.field.factor(a.num)
        bottom, below = self.field.factor(a.den)
        sign = 1 if (top > 0) == (bottom > 0) else -1
        odd = []
        for p, e in (*above, *below):
            if e % 2:
                p, _, norm = radicals.settled(self.field, p)
                odd.append(p)
                sign = sign if norm > 0 else -sign
        return sign, odd, [p for p, e in above if e % 2 == 0]

    def _state(self, odd: list[Poly], wanted: int, even: list[Poly], strict: bool) -> None:
        """The product of the odd factors has the wanted sign, wherever no even factor is 0."""
        unknown, seen = [], []
        for p in odd:
            s = self.look_up(p)
            if s is None:
                unknown.append(p)
            else:
                wanted *= s
                seen.append(p)
        if len(unknown) > 1:
            self.pending.append((odd, wanted * self._product(seen), even, strict))
            return
        if unknown or wanted < 0:
            # Something is concluded. Where another factor is 0 it need not be so: those points are left out; but the
            # zeros of a factor whose sign was chosen belong to the neighbouring region, and stay in.
            self._leave_out(even if strict else [*even, *(p for p in seen if str(p) not in self.chosen)])
        if unknown:
            key = str(unknown[0])
            self.known[key] = (unknown[0], wanted)
            self.leaning[key] = self._leans(seen, strict)
            if strict:
                self._mark(unknown)
            pending, self.pending = self.pending, []
            for others, sign, evens, sharp in pending:
                self._state(others, sign, evens, sharp)
        elif wanted < 0:
            raise Contradiction(tuple(sorted(self._leans(seen, strict))))
        elif strict:
            self._mark(seen)

    def _mark(self, factors: list[Poly]) -> None:
        """These are not 0, and where a root is not 0 what it is the root of is not."""
        for p in factors:
            self.strict.add(str(p))
            k = self.field.kernel_of(p)
            if k is not None and self.field.kernels[k].kind == "root":
                self._mark([q for q, _ in self.field.factor(self.field.kernels[k].args[0])[1]])

    def _leans(self, seen: list[Poly], strict: bool) -> frozenset[str]:
        keys = [str(p) for p in seen]
        direct = [] if strict else [key for key in keys if key in self.chosen]
        return frozenset(direct).union(*(self.leaning.get(key, ()) for key in keys))

    def _product(self, known: list[Poly]) -> int:
        sign = 1
        for p in known:
            sign *= self.look_up(p) or 1
        return sign

    # -- what follows -----------------------------------------------------------------------------
    def of(self, a: Frac) -> int:
        """The weak sign of an element; 0 only for zero itself."""
        if a.num.is_zero():
            return 0
        sign, odd, _ = self._factors(a)
        for p in odd:
            sign *= self.of_poly(p)
        return sign

    def of_poly(self, p: Poly) -> int:
        s = self.look_up(p)
        if s is not None:
            return s
        constant = sign_of_constant(self.field, p)
        if constant is not None:
            return constant
        mirror = self._between_exponentials(p)
        if mirror is not None:
            return self.of(mirror)
        beyond = self._of_logarithms(p)
        if beyond is not None:
            try:
                return self.of(beyond)
            except NeedSign:
                if len(p) > 1:
                    raise
                # Both signs of log u are tried: they tell more of a product x log u than those of u - 1.
        if len(p) <= radicals.MAX_SQUARE_TERMS:
            used, self.used = self.used, set()
            larger = self._by_square(p)
            if larger is not None and not self.used:
                self.everywhere[str(p)] = p, larger
            self.used |= used
            if larger is not None:
                return larger
        raise NeedSign(p)

    def look_up(self, p: Poly) -> int | None:
        key = str(p)
        found = self.known.get(key)
        if found is None:
            return self.field.bounded.get(key) or self._by_terms(p)
        self.used.add(key)
        return found[1]

    def _by_terms(self, p: Poly) -> int | None:
        """The sign that all terms share, if they do."""
        shared = 0
        for s, _, odd in self.field.parts(p):
            for k in odd:
                s *= self._of_kernel(k)
            if s == 0 or (shared and s != shared):
                return None
            shared = s
        return shared

    def _of_kernel(self, k: int) -> int:
        if self.field.kernels[k].positive:
            return 1
        key = str(self.field.gen(k))
        found = self.known.get(key)
        if found is None:
            return 0
        self.used.add(key)
        return found[1]

    def never_zero(self, p: Poly) -> bool:
        """Say whether a polynomial has one strict sign by its terms alone, or divides a number."""
        if self._by_terms(p) is None:
            return self.field.rooted != [] and radicals.conjugate(self.field, p) is not None
        return any(all(map(self._never_zero_kernel, kernels)) for _, kernels, _ in self.field.parts(p))

    def _never_zero_kernel(self, k: int) -> bool:
        kernel = self.field.kernels[k]
        if kernel.kind == "root":
            return self.never_zero(kernel.args[0])
        return kernel.kind in ("exp", "const", "prime", "parity")

    def _by_square(self, p: Poly, depth: int = 2) -> int | None:
        """The sign of the larger part of a + bK with K**2 <= r, or of a x**2 + b x + c with b**2 <= 4 a c."""
        field, side = self.field, 1
        if not p.is_zero():  # as a factor would be written
            side = 1 if p.leading_coefficient() > 0 else -1
            p = p / (side * int(p.content()))
        found = self.look_up(p)
        if found is not None or depth == 0:
            return found and side * found
        for place, degree in enumerate(p.degrees()):
            if degree not in (1, 2):
                continue
            parts = radicals.by_powers(field, p, place)
            a, b = parts.get(0, field.zero_poly), parts.get(1, field.zero_poly)
            kernel = field.kernels[field.index_of(place)]
            if degree == 2:
                gap = self._by_square(field.reduce(4 * parts[2] * a - b * b), depth - 1)
                if gap == 1 and (str(parts[2]) in self.firm or self.never_zero(parts[2])):
                    return side * (self.look_up(parts[2]) or 0) or None
            elif kernel.kind in ("cos", "sin") or (kernel.kind == "root" and kernel.power == 2):
                root = kernel.kind == "root"
                bound = field.gens[place] ** 2 - kernel.relation if root else field.one_poly
                gap = self._by_square(field.reduce(a * a - b * b * bound), depth - 1)
                larger = a if gap == 1 else b if gap == -1 and root else None
                sign = None if larger is None else self._by_square(larger, depth - 1)
                if sign is not None:
                    return side * sign
        return None

    def _between_exponentials(self, p: Poly) -> Frac | None:
        """c exp(u) - d exp(v) has the sign of u - v + log(c/d): here for c = d, that is the sign of u - v."""
        if len(p) != 2:
            return None
        (first, c), (second, d) = p.terms()
        if c != -d:
            return None
        field, exponent = self.field, self.field.zero
        rest = field.one_poly
        for place, (e, f) in enumerate(zip(first, second, strict=True)):
            kernel = field.kernels[field.index_of(place)] if e or f else None
            if kernel is None:
                continue
            if kernel.kind == "exp":
                basis, unit = kernel.args
                exponent = field.add(exponent, field.mul(basis, field.number(unit * (int(e) - int(f)))))
            elif e != f:
                return None
            elif e % 2:
                rest = rest * field.gen(field.index_of(place))
        if exponent.num.is_zero():
            return None
        product = field.mul(exponent, field.of_poly(rest))
        return product if c > 0 else field.neg(product)

    def _of_logarithms(self, p: Poly) -> Frac | None:
        """c log u + d log v + w has the sign of u^c v^d exp(w) - 1, where u and v are positive and exp(w) is at hand."""
        field = self.field
        product, rest = field.one, field.zero_poly
        for exponents, c in p.terms():
            places = [place for place, e in enumerate(exponents) if e]
            kernel = field.kernels[field.index_of(places[0])] if len(places) == 1 else None
            if kernel is None or kernel.kind not in ("log", "prime") or sum(exponents) > 1:
                rest += field.ctx.from_dict({exponents: c})
                continue
            prime = kernel.kind == "prime"
            inside = field.ctx.constant(kernel.args[0]) if prime else kernel.args[0]
            side = 1 if prime else self.look_up(inside)
            if side is None or abs(c) > MAX_FACTOR or len(inside) ** abs(int(c)) > MAX_TERMS:
                return None
            product = field.mul(product, field.pow(field.of_poly(side * inside), int(c)))
        if product is field.one:
            return None
        exponential = field.one if rest.is_zero() else self._exponential(field.of_poly(rest))
        beyond = None if exponential is None else field.sub(field.mul(product, exponential), field.one)
        return None if beyond is None or beyond.num.is_zero() else beyond

    def _exponential(self, w: Frac) -> Frac | None:
        """A power of a kernel that is exp(w), if there is one."""
        field = self.field
        for k, kernel in enumerate(field.kernels):
            if kernel.kind == "exp":
                basis, unit = kernel.args
                for n in (1, -1, 2, -2):
                    if field.sub(w, field.mul(basis, field.number(unit * n))).num.is_zero():
                        return field.pow(field.of_poly(field.gen(k)), n)
        return None
