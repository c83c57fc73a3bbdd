"""A document to definitions, hypotheses and claims, formula by formula, in its order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Any, TypeAlias

from .._errors import LimitError, NotesError
from ..find import Block, Document, Formula
from ..parse import Macro, Statement, expand_macros, statements
from ._bases import ONE, apart, beside_sums, counted_from_zero, from_one
from ._context import Context, Definition, Doubt
from ._cues import about_sizes, cue_here, introduces, is_numeric, mentions_itself, sizes
from ._families import layer_letters, lifted, with_letters
from ._lexicon import WORDS, is_loss, read_lexicon
from ._limits_of_sums import bind_sums
from ._over_inputs import numbered_inputs, sum_in_vain, summed_inputs
from ._own_terms import listing_arguments, losses_beside_their_sum, of_one_example, without_arguments
from ._pieces import piecewise, without_otherwise
from ._primes import pointwise, whole
from ._scopes import Scopes, added, copied
from ._structure import Structure
from ._terms import (
    Add,
    Big,
    Call,
    Derivative,
    Entry,
    Gradient,
    Index,
    Listing,
    Mul,
    Number,
    Ref,
    Term,
    Transpose,
    indices,
    refs,
    walk,
)
from .prose import Mention, clauses, is_size, read_clause, read_shapes, shape_of

_HYPOTHESIS = re.compile(
    r"\b(satisf\w+|such that|where|assum\w+|suppose|given|with|let|for|since|as|when|if|and|under)\b|만족|가정|이므로|일 때",
    re.I,
)
# A document may number so many layers before its general formulas are decided for the first three alone.
MOST_LAYERS = 5
# The layer in plain brackets: W[l], A[l-1].
_BRACKET_LAYER = re.compile(r"(?<![\^{\\])\b[A-Za-z]{1,2}\[\s*[lL]\s*(?:[-+]\s*1\s*)?\]")
_BRACKET_NUMBER = re.compile(r"(?<![\^{\\A-Za-z])([ZAWXbzaw])\[\d\]")
_SETS = re.compile(r"\b(let|set|assume|suppose|with|where|take|choose|fix)\W*$|라 하", re.I)


@dataclass
class Item:
    """One statement on its way to a verdict.

    ``claiming`` says for each link of the chain whether it claims; ``known`` is how many definitions came before.
    ``again`` holds, for links that may define anew what another section defines, that other definition.
    """

    formula: Formula
    kind: str
    parts: tuple[Term, ...] = ()
    relations: tuple[str, ...] = ()
    claiming: tuple[bool, ...] = ()
    sides: tuple[str, ...] = ()
    known: int = 0
    reason: str = ""
    unsure: bool = False
    lints: list[str] = field(default_factory=list)
    section: int = 0
    again: dict[int, Definition] = field(default_factory=dict)
    words: str = ""


@dataclass
class Gathered:
    """A document read: its context and its statements."""

    context: Context
    items: list[Item]
    terms: list[Term]
    scopes: Scopes
    spoken: set[str]
    stated: set[str] | None = None
    survey: Any = None
    restated: dict[int, bool] = field(default_factory=dict)


Guard: TypeAlias = Callable[[Callable[[], None]], str]
_Prepared: TypeAlias = tuple[Statement, tuple[Term, ...], str]


At: TypeAlias = Callable[[Formula], None]


def gather(document: Document, guard: Guard, at: At | None = None) -> Gathered:
    """Read all formulas of a document.

    ``guard`` runs a piece of work and says what went wrong with it; ``at`` is told of each formula before any work on it.
    """
    read: dict[int, list[Statement]] = {}
    errors: dict[int, str] = {}

    written = " ".join(f.latex for f in document.formulas[:2000])
    layers = bool(_BRACKET_LAYER.search(written)) or len(set(_BRACKET_NUMBER.findall(written))) > 1

    def parse(formula: Formula) -> None:
        if at is not None:
            at(formula)
        try:
            read[id(formula)] = statements(expand_macros(formula.latex, document.macros), layers)
        except LimitError as error:
            errors[id(formula)] = f"unknown (limit): {error}"
        except NotesError as error:
            errors[id(formula)] = str(error)

    for formula in document.formulas:
        if not formula.image and (trouble := guard(partial(parse, formula))):
            errors[id(formula)] = trouble
    lexicon = read_lexicon(s for found in read.values() for s in found)
    collector = _Collector(Context(lexicon), document.macros, guard, at)
    collector.understand_all(document.formulas, read)
    collector.scopes = Scopes(collector.context)
    collector.scopes.open(0, "").facts.readings += collector.context.readings
    for flow in _flows(document.blocks):
        collector.flow(flow, errors)
    collector.context = collector.scopes.whole()
    if collector.letters:
        collector.context.definitions += lifted(collector.context.definitions, collector.terms)
    return Gathered(collector.context, collector.items, collector.terms, collector.scopes, collector.spoken)


def _flows(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Stretches of a document between headings; a heading begins the stretch that it announces."""
    flow: list[Block] = []
    for block in blocks:
        if block.level and flow:
            yield flow
            flow = []
        flow.append(block)
    if flow:
        yield flow


