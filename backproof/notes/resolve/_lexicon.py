r"""The names of a document: which runs of letters are names, which names are functions, which scripts are layers.

Read once over all formulas before any of them is given a meaning, because an author who writes ``target`` or ``c1``
once as a whole means it everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..parse import (
    Big,
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
    Token,
)

# Words that name a function wherever they stand in a run of letters.
WORDS = {
    "log": "log", "ln": "log", "exp": "exp", "tanh": "tanh", "sinh": "sinh", "cosh": "cosh", "sech": "sech",
    "sin": "sin", "cos": "cos", "tan": "tan", "sqrt": "sqrt", "sigmoid": "sigmoid", "logistic": "sigmoid",
    "relu": "relu", "ReLU": "relu", "RELU": "relu", "Relu": "relu", "softmax": "softmax", "Softmax": "softmax",
    "sign": "sign", "sgn": "sign", "max": "max", "min": "min", "softplus": "softplus", "sum": "sum", "Sum": "sum",
    "np.sum": "np.sum", "np.dot": "np.dot", "np.exp": "exp", "np.log": "log", "np.multiply": "np.multiply",
    "np.tanh": "tanh", "dot": "np.dot", "diag": "diag", "tr": "trace", "Tr": "trace", "trace": "trace", "mean": "mean",
    "det": "det",
    "Sigmoid": "sigmoid", "Tanh": "tanh", "arctan": "arctan", "erf": "erf", "np.mean": "np.mean", "abs": "abs",
    "swish": "silu", "silu": "silu", "SiLU": "silu", "elu": "elu", "LeakyReLU": "leaky_relu", "coth": "coth",
    "np.max": "max", "np.maximum": "max", "np.square": "square", "leaky": "leaky_relu", "vec": "vec", "Var": "Var",
}  # fmt: skip
_INDEX_LETTERS = {"i", "j", "k"}


@dataclass
class Lexicon:
    """What is known of the names of one document."""

    names: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    timed: set[str] = field(default_factory=set)
    layered: set[str] = field(default_factory=set)
    sub_layered: set[str] = field(default_factory=set)
    squares: set[str] = field(default_factory=set)
    sets: set[str] = field(default_factory=set)
    indices: set[str] = field(default_factory=lambda: set(_INDEX_LETTERS))
    layers: set[str] = field(default_factory=set)
    letters: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    paren_layers: bool = False
    stepped: dict[str, set[str]] = field(default_factory=dict)
    states: set[str] = field(default_factory=set)
    pairs: set[str] = field(default_factory=set)
    bold: set[str] = field(default_factory=set)
    delta_is_partial: bool = False

    def segments(self, run: str) -> list[str]:
        """Split a run of letters into names: whole if the document uses it so, else by words, else letter by letter."""
        if len(run) == 1 or run in self.names or run in WORDS:
            return [run]
        if "." in run or len(run) > 40:
            return [run]
        best = self._split(run)
        return best if best is not None else [run]

    def _split(self, run: str) -> list[str] | None:
        """Cover the run with the fewest parts out of known names, function words and single letters."""
        table: list[list[str] | None] = [[]] + [None] * len(run)
        known = {n for n in self.names if len(n) > 1} | {w for w in WORDS if len(w) > 2}
        for end in range(1, len(run) + 1):
            for start in range(end):
                before, part = table[start], run[start:end]
                alone = len(part) == 1 and part.isalpha()
                named = part in known or (alone and (len(run) < 3 or part in self.letters or part == "d"))
                digit = bool(before) and part.isdigit() and start == end - 1
                if before is None or not (named or digit):
                    continue
                candidate = [*(before or []), part]
                current = table[end]
                if current is None or len(candidate) < len(current):
                    table[end] = candidate
        return table[-1]

    def is_known(self, name: str) -> bool:
        """Whether the document uses the name as one."""
        return name in self.names or name in WORDS


def read_lexicon(chains: Iterable[Statement]) -> Lexicon:
    """Gather the names of all statements of a document."""
    lexicon = Lexicon()
    found = list(chains)
    for chain in found:
        _declare(chain, lexicon)
    uses: dict[str, list[str]] = {}
    for chain in found:
        for part in chain.parts:
            _visit(part, lexicon, uses if chain.relations else {})
    _sort_functions(uses, lexicon)
    known = lexicon.names | lexicon.letters
    for name in [n for n in lexicon.names if n[0] == "d" and n not in WORDS]:
        if name[1:] in known or (len(name) == 2 and name[1].swapcase() in known):
            lexicon.names.discard(name)  # dZ is the gradient by Z, not a name that stands alone
    _sort_timed(found, lexicon)
    _sort_stepped(found, lexicon)
    lexicon.states |= {x for x in LOSSES if f"hat:{x}" in known and len(x) == 1}  # L beside \\hat L is data
    return lexicon


def _declare(chain: Statement, lexicon: Lexicon) -> None:
    """Take the names that stand alone, on the left of a definition, or in a declaration of a range."""
    if not chain.parts:
        return
    first = chain.parts[0]
    bound = len(chain.parts) == 2 and chain.relations[0] in "<>≤≥" and isinstance(chain.parts[1], Num)
    if bound and isinstance(first, Letters):  # lr > 0
        lexicon.names.add(first.run)
    if len(chain.parts) == 1 and isinstance(first, (Letters, Name)) and len(_text(first)) > 1:
        lexicon.declared.add(_text(first))
    items = first.args if isinstance(first, Group) and first.bracket == "," else (first,)
    for item in items:
        head = item.base if isinstance(item, Scripted) else item
        raised = isinstance(item, Scripted) and any(s.kind == "sup" for s in item.scripts)
        if raised and isinstance(head, Letters) and head.run == "e":
            continue  # e^{x} is a power
        if isinstance(head, Letters) and (chain.relations or len(chain.parts) == 1):
            defined = chain.relations[:1] in (("=",), (":=",)) and len(items) == 1
            if (head.run not in WORDS or defined) and (
                defined or len(head.run) != 2 or head.run[1].isdigit()
            ):
                lexicon.names.add(head.run)
        elif isinstance(head, Name) and (chain.relations or head.text not in WORDS):
            lexicon.names.add(head.text)
        elif isinstance(item, Product) and len(item.items) == 2:
            _function_head(item, lexicon)
    if isinstance(first, Scripted) and chain.relations[:1] == ("=",) and _is_square(first):
        lexicon.squares.add(_text(first.base))
    if isinstance(first, Scripted) and chain.relations == ("=",) and _is_one(chain.parts[-1]):
        subs = [s.tokens for s in first.scripts if s.kind == "sub"]
        if len(first.scripts) == len(subs) == 1 and [t.kind for t in subs[0]] == ["LETTERS"]:
            lexicon.indices.add(subs[0][0].text)  # y_c = 1 names the true class
    _range(chain, lexicon)


def _is_one(expr: Expr) -> bool:
    return isinstance(expr, Num) and expr.value == 1


def _function_head(item: Product, lexicon: Lexicon) -> None:
    """``f(x) = …`` declares a function."""
    (_, head), (op, group) = item.items
    if isinstance(group, Scripted):  # f(z)_i = … gives f entry by entry
        group = group.base
    base = head.base if isinstance(head, Scripted) else head
    bracketed = op == "" and isinstance(group, Group) and group.bracket in ("(", "[") and bool(group.args)
    arguments = group.args if bracketed and isinstance(group, Group) else ()
    if arguments and isinstance(base, (Letters, Name)) and all(_is_variable(a) for a in arguments):
        lexicon.functions.add(_text(base))
        lexicon.names.add(_text(base))


def _is_variable(arg: Expr) -> bool:
    if isinstance(arg, Scripted):
        return isinstance(arg.base, (Letters, Name)) or (
            isinstance(arg.base, Group) and arg.base.bracket == "{"
        )
    if isinstance(arg, Group) and arg.bracket == "{" and len(arg.args) == 1:
        return _is_variable(arg.args[0])
    if isinstance(arg, Sum):  # h(t-1)
        return len(arg.terms) == 2 and isinstance(arg.terms[1][1], Num) and _is_variable(arg.terms[0][1])
    return isinstance(arg, (Letters, Name))


def _range(chain: Statement, lexicon: Lexicon) -> None:
    """``i = 1, …, m`` makes i an index."""
    if len(chain.parts) != 2 or chain.relations[0] not in ("=", "∈", "≠"):
        return
    left, right = chain.parts
    members = right.args if isinstance(right, Group) else ()
    if chain.relations[0] == "≠" and isinstance(left, (Letters, Name)) and isinstance(right, (Letters, Name)):
        if _text(left) in lexicon.indices or _text(right) in lexicon.indices:
            lexicon.indices.update((_text(left), _text(right)))
    elif any(isinstance(m, Dots) for m in members):
        items = left.args if isinstance(left, Group) and left.bracket == "," else (left,)
        for item in items:
            if isinstance(item, (Letters, Name)):
                lexicon.indices.add(_text(item))


def _is_square(item: Scripted) -> bool:
    sups = [s for s in item.scripts if s.kind == "sup"]
    return (
        len(sups) == 1
        and [t.text for t in sups[0].tokens] == ["2"]
        and isinstance(item.base, (Letters, Name))
    )


def _text(item: Expr) -> str:
    return item.run if isinstance(item, Letters) else item.text if isinstance(item, (Name, Num)) else ""


# Letters that notes use for functions, and for losses whose brackets list what they depend on.
_FUNCTION_LETTERS = {"f", "g", "h", "phi", "psi", "sigma", "rho", "varphi", "cal:f", "F", "G", "Phi"}
LOSSES = {
    "L",
    "J",
    "C",
    "E",
    "ell",
    "cal:L",
    "cal:J",
    "cal:C",
    "cal:E",
    "loss",
    "Loss",
    "cost",
    "Cost",
    "l",
    "error",
}


def is_loss(name: str) -> bool:
    """Whether a name is one that notes give to losses and costs: ``L``, ``J``, ``E_total``.

    Examples
    --------
    >>> is_loss("J"), is_loss("E_total"), is_loss("Z")
    (True, True, False)
    """
    base, bar, _ = name.partition("_")
    return name in LOSSES or (bool(bar) and base in LOSSES and base not in ("C", "l"))


def _sort_functions(uses: dict[str, list[str]], lexicon: Lexicon) -> None:
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
            or (is_loss(name) and called and all(k in ("names", "many") for k in called))
            or "many" in kinds
            or "primed" in kinds
        ):
            lexicon.functions.add(name)


def _use(head: Expr, op: str, following: Expr | None, lexicon: Lexicon, uses: dict[str, list[str]]) -> None:
    base = head.base if isinstance(head, Scripted) else head
    if not isinstance(base, (Letters, Name)):
        return
    group = following.base if isinstance(following, Scripted) else following
    kind = ""
    if op == "" and isinstance(group, Group) and group.bracket in ("(", "[") and group.args:
        kind = "many" if len(group.args) > 1 else "names" if _is_variable(group.args[0]) else "expr"
    primed = isinstance(head, Scripted) and any(
        s.kind == "prime" or any(t.kind == "PRIME" for t in s.tokens) for s in head.scripts
    )
    uses.setdefault(_last(base, lexicon), []).append("primed" if primed and kind else kind)


def _visit(expr: Expr, lexicon: Lexicon, uses: dict[str, list[str]]) -> None:
    """Walk an expression for scripts that are layers, sums that declare indices, quotients of δ."""
    stack: list[Expr] = [expr]
    while stack:
        node = stack.pop()
        symbol = node.base if isinstance(node, Scripted) else node
        if isinstance(symbol, (Letters, Name)) and symbol.bold:
            lexicon.bold.add(_text(symbol))
        if isinstance(node, Scripted):
            _scripts(node, lexicon)
            lexicon.letters.add(_text(node.base))
            if not isinstance(node.base, (Letters, Name)):
                stack.append(node.base)
        elif isinstance(node, Group):
            stack.extend(node.args)
        elif isinstance(node, Frac):
            _squared_variable(node, lexicon)
            ends = (_starts_with(node.num), _starts_with(node.den))
            if ends in (("delta", "delta"), ("partial", "delta"), ("delta", "partial")):
                lexicon.delta_is_partial = True
            stack.extend((node.num, node.den))
        elif isinstance(node, Sum):
            stack.extend(t for _, t in node.terms)
        elif isinstance(node, Product):
            stack.extend(t for _, t in node.items if not isinstance(t, (Letters, Name)))
            for k, (_, item) in enumerate(node.items):
                base = item.base if isinstance(item, Scripted) else item
                if isinstance(base, (Letters, Name)) and base.bold:
                    lexicon.bold.add(_text(base))
                op, following = node.items[k + 1] if k + 1 < len(node.items) else ("", None)
                _use(item, op, following, lexicon, uses)
                lexicon.letters.add(_text(item.base if isinstance(item, Scripted) else item))
                if isinstance(item, Scripted):
                    _scripts(item, lexicon)
        elif isinstance(node, (Letters, Name)):
            lexicon.letters.add(_text(node))
            _use(node, "", None, lexicon, uses)


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
        lexicon.squares.add(_text(variable.base))


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


def _scripts(node: Scripted, lexicon: Lexicon) -> None:
    for script in node.scripts:
        letters = [t.text for t in script.tokens if t.kind in ("LETTERS", "NAME")]
        if isinstance(node.base, Big):
            if script.kind == "sup" and len(script.tokens) == 1 and len(letters) == 1:
                lexicon.names.add(letters[0])  # the upper limit of a sum is one size, however it is spelled
            if script.kind == "sub" and letters:
                lexicon.indices.update(_dummies(script.tokens))
                tail = [t for t in script.tokens if t.kind not in ("LB", "RB")][-2:]
                if len(tail) == 2 and tail[0].text == "∈":
                    lexicon.sets.add(tail[1].text)
            continue
        lengths = [len(t.text) for t in script.tokens if t.kind == "LETTERS"]
        window = any(t.kind == "COMMA" for t in script.tokens) and lengths == [1, 1, 1, 1]  # X_{i+a,j+b}
        if script.kind == "sub" and (lengths == [2] or window):
            lexicon.pairs.add(_text(node.base))
        plain = all(t.kind in ("LETTERS", "SIGN", "NUMBER") for t in script.tokens)
        if (
            script.kind == "sub"
            and letters in (["l"], ["L"], ["ell"])
            and (plain or letters == ["ell"])
            and _text(node.base) not in ("", "n")
        ):
            lexicon.sub_layered.add(_text(node.base))
            lexicon.layers.update(letters)
            lexicon.indices.update(letters)
        parens = (
            script.kind == "sup" and [t.text for t in script.tokens[:1]] == ["("] and len(script.tokens) > 2
        )
        if parens and _text(node.base) in ("W", "w", "b", "Theta", "V", "U"):
            first = script.tokens[1]
            lexicon.paren_layers = lexicon.paren_layers or first.kind == "NUMBER" or first.text in ("l", "L")
        if script.kind == "sup" and script.tokens and script.tokens[0].text == "[":
            inside = _first_bracket(script.tokens)
            lexicon.layers.update(x for x in inside if len(x) == 1)
            lexicon.indices.update(x for x in inside if len(x) == 1)
        elif (
            script.kind == "sup"
            and letters
            and set(letters) <= {"l", "L"}
            and _text(node.base) not in ("e", "")
        ):
            lexicon.layered.add(_text(node.base))
            lexicon.layers.update(letters)
            lexicon.indices.update(letters)


def _first_bracket(tokens: tuple[Token, ...]) -> list[str]:
    inside = []
    for token in tokens[1:]:
        if token.kind == "CLOSE":
            break
        if token.kind == "LETTERS":
            inside.append(token.text)
    return inside


def _dummies(tokens: tuple[Token, ...]) -> list[str]:
    """``i=1``, ``k \\neq i``, ``i,j``: the indices that a sum runs over."""
    found = []
    for k, token in enumerate(tokens):
        if token.kind == "REL":
            break
        if token.kind in ("LETTERS", "NAME") and (k == 0 or tokens[k - 1].kind == "COMMA"):
            found.append(token.text)
    return found


def _sort_timed(chains: list[Statement], lexicon: Lexicon) -> None:
    """Names whose every argument is ``t`` or ``t - 1`` carry a time, when the document shifts it somewhere."""
    shifts: Counter[str] = Counter()
    args: dict[str, set[str]] = {}
    stack: list[Expr] = [p for c in chains for p in c.parts]
    while stack:
        node = stack.pop()
        if isinstance(node, Product):
            for (_, head), (op, group) in zip(node.items, node.items[1:], strict=False):
                base = head.base if isinstance(head, Scripted) else head
                group = group.base if isinstance(group, Scripted) else group
                if (
                    op == ""
                    and isinstance(group, Group)
                    and len(group.args) == 1
                    and isinstance(base, (Letters, Name))
                ):
                    _one_argument(_last(base, lexicon), group.args[0], args, shifts)
            stack.extend(t for _, t in node.items)
        elif isinstance(node, Sum):
            stack.extend(t for _, t in node.terms)
        elif isinstance(node, Frac):
            stack.extend((node.num, node.den))
        elif isinstance(node, Group):
            stack.extend(node.args)
        elif isinstance(node, Scripted):
            stack.append(node.base)
    for name, seen in args.items():
        if seen <= {"t", "s", "tau"} and shifts and name not in WORDS:
            lexicon.timed.add(name)
            lexicon.names.add(name)
            lexicon.functions.discard(name)
            lexicon.indices.update(seen)


_TIMES = {"t", "s", "tau", "T"}


def _sort_stepped(chains: list[Statement], lexicon: Lexicon) -> None:
    """Names whose subscript is a step of a recursion: ``h_t = tanh(W h_{t-1} + …)``."""
    plain: dict[str, set[str]] = {}
    shifted: dict[str, set[str]] = {}
    recursive: set[str] = set()
    for chain in chains:
        here: dict[str, set[tuple[str, int]]] = {}
        for part in chain.parts:
            for name, letter, shift in _single_subs(part):
                plain.setdefault(name, set()).add(letter)
                if shift:
                    shifted.setdefault(name, set()).add(letter)
                here.setdefault(name, set()).add((letter, shift))
        for name, seen in here.items():
            if chain.relations and len({s for _, s in seen}) > 1 and len({x for x, _ in seen}) == 1:
                recursive.add(name)
    letters = {x for name, found in shifted.items() for x in found if x in _TIMES or name in recursive}
    letters -= {"l", "L"}
    if not letters:
        return
    lexicon.states = {name for name in shifted if is_loss(name)}
    for name, found in plain.items():
        if found & letters and found <= letters | _TIMES | {"k", "i", "j"}:
            lexicon.stepped[name] = found
            lexicon.names.add(name)
            lexicon.indices.update(found)
    if "C" in lexicon.stepped and any(is_loss(x) for x in lexicon.letters - {"C", "l"}):
        lexicon.states.add("C")  # beside a loss L the C_t are cell states


def _single_subs(expr: Expr) -> list[tuple[str, str, int]]:
    """Names with one subscript that is a letter, maybe shifted."""
    found: list[tuple[str, str, int]] = []
    stack: list[Expr] = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, Scripted):
            subs = [s for s in node.scripts if s.kind == "sub"]
            if len(subs) == 1 and isinstance(node.base, (Letters, Name)):
                tokens = [t for t in subs[0].tokens if t.kind not in ("LB", "RB")]
                kinds = [t.kind for t in tokens]
                name = _text(node.base)[-1:] if isinstance(node.base, Letters) else _text(node.base)
                if kinds == ["LETTERS"] and len(tokens[0].text) == 1:
                    found.append((name, tokens[0].text, 0))
                elif kinds == ["LETTERS", "SIGN", "NUMBER"]:
                    found.append(
                        (name, tokens[0].text, int(tokens[2].text) if tokens[2].text.isdigit() else 1)
                    )
            if not isinstance(node.base, (Letters, Name)):
                stack.append(node.base)
        elif isinstance(node, Group):
            stack.extend(node.args)
        elif isinstance(node, Frac):
            stack.extend((node.num, node.den))
        elif isinstance(node, Sum):
            stack.extend(t for _, t in node.terms)
        elif isinstance(node, Product):
            stack.extend(t for _, t in node.items)
    return found


def _last(base: Letters | Name, lexicon: Lexicon) -> str:
    """The name that stands directly before a bracket."""
    return base.text if isinstance(base, Name) else lexicon.segments(base.run)[-1]


def _one_argument(name: str, arg: Expr, args: dict[str, set[str]], shifts: Counter[str]) -> None:
    seen = args.setdefault(name, set())
    if isinstance(arg, Sum) and len(arg.terms) == 2 and isinstance(arg.terms[1][1], Num):
        inner = arg.terms[0][1]
        text = _text(inner)
        seen.add(text or "?")
        if text in ("t", "s", "tau"):
            shifts[text] += 1
    else:
        seen.add(_text(arg) or "?")
