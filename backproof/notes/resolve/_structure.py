r"""The tree of a formula to a term: what applies to what.

``g(z)`` is a call when the document knows g as a function, ``\log p_k`` reaches its next factor, a sum reaches the
rest of its product, ``\frac{d}{dz}`` the rest of its product, ``\frac{dL}{dz}`` is a derivative, ``dZ`` a gradient.
Where notes differ and the document does not decide, the formula is *not understood* rather than guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from .._errors import NotUnderstoodError
from ..parse import (
    Big as BigTree,
)
from ..parse import (
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
    parse_expr,
)
from ._arguments import is_taken_at
from ._differentials import is_slashed, read_fraction, read_operator, slash_derivative, spaced_slash
from ._ellipsis import ellipsis_sum
from ._inverses import inverse
from ._lexicon import WORDS, Lexicon, is_loss
from ._limits import check_reach, read_limit
from ._limits_of_sums import read_big, read_condition, read_extreme
from ._percent import read_percent
from ._scripts import Marks, read_marks
from ._terms import (
    NABLA,
    Add,
    Big,
    Branches,
    Call,
    Condition,
    Derivative,
    Div,
    Entry,
    Gradient,
    Index,
    Listing,
    Mul,
    Norm,
    Number,
    Pow,
    Prime,
    Ref,
    Table,
    Term,
    Transpose,
    refs,
)

_FUNCS = {"log": "log", "ln": "log", "exp": "exp", "max": "max", "min": "min", "sgn": "sign"} | {
    f: f for f in ("sin", "cos", "tan", "tanh", "sinh", "cosh", "coth", "arctan", "det")
}
# Words that name a function of one argument and may stand before it without brackets.
_PREFIX = {
    "log",
    "exp",
    "sin",
    "cos",
    "tan",
    "tanh",
    "sinh",
    "cosh",
    "sech",
    "coth",
    "arctan",
    "sign",
    "max",
    "min",
}


# E[X] is no product.
_OF_CHANCE = {"E", "bb:E", "P", "bb:P", "Var", "Cov", "rm:E", "bb:V"}
# f^{-1}(x) is no quotient.
_MINUS_ONE = (Number(Fraction(-1)), Add(((-1, Number(Fraction(1))),)))


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
                return Branches(
                    tuple((self.term(b.value), read_condition(self, b.condition)) for b in branches)
                )
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
            return self.indicator(group)  # Iverson's bracket
        if len(group.args) > 1:
            items = tuple(None if isinstance(a, Dots) else self.term(a) for a in group.args)
            return Listing(items, "{" if group.braced else group.bracket)
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
            name = _FUNCS.get(expr.name)
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

    def product(self, items: Sequence[tuple[str, Expr]]) -> Term:
        """Settle applications, sums and derivatives from left to right."""
        items = [x for x in items if not _is_empty(x[1])] or items
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
        return _divided(found)

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
            return k + 1, self.scripted_term(read_fraction(self, base.num, base.den), scripts)
        if _is_indicator(base) and (found := self.indicated(items, k, scripts)) is not None:
            return found
        if isinstance(base, (Func, Letters, Name)):
            return self.named(items, k, base, scripts)
        if (hundredths := read_percent(items, k, self.latex)) is not None:
            return k + 2, hundredths
        if isinstance(base, Num):
            return k + 1, self.scripted_term(self.term(base), scripts)
        if isinstance(base, Dots):
            raise NotUnderstoodError("an ellipsis")
        if isinstance(base, Group) and base.bracket == "‖":
            return k + 1, self.norm(base, scripts)
        return k + 1, self.scripted_term(self.term(base), scripts)

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

    def indicated(
        self, items: Sequence[tuple[str, Expr]], k: int, scripts: tuple[Script, ...]
    ) -> tuple[int, Term] | None:
        """``1(z > 0)``, ``\\mathbb{1}_{z > 0}``: one where the condition holds, zero elsewhere."""
        following = items[k + 1][1] if k + 1 < len(items) and items[k + 1][0] == "" else None
        if not scripts and isinstance(following, Group) and _has_tests(following):
            return k + 2, self.indicator(following)
        if len(scripts) == 1 and scripts[0].kind == "sub":
            tokens = scripts[0].tokens
            if any(t.kind == "REL" and t.text in "<>≤≥≠" for t in tokens):
                return k + 1, _indicator(read_condition(self, tokens))
        return None

    def indicator(self, group: Group) -> Term:
        tests = [t for t in group.args if isinstance(t, Test)]
        tests += [Test(Letters(name, group.at), "=", value, group.at) for name, value in group.keywords]
        if len(tests) != len(group.args) + len(group.keywords):
            raise NotUnderstoodError("a relation inside brackets")
        return _indicator(tuple(Condition(self.term(t.left), t.relation, self.term(t.right)) for t in tests))

    def named(
        self,
        items: Sequence[tuple[str, Expr]],
        k: int,
        base: Func | Letters | Name,
        scripts: tuple[Script, ...],
    ) -> tuple[int, Term]:
        name = base.name if isinstance(base, Func) else base.run if isinstance(base, Letters) else base.text
        following = items[k + 1][1] if k + 1 < len(items) and items[k + 1][0] == "" else None
        if isinstance(base, Func) and name == "lim":
            return read_limit(self, items, k, scripts)
        if isinstance(base, Func) and name not in _FUNCS:
            raise NotUnderstoodError(f"the operator \\{name}")
        if name in ("nabla", "partial", "Delta") and not isinstance(base, Func):
            return self.nabla(items, k, name, scripts)
        if name == "Sigma" and following is not None and not scripts and self.is_sum_sign(following):
            return len(items), Big("sum", "", None, None, self.product([("", following), *items[k + 2 :]]))
        if name == "d" and following is not None and "d" not in self.lexicon.names:
            return self.spaced_gradient(items, k)
        if name == "e":  # an error e is squared, and nothing else is raised to a letter
            marks = read_marks("", scripts, self.lexicon, self.latex)
            if marks.power is not None and marks == Marks(power=marks.power):
                power = self.term(marks.power)
                if "e" not in self.lexicon.names or refs(power):
                    return k + 1, Call(Ref("exp"), (power,))
        if name in self.lexicon.squares and len(scripts) and self.square_name(name, scripts):
            name, scripts = name + "^2", self.square_rest(scripts)
        group = following.base if isinstance(following, Scripted) else following
        bracketed = isinstance(group, Group) and group.bracket in ("(", "[") and bool(group.args)
        if name in _OF_CHANCE and isinstance(group, Group) and group.bracket == "[" and group.args:
            raise NotUnderstoodError("an expectation")
        if isinstance(base, Letters) and self.is_gradient(name):
            if bracketed and name[1:] in self.lexicon.functions:  # dg(z) is g'(z)
                end, value = self.call(items, k, name[1:], scripts, bracketed)
                return end, replace(value, primes=value.primes + 1) if isinstance(value, Call) else value
            ref, marks = self.reference(name[1:], scripts)
            return k + 1, self.decorated(Gradient(ref), marks)
        function = _FUNCS.get(name) if isinstance(base, Func) else self.function_name(name)
        if name in self.lexicon.timed and bracketed and isinstance(group, Group):
            return self.timed(items, k, name, scripts, group)
        if function is None and bracketed and any(_primed(x) for x in scripts):
            function = name  # a primed name before a bracket is a function
        if function is not None:
            return self.call(items, k, function, scripts, bracketed)
        if bracketed and isinstance(group, Group) and is_taken_at(self, name, scripts, group):
            raise NotUnderstoodError(f"whether {name} before a bracket is a factor or a function")
        return k + 1, self.quantity(name, scripts)

    def function_name(self, name: str) -> str | None:
        if name in self.lexicon.functions:
            return name
        if name in WORDS and name not in self.lexicon.names:
            return WORDS[name]
        if name in WORDS and WORDS[name] in ("sigmoid", "softmax", "relu", "tanh"):
            return WORDS[name]
        return None

    def call(
        self,
        items: Sequence[tuple[str, Expr]],
        k: int,
        function: str,
        scripts: tuple[Script, ...],
        bracketed: bool,
    ) -> tuple[int, Term]:
        """Apply a function to the group, or to the factor, that follows."""
        if not bracketed and function in self.lexicon.functions:
            if items[k][0] == "∘" or (k + 1 < len(items) and items[k + 1][0] == "∘"):
                raise NotUnderstoodError(f"whether {function} is composed or multiplied")
            return k + 1, self.quantity(function, scripts)
        logarithm = function == "log" and function not in self.lexicon.functions
        bases = [s for s in scripts if s.kind == "sub"] if logarithm else []
        scripts = tuple(s for s in scripts if s not in bases)
        ref, marks = self.reference(function, scripts)
        if k + 1 >= len(items) or items[k + 1][0] != "":
            if function in self.lexicon.names:
                return k + 1, self.quantity(function, scripts)
            raise NotUnderstoodError(f"{function} without an argument")
        following = items[k + 1][1]
        outer: tuple[Script, ...] = ()
        keywords: tuple[tuple[str, str], ...] = ()
        if bracketed:
            group = following
            if isinstance(following, Scripted):
                group, outer = following.base, following.scripts
            assert isinstance(group, Group)
            if function in ("max", "min") and not scripts and any(isinstance(a, Dots) for a in group.args):
                return k + 2, self.extreme_of_all(function, group.args)
            args = tuple(self.term(a) for a in group.args)
            keywords = tuple((n, _plain(v)) for n, v in group.keywords)
            end = k + 2
        else:
            if function not in _PREFIX and function not in ("trace", "det"):
                raise NotUnderstoodError(f"the argument of {function}")
            end, argument = self.factor(items, k + 1)
            behind = items[end][1] if end < len(items) and items[end][0] == "" else None
            behind = behind.base if isinstance(behind, Scripted) else behind
            if isinstance(behind, Group) and behind.bracket == "(" and isinstance(following, Scripted):
                raise NotUnderstoodError(f"how far the argument of {function} reaches")  # log θ^k (1 - θ)
            if end < len(items) and items[end][0] == "" and _is_plain(items[end][1]) and _is_plain(following):
                raise NotUnderstoodError(f"how far the argument of {function} reaches")
            args = (argument,)
        term: Term = Call(ref, args, marks.primes, keywords)
        if function in ("max", "min") and scripts and function not in self.lexicon.functions:
            term = read_extreme(self, function, scripts, args) or term
        for base in bases:  # log_2 x = log x / log 2
            if [t.text for t in base.tokens] == ["e"]:
                continue
            term = Div(term, Call(ref, (self.term(parse_expr(base.tokens, self.latex)),)))
        if marks.power is not None:
            power = self.term(marks.power)
            term = inverse(ref, args) if power in _MINUS_ONE else Pow(term, power)
        if marks.transposed:
            term = Transpose(term)
        return end, self.scripted_term(term, outer)

    def extreme_of_all(self, function: str, args: Sequence[Expr]) -> Term:
        """``\\max(x_1, …, x_n)``: over the index that runs."""
        if len(args) > 2 and isinstance(args[-2], Dots):
            found = ellipsis_sum([(1, self.term(a)) for a in args[:-2]], self.term(args[-1]), 1)
            if len(found) == 1 and isinstance(found[0][1], Big):
                return replace(found[0][1], kind=function)
        raise NotUnderstoodError("an ellipsis")

    def timed(
        self, items: Sequence[tuple[str, Expr]], k: int, name: str, scripts: tuple[Script, ...], group: Group
    ) -> tuple[int, Term]:
        ref, marks = self.reference(name, scripts)
        if len(group.args) != 1:
            raise NotUnderstoodError(f"the time of {name}")
        time = _time(group.args[0])
        following = items[k + 1][1]
        outer = following.scripts if isinstance(following, Scripted) else ()
        term = self.decorated(Ref(ref.name, ref.layer, ref.example, ref.subs, time), marks)
        return k + 2, self.scripted_term(term, outer)

    def quantity(self, name: str, scripts: tuple[Script, ...]) -> Term:
        ref, marks = self.reference(name, scripts)
        return self.decorated(ref, marks)

    def reference(self, name: str, scripts: tuple[Script, ...]) -> tuple[Ref, Marks]:
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
            term = Prime(term)
        if marks.transposed:
            term = Transpose(term)
        if marks.power is not None:
            term = Pow(term, self.term(marks.power))
        return term

    def scripted_term(self, term: Term, scripts: tuple[Script, ...]) -> Term:
        """Put the scripts of a bracket on what it holds."""
        if not scripts:
            return term
        marks = read_marks("", scripts, self.lexicon, self.latex)
        if marks.layer is not None and marks.layer.name == "" and marks.power is None:
            raise NotUnderstoodError("a layer on a bracket")
        for _ in range(marks.primes):
            term = Prime(term)
        if marks.subs or marks.example is not None:
            if any(s.label for s in marks.subs):
                raise NotUnderstoodError("a label on a bracket")
            term = Entry(term, marks.subs, marks.example)
        if marks.transposed:
            term = Transpose(term)
        if marks.power is not None:
            term = Pow(term, self.term(marks.power))
        return term

    def norm(self, group: Group, scripts: tuple[Script, ...]) -> Term:
        """‖x‖², ‖x‖_2^2, ‖W‖_F²; other norms are not read."""
        subs = ["".join(t.text for t in s.tokens) for s in scripts if s.kind == "sub"]
        if any(s not in ("2", "F") for s in subs):
            raise NotUnderstoodError("this norm")
        rest = tuple(s for s in scripts if s.kind != "sub")
        return self.scripted_term(Norm(self.term(group.args[0]), 2), rest)

    def square_name(self, name: str, scripts: Sequence[Script]) -> bool:
        return any(s.kind == "sup" and [t.text for t in s.tokens] == ["2"] for s in scripts)

    def square_rest(self, scripts: Sequence[Script]) -> tuple[Script, ...]:
        return tuple(s for s in scripts if not (s.kind == "sup" and [t.text for t in s.tokens] == ["2"]))

    def spaced_gradient(self, items: Sequence[tuple[str, Expr]], k: int) -> tuple[int, Term]:
        """``\\mathrm{d}Z``: the name of a gradient, written with an upright d."""
        _, term = self.factor(items, k + 1)
        inner = term.of if isinstance(term, Transpose) else term
        if not isinstance(inner, Ref):
            raise NotUnderstoodError("a d that belongs to no derivative")
        gradient: Term = Gradient(inner)
        return k + 2, Transpose(gradient) if isinstance(term, Transpose) else gradient

    def nabla(
        self, items: Sequence[tuple[str, Expr]], k: int, name: str, scripts: tuple[Script, ...]
    ) -> tuple[int, Term]:
        """``\\nabla_a C`` differentiates C by a; a lone ∂Z is the name of a gradient."""
        if name == "Delta" and (k + 1 >= len(items) or items[k + 1][0] != ""):
            return k + 1, self.quantity(name, scripts)
        if k + 1 >= len(items):
            raise NotUnderstoodError(f"\\{name} here")
        end, term = self.factor(items, k + 1)
        if name == "Delta":
            if isinstance(term, Ref) and not scripts:
                return end, Ref("Delta:" + term.name, term.layer, term.example, term.subs, term.time)
            raise NotUnderstoodError("\\Delta here")
        if name == "partial":
            subs = [s for s in scripts if s.kind == "sub"]
            if subs and len(subs) == len(scripts) == 1:
                return end, Derivative(term, (self.term(parse_expr(subs[0].tokens, self.latex)),), False)
            if isinstance(term, Ref):
                return end, Gradient(term)
            raise NotUnderstoodError("a ∂ that belongs to no quotient")
        subs = [s for s in scripts if s.kind == "sub"]
        twice = [s for s in scripts if s.kind == "sup" and [t.text for t in s.tokens] == ["2"]]
        if (
            not scripts
            and isinstance(term, Ref)
            and not is_loss(term.name)
            and term.name not in self.lexicon.functions
        ):
            return end, Gradient(term)  # the name of a gradient, as dZ is
        if not subs and len(twice) == len(scripts):
            known = isinstance(term, Call) and len(term.args) == 1 and isinstance(term.args[0], Ref)
            by = term.args[0] if known and isinstance(term, Call) else NABLA
            return end, Derivative(term, (by,) * (1 + len(twice)), True)
        if len(subs) + len(twice) != len(scripts) or len(subs) != 1:
            raise NotUnderstoodError("a gradient without its variable")
        by = self.term(parse_expr(subs[0].tokens, self.latex))
        return end, Derivative(term, (by,) * (1 + len(twice)), True)


def _divided(items: list[tuple[str, Term]]) -> Term:
    """Turn ``/`` into quotients, to the left; ``/2m`` and ``/2σ^2`` divide by both."""
    kept: list[tuple[str, Term]] = []
    k = 0
    while k < len(items):
        op, term = items[k]
        k += 1
        if op in ("/", "⊘") and kept:
            if op == "/" and isinstance(term, Number) and k < len(items) and _goes_with(items[k]):
                term = Mul((("", term), ("", items[k][1])))
                k += 1
            before_op, before = kept.pop()
            kept.append((before_op, Div(before, term, slash=op == "/")))
        else:
            kept.append((op, term))
    if len(kept) == 1:
        return kept[0][1]
    return Mul(tuple(kept))


def _goes_with(item: tuple[str, Term]) -> bool:
    """Whether what follows a number behind a slash is a number of things, or a variance."""
    op, term = item
    if op:
        return False
    if isinstance(term, Pow) and term.exponent == Number(Fraction(2)):
        return isinstance(term.base, Ref) and term.base.name in ("sigma", "s", "tau")
    return isinstance(term, Ref) and term == Ref(term.name) and term.name in ("m", "n", "N", "M", "B")


_INDICATORS = {"bf:1", "bb:1", "bb:I", "cal:I", "I", "chi", "bf:I", "1", "Ind"}


def _is_indicator(base: Expr) -> bool:
    text = base.run if isinstance(base, Letters) else base.text if isinstance(base, (Name, Num)) else ""
    return text in _INDICATORS


def _has_tests(group: Group) -> bool:
    equal = bool(group.keywords) and not group.args
    return equal or any(isinstance(a, Test) for a in group.args)


def _indicator(tests: tuple[Condition, ...]) -> Term:
    one, zero = Number(Fraction(1)), Number(Fraction(0))
    return Branches(((one, tests), (zero, ())))


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


def _primed(script: Script) -> bool:
    return script.kind == "prime" or any(t.kind == "PRIME" for t in script.tokens)


def _time(arg: Expr) -> Index:
    if isinstance(arg, (Letters, Name)):
        return Index(arg.run if isinstance(arg, Letters) else arg.text)
    if isinstance(arg, Num) and arg.value.denominator == 1:
        return Index("", int(arg.value))
    if isinstance(arg, Sum) and len(arg.terms) == 2:
        (_, inner), (sign, shift) = arg.terms
        if isinstance(inner, (Letters, Name)) and isinstance(shift, Num) and shift.value.denominator == 1:
            name = inner.run if isinstance(inner, Letters) else inner.text
            return Index(name, int(shift.value) if sign == "+" else -int(shift.value))
    raise NotUnderstoodError("a time")


def _plain(expr: Expr) -> str:
    return expr.run if isinstance(expr, Letters) else expr.text if isinstance(expr, (Num, Name)) else ""


def _is_plain(expr: Expr) -> bool:
    base = expr.base if isinstance(expr, Scripted) else expr
    return isinstance(base, (Letters, Name, Num))