class _Collector:
    def __init__(self, context: Context, macros: dict[str, Macro], guard: Guard, at: At | None) -> None:
        self.context, self.macros, self.guard, self.at = context, macros, guard, at
        self.items: list[Item] = []
        self.terms: list[Term] = []
        self.section = 0
        self.scopes = Scopes(context)
        self.last: Term | None = None
        self.last_display: Term | None = None
        self.words_since = False
        self.before = ""
        self.spoken: set[str] = set()
        self.last_understood: tuple[tuple[Term, ...], str] = ((), "")
        self.prepared: dict[int, list[_Prepared]] = {}
        self.letters: set[str] = set()

    def understand_all(self, formulas: Sequence[Formula], read: dict[int, list[Statement]]) -> None:
        """Give every statement of the document its meaning, and see what only the whole document shows."""
        for formula in formulas:
            found = self.prepared[id(formula)] = []
            for statement in read.get(id(formula), []):
                parts: tuple[Term, ...] = ()
                trouble = self.guard(partial(self.understand, statement, formula))
                if not trouble:
                    parts, trouble = self.last_understood
                found.append((statement, parts, trouble))
        understood = [x for found in self.prepared.values() for x in found]
        self.letters = layer_letters((parts, statement.relations) for statement, parts, _ in understood)
        if self.letters:
            self.context.note(f"the letters {', '.join(sorted(self.letters))} name layers of units")
            self.prepared = {
                key: [(s, tuple(with_letters(p, self.letters) for p in parts), t) for s, parts, t in found]
                for key, found in self.prepared.items()
            }
        counted = counted_from_zero(p for _, parts, _ in understood for p in parts)
        if counted:
            self.context.note(f"the indices of {', '.join(sorted(counted))} count from zero")
            self.prepared = {
                key: [(s, tuple(from_one(p, counted) for p in parts), t) for s, parts, t in found]
                for key, found in self.prepared.items()
            }
        self.apart(understood)
        understood = [x for found in self.prepared.values() for x in found]
        over, vain = summed_inputs(parts for _, parts, _ in understood)
        if over:
            self.context.note(f"sums over {', '.join(sorted(over))} run over the examples")
        if over or vain:
            self.prepared = {
                key: [
                    (s, numbered_inputs(parts, over) if over else parts, t or sum_in_vain(parts, vain))
                    for s, parts, t in found
                ]
                for key, found in self.prepared.items()
            }
            understood = [x for found in self.prepared.values() for x in found]
        defined = {
            r.name
            for _, parts, _ in understood
            if len(parts) > 1 and any(refs(p) for p in parts[1:])
            for r in (parts[0].function if isinstance(parts[0], Call) else parts[0],)
            if isinstance(r, Ref)
        }
        functions = self.context.lexicon.functions
        self.prepared = {
            key: [(s, whole(pointwise(parts, functions), defined), t) for s, parts, t in found]
            for key, found in self.prepared.items()
        }
        numbered = {
            r.layer.offset
            for found in self.prepared.values()
            for _, parts, _ in found
            for p in parts
            for r in refs(p)
            if r.layer is not None and not r.layer.name
        }
        self.context.top_layer = max((n for n in numbered if 3 < n <= MOST_LAYERS), default=0)
        self.context.written = {
            r.name
            for found in self.prepared.values()
            for statement, parts, _ in found
            if statement.relations
            for p in parts
            for r in refs(p)
        }
        self.terms = [p for found in self.prepared.values() for _, parts, _ in found for p in parts]

    def apart(self, understood: Sequence[_Prepared]) -> None:
        """Names that one letter serves for: the entry 0 beside a sum from 1, the J_i beside their sum J."""
        terms = [p for _, parts, _ in understood for p in parts]
        zero = beside_sums(terms)
        terms_of = losses_beside_their_sum(parts for _, parts, _ in understood)
        listing = listing_arguments(parts for _, parts, _ in understood)
        if zero or terms_of or listing:
            self.prepared = {
                key: [
                    (
                        s,
                        tuple(
                            without_arguments(of_one_example(apart(p, zero), terms_of), listing)
                            for p in parts
                        ),
                        t,
                    )
                    for s, parts, t in found
                ]
                for key, found in self.prepared.items()
            }

    def flow(self, blocks: list[Block], errors: dict[int, str]) -> None:
        """Read what a stretch says of shapes, then sort its formulas, then read the rest of what it says."""
        if blocks[0].level:
            self.scopes.open(blocks[0].level, " ".join(blocks[0].words.split()))
        own = self.scopes.sections[-1]
        self.section, items, known = own.number, len(self.items), len(self.context.definitions)
        self.context = self.scopes.to_be_read(self.context)
        mentions: list[Mention] = []
        words = ""
        for block in blocks:
            words += _joint(words, block)
            pieces = {id(f) for _, _, made_of in piecewise(block, self.said) for f in made_of}
            last: Formula | None = None
            for piece in block.pieces:
                if isinstance(piece, str):
                    words += without_otherwise(piece) if id(last) in pieces else piece
                else:
                    words += self.mention(piece, mentions)
                    last = piece
        said = clauses(words, mentions, self.context.lexicon)
        for clause in said:
            self.guard(partial(read_shapes, clause, self.context))
        for k, clause in enumerate(said):
            heading = k == 0 and bool(blocks[0].level)
            self.guard(partial(read_clause, clause, self.context, heading))
        told = self.context.definitions
        told[known:] = [replace(d, section=self.section) for d in told[known:]]
        self.context = self.scopes.so_far(own.number)
        before = copied(self.context)
        for block in blocks:
            self.formulas(block, errors)
        added(self.context, before, own.facts)
        for item in self.items[items:]:
            item.section = self.section
        for mention in mentions:
            self.spoken.update(r.name for p in mention.parts for r in refs(p))

    def mention(self, formula: Formula, mentions: list[Mention]) -> str:
        """Let a formula stand in the prose as its statements."""
        words = ""
        for statement, parts, _ in self.prepared.get(id(formula), []):
            if parts:
                mentions.append(
                    Mention(parts, statement.relations, len(mentions), formula.latex, formula.line)
                )
                words += f" ⟦{len(mentions) - 1}⟧ "
        if not words:
            mentions.append(Mention((), (), len(mentions), formula.latex, formula.line))
            words = f" ⟦{len(mentions) - 1}⟧ "
        return words

    def formulas(self, block: Block, errors: dict[int, str]) -> None:
        so_far = ""
        pieces: set[int] = set()
        for call, branches, made_of in piecewise(block, self.said):
            if self.context.defined(call.function, function=True) is None:
                first = made_of[0]
                params = tuple(a for a in call.args if isinstance(a, Ref))
                self.context.definitions.append(
                    Definition(call.function, params, branches, first.line, first.latex, self.section)
                )
                self.items += [Item(f, "definition") for f in made_of]
                pieces |= {id(f) for f in made_of}
        for piece in block.pieces:
            if id(piece) in pieces:
                continue
            if isinstance(piece, str):
                so_far += piece
                self.words_since = self.words_since or any(c.isalpha() for c in piece)
                continue
            before = so_far or self.before
            found = self.prepared.get(id(piece), [])
            trouble = self.guard(partial(self.formula, piece, found, errors.get(id(piece), ""), before))
            if trouble:
                self.unread(piece, trouble, frozenset())
        if block.words.strip():
            self.before = block.words.strip()

    def said(self, formula: Formula) -> tuple[tuple[Term, ...], tuple[str, ...]] | None:
        """The sides and relations of a formula that is one statement."""
        found = self.prepared.get(id(formula), [])
        if formula.display or len(found) != 1 or found[0][2]:
            return None
        return found[0][1], found[0][0].relations

    def understand(self, statement: Statement, formula: Formula) -> None:
        if self.at is not None:
            self.at(formula)
        self.last_understood = self.understood(statement, formula)

    def understood(self, statement: Statement, formula: Formula) -> tuple[tuple[Term, ...], str]:
        if statement.error:
            return (), statement.error
        structure = Structure(self.context.lexicon, expand_macros(formula.latex, self.macros))
        try:
            if len(statement.parts) == 2 and statement.relations[0] in ("=", ":="):
                alone = structure.function_alone(statement.parts[1])
                if alone is not None:  # g = tanh says g(·) = tanh(·)
                    head = structure.term(statement.parts[0])
                    if isinstance(head, Ref):
                        return (Call(head, (Ref("·"),)), Call(alone, (Ref("·"),))), ""
            return bind_sums(tuple(structure.term(p) for p in statement.parts)), ""
        except NotesError as error:
            return (), f"not understood: {error}"
        except RecursionError:
            return (), "unknown (limit): nested too deep"

    def formula(
        self,
        formula: Formula,
        prepared: list[_Prepared],
        error: str,
        before: str,
    ) -> None:
        """Sort the statements of one formula."""
        # A chain that begins with its equals sign goes on from the formula just before it, or from the last display.
        last = self.last_display if self.words_since else self.last
        self.last, self.words_since = None, False
        if formula.image:
            self.items.append(Item(formula, "image", reason="the formula exists only as an image"))
            return
        if error:
            self.unread(formula, error, frozenset())
            return
        if not prepared:
            self.items.append(Item(formula, "prose"))
        for statement, parts, trouble in prepared:
            if trouble:
                symbols = formula.latex.strip() in _SIGNS or not (statement.relations or formula.display)
                if symbols:
                    self.items.append(Item(formula, "prose"))
                else:
                    self.unread(formula, trouble, frozenset())
                continue
            self.statement(formula, statement, parts, before, last)
            last = None
        if prepared and prepared[-1][1]:
            self.last = prepared[-1][1][-1]
            if formula.display:
                self.last_display = self.last

    def unread(self, formula: Formula, reason: str, names: frozenset[str]) -> None:
        self.items.append(Item(formula, "claim", reason=reason, claiming=(True,)))
        self.context.unread.append((formula.line, formula.latex, names))

    def statement(
        self,
        formula: Formula,
        statement: Statement,
        parts: tuple[Term, ...],
        before: str,
        last: Term | None,
    ) -> None:
        relations = statement.relations
        if statement.continues:
            if last is None or not relations:
                self.unread(formula, "the formula continues another that is not there", frozenset())
                return
            parts = (last, *parts)
        if not relations and len(parts) == 1 and (stated := _stated_shape(parts[0])) is not None:
            parts, relations = stated, ("=",)
        if not relations or len(parts) < 2:
            self.items.append(Item(formula, "prose", parts, relations))
            return
        context = self.context
        latex = expand_macros(formula.latex, self.macros)
        sides = tuple(latex[a:b].strip() for a, b in statement.spans)
        if len(sides) != len(parts) - statement.continues:
            sides = ("",) * len(parts)
        if statement.continues:
            sides = ("…", *sides)
        item = Item(
            formula, "claim", parts, relations, (), sides, len(context.definitions), words=before[-300:]
        )
        if statement.shape and all(r == "=" for r in relations):
            self.shape_chain(item, parts, relations)
            return
        if any(r in ("→", "~", "∝", "⊂", "≪", "≫") for r in relations):
            self.items.append(replace(item, kind="prose"))
        elif any(r in ("∈", "∉") for r in relations):
            cut = next(k for k, r in enumerate(relations) if r in ("∈", "∉"))
            self.membership(parts[cut:], relations[cut:])
            if cut:  # a = b ∈ ℝ^n claims the equality
                shorter = replace(item, parts=parts[: cut + 1], relations=relations[:cut])
                self.chain(shorter, formula, shorter.parts, shorter.relations, before)
            else:
                self.items.append(replace(item, kind="definition"))
        elif any(r in ("<", ">", "≤", "≥", "≠") for r in relations):
            self.inequality(item, parts, relations)
        elif any(isinstance(p, Listing) for p in parts):
            arrays = tuple(_array_of(p) if isinstance(p, Listing) else p for p in parts)
            if len(parts) > 2 and not any(isinstance(p, Listing) for p in arrays):
                self.chain(replace(item, parts=arrays), formula, arrays, relations, before)
            else:
                self.listing(item, parts)
        else:
            self.chain(item, formula, parts, relations, before)

    def membership(self, parts: tuple[Term, ...], relations: tuple[str, ...]) -> None:
        left, right = parts[0], parts[1]
        targets = [t for t in (left.items if isinstance(left, Listing) else (left,)) if t is not None]
        if not isinstance(right, Listing) or relations[0] != "∈":
            return
        members = right.items
        numbers = [t.value for t in members if isinstance(t, Number)]
        if None in members and isinstance(left, Ref) and members[0] is not None and members[-1] is not None:
            self.ranges(left.name, members[0], members[-1])
        elif right.bracket == "{" and set(numbers) == {0, 1} and len(members) == 2:
            for target in targets:
                if isinstance(target, Ref):
                    self.context.binary.add(target.name)
                    self.context.note(f"{target} is 0 or 1")
        elif right.bracket in ("(", "[") and len(members) == 2:
            for target in targets:
                for bound, relation in zip(members, (">", "<"), strict=True):
                    if bound is not None:
                        self.context.hypotheses.append((target, relation, bound))

    def ranges(self, name: str, first: Term, last: Term) -> None:
        """The first range that a section gives to an index."""
        own = self.scopes.sections[-1].facts.ranges
        own.setdefault(name, (first, last))
        self.context.ranges[name] = own[name]

    def inequality(self, item: Item, parts: tuple[Term, ...], relations: tuple[str, ...]) -> None:
        context = self.context
        for left, relation, right in zip(parts, relations, parts[1:], strict=False):
            simple = isinstance(left, Ref) and isinstance(right, Ref)
            if relation == "≠" and simple and {left.name, right.name} & context.lexicon.indices:  # type: ignore[union-attr]
                context.distinct.add(frozenset((left.name, right.name)))  # type: ignore[union-attr]
            elif simple and relation in "<>≤≥" and {left.name, right.name} <= context.lexicon.indices:  # type: ignore[union-attr]
                context.orders.append((left.name, relation, right.name))  # type: ignore[union-attr]
            elif _is_lower_end(left, relation, right, context):
                bound = int(right.value) + (relation == ">")  # type: ignore[union-attr]
                context.lower[left.name] = max(bound, context.lower.get(left.name, bound))  # type: ignore[union-attr]
            elif not about_sizes(left, right, context) and relation != "=":
                context.hypotheses.append((left, relation, right))
        self.items.append(replace(item, kind="definition"))

    def listing(self, item: Item, parts: tuple[Term, ...]) -> None:
        """Ranges, shapes and coordinates."""
        left, right = parts[0], parts[-1]
        if isinstance(right, Listing) and None in right.items and isinstance(left, (Ref, Listing)):
            first, last = right.items[0], right.items[-1]
            names = left.items if isinstance(left, Listing) else (left,)
            if (
                first is not None
                and last is not None
                and is_size(first)
                and (is_size(last) or _is_shifted(last))
            ):
                if first == Number(Fraction(0)) and isinstance(last, Add) and is_size(last.terms[0][1]):
                    first, last = ONE, last.terms[0][1]  # 0, …, n - 1 are n values
                elif first == Number(Fraction(0)) and isinstance(last, Ref) and last.name not in ("L", "T"):
                    first, last = ONE, Add(((1, last), (1, ONE)))  # 0, …, n are one more
                for name in names:
                    if isinstance(name, Ref):
                        self.ranges(name.name, first, last)
            self.coordinates(item, left, right, item.formula)
            self.items.append(replace(item, kind="definition"))
            return
        shape = shape_of(right)
        if shape is not None and sizes(shape) and isinstance(left, (Ref, Gradient)):
            defined = isinstance(left, Ref) and self.context.defined(left) is not None
            if defined or isinstance(left, Gradient):
                self.items.append(replace(item, kind="shape", claiming=(True,)))
            else:
                self.items.append(replace(item, kind="definition"))
            return
        self.items.append(replace(item, kind="prose"))

    def shape_chain(self, item: Item, parts: tuple[Term, ...], relations: tuple[str, ...]) -> None:
        """``W.shape = (n, k)`` says what W is, where nothing else does, and is a claim otherwise."""
        first, last = parts[0], parts[-1]
        new = (
            isinstance(first, Ref)
            and self.context.defined(first) is None
            and first.name not in self.context.shapes
        )
        stated = shape_of(last)
        if (
            len(parts) == 2
            and new
            and stated is not None
            and isinstance(first, Ref)
            and not self.is_used(first)
        ):
            self.context.shapes[first.name] = [(first, *stated)]
            self.items.append(replace(item, kind="definition"))
            return
        self.items.append(replace(item, kind="shape", claiming=(True,) * len(relations)))

    def coordinates(self, item: Item, left: Term, right: Listing, formula: Formula) -> None:
        """``x = (x_1, …, x_n)``: x is the array of the x_i, a column unless the text says row."""
        whole = _array_of(right)
        if (
            not isinstance(left, Ref)
            or isinstance(whole, Listing)
            or left.subs
            or self.context.defined(left) is not None
            or any(r.name == left.name for r in refs(whole))
        ):
            return
        if left.name in self.context.rows:
            whole = Transpose(whole)
        self.context.definitions.append(
            Definition(left, None, whole, formula.line, formula.latex, self.section)
        )

    def chain(
        self, item: Item, formula: Formula, parts: tuple[Term, ...], relations: tuple[str, ...], before: str
    ) -> None:
        context = self.context
        if self.is_update(parts, relations):
            self.items.append(replace(item, kind="update", claiming=(True,) * len(relations)))
            return
        if not formula.display and self.is_hypothesis(parts, before):
            context.hypotheses.append((parts[0], "=", parts[1]))
            self.items.append(replace(item, kind="definition"))
            return
        if not formula.display and _is_true_class(parts, context):
            self.true_class(parts, formula)
            self.items.append(replace(item, kind="definition"))
            return
        if (not formula.display or introduces(before)) and self.is_given(parts, relations, before):
            context.values.append((parts[0], parts[1]))
            self.items.append(replace(item, kind="definition"))
            return
        rounded = _printed(parts, relations)
        known = context.defined(rounded) if rounded is not None and not formula.display else None
        if rounded is not None and known is not None and known.head == rounded and refs(known.body):
            # Later numbers are computed from this one, as it is printed.
            context.definitions.append(
                Definition(rounded, None, parts[1], formula.line, formula.latex, self.section, True)
            )
        introduced = formula.display and introduces(before)
        claiming: list[bool] = []
        unsure = False
        for k, relation in enumerate(relations):
            left, right = parts[k], parts[k + 1]
            head = self.head(
                left,
                right,
                relation,
                redefine=relation == ":=" or introduced or cue_here(before, formula),
                inline=not formula.display,
            )
            if head is not None:
                ref, params = head
                value = (
                    params is None
                    and not refs(right)
                    and not _SETS.search(before[-30:])
                    and self.is_used(ref)
                    and not (ref.time is not None and not ref.time.name)  # v_0 = 0 begins a recursion
                )
                context.definitions.append(
                    Definition(ref, params, right, formula.line, formula.latex, self.section, value)
                )
                claiming.append(False)
                if formula.display and not introduced and ref.name in self.spoken:
                    item.lints.append(
                        f"{ref} was spoken of before; whether this defines it anew is not certain"
                    )
                    unsure = True
                continue
            back = self.head(right, left, relation, redefine=False) if k + 1 == len(relations) else None
            mentioned = {r.name for r in refs(left)}
            if (
                back is not None
                and not isinstance(left, Number)
                and self.may_define(back[0], left)
                and (back[1] is None or all(p.name in mentioned for p in back[1]))
            ):
                context.definitions.append(
                    Definition(back[0], back[1], left, formula.line, formula.latex, self.section)
                )
                claiming.append(False)
                continue
            claiming.append(True)
            self.again(item, k, formula)
        kind = "claim" if any(claiming) else "definition"
        if any(claiming) and is_numeric(parts):
            kind = "numeric"
        self.items.append(replace(item, kind=kind, claiming=tuple(claiming), unsure=unsure))

    def again(self, item: Item, k: int, formula: Formula) -> None:
        """An equation for what another section defines claims that, or defines it anew: from here on it may be either."""
        left, right = item.parts[k : k + 2]
        new = self.head(left, right, item.relations[k], redefine=True)
        if new is None:
            return
        ref, params = new
        old = self.context.defined(ref, function=params is not None)
        if old is None or (old.head, old.params, old.body) == (ref, params, right):
            return
        if refs(old.body) and not refs(right):
            return  # a number is what a formula comes to
        item.again[k] = old
        self.context.definitions.append(
            Definition(ref, params, right, formula.line, formula.latex, self.section, again=True)
        )

    def true_class(self, parts: tuple[Term, ...], formula: Formula) -> None:
        """``y_k = 1`` says that k is the true class, unless the text names two."""
        context, label = self.context, parts[0]
        assert isinstance(label, Ref)
        plain = len(label.subs) == 1 and label.example is None and label.layer is None
        letter = label.subs[0].name
        if parts[1] == ONE and plain and context.true_class.setdefault(label.name, letter) == letter:
            context.one_hot.add(label.name)
            context.note(f"{letter} is the class whose {label.name} is one")
        elif parts[1] == ONE or label.name not in context.true_class:
            context.doubts.append(Doubt(formula.latex, frozenset({label.name}), False))

    def is_update(self, parts: tuple[Term, ...], relations: tuple[str, ...]) -> bool:
        left, right = parts[0], parts[1]
        if not isinstance(left, Ref):
            return False
        if relations[0] in ("←",):
            return True
        same = any(isinstance(t, Ref) and t == left for t in walk(right))
        if same and relations[0] in (":=", "="):
            return True
        return any(
            left.example is not None and left.example.offset == 1 and left.example.name and r.name == left.name
            and r.example is not None and r.example.name == left.example.name and r.example.offset == 0
            for r in refs(right)
        )  # fmt: skip

    def is_hypothesis(self, parts: tuple[Term, ...], before: str) -> bool:
        """Whether an inline equation restricts free quantities: ``\\sum_k y_k = 1``."""
        if len(parts) != 2 or any(
            isinstance(t, (Derivative, Gradient, Call)) for p in parts for t in walk(p)
        ):
            return False
        if any(self.context.defined(r) is not None for p in parts for r in refs(p)):
            return False
        return (
            isinstance(parts[1], Number)
            and isinstance(parts[0], Big)
            and bool(_HYPOTHESIS.search(before[-80:]))
        )

    def is_given(self, parts: tuple[Term, ...], relations: tuple[str, ...], before: str) -> bool:
        """Whether an inline equation gives a number to a derivative: ``with ∂E/∂w = 0.74``."""
        number = (
            parts[1].terms[0][1]
            if len(parts) == 2 and isinstance(parts[1], Add) and len(parts[1].terms) == 1
            else parts[-1]
        )
        return (
            len(parts) == 2
            and relations[0] in ("=", "≈", ":=")
            and (
                isinstance(parts[0], (Derivative, Gradient))
                or (isinstance(parts[0], Call) and parts[0].primes > 0)
            )
            and (isinstance(number, Number) or self.stands_open(parts))
            and not any(
                d.head.name in {r.name for r in refs(parts[0])} and not isinstance(d.body, Number)
                for d in self.context.definitions
            )
        )

    def stands_open(self, parts: tuple[Term, ...]) -> bool:
        """Whether a derivative is told of a loss of which the document says nothing else."""
        left, right = parts
        if not isinstance(left, Derivative) or not isinstance(left.of, Ref) or not is_loss(left.of.name):
            return False
        return (
            left.of.name not in self.context.depends
            and self.context.defined(left.of) is None
            and not any(t == left for t in walk(right))
        )

    def may_define(self, head: Ref, body: Term) -> bool:
        """Whether an equation read backwards can define its right side: a name not used before, no derivative."""
        if any(isinstance(t, (Derivative, Gradient)) for t in walk(body)):
            return False
        return not self.is_used(head)

    def is_used(self, head: Ref) -> bool:
        return any(r.name == head.name for d in self.context.definitions for r in refs(d.body))

    def head(
        self, left: Term, right: Term, relation: str, redefine: bool, inline: bool = False
    ) -> tuple[Ref, tuple[Ref, ...] | None] | None:
        """What a link defines: a quantity or a function that nothing has defined, or anything after a cue."""
        context = self.context
        if relation not in ("=", ":=", "≡"):
            return None
        if isinstance(left, Ref):
            if (left.name in ("e", "pi", "I") and not left.subs) or (
                left.name in context.lexicon.indices and not left.subs and left.layer is None
            ):
                return None
            if any(i.offset and i.name for i in (*left.subs,) if i.name):
                return None
            known = context.defined(left)
            if any(r == left for r in refs(right)):
                return None
            start = known is not None and (
                _begins(left, known, right) or (inline and _specialises(left, known))
            )
            if known is None or start or (redefine and known.section != self.section):
                return left, None
            return None
        subs: tuple[Index, ...] = ()
        if (
            isinstance(left, Entry)
            and left.example is None
            and all(s.name and not s.offset for s in left.subs)
        ):
            subs, left = left.subs, left.of  # f(z)_i = … gives f entry by entry
        if isinstance(left, Call) and not left.primes and not left.keywords:
            params = left.args
            if not params or not all(isinstance(p, Ref) for p in params):
                return None
            if left.function.name in (
                "exp",
                "log",
                "max",
                "min",
                "tanh",
                "sinh",
                "cosh",
                "sin",
                "cos",
                "tan",
            ) or (left.function.name in WORDS.values() and (mentions_itself(left, right))):
                return None
            known = context.defined(left.function, function=True)
            if known is None and any(
                isinstance(t, Call) and t.function == left.function for t in walk(right)
            ):
                return None
            if known is None or (redefine and known.section != self.section):
                return replace(left.function, subs=(*left.function.subs, *subs)), tuple(
                    p for p in params if isinstance(p, Ref)
                )
        return None


