"""Names that carry a time: ``h(t)`` beside ``h(t-1)``, ``h_t`` beside ``h_{t-1}``."""

from __future__ import annotations

from collections import Counter

from ..parse import (
    Expr,
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
from ._lexicon import WORDS, Lexicon, is_loss, last_name, text_of


def sort_timed(chains: list[Statement], lexicon: Lexicon) -> None:
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
                    _one_argument(last_name(base, lexicon), group.args[0], args, shifts)
        stack.extend(children(node))
    for name, seen in args.items():
        if seen <= {"t", "s", "tau"} and shifts and name not in WORDS:
            lexicon.timed.add(name)
            lexicon.names.add(name)
            lexicon.functions.discard(name)
            lexicon.indices.update(seen)


_TIMES = {"t", "s", "tau", "T"}


def sort_stepped(chains: list[Statement], lexicon: Lexicon) -> None:
    """Names whose subscript is a step of a recursion: ``h_t = tanh(W h_{t-1} + …)``."""
    plain: dict[str, set[str]] = {}
    shifted: dict[str, set[str]] = {}
    recursive: set[str] = set()
    made_of: dict[str, set[tuple[str, int]]] = {}
    for chain in chains:
        here: dict[str, set[tuple[str, int]]] = {}
        first: set[str] = set()
        for k, part in enumerate(chain.parts):
            for name, letter, shift in _single_subs(part):
                first |= {name} if not k else set()
                plain.setdefault(name, set()).add(letter)
                if shift:
                    shifted.setdefault(name, set()).add(letter)
                here.setdefault(name, set()).add((letter, shift))
        own_letters = {x for name in first for x, _ in here[name]}
        if chain.relations and len(first) == len(own_letters) == 1:  # of b_h the h is another letter
            steps = {(n, s) for n, seen in here.items() for x, s in seen if x in own_letters}
            for name in first:
                made_of.setdefault(name, set()).update(steps)
        for name, seen in here.items():
            own = name in first  # y_i = w_1 x_i + w_2 x_{i+1} tells of a window over x
            if chain.relations and own and len({s for _, s in seen}) > 1 and len({x for x, _ in seen}) == 1:
                recursive.add(name)
    recursive |= {name for name in made_of if _comes_back(name, made_of)}
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


def _comes_back(name: str, made_of: dict[str, set[tuple[str, int]]]) -> bool:
    """Whether a quantity is made of itself at the step before, by way of others: ``h_i = f(a_i)``, ``a_i = W h_{i-1}``."""
    at_its_step, reached = {name}, [name]
    while reached:
        for other, shift in made_of.get(reached.pop(), ()):
            if other == name and shift:
                return True
            if not shift and other not in at_its_step:
                at_its_step.add(other)
                reached.append(other)
    return False


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
                name = text_of(node.base)[-1:] if isinstance(node.base, Letters) else text_of(node.base)
                tau = bool(tokens) and (kinds[0], tokens[0].text) == ("NAME", "tau")
                if kinds[:1] == ["NAME"] and tau:
                    kinds[0] = "LETTERS"
                if kinds == ["LETTERS"] and (tau or len(tokens[0].text) == 1):
                    found.append((name, tokens[0].text, 0))
                elif kinds == ["LETTERS", "SIGN", "NUMBER"]:
                    found.append(
                        (name, tokens[0].text, int(tokens[2].text) if tokens[2].text.isdigit() else 1)
                    )
                elif kinds == ["LETTERS", "SIGN", "LETTERS"] and tokens[2].text in ("k", "T"):
                    found += [(name, tokens[0].text, 0), (name, tokens[2].text, 0)]  # c_{t-T}
        stack.extend(children(node))
    return found


def _one_argument(name: str, arg: Expr, args: dict[str, set[str]], shifts: Counter[str]) -> None:
    seen = args.setdefault(name, set())
    if isinstance(arg, Sum) and len(arg.terms) == 2 and isinstance(arg.terms[1][1], Num):
        inner = arg.terms[0][1]
        text = text_of(inner)
        seen.add(text or "?")
        if text in ("t", "s", "tau"):
            shifts[text] += 1
    else:
        seen.add(text_of(arg) or "?")
