"""A document's formulas to its lexicon: what stands alone, what stands before brackets, what scripts show."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial

from ..parse import (
    Dots,
    Expr,
    Frac,
    Group,
    Letters,
    Name,
    Num,
    Product,
    Scripted,
    Statement,
    Sum,
    children,
)
from ._heads import declare_head, is_variable, sort_functions
from ._index_pairs import in_the_place_of_sums, partners
from ._item import Guard
from ._layer_names import sort_layer_names
from ._lexicon import LOSSES, WORDS, Lexicon, is_loss, last_name, text_of
from ._numbered import name_numbered
from ._scripts_seen import read_scripts
from ._times import sort_stepped, sort_timed


def read_lexicon(chains: Iterable[Statement], guard: Guard, told: Collection[str] = ()) -> Lexicon:
    """Gather the names of all statements of a document; one that fails costs its own names alone.

    ``told`` are letters that words call an index.
    """
    lexicon = Lexicon()
    found = list(chains)
    uses: dict[str, list[str]] = {}

    def visit(chain: Statement) -> None:
        for part in chain.parts:
            _visit(part, lexicon, uses if chain.relations else {})

    for work in (lambda chain: _declare(chain, lexicon), visit):
        _each(work, found, guard)
    name_numbered(found, lexicon)
    sort_functions(uses, lexicon)
    lexicon.names -= {"top", "intercal"}  # a sentence on how transposes are written names no quantity
    known = lexicon.names | lexicon.letters
    for name in [n for n in lexicon.names if n[0] == "d" and n not in WORDS]:
        if name[1:] in known or (len(name) == 2 and name[1].swapcase() in known):
            lexicon.names.discard(name)  # dZ is the gradient by Z, not a name that stands alone
    lexicon.names -= {n for n in lexicon.names if _is_matrix_at_vector(n, known, lexicon)}
    lexicon.names -= _products_of_heads(found, lexicon)
    for base, cells in lexicon.grids.items():
        if cells >= {"11", "12", "21"} and all(c in "12345" for cell in cells for c in cell):
            lexicon.pairs.add(base)
    windows = {base for base in lexicon.commas if base in lexicon.windows}
    lexicon.indices |= {x for base in windows for x in lexicon.commas[base] if len(x) == 1 and x.islower()}
    lexicon.names -= {n for n in lexicon.names if _is_matrix_at_vector(n, known, lexicon)}
    lexicon.indices |= partners(lexicon) | in_the_place_of_sums(lexicon)
    if "l" in lexicon.paired - lexicon.shifted and not lexicon.layered and "L" not in lexicon.layers:
        lexicon.sub_layered.clear()  # the l of W_{kl} x_l counts entries
        lexicon.layers.discard("l")
    sides = [c.parts[0] for c in found if c.relations and c.parts]
    heads = {text_of(side.base) for side in sides if isinstance(side, Scripted)}
    if len(lexicon.firsts - {""}) > 1 and lexicon.firsts & heads:  # nobody writes the power 1: a^1 = σ(z^1)
        lexicon.layered |= lexicon.firsts
        lexicon.squares -= lexicon.layered
    sort_timed(found, lexicon)
    sort_stepped(found, lexicon)
    lexicon.indices -= {x for x in lexicon.indices if _names_a_gate(x, lexicon)}
    told_by = [c.parts for c in found if len(c.parts) == 2 and c.relations == ("=",)]
    numbers = {
        text_of(a) for a, b in told_by if isinstance(b, Num) or (isinstance(b, Group) and b.bracket == "[")
    }
    lexicon.indices -= (numbers & {"i", "j", "k"}) - lexicon.scripted  # k = 5 pixels
    told = set(told) - lexicon.layers - {x for found in lexicon.stepped.values() for x in found}
    lexicon.indices |= {letter for letter in {"y", *told} if _names_a_class(letter, lexicon, letter in told)}
    lexicon.states |= {x for x in LOSSES if f"hat:{x}" in known and len(x) == 1}  # L beside \\hat L is data
    sort_layer_names(lexicon)
    lexicon.states |= {text_of(c.parts[0]) for c in found if _is_matrix_product(c, lexicon)}
    return lexicon


def _products_of_heads(chains: Sequence[Statement], lexicon: Lexicon) -> set[str]:
    """``Wx = …`` where the document says what W is and what x is: no name, but their product."""
    heads = [text_of(c.parts[0]) for c in chains if c.relations[:1] in (("=",), (":=",)) and c.parts]
    single = {h for h in heads if len(h) == 1}
    runs = {
        h for h in heads if 1 < len(h) < 4 and h.isalpha() and h not in WORDS and h not in lexicon.declared
    }
    return {run for run in runs if set(run) <= single and len(set(run)) > 1}


def _each(work: Callable[[Statement], None], chains: Sequence[Statement], guard: Guard) -> None:
    """Do a piece of work on every statement: under one guard, as setting it takes longer, or else each under its own."""

    def all_of_them() -> None:
        for chain in chains:
            work(chain)

    if guard(all_of_them):
        for chain in chains:
            guard(partial(work, chain))


def _names_a_gate(letter: str, lexicon: Lexicon) -> bool:
    """``i_t = \\sigma(W_i x_t + U_i h_{t-1} + b_i)``: where i is a gate, the W_i are its parameters and no entries."""
    bases = {base for base, letters in lexicon.lettered.items() if letter in letters}
    parameters = {base.rpartition(":")[2] for base in bases} <= set("WUVRPb")
    return (
        bool(bases)
        and parameters
        and "t" in lexicon.lettered.get(letter, ())
        and letter not in lexicon.summed
    )


def _names_a_class(label: str, lexicon: Lexicon, told: bool = False) -> bool:
    """``\\log p_y`` beside the p_k: a label without any script of its own is the number of a class.

    ``told``: words say so, and a ``p_y`` may stand alone where another letter has y beside other indices.
    """
    beside = [letters for letters in lexicon.lettered.values() if label in letters]
    if told:
        alone = {base for base, letters in lexicon.lettered.items() if letters == {label}}
        if beside and alone <= lexicon.names and label not in lexicon.lettered:
            return True  # p = softmax(z) beside p_y
        beside = [letters for letters in beside if letters != {label}]
    if not beside or label in lexicon.lettered or f"hat:{label}" in lexicon.letters | lexicon.names:
        return False
    return all(letters & (lexicon.indices | lexicon.summed) and "x" not in letters for letters in beside)


def _share(node: Frac, lexicon: Lexicon) -> None:
    """``e^{u_o} / \\sum_w e^{u_w}``: what is set against a sum is one of its members, so that o is an index."""
    above, below = Lexicon(), Lexicon()
    _visit(node.num, above, {})
    _visit(node.den, below, {})
    for base, letters in above.lettered.items():
        if below.lettered.get(base, set()) & below.summed:
            lexicon.indices |= letters


def _is_matrix_product(chain: Statement, lexicon: Lexicon) -> bool:
    """``C = BV`` beside a loss of another letter makes C a matrix."""
    if len(chain.parts) != 2 or chain.relations[0] not in ("=", ":="):
        return False
    left, right = chain.parts
    if text_of(left) not in ("C", "E", "J") or not any(map(is_loss, lexicon.letters - {text_of(left), "l"})):
        return False
    factors = [t for _, t in right.items] if isinstance(right, Product) else [right]
    letters = "".join(text_of(f.base if isinstance(f, Scripted) else f) or "?" for f in factors)
    return len(letters) > 1 and letters.isalpha() and letters.isupper()


def _declare(chain: Statement, lexicon: Lexicon) -> None:
    """Take the names that stand alone, on the left of a definition, or in a declaration of a range."""
    if not chain.parts:
        return
    first = chain.parts[0]
    bound = len(chain.parts) == 2 and chain.relations[0] in "<>≤≥" and isinstance(chain.parts[1], Num)
    if bound and isinstance(first, Letters):  # lr > 0
        lexicon.names.add(first.run)
    if len(chain.parts) == 1 and isinstance(first, (Letters, Name)) and len(text_of(first)) > 1:
        lexicon.declared.add(text_of(first))
    items = first.args if isinstance(first, Group) and first.bracket == "," else (first,)
    for item in items:
        head = item.base if isinstance(item, Scripted) else item
        raised = isinstance(item, Scripted) and any(s.kind == "sup" for s in item.scripts)
        if raised and isinstance(head, Letters) and head.run == "e":
            continue  # e^{x} is a power
        if isinstance(head, Letters) and (chain.relations or len(chain.parts) == 1):
            defined = chain.relations[:1] in (("=",), (":=",)) and len(items) == 1
            defined = defined and not _is_product_of(head.run, chain.parts[1])
            if (head.run not in WORDS or defined) and (
                defined or len(head.run) != 2 or head.run[1].isdigit()
            ):
                lexicon.names.add(head.run)
        elif isinstance(head, Name) and (chain.relations or head.text not in WORDS):
            lexicon.names.add(head.text)
        elif isinstance(item, Product) and len(item.items) == 2:
            declare_head(item, lexicon)
    for middle in chain.parts[1:-1]:  # J = CE(y, p) = ...
        if isinstance(middle, Product) and len(middle.items) == 2 and _starts_in_capitals(middle):
            declare_head(middle, lexicon)
    given = len(chain.parts) == 2 and isinstance(chain.parts[1], Num)  # x^2 = 4 is no definition
    if isinstance(first, Scripted) and chain.relations[:1] == ("=",) and _is_square(first) and not given:
        lexicon.squares.add(text_of(first.base))
    if isinstance(first, Scripted) and chain.relations == ("=",) and _is_one(chain.parts[-1]):
        subs = [s.tokens for s in first.scripts if s.kind == "sub"]
        if len(first.scripts) == len(subs) == 1 and [t.kind for t in subs[0]] == ["LETTERS"]:
            lexicon.indices.add(subs[0][0].text)  # y_c = 1 names the true class
    _range(chain, lexicon)


def _starts_in_capitals(product: Product) -> bool:
    """``CE``, ``MSE``: capitals before a bracket."""
    first = product.items[0][1]
    return isinstance(first, Letters) and len(first.run) > 1 and first.run.isalpha() and first.run.isupper()


def _is_product_of(run: str, other: Expr) -> bool:
    """``AB`` beside ``BA``, ``Av`` beside ``λv``: the letters of the left side stand on their own on the right."""
    texts = list(_texts(other))
    matrix = len(run) == 2 and run[0].isupper() and run[1].islower()
    return any(t != run and sorted(t) == sorted(run) for t in texts) or (matrix and run[1] in texts)


def _is_matrix_at_vector(name: str, known: set[str], lexicon: Lexicon) -> bool:
    """``Ax = b`` where both A and x stand alone elsewhere: a product, no name of two letters."""
    both = len(name) == 2 and name[0].isupper() and name[1].islower() and set(name) <= known - {"e", "d"}
    return both and name not in lexicon.declared and name not in WORDS


def _is_one(expr: Expr) -> bool:
    return isinstance(expr, Num) and expr.value == 1


def _range(chain: Statement, lexicon: Lexicon) -> None:
    """``i = 1, …, m`` makes i an index."""
    if len(chain.parts) != 2 or chain.relations[0] not in ("=", "∈", "≠"):
        return
    left, right = chain.parts
    members = right.args if isinstance(right, Group) else ()
    if chain.relations[0] == "≠" and isinstance(left, (Letters, Name)) and isinstance(right, (Letters, Name)):
        if text_of(left) in lexicon.indices or text_of(right) in lexicon.indices:
            lexicon.indices.update((text_of(left), text_of(right)))
    elif any(isinstance(m, Dots) for m in members) and not isinstance(members[0], Scripted):
        items = left.args if isinstance(left, Group) and left.bracket == "," else (left,)
        for item in items:
            if isinstance(item, (Letters, Name)):
                lexicon.indices.add(text_of(item))


def _is_square(item: Scripted) -> bool:
    sups = [s for s in item.scripts if s.kind == "sup"]
    return (
        len(sups) == 1
        and [t.text for t in sups[0].tokens] == ["2"]
        and isinstance(item.base, (Letters, Name))
    )


_FACTORS = {"W", "U", "V", "R", "w", "Theta", "delta"}


def _use(head: Expr, op: str, following: Expr | None, lexicon: Lexicon, uses: dict[str, list[str]]) -> None:
    base = head.base if isinstance(head, Scripted) else head
    if not isinstance(base, (Letters, Name)):
        return
    group = following.base if isinstance(following, Scripted) else following
    kind = ""
    if op == "" and isinstance(group, Group) and group.bracket in ("(", "[") and group.args:
        one = group.args[0]
        if last_name(base, lexicon) in set(_texts(one)):
            return  # σ(1 - σ)
        if group.bracket == "[" and len(group.args) > 1 and last_name(base, lexicon) in _FACTORS:
            return  # W[h, x] multiplies what stands side by side
        counts = isinstance(one, Letters) and one.run in lexicon.indices | {"l", "t", "m", "n"}
        kind = (
            "many"
            if len(group.args) > 1
            else "expr"
            if not is_variable(one)
            else "counts"
            if counts
            else "names"
        )
    primed = isinstance(head, Scripted) and any(
        s.kind == "prime" or any(t.kind == "PRIME" for t in s.tokens) for s in head.scripts
    )
    uses.setdefault(last_name(base, lexicon), []).append("primed" if primed and kind else kind)


def _texts(expr: Expr) -> Iterator[str]:
    """The symbols in an expression, scripts left aside."""
    stack: list[Expr] = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, (Letters, Name)):
            yield text_of(node)
        stack.extend(children(node))


def _visit(expr: Expr, lexicon: Lexicon, uses: dict[str, list[str]]) -> None:
    """Walk an expression for scripts that are layers, sums that declare indices, quotients of δ."""
    stack: list[Expr] = [expr]
    while stack:
        node = stack.pop()
        symbol = node.base if isinstance(node, Scripted) else node
        if isinstance(symbol, (Letters, Name)) and symbol.bold:
            lexicon.bold.add(text_of(symbol))
        if isinstance(node, Scripted):
            read_scripts(node, lexicon)
            _written(text_of(node.base), lexicon)
            if not isinstance(node.base, (Letters, Name)):
                stack.append(node.base)
        elif isinstance(node, Group):
            stack.extend(node.args)
        elif isinstance(node, Frac):
            _squared_variable(node, lexicon)
            ends = (_starts_with(node.num), _starts_with(node.den))
            if ends in (("delta", "delta"), ("partial", "delta"), ("delta", "partial")):
                lexicon.delta_is_partial = True
            _share(node, lexicon)
            stack.extend((node.num, node.den))
        elif isinstance(node, Sum):
            stack.extend(t for _, t in node.terms)
            for _, term in node.terms:
                if isinstance(term, Scripted):  # what is added up is no function
                    _use(term, "", None, lexicon, uses)
        elif isinstance(node, Product):
            stack.extend(t for _, t in node.items if not isinstance(t, (Letters, Name)))
            for k, (_, item) in enumerate(node.items):
                base = item.base if isinstance(item, Scripted) else item
                if isinstance(base, (Letters, Name)) and base.bold:
                    lexicon.bold.add(text_of(base))
                op, following = node.items[k + 1] if k + 1 < len(node.items) else ("", None)
                _use(item, op, following, lexicon, uses)
                _written(text_of(item.base if isinstance(item, Scripted) else item), lexicon)
                if isinstance(item, Scripted):
                    read_scripts(item, lexicon)
        elif isinstance(node, (Letters, Name)):
            _written(text_of(node), lexicon)
            _use(node, "", None, lexicon, uses)


def _written(run: str, lexicon: Lexicon) -> None:
    """A run of letters; of ``XW`` each may be a matrix."""
    lexicon.letters.add(run)
    small = len(run) == 2 and run.islower() and run[0] != "d" and run not in WORDS  # the w of wx
    if run.isalpha() and (small or (2 <= len(run) <= 3 and run.isupper())):
        lexicon.factors.update(run)


def _squared_variable(node: Frac, lexicon: Lexicon) -> None:
    """``∂L/∂σ^2`` differentiates by the square; ``∂^2L/∂x^2`` differentiates twice."""
    num, den = _opened(node.num), _opened(node.den)
    top = [t for _, t in num.items] if isinstance(num, Product) else [num]
    bottom = [t for _, t in den.items] if isinstance(den, Product) else []
    first = top[0]
    if (
        isinstance(first, Scripted)
        or len(bottom) != 2
        or not _is_partial(bottom[0])
        or not _is_partial(first)
    ):
        return
    variable = bottom[1]
    if isinstance(variable, Scripted) and _is_square(variable):
        lexicon.squares.add(text_of(variable.base))


def _opened(expr: Expr) -> Expr:
    while isinstance(expr, Group) and expr.bracket == "{" and len(expr.args) == 1:
        expr = expr.args[0]
    return expr


def _is_partial(item: Expr) -> bool:
    return (isinstance(item, Name) and item.text == "partial") or (
        isinstance(item, Letters) and item.run[0] == "d"
    )


def _starts_with(expr: Expr) -> str:
    """The symbol that a numerator or a denominator begins with."""
    if isinstance(expr, Group) and len(expr.args) == 1:
        return _starts_with(expr.args[0])
    first = expr.items[0][1] if isinstance(expr, Product) else None
    return first.text if isinstance(first, Name) else ""