def _array_of(listing: Listing) -> Term:
    """``(x_1, …, x_n)`` as the array of the x; the listing itself where it is none."""
    first = listing.items[0]
    if not isinstance(first, Ref) or None not in listing.items:
        return listing
    numbered = len(first.subs) == 1 and first.subs[0] == Index("", 1)
    if numbered and first.example is None:
        return Ref(first.name, first.layer, None, (), first.time)
    if first.example == Index("", 1) and not first.subs:
        return Ref(first.name, first.layer, Index("·"), (), first.time)
    return listing


def _stated_shape(term: Term) -> tuple[Term, Term] | None:
    """``W^{[l]}(n^{[l]}, n^{[l-1]})``: a quantity with its sizes behind it."""
    if isinstance(term, Mul) and len(term.items) == 2:
        (_, target), (op, shape) = term.items
        known = isinstance(target, (Ref, Gradient)) and isinstance(shape, Listing) and not op
        if known and (found := shape_of(shape)) is not None and sizes(found):
            return target, shape
    return None


def _specialises(left: Ref, known: Definition) -> bool:
    """``A^{[L]} = …`` in a sentence says what the last layer is, where a formula speaks of layer l."""
    mine, theirs = left.layer, known.head.layer
    special = mine is not None and (not mine.name or mine.name == "L")
    return special and theirs is not None and bool(theirs.name) and theirs.name != "L"


