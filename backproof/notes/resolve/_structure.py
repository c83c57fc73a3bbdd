r"""The tree of a formula to a term: what applies to what.

``g(z)`` is a call when the document knows g as a function, ``\log p_k`` reaches its next factor, a sum reaches the
rest of its product, ``\frac{d}{dz}`` the rest of its product, ``\frac{dL}{dz}`` is a derivative, ``dZ`` a gradient.
Where notes differ and the document does not decide, the formula is *not understood* rather than guessed.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from .._errors import NotUnderstoodError
from ..parse import (
    NO_VALUE,
    Cases,
    Dots,
    Expr,
    Frac,
    Func,
    Group,
    Letters,
    Matrix,
    Name,
    Num,
    Product,
    Script,
    Scripted,
    Sqrt,
    Sum,
    Test,
)
from ..parse import (
    Big as BigTree,
)
from ._arguments import phrase_in
from ._branches import read_condition
from ._calls import FUNCS, read_named
from ._differentials import is_slashed, read_fraction, read_operator, slash_derivative, spaced_slash
from ._ellipsis import ellipsis_sum
from ._indicators import is_indicator, read_indicated, read_indicator
from ._lexicon import WORDS, Lexicon
from ._limits import check_reach
from ._limits_of_sums import read_big
from ._percent import read_percent
from ._powers import inner_product, primed, read_norm, with_scripts
from ._scripts import Marks, read_marks
from ._slashes import divided
from ._terms import (
    UNDEFINED,
    Add,
    Branches,
    Call,
    Derivative,
    Div,
    Index,
    Listing,
    Mul,
    Norm,
    Number,
    Pow,
    Ref,
    Table,
    Term,
    Transpose,
    refs,
)


class Structure:
    """Reads trees with the names of one document."""

    def __init__(self, lexicon: Lexicon, latex: str = "") -> None:
        self.lexicon, self.latex = lexicon, latex

    def term(self, expr: Expr) -> Term:
        """Give a tree its meaning.

        Raises
        ------
        NotUnderstoodError
            Some part means nothing that is known.
        """
        match expr:
            case Name(text) if text == NO_VALUE:
                return UNDEFINED
            case Num(value):
                return Number(value, expr.digits)
            case Sum(terms):
                return self.add(terms)
            case Frac(num, den):
                return read_fraction(self, num, den)
            case Sqrt(arg, index):
                root = Number(Fraction(2)) if index is None else self.term(index)
                return Pow(self.term(arg), Div(Number(Fraction(1)), root))
            case Matrix(rows):
                return Table(tuple(tuple(self.term(c) for c in row) for row in rows))
            case Cases(branches):
                read = tuple((self.term(b.value), read_condition(self, b.condition)) for b in branches)
                if any(v == UNDEFINED and [c.relation for c in at] != ["="] for v, at in read):
                    raise NotUnderstoodError("a stretch at which nothing is defined")
                return Branches(read)
            case Group():
                return self.group(expr)
            case Dots():
                raise NotUnderstoodError("an ellipsis")
            case Test():
                raise NotUnderstoodError("a relation inside brackets")
            case _:
                return self.product(self.flatten(expr))

    def add(self, terms: tuple[tuple[str, Expr], ...]) -> Term:
        """Read a sum; ``x_1 + x_2 + … + x_n`` becomes a sum over the index that runs."""
        found: list[tuple[int, Term]] = []
        k = 0
        while k < len(terms):
            sign, tree = terms[k]
            if isinstance(tree, Dots):
                if k + 1 == len(terms) or not found:
                    raise NotUnderstoodError("an ellipsis")
                last = self.term(terms[k + 1][1])
                found = ellipsis_sum(found, last, 1 if terms[k + 1][0] == "+" else -1)
                k += 2
                continue
            if k + 1 < len(terms) and (head := _open_sum(tree)) is not None:  # \\sum_k -a_k b_k
                tree = Product((*head, ("", Sum((terms[k + 1],), tree.at))), tree.at)
                k += 1
            found.append((1 if sign == "+" else -1, self.term(tree)))
            k += 1
        check_reach(found)
        return found[0][1] if len(found) == 1 and found[0][0] == 1 else Add(tuple(found))

    def group(self, group: Group) -> Term:
        if group.bracket == ",":
            return Listing(tuple(None if isinstance(a, Dots) else self.term(a) for a in group.args))
        if not group.args:
            raise NotUnderstoodError("empty braces")
        if any(isinstance(a, Test) for a in group.args) and group.bracket == "[":
            return read_indicator(self, group)  # Iverson's bracket
        if len(group.args) > 1:
            items = tuple(None if isinstance(a, Dots) else self.term(a) for a in group.args)
            if group.bracket == "<":
                return inner_product(self, items)
            return Listing(items, "{" if group.braced else group.bracket)
        if phrase := phrase_in(group):
            return Ref(phrase)
        inner = self.term(group.args[0])
        if group.bracket == "|":
            return Norm(inner, 0)
        if group.bracket == "‖":
            return Norm(inner, 2)
        if group.bracket in ("f", "c"):
            return Call(Ref("floor" if group.bracket == "f" else "ceil"), (inner,))
        if group.bracket == "<":
            raise NotUnderstoodError("these brackets")
        return inner

    def flatten(self, expr: Expr) -> list[tuple[str, Expr]]:
        """Cut runs of letters into names, scripts going to the last; open invisible groups of products."""
        if isinstance(expr, Product):
            flat: list[tuple[str, Expr]] = []
            for op, item in expr.items:
                inner = self.flatten(item)
                if isinstance(item, Product):
                    inner = [("", item)]
                flat.append((op, inner[0][1]))
                flat.extend(inner[1:])
            return flat
        if isinstance(expr, Letters):
            return [("", Letters(part, expr.at)) for part in self.segments(expr.run)]
        if isinstance(expr, Scripted) and (symbol := _braced_symbol(expr.base)) is not None:
            return self.flatten(Scripted(symbol.base, (*symbol.scripts, *expr.scripts), expr.at))
        if isinstance(expr, Scripted) and isinstance(expr.base, Letters):
            parts = self.segments(expr.base.run)
            last = Scripted(Letters(parts[-1], expr.at), expr.scripts, expr.at)
            return [*(("", Letters(p, expr.at)) for p in parts[:-1]), ("", last)]
        return [("", expr)]

    def segments(self, run: str) -> list[str]:
        if self.is_gradient(run):
            return [run]
        return self.lexicon.segments(run)

    def function_alone(self, expr: Expr) -> Ref | None:
        """A side that is nothing but the name of a known function: ``g = \\tanh``."""
        if isinstance(expr, Func):
            name = FUNCS.get(expr.name)
        elif isinstance(expr, Letters):
            name = WORDS.get(expr.run)
        elif isinstance(expr, Name):
            name = WORDS.get(expr.text)
        else:
            return None
        return (
            Ref(name) if name in ("tanh", "sigmoid", "relu", "softmax", "exp", "softplus", "silu") else None
        )

    def is_sum_sign(self, following: Expr) -> bool:
        """A capital sigma before a matrix or a gradient, where the document has no quantity of that name."""
        if "Sigma" in self.lexicon.names:
            return False
        base = following.base if isinstance(following, Scripted) else following
        if isinstance(base, Group):
            return base.bracket in ("(", "{", "[")
        return isinstance(base, Letters) and (base.run[0].isupper() or self.is_gradient(base.run))

    def is_gradient(self, run: str) -> bool:
        """Whether a run such as ``dZ`` or ``db`` names the gradient by a known quantity."""
        if len(run) < 2 or run[0] != "d" or run in WORDS:
            return False
        lexicon = self.lexicon
        known = lexicon.names | lexicon.letters | lexicon.factors  # the W of XW
        return run[1:] in known or (len(run) == 2 and run[1].swapcase() in known and run not in lexicon.names)

    def from_left(self, items: Sequence[tuple[str, Expr]]) -> Term:
        """``A @ B * C`` of NumPy: from left to right, and beside the @ its star multiplies entries."""
        starts = [k for k, (op, _) in enumerate(items) if k and op in ("@", "*")]
        cuts = [0, *starts, len(items)]
        found: Term | None = None
        for a, b in itertools.pairwise(cuts):
            op = "⊙" if items[a][0] == "*" else items[a][0]
            value = self.product([("", items[a][1]), *items[a + 1 : b]])
            found = value if found is None else Mul((("", found), (op, value)))
        assert found is not None
        return found

    def product(self, items: Sequence[tuple[str, Expr]]) -> Term:
        """Settle applications, sums and derivatives from left to right."""
        items = [x for x in items if not _is_empty(x[1])] or items
        if any(op == "@" for op, _ in items) and len(items) > 2:
            return self.from_left(items)
        found: list[tuple[str, Term]] = []
        k = 0
        while k < len(items):
            op, _ = items[k]
            spaced = spaced_slash(self, items, k)
            if spaced is not None:
                k, term = spaced
            elif k + 1 < len(items) and is_slashed(self, items, k):
                k, term = slash_derivative(self, items, k)
            else:
                k, term = self.factor(items, k)
                if isinstance(term, Derivative) and k < len(items) and self.is_point(items[k], term):
                    k += 1  # dg/dz (z)
            found.append((op, term))
        return divided(found)

    def factor(self, items: Sequence[tuple[str, Expr]], k: int) -> tuple[int, Term]:
        """Read one factor that starts at position k, with the arguments that it takes from what follows."""
        item = items[k][1]
        base, scripts = (item.base, item.scripts) if isinstance(item, Scripted) else (item, ())
        if isinstance(base, BigTree):
            if k + 1 >= len(items):
                raise NotUnderstoodError("a sum of nothing")
            return len(items), read_big(self, base, scripts, items[k + 1 :])
        if isinstance(base, Frac):
            operator = read_operator(self, base)
            if operator is not None and not scripts:
                if k + 1 >= len(items):
                    raise NotUnderstoodError("a derivative of nothing")
                end = self.reach(items, k + 1, operator[0])
                rest = self.product([("", items[k + 1][1]), *items[k + 2 : end]])
                return end, Derivative(rest, operator[0], operator[1])
            return k + 1, with_scripts(self, read_fraction(self, base.num, base.den), scripts)
        if is_indicator(base) and (found := read_indicated(self, items, k, scripts)) is not None:
            return found
        if isinstance(base, (Func, Letters, Name)):
            return read_named(self, items, k, base, scripts)
        if (hundredths := read_percent(items, k, self.latex)) is not None:
            return k + 2, hundredths
        if isinstance(base, Num):
            return k + 1, with_scripts(self, self.term(base), scripts)
        if isinstance(base, Dots):
            raise NotUnderstoodError("an ellipsis")
        if isinstance(base, Group) and base.bracket == "‖":
            return k + 1, read_norm(self, base, scripts)
        return k + 1, with_scripts(self, self.term(base), scripts)

    def is_point(self, item: tuple[str, Expr], slope: Derivative) -> bool:
        """Whether a bracket behind a derivative only repeats what it is differentiated by.

        Raises
        ------
        NotUnderstoodError
            It holds a number, at which the derivative may be meant.
        """
        op, group = item
        if op or not isinstance(group, Group) or group.bracket != "(" or len(group.args) != 1:
            return False
        inside = self.term(group.args[0])
        if isinstance(inside, Number):
            raise NotUnderstoodError("a derivative at a point")
        return slope.by == (inside,)

    def reach(self, items: Sequence[tuple[str, Expr]], k: int, by: tuple[Term, ...]) -> int:
        """How far an operator differentiates: a bracket before a sign of multiplication, or all of the product.

        Where the factors after a sign or a bracket hold the variable as well, either can be meant.
        """
        first = items[k][1]
        base = first.base if isinstance(first, Scripted) else first
        bracketed = isinstance(base, Group) and base.bracket in ("(", "[")
        signs = [n for n in range(k + 1, len(items)) if items[n][0] not in ("", "/")]
        names = {r.name for b in by for r in refs(b)}
        if not signs:
            plain = bracketed and k + 1 < len(items) and items[k + 1][0] == ""
            if plain and names & {
                r.name for r in refs(self.product([("", items[k + 1][1]), *items[k + 2 :]]))
            }:
                raise NotUnderstoodError("how far a derivative reaches")  # d/dx (x^2) e^x
            return len(items)
        if bracketed and signs[0] == k + 1:
            return signs[0]
        after = self.product([("", items[signs[0]][1]), *items[signs[0] + 1 :]])
        if names & {r.name for r in refs(after)}:
            raise NotUnderstoodError("how far a derivative reaches")
        return len(items)

    def quantity(self, name: str, scripts: tuple[Script, ...]) -> Term:
        ref, marks = self.reference(name, scripts)
        return self.decorated(ref, marks)

    def reference(self, name: str, scripts: tuple[Script, ...]) -> tuple[Ref, Marks]:
        ref, marks = self.plain_reference(name, scripts)
        if name not in self.lexicon.numbered or ref.layer is not None:
            return ref, marks
        numbered = replace(ref, name=name[0] + ref.name[len(name) :], layer=Index("", int(name[1])))
        return numbered, marks  # W1 in code is the W of layer 1

    def plain_reference(self, name: str, scripts: tuple[Script, ...]) -> tuple[Ref, Marks]:
        marks = read_marks(name, scripts, self.lexicon, self.latex)
        labels = [s for s in marks.subs if s.label]
        subs = tuple(s for s in marks.subs if not s.label)
        layered = len(subs) == 1 and marks.layer is None and name in self.lexicon.sub_layered
        if layered and subs[0].name in ("l", "L", "ell", ""):
            return Ref(name + "".join(f"_{s.name}" for s in labels), subs[0], marks.example), marks
        full = name + "".join(f"_{s.name}" for s in labels) + marks.label
        timed = len(subs) == 1 and marks.time is None and self.is_time(full, subs[0])
        if name in self.lexicon.states:
            full = f"sf:{full}"  # the C_t of a recursion is a state and no cost
        if timed:
            return Ref(full, marks.layer, marks.example, (), subs[0]), marks
        return Ref(full, marks.layer, marks.example, subs, marks.time), marks

    def is_time(self, name: str, sub: Index) -> bool:
        """Whether a subscript counts the steps of a recursion: ``h_t`` beside ``h_{t-1}``."""
        lexicon = self.lexicon
        return name in lexicon.stepped and (sub.name in lexicon.stepped[name] or not sub.name)

    def decorated(self, term: Term, marks: Marks) -> Term:
        for _ in range(marks.primes):
            term = primed(self.lexicon, term)
        if marks.transposed:
            term = Transpose(term)
        if marks.power is not None:
            term = Pow(term, self.term(marks.power))
        return term


def _open_sum(tree: Expr) -> tuple[tuple[str, Expr], ...] | None:
    """The factors of a product that ends in a sum sign: its summand begins with a sign."""
    items = tree.items if isinstance(tree, Product) else (("", tree),)
    last = items[-1][1]
    sign = last.base if isinstance(last, Scripted) else last
    return items if isinstance(sign, BigTree) else None


def _braced_symbol(base: Expr) -> Scripted | None:
    """``{g^{[l]}}'`` is g with a layer and a prime; a power inside the braces stays inside."""
    if not (isinstance(base, Group) and base.bracket == "{" and len(base.args) == 1):
        return None
    inner = base.args[0]
    if not (isinstance(inner, Scripted) and isinstance(inner.base, (Letters, Name))):
        return None
    tags = all(s.kind != "sup" or (s.tokens and s.tokens[0].kind == "OPEN") for s in inner.scripts)
    return inner if tags else None


def _is_empty(expr: Expr) -> bool:
    return isinstance(expr, Group) and expr.bracket == "{" and not expr.args
