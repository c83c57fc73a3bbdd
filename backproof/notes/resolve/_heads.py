"""What a head ``f(x) = …`` and the letters beside it declare."""

from __future__ import annotations

from ..parse import (
    Expr,
    Group,
    Letters,
    Name,
    Num,
    Product,
    Scripted,
    Sum,
)
from ._lexicon import WORDS, Lexicon, is_loss, text_of

# Letters that notes use for functions, and for losses whose brackets list what they depend on.
# Letters that nobody multiplies by one letter in brackets: log p(x), D(x), φ(z), u(x).
_BEFORE_ONE = {"f", "g", "h", "p", "q", "P", "Q", "D", "G", "N", "H", "c", "s", "u", "v", "r", "pi", "phi", "psi", "rho",
               "varphi", "mu", "Phi", "Psi", "Pr", "E", "V", "cal:N", "bb:E", "bb:P"}  # fmt: skip


_ACTIVATIONS = {"phi", "varphi", "psi"}


_FUNCTION_LETTERS = {"f", "g", "h", "phi", "psi", "sigma", "rho", "varphi", "cal:f", "F", "G", "Phi"}


def declare_head(item: Product, lexicon: Lexicon) -> None:
    """``f(x) = …`` declares a function."""
    (_, head), (op, group) = item.items
    if isinstance(group, Scripted):  # f(z)_i = … gives f entry by entry
        group = group.base
    base = head.base if isinstance(head, Scripted) else head
    bracketed = op == "" and isinstance(group, Group) and group.bracket in ("(", "[") and bool(group.args)
    arguments = group.args if bracketed and isinstance(group, Group) else ()
    if arguments and isinstance(base, (Letters, Name)) and all(is_variable(a) for a in arguments):
        if text_of(base) in _OF_MATRICES or (len(arguments) == 2 and any(map(_is_size_of_layer, arguments))):
            return  # W^{[l]}(n^{[l]}, n^{[l-1]}) tells a shape
        lexicon.functions.add(text_of(base))
        lexicon.names.add(text_of(base))


def _is_size_of_layer(arg: Expr) -> bool:
    """``n^{[l]}``."""
    if not isinstance(arg, Scripted) or text_of(arg.base) not in ("n", "N", "h", "d"):
        return False
    return any(s.kind == "sup" and [t.text for t in s.tokens[:1]] == ["["] for s in arg.scripts)


def is_variable(arg: Expr) -> bool:
    if isinstance(arg, Scripted):
        return isinstance(arg.base, (Letters, Name)) or (
            isinstance(arg.base, Group) and arg.base.bracket == "{"
        )
    if isinstance(arg, Group) and arg.bracket == "{" and len(arg.args) == 1:
        return is_variable(arg.args[0])
    if isinstance(arg, Sum):  # h(t-1)
        return len(arg.terms) == 2 and isinstance(arg.terms[1][1], Num) and is_variable(arg.terms[0][1])
    return isinstance(arg, (Letters, Name))


# What these are no document says anew: tr(AB) = tr(BA) is a claim.
_OF_MATRICES = {"tr", "Tr", "trace", "det", "diag", "vec"}


def sort_functions(uses: dict[str, list[str]], lexicon: Lexicon) -> None:
    """A letter of functions that always stands before a bracket is one; a loss before a list of names is one."""
    for name, kinds in uses.items():
        if name in lexicon.timed or name in WORDS:
            continue
        called = [k for k in kinds if k]
        if (
            (
                name in _FUNCTION_LETTERS
                and called
                and (len(called) == len(kinds) or name in lexicon.functions)
            )
            or (is_loss(name) and called and all(k in ("names", "counts", "many") for k in called))
            or "many" in kinds
            or "primed" in kinds
            or (name in _BEFORE_ONE and "names" in kinds)
            or (name in _ACTIVATIONS and called)
            or (name == "sigma" and "names" in kinds)  # a standard deviation beside it stands alone
        ):
            lexicon.functions.add(name)
        else:
            alone = len(called) == len(kinds) and (name in _BEFORE_ONE or _is_capital(name))
            if alone or (name == "sigma" and called):
                lexicon.perhaps_called.add(name)


def _is_capital(name: str) -> bool:
    """``T``, ``\\Gamma``: nobody writes a factor so, and always before a bracket."""
    return name[:1].isupper()