def _is_lower_end(left: Term, relation: str, right: Term, context: Context) -> bool:
    """``t ≥ 2`` says from which step on a formula is meant."""
    if not isinstance(left, Ref) or not isinstance(right, Number) or relation not in (">", "≥"):
        return False
    steps = {x for found in context.lexicon.stepped.values() for x in found} | context.lexicon.layers
    whole = right.value.denominator == 1 and 0 <= right.value <= 3
    return whole and left.name in steps and not indices(left)


def _printed(parts: tuple[Term, ...], relations: tuple[str, ...]) -> Ref | None:
    """The quantity to which ``\\hat y = 0.49`` gives a number."""
    if len(parts) != 2 or relations[0] not in ("=", "≈") or not isinstance(parts[0], Ref):
        return None
    number = parts[1].terms[0][1] if isinstance(parts[1], Add) and len(parts[1].terms) == 1 else parts[1]
    return parts[0] if isinstance(number, Number) else None


def _begins(left: Ref, known: Definition, right: Term) -> bool:
    """``v_0 = 0`` begins the recursion that another formula gives for v_t."""
    time, head = left.time, known.head.time
    return (
        time is not None
        and head is not None
        and not time.name
        and bool(head.name)
        and isinstance(right, Number)
    )


def _is_true_class(parts: tuple[Term, ...], context: Context) -> bool:
    """``y_i = 1`` of one-hot labels speaks of one index, which no definition can say."""
    left, right = parts[0], parts[-1]
    if (
        len(parts) != 2
        or not isinstance(left, Ref)
        or not isinstance(right, Number)
        or right.value not in (0, 1)
    ):
        return False
    return any(s.name for s in left.subs) and (left.name in context.one_hot or left.name in ("y", "Y", "t"))


def _is_shifted(term: Term) -> bool:
    """``K + 1`` as the end of a range."""
    return isinstance(term, Add) and len(term.terms) == 2 and all(is_size(t) for _, t in term.terms)


def _joint(words: str, block: Block) -> str:
    """What stands between two blocks of one stretch: a full stop, unless the sentence goes on."""
    first = next((p for p in block.pieces if not isinstance(p, str) or p.strip()), "")
    before = words.rstrip()
    if not before:
        return ""
    display = not isinstance(first, str) and first.display
    if display and not before.endswith((".", "!", "?", "다")):
        return "\n"
    if isinstance(first, str) and first.lstrip()[:1].islower():
        return "\n"
    return "\n" if before.endswith((".", "!", "?")) else " .\n"


_SIGNS = {"*", "\\cdot", "\\times", "\\odot", "\\circ", "·", "×", "⊙", "==", "≈", "\\approx", "∘"}
