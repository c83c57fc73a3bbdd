r"""What the words around formulas say, by a small vocabulary in English and Korean.

Each rule looks at one clause: its words, and its formulas as terms.
A rule that fires is recorded as a reading, so that the author can see what was taken from the prose.
Words that state a hypothesis which no rule can use become *doubts*: nothing is refuted against them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ._context import Context, Definition
from ._lexicon import LOSSES
from ._terms import Add, Call, Derivative, Gradient, Listing, Mul, Number, Ref, Term


@dataclass(frozen=True)
class Mention:
    """A formula inside a clause: its terms by side, its relations, and where it stands."""

    parts: tuple[Term, ...]
    relations: tuple[str, ...]
    place: int
    latex: str
    line: int


@dataclass(frozen=True)
class Clause:
    """A stretch of prose between full stops; formulas are marked ``⟦k⟧``."""

    words: str
    mentions: tuple[Mention, ...]


_SCALARS = re.compile(
    r"\b(numbers?|scalars?|real[- ]valued|one unit|single (unit|neuron)|univariate)\b|스칼라|실수|숫자", re.I
)
_ALL = re.compile(r"\b(everything|all (quantities|variables|values|symbols|of them))\b|모두|모든", re.I)
_VECTORS = re.compile(r"\b(vectors?|columns?)\b|벡터|열벡터", re.I)
# Between "example" and "column" only small words may stand, each after a separator: linear time on any text.
_SMALL = r"(?:\W+(?:is|are|stands?|sits?|as|per|in|an?|one|each|every|its|own)){0,6}\W+"
_AN_EXAMPLE = r"\b(?:one|each|an?|per|every)\s+(?:training\s+)?(?:example|sample)s?"
_COLUMNS_ARE_EXAMPLES = re.compile(
    rf"{_AN_EXAMPLE}{_SMALL}columns?\b|\bcolumns?\W+(?:\w+\W+){{0,3}}(?:examples?|samples?)\b"
    r"|\bone columns? (?:per|for each) (?:training )?(?:example|sample)|열\S{0,3}\s*(?:샘플|예제|데이터)",
    re.I,
)
_ROWS_ARE_EXAMPLES = re.compile(
    rf"{_AN_EXAMPLE}{_SMALL}rows?\b|\brows?\W+(?:\w+\W+){{0,3}}(?:examples?|samples?)\b"
    r"|\bone row (?:per|for each) (?:training )?(?:example|sample)|행\S{0,3}\s*(?:하나의 )?(?:샘플|예제|데이터)",
    re.I,
)
_ELEMENTWISE = re.compile(
    r"element[- ]?wise|entry[- ]?wise|component[- ]?wise|entry by entry|entries|hadamard|원소별|요소별|성분별|아다마르",
    re.I,
)
_MATRIX_PRODUCT = re.compile(
    r"matrix (product|multiplication|multiply)|dot product|inner product|행렬\s?곱", re.I
)
_MULTIPLICATION = re.compile(r"\bmultiplication\b|\b(ordinary|scalar|plain) product\b|곱셈", re.I)
_GRADIENT = re.compile(r"gradients?|derivatives?|partials?|미분|기울기|그래디언트|도함수", re.I)
# What may stand between names of which one thing is said.
_JOINED = re.compile(
    r"⟦\d+⟧\s*(?:\([^()⟦]*(?:⟦\d+⟧)?[^()⟦]*\)\s*)?(?:,|and|or|와|과|및|그리고|또는|\s)*", re.I
)
_WITH_RESPECT = re.compile(r"with respect to|w\.?r\.?t\.?|\bby\b|\bin\b|에 대한|에 대해", re.I)
_DEPENDS = re.compile(r"depends? (only )?on|functions? of|differentiable in|의 함수", re.I)
_CONSTANT = re.compile(r"\bconstants?\b|상수|\bfixed\b", re.I)
_ONE_HOT = re.compile(r"one[- ]?hot|원[- ]?핫", re.I)
_SUM_ONE = re.compile(
    r"(sum|sums|add|adds|adding|summing|total|totals)( up)? to (1|one)\b|exactly one (?:\S+ ){0,6}(1|one)\b"
    r"|합(이|은) 1|하나만 1",
    re.I,
)
_OPAQUE = re.compile(r"differentiable|arbitrary|any (smooth )?function|미분 ?가능|임의의", re.I)
_ROW_GRADIENTS = re.compile(
    r"numerator[- ]layout|gradients?\W+(\w+\W+){0,4}(is|are|as) (an? )?rows?|분자 레이아웃|분자 배치", re.I
)
_COLUMN_GRADIENTS = re.compile(r"denominator[- ]layout|분모 레이아웃|분모 배치", re.I)
_INDEPENDENT = re.compile(
    r"not depend|independent of|held (fixed|constant)|treated as (a )?constants?|의존하지 않", re.I
)
_DOUBT = re.compile(
    r"symmetric|orthogonal|orthonormal|diagonal|invertible|positive definite|semi-?definite|independent|"
    r"uncorrelated|normali[sz]ed to|unit (norm|length|variance|vector)|zero mean|mean zero|small|approximat\w*|"
    r"first order|at the minimum|at convergence|optimal|at the optimum|identity matrix|expectation|expected|random|"
    r"대칭|직교|독립|근사",
    re.I,
)


def read_clause(clause: Clause, context: Context) -> None:
    """Take from one clause what the vocabulary knows."""
    words = clause.words
    refs = [(m, p) for m in clause.mentions for p in _heads(m)]
    _quantities(words, refs, context)
    _conventions(words, clause, context)
    if _GRADIENT.search(words):
        _gradients(clause, context)
    _steps(clause, context)
    if re.search(r"gradient descent|steepest descent|minimi[sz]|경사 ?하강|최소화", words, re.I):
        context.descent = True
    if re.search(r"ascent|maximi[sz]|likelihood|reward|상승법|최대화", words, re.I):
        context.ascent = True
    if _DEPENDS.search(words):
        _depends(clause, context)
    if _INDEPENDENT.search(words):
        for _, term in refs:
            if isinstance(term, Ref) and term.time is not None:
                context.one_step = True
                context.note(f"{term} is held fixed (prose)")
    doubt = _DOUBT.search(words)
    if doubt:
        names = frozenset(r.name for _, t in refs if (r := _named(t)) is not None)
        context.doubts.append((doubt.group(), names))


def _heads(mention: Mention) -> list[Term]:
    first = mention.parts[0] if mention.parts else None
    if isinstance(first, Listing):
        return [t for t in first.items if t is not None]
    return [first] if first is not None else []


def _named(term: Term) -> Ref | None:
    if isinstance(term, Ref):
        return term
    if isinstance(term, Call):
        return term.function
    return None


def _quantities(words: str, refs: list[tuple[Mention, Term]], context: Context) -> None:
    """Numbers, vectors, constants, one-hot labels: what a clause says of the formulas it holds."""
    names = [r.name for _, t in refs if (r := _named(t)) is not None]
    if _SCALARS.search(words):
        if _ALL.search(words) or re.search(
            r"one unit|single (unit|neuron)|한 개의? (유닛|뉴런)", words, re.I
        ):
            context.all_scalar = True
            context.note("every quantity is a number (prose)")
        else:
            for mention, term in refs:
                ref = _named(term)
                near = words[: words.find(f"⟦{mention.place}⟧") + 60]
                tail = near[near.rfind(f"⟦{mention.place}⟧") :]
                if ref is not None and re.match(
                    r"⟦\d+⟧\s*(is|are|is a|,|and|는|은|이)?\W*(\w+\s+){0,2}(real )?(numbers?|scalars?|스칼라|실수)",
                    tail,
                ):
                    context.scalars.add(ref.name)
                    context.note(f"{ref} is a number (prose)")
    if _VECTORS.search(words) and not names:
        context.vectors_are_columns = True
        context.note("vectors are columns (prose)")
    elif _VECTORS.search(words):
        for mention, term in refs:
            ref = _named(term)
            before = words[max(0, words.find(f"⟦{mention.place}⟧") - 40) : words.find(f"⟦{mention.place}⟧")]
            after = words[words.find(f"⟦{mention.place}⟧") :][:60]
            close = re.search(
                r"(?<!per )(vectors?|columns?|벡터)\s+(⟦\d+⟧\s*(,|and|와|과)+\s*)*$", before, re.I
            )
            said = re.match(
                r"⟦\d+⟧\s*(is|는|은)\W+(an?\W+|the\W+)?(column|vector|벡터|열)", after, re.I
            ) or re.match(r"⟦\d+⟧\s*((,|and)+\s*⟦\d+⟧\s*)*are\W+(the\W+)?(column|vector)", after, re.I)
            other = context.lexicon.indices | context.lexicon.functions
            if re.match(r"⟦\d+⟧\s+(of|의)\b", after) or (ref is not None and ref.name in other):
                continue
            if ref is not None and (close or said):
                context.vectors.add(ref.name)
                context.note(f"{ref} is a column (prose)")
    for found in re.finditer(
        r"⟦(\d+)⟧\s*(?:is|are|은|는)?\s*,?\s*(?:an?|the|each)?\s*(row(?!s)|column(?!s)|행|열)\S*\s*(?:vector|벡터)?\s*(?:with|of|having|의)?"
        r"(?:\s*(?:length|size|dimension|dim))?\s*(?:⟦(\d+)⟧)?",
        words,
        re.I,
    ):
        _row_or_column(found, refs, context)
    listed = re.search(r"\b(?:with|of|the) (?:the )?rows?\s+((?:⟦\d+⟧\s*(?:,|and)*\s*)+)", words, re.I)
    if listed and not re.match(r"\s*of", words[listed.end() :]):
        places = {int(n) for n in re.findall(r"⟦(\d+)⟧", listed.group(1))}
        for mention, term in refs:
            ref = _named(term)
            if mention.place in places and ref is not None and ref.name not in context.lexicon.indices:
                context.rows.add(ref.name)
                context.note(f"{ref} is a row (prose)")
    if _CONSTANT.search(words):
        for _, term in refs:
            ref = _named(term)
            if ref is not None:
                context.constants.add(ref.name)
    if _ONE_HOT.search(words):
        chosen = names or ["y", "Y", "t", "T"]
        context.one_hot.update(chosen)
        context.note(f"one-hot: {', '.join(chosen)} (prose)")
    elif _SUM_ONE.search(_with_numbers(words, refs)):
        context.one_hot.update(names)
        context.note(f"sums to one: {', '.join(names)} (prose)")
    if _OPAQUE.search(words):
        context.opaque.update(names)


def _with_numbers(words: str, refs: list[tuple[Mention, Term]]) -> str:
    """The words with formulas that are plain numbers written out."""
    for mention, term in refs:
        if isinstance(term, Number) and len(mention.parts) == 1:
            words = words.replace(f"⟦{mention.place}⟧", str(term.value))
    return words


def _row_or_column(found: re.Match[str], refs: list[tuple[Mention, Term]], context: Context) -> None:
    """``b is a row with C entries``: its shape."""
    row = found.group(2).lower() in ("row", "행")
    targets = [r for m, t in refs if m.place == int(found.group(1)) and (r := _named(t)) is not None]
    sizes = [t for m, t in refs if found.group(3) and m.place == int(found.group(3)) and is_size(t)]
    one = Number(Fraction(1))
    for ref in targets:
        if ref.name in context.shapes or ref.name in context.lexicon.indices | context.lexicon.functions:
            continue
        if sizes and not isinstance(sizes[0], Number):
            context.shapes[ref.name] = [(ref, one, sizes[0]) if row else (ref, sizes[0], one)]
        elif row:
            context.rows.add(ref.name)
        else:
            continue
        context.note(f"{ref} is a {'row' if row else 'column'} (prose)")


def _conventions(words: str, clause: Clause, context: Context) -> None:
    """Which way the examples run, and what the signs of products mean."""
    if _COLUMNS_ARE_EXAMPLES.search(words):
        context.examples = "columns"
        context.note("columns are examples (prose)")
    elif _ROWS_ARE_EXAMPLES.search(words):
        context.examples = "rows"
        context.note("rows are examples (prose)")
    if re.search(r"\b(mean|average|averaged)\b|평균", words, re.I) and re.search(
        r"loss|cost|손실|비용", words, re.I
    ):
        context.mean_cost = True
        context.note("the cost is the mean of the losses (prose)")
    if _ROW_GRADIENTS.search(words):
        context.layout = "numerator"
        context.note("gradients are rows: numerator layout (prose)")
    elif _COLUMN_GRADIENTS.search(words):
        context.layout = "denominator"
        context.note("Jacobians are transposed: denominator layout (prose)")
    for mention in clause.mentions:
        sign = {"*": "*", "\\cdot": "·", "\\times": "×", "\\odot": "⊙", "\\circ": "∘", "·": "·", "×": "×", "⊙": "⊙",
                "∘": "∘", "\\ast": "*"}.get(mention.latex.strip())  # fmt: skip
        if sign is None:
            continue
        start = words.find(f"⟦{mention.place}⟧")
        after = re.sub(r"⟦\d+⟧.*", "", words[start + len(f"⟦{mention.place}⟧") :])
        text = after if after.strip(" ,.;:and") else words[start:]
        if _ELEMENTWISE.search(text):
            kind = "elementwise"
        elif _MATRIX_PRODUCT.search(text):
            kind = "matrix"
        elif _MULTIPLICATION.search(text):
            kind = "any"
        else:
            continue
        context.products[sign] = kind
        context.note(f"{sign} is the {kind} product (prose)")
    if re.search(r"juxtaposition", words, re.I) and _MATRIX_PRODUCT.search(words):
        context.products[""] = "matrix"
        context.note("juxtaposition is the matrix product (prose)")


def _gradients(clause: Clause, context: Context) -> None:
    """``dW and db are the gradients of J``; ``e_h(t) is the gradient of E with respect to p(t)``."""
    words = clause.words
    word = _GRADIENT.search(words)
    assert word is not None
    named: list[Gradient] = []
    quantities: list[tuple[Mention, Ref]] = []
    losses: list[tuple[Mention, Ref]] = []
    for mention in clause.mentions:
        for term in _heads(mention)[:3] if len(mention.parts) == 1 else []:
            if isinstance(term, Gradient):
                named.append(term)
            elif (ref := _named(term)) is not None:
                is_loss = ref.name in LOSSES and not ref.subs
                (losses if is_loss else quantities).append((mention, ref))
    if named and losses:
        _named_gradients(clause, named, losses, context)
        return
    if not losses or not quantities or named:
        return
    loss = losses[0]
    pivot = words.find(f"⟦{loss[0].place}⟧")
    respect = _WITH_RESPECT.search(words, pivot)
    if respect is None or word.start() > pivot:
        return
    heads = [r for m, r in quantities if words.find(f"⟦{m.place}⟧") < word.start()]
    by = [r for m, r in quantities if words.find(f"⟦{m.place}⟧") > respect.start()]
    if not heads or len(heads) > len(by):
        return
    for head, variable in zip(heads, by, strict=False):
        if context.defined(head) is None and head.name != variable.name:
            body = Derivative(loss[1], (variable,), True)
            context.definitions.append(Definition(head, None, body, loss[0].line, f"{head} (prose)"))
            context.note(f"{head} is the gradient of {loss[1]} by {variable} (prose)")


def _named_gradients(
    clause: Clause, named: list[Gradient], losses: list[tuple[Mention, Ref]], context: Context
) -> None:
    """What a name is said to be stands between it and the next name: ``dZ … the loss, dW and db … of J``."""
    words = clause.words
    stands = {words.find(f"⟦{m.place}⟧"): m for m in clause.mentions}
    places = sorted(
        at for at, m in stands.items() if at >= 0 and any(isinstance(t, Gradient) for t in _heads(m))
    )
    said = {at: ref for m, ref in losses if (at := words.find(f"⟦{m.place}⟧")) >= 0}
    if not places:
        return
    groups: list[list[int]] = []
    for at in places:
        between = words[groups[-1][-1] : at] if groups else ""
        if groups and _JOINED.fullmatch(between):
            groups[-1].append(at)
        else:
            groups.append([at])
    starts = [g[0] for g in groups]
    before = {r.name for at, r in said.items() if at < starts[0]}
    for group, end in zip(groups, [*starts[1:], len(words)], strict=True):
        inside = [r for at, r in sorted(said.items()) if group[-1] < at < end]
        if not inside and len(groups) == 1 and len(before) == 1:
            inside = [r for at, r in said.items() if at < starts[0]]
        # Two losses after one name, or none: the words do not say whose gradient it is.
        if len({r.name for r in inside}) != 1:
            continue
        for at in group:
            for term in _heads(stands[at]):
                if isinstance(term, Gradient) and term in named and term.of.name not in context.gradients:
                    context.gradients[term.of.name] = inside[0]
                    context.note(f"d{term.of.name} is the gradient of {inside[0]} (prose)")


def _depends(clause: Clause, context: Context) -> None:
    """``L depends on y``, ``C is a differentiable function of a^L``."""
    match = _DEPENDS.search(clause.words)
    assert match is not None
    through = re.search(r"\b(only )?(through|via)\b|를 통해", clause.words[match.start() :])
    start = match.start() + (through.start() if through else 0)
    before = [m for m in clause.mentions if clause.words.find(f"⟦{m.place}⟧") < match.start()]
    after = [m for m in clause.mentions if clause.words.find(f"⟦{m.place}⟧") > start]
    if not before or not after or len(before[-1].parts) != 1:
        return
    head = _named(before[-1].parts[0])
    if head is None or (head.name not in LOSSES and context.defined(head) is not None):
        head = _named(before[0].parts[0]) if before[0].parts else None
    on = [r for m in after[:1] for t in _heads(m) if (r := _named(t)) is not None]
    if after[0].parts and isinstance(after[0].parts[0], Listing) and None in after[0].parts[0].items and on:
        on = [Ref(on[0].name, on[0].layer)]  # y_1, …, y_m is all of y
    if head is not None and on and "not" not in clause.words[max(0, match.start() - 12) : match.start()]:
        context.depends[head.name] = on
        context.note(f"{head} depends on {', '.join(map(str, on))} (prose)")


_MOVES = re.compile(
    r"\b(moves?|changes?|updates?|shifts?|adjusts?|increments?)\s+⟦(\d+)⟧\s+by\s+⟦(\d+)⟧", re.I
)
_MINUS = re.compile(
    r"⟦(\d+)⟧\s+(?:is|becomes|equals)\s+⟦(\d+)⟧\s+(minus|plus)\s+⟦(\d+)⟧\s+times the (?:gradient|derivative) of\s+⟦(\d+)⟧",
    re.I,
)


def _steps(clause: Clause, context: Context) -> None:
    """``a step moves W by …``; ``the new w is the old w minus η times the gradient of E``."""
    parts = {m.place: m.parts for m in clause.mentions}
    moved = _MOVES.search(clause.words)
    if moved:
        head, step = parts.get(int(moved.group(2)), ()), parts.get(int(moved.group(3)), ())
        if len(head) == len(step) == 1 and isinstance(head[0], Ref):
            context.steps[head[0].name] = step[0]
            context.note(f"a step moves {head[0]} by what the text says (prose)")
    minus = _MINUS.search(clause.words)
    if minus:
        found = [parts.get(int(minus.group(k)), ()) for k in (1, 2, 4, 5)]
        if all(len(f) == 1 for f in found) and isinstance(found[0][0], Ref):
            new, rate, loss = found[0][0], found[2][0], found[3][0]
            sign = -1 if minus.group(3).lower() == "minus" else 1
            slope = Derivative(loss, (Ref(new.name, new.layer, None, new.subs),), True)
            context.steps[new.name] = Add(((sign, Mul((("", rate), ("", slope)))),))
            context.note(f"a step of {new.name} is along the gradient of {loss} (prose)")


def shape_of(words_after: str, term: Term) -> tuple[Term, Term] | None:
    """Read ``n_x × m`` as rows and columns."""
    if isinstance(term, Mul) and len(term.items) == 2 and term.items[1][0] == "×":
        return term.items[0][1], term.items[1][1]
    if isinstance(term, Listing) and len(term.items) == 2 and None not in term.items:
        return term.items[0], term.items[1]  # type: ignore[return-value]
    return None


def is_size(term: Term) -> bool:
    """Whether a term can be a size: a number or a name."""
    return isinstance(term, Ref) or (isinstance(term, Number) and term.value.denominator == 1)
