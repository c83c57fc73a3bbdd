r"""A function with what it is applied to: ``g(z)``, ``\log p_k``, ``\max_j z_j``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..parse import (
    GIVEN,
    Dots,
    Expr,
    Func,
    Group,
    Letters,
    Name,
    Num,
    Script,
    Scripted,
    Sum,
    parse_expr,
)
from ._arguments import is_taken_at
from ._ellipsis import ellipsis_sum
from ._inverses import inverse
from ._lexicon import WORDS, Lexicon
from ._limits import read_limit
from ._limits_of_sums import read_extreme
from ._nabla import read_nabla, read_spaced_gradient
from ._powers import is_square_name, rest_of_square, with_scripts
from ._scripts import Marks, read_marks
from ._terms import (
    Add,
    Big,
    Call,
    Div,
    Gradient,
    Index,
    Mul,
    Number,
    Pow,
    Ref,
    Term,
    Transpose,
    refs,
)

if TYPE_CHECKING:
    from ._structure import Structure


FUNCS = {"log": "log", "ln": "log", "exp": "exp", "max": "max", "min": "min", "sgn": "sign"} | {
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


def read_named(
    structure: Structure,
    items: Sequence[tuple[str, Expr]],
    k: int,
    base: Func | Letters | Name,
    scripts: tuple[Script, ...],
) -> tuple[int, Term]:
    name = base.name if isinstance(base, Func) else base.run if isinstance(base, Letters) else base.text
    following = items[k + 1][1] if k + 1 < len(items) and items[k + 1][0] == "" else None
    if isinstance(base, Func) and name == "lim":
        return read_limit(structure, items, k, scripts)
    if isinstance(base, Func) and name not in FUNCS:
        raise NotUnderstoodError(f"the operator \\{name}")
    if name in ("nabla", "partial", "Delta") and not isinstance(base, Func):
        return read_nabla(structure, items, k, name, scripts)
    if name == "Sigma" and following is not None and not scripts and structure.is_sum_sign(following):
        return len(items), Big("sum", "", None, None, structure.product([("", following), *items[k + 2 :]]))
    if name == "d" and following is not None and "d" not in structure.lexicon.names:
        return read_spaced_gradient(structure, items, k)
    if name == "e":  # an error e is squared, and nothing else is raised to a letter
        marks = read_marks("", scripts, structure.lexicon, structure.latex)
        if marks.power is not None and marks == Marks(power=marks.power):
            power = structure.term(marks.power)
            if "e" not in structure.lexicon.names or refs(power):
                return k + 1, Call(Ref("exp"), (power,))
    if name in structure.lexicon.squares and len(scripts) and is_square_name(structure, name, scripts):
        name, scripts = name + "^2", rest_of_square(structure, scripts)
    group = following.base if isinstance(following, Scripted) else following
    bracketed = isinstance(group, Group) and group.bracket in ("(", "[") and bool(group.args)
    if name in _OF_CHANCE and isinstance(group, Group) and group.bracket == "[" and group.args:
        raise NotUnderstoodError("an expectation")
    if isinstance(base, Letters) and structure.is_gradient(name):
        if bracketed and name[1:] in structure.lexicon.functions:  # dg(z) is g'(z)
            end, value = read_call(structure, items, k, name[1:], scripts, bracketed)
            return end, replace(value, primes=value.primes + 1) if isinstance(value, Call) else value
        ref, marks = structure.reference(name[1:], scripts)
        return k + 1, structure.decorated(Gradient(ref), marks)
    function = FUNCS.get(name) if isinstance(base, Func) else function_name(structure, name)
    if name in structure.lexicon.timed and bracketed and isinstance(group, Group):
        return read_timed(structure, items, k, name, scripts, group)
    if function is None and bracketed and any(_primed(x) for x in scripts):
        function = name  # a primed name before a bracket is a function
    if function is not None:
        function = with_its_letters(function, structure.lexicon)
        return read_call(structure, items, k, function, scripts, bracketed)
    if bracketed and isinstance(group, Group) and is_taken_at(structure, name, scripts, group):
        raise NotUnderstoodError(f"whether {name} before a bracket is a factor or a function")
    return k + 1, structure.quantity(name, scripts)


def with_its_letters(name: str, lexicon: Lexicon) -> str:
    """``π(b | s)`` is ``π(a | s)`` at another action, where a and b count entries: the name under which it is defined."""
    if GIVEN not in name or name in lexicon.names:
        return name
    base, _, letters = name.partition(GIVEN)
    counting = lexicon.indices | lexicon.summed | set().union(*lexicon.lettered.values())
    known = [
        other
        for other in sorted(lexicon.functions & lexicon.names)
        if other.startswith(base + GIVEN) and len(other) == len(name)
        if all(a == b or {a, b} <= counting for a, b in zip(other[len(base) + 1 :], letters, strict=True))
    ]
    return known[0] if len(known) == 1 else name


def function_name(structure: Structure, name: str) -> str | None:
    if name in structure.lexicon.functions or GIVEN in name or name == "factorial":
        return name
    if name in WORDS and name not in structure.lexicon.names:
        return WORDS[name]
    if name in WORDS and WORDS[name] in ("sigmoid", "softmax", "relu", "tanh"):
        return WORDS[name]
    return None


def read_call(
    structure: Structure,
    items: Sequence[tuple[str, Expr]],
    k: int,
    function: str,
    scripts: tuple[Script, ...],
    bracketed: bool,
) -> tuple[int, Term]:
    """Apply a function to the group, or to the factor, that follows."""
    if not bracketed and function in structure.lexicon.functions:
        if items[k][0] == "∘" or (k + 1 < len(items) and items[k + 1][0] == "∘"):
            raise NotUnderstoodError(f"whether {function} is composed or multiplied")
        return k + 1, structure.quantity(function, scripts)
    logarithm = function == "log" and function not in structure.lexicon.functions
    bases = [s for s in scripts if s.kind == "sub"] if logarithm else []
    scripts = tuple(s for s in scripts if s not in bases)
    ref, marks = structure.reference(function, scripts)
    if k + 1 >= len(items) or items[k + 1][0] != "":
        if function in structure.lexicon.names:
            return k + 1, structure.quantity(function, scripts)
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
            return k + 2, read_extreme_of_all(structure, function, group.args)
        args = tuple(structure.term(a) for a in group.args)
        keywords = tuple((n, _plain(v)) for n, v in group.keywords)
        end = k + 2
    else:
        if function not in _PREFIX and function not in ("trace", "det"):
            raise NotUnderstoodError(f"the argument of {function}")
        end, argument = structure.factor(items, k + 1)
        while function == "log" and _is_two_pi(items, k + 1) and end < len(items) and items[end][0] == "":
            if not _is_plain(items[end][1]):
                break
            end, factor = structure.factor(items, end)  # log 2πσ²
            argument = Mul((("", argument), ("", factor)))
        behind = items[end][1] if end < len(items) and items[end][0] == "" else None
        behind = behind.base if isinstance(behind, Scripted) else behind
        if isinstance(behind, Group) and behind.bracket == "(" and isinstance(following, Scripted):
            raise NotUnderstoodError(f"how far the argument of {function} reaches")  # log θ^k (1 - θ)
        if end < len(items) and items[end][0] == "" and _is_plain(items[end][1]) and _is_plain(following):
            raise NotUnderstoodError(f"how far the argument of {function} reaches")
        args = (argument,)
    term: Term = Call(ref, args, marks.primes, keywords)
    if function == "np.power" and len(args) == 2 and not keywords:
        term = Pow(*args)
    if function in ("max", "min") and scripts and function not in structure.lexicon.functions:
        term = read_extreme(structure, function, scripts, args) or term
    for base in bases:  # log_2 x = log x / log 2
        if [t.text for t in base.tokens] == ["e"]:
            continue
        term = Div(term, Call(ref, (structure.term(parse_expr(base.tokens, structure.latex)),)))
    if marks.power is not None:
        power = structure.term(marks.power)
        term = inverse(ref, args) if power in _MINUS_ONE else Pow(term, power)
    if marks.transposed:
        term = Transpose(term)
    return end, with_scripts(structure, term, outer)


def _is_two_pi(items: Sequence[tuple[str, Expr]], k: int) -> bool:
    """Whether ``2π`` stands here, which nobody takes apart behind a logarithm."""
    pair = [x for _, x in items[k : k + 2]]
    return len(pair) == 2 and isinstance(pair[0], Num) and pair[1] == Name("pi") and items[k + 1][0] == ""


def read_extreme_of_all(structure: Structure, function: str, args: Sequence[Expr]) -> Term:
    """``\\max(x_1, …, x_n)``: over the index that runs."""
    if len(args) > 2 and isinstance(args[-2], Dots):
        found = ellipsis_sum([(1, structure.term(a)) for a in args[:-2]], structure.term(args[-1]), 1)
        if len(found) == 1 and isinstance(found[0][1], Big):
            return replace(found[0][1], kind=function)
    raise NotUnderstoodError("an ellipsis")


def read_timed(
    structure: Structure,
    items: Sequence[tuple[str, Expr]],
    k: int,
    name: str,
    scripts: tuple[Script, ...],
    group: Group,
) -> tuple[int, Term]:
    ref, marks = structure.reference(name, scripts)
    if len(group.args) != 1:
        raise NotUnderstoodError(f"the time of {name}")
    time = _time(group.args[0])
    following = items[k + 1][1]
    outer = following.scripts if isinstance(following, Scripted) else ()
    term = structure.decorated(Ref(ref.name, ref.layer, ref.example, ref.subs, time), marks)
    return k + 2, with_scripts(structure, term, outer)


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
