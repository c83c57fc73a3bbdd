"""A document to definitions, hypotheses and claims, formula by formula, in its order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from .._errors import LimitError, NotesError, NotUnderstoodError
from ..find import Block, Document, Formula
from ..parse import Macro, Statement, expand_macros, statements
from ._arguments import begins_with_label, composes, is_of_circle, is_power_of_function
from ._bracket_layers import has_bracket_layers
from ._by_entries import given_by_entries
from ._cases import HINTS, assign, lead_of
from ._context import Context, Definition
from ._equations import stated_shape
from ._families import Letters, lifted
from ._item import Gathered, Guard, Item, Prepared
from ._ledger import Ledger
from ._limits_of_sums import bind_sums
from ._log_heads import without_logarithm
from ._names import read_lexicon
from ._nested_indices import DISTINCT
from ._pieces import piecewise, without_otherwise
from ._powers import is_inner_product
from ._scopes import Scopes, added, copied
from ._slope_names import slope_names
from ._sort import Sorter
from ._stacked import stacked
from ._stretches import joint, stretches, words_behind
from ._structure import Structure
from ._terms import (
    Branches,
    Call,
    Ref,
    Term,
    refs,
    walk,
)
from ._throughout import BASES, DEGREES, LN, LOG_IS_LOG, PRIME_TRANSPOSES, UNTURNED
from ._told_indices import told_indices
from ._told_macros import told_macros
from ._whole_document import Habit, written_out
from .prose import Mention, clauses, read_prose
from .prose._chinese import in_english

MOST_BEFORE = 300  # characters before a formula that may tell what it is
At: TypeAlias = Callable[[Formula | None], None]


def gather(document: Document, guard: Guard, at: At | None = None) -> Gathered:
    """Read all formulas of a document.

    ``guard`` runs a piece of work and says what went wrong with it.
    ``at`` is told of each formula before any work on it, and of None before work on no single one.
    """
    read: dict[int, list[Statement]] = {}
    errors: dict[int, str] = {}

    layers = has_bracket_layers(f.latex for f in document.formulas[:2000])

    def parse(formula: Formula) -> None:
        if at is not None:
            at(formula)
        try:
            read[id(formula)] = statements(expand_macros(slopes(formula.latex), document.macros), layers)
        except LimitError as error:
            errors[id(formula)] = f"unknown (limit): {error}"
        except NotesError as error:
            errors[id(formula)] = str(error)

    document = replace(document, blocks=tuple(map(in_english, document.blocks)))
    slopes = slope_names(document.blocks)
    document = replace(document, macros=told_macros(document.blocks) | document.macros)
    for formula in document.formulas:
        if not formula.image and (trouble := guard(partial(parse, formula))):
            errors[id(formula)] = trouble
    if at is not None:
        at(None)
    signs = {
        id(f) for f in document.formulas if f.latex.strip(" {}^") in ("\\top", "\\intercal")
    }  # ⊤ transposes
    lexicon = read_lexicon(
        (s for key, found in read.items() if key not in signs for s in found),
        guard,
        told_indices(document.blocks),
    )
    lexicon.distinct = any(DISTINCT.search(block.words) for block in document.blocks)
    lexicon.prime_transposes = any(PRIME_TRANSPOSES.search(b.words) for b in document.blocks)
    lexicon.circle = any(map(is_of_circle, (f.latex for f in document.formulas)))
    collector = _Collector(Context(lexicon), document.macros, guard, at)
    collector.slopes = slopes
    collector.composes = composes(
        [*(f.latex for f in document.formulas), *(b.words for b in document.blocks)]
    )
    collector.understand_all(document, read)
    collector.scopes = Scopes(collector.context)
    collector.scopes.open(0, "").facts.readings += collector.context.readings
    for flow in stretches(document.blocks):
        collector.flow(flow, errors)
    collector.context = collector.scopes.whole()
    collector.context.unread.sort(key=lambda each: each[0])
    if collector.letters:
        collector.context.definitions += lifted(
            collector.context.definitions, collector.terms, collector.letters
        )
    words = "\n".join(block.words for block in document.blocks)
    return Gathered(
        collector.context,
        collector.items,
        collector.terms,
        collector.scopes,
        collector.spoken,
        collector.habit,
        pairs=assign(collector.items, words),
        hinted=HINTS.search(words) is not None,
        bases=BASES.search(words) is not None or any(LOG_IS_LOG.search(f.latex) for f in document.formulas),
        unturned=UNTURNED.search(words) is not None,
        degrees=DEGREES.search(words) is not None,
        natural=any(LN.search(f.latex) for f in document.formulas),
        ledger=collector.ledger,
    )


class _Collector(Sorter):
    def __init__(self, context: Context, macros: dict[str, Macro], guard: Guard, at: At | None) -> None:
        super().__init__(context)
        self.macros, self.guard, self.at = macros, guard, at
        self.terms: list[Term] = []
        self.habit: Habit = tuple
        self.last: Term | None = None
        self.last_display: Term | None = None
        self.words_since = False
        self.before = ""
        self.since_display = ""
        self.last_understood: tuple[tuple[Term, ...], str] = ((), "")
        self.prepared: dict[int, list[Prepared]] = {}
        self.letters = Letters()
        self.ledger = Ledger()
        self.composes = False
        self.slopes: Callable[[str], str] = str

    def understand_all(self, document: Document, read: dict[int, list[Statement]]) -> None:
        """Give every statement of the document its meaning, and write out what only the whole document shows."""
        for formula in document.formulas:
            found = self.prepared[id(formula)] = []
            for statement in read.get(id(formula), []):
                parts: tuple[Term, ...] = ()
                trouble = self.guard(partial(self.understand, statement, formula))
                if not trouble:
                    parts, trouble = self.last_understood
                found.append((statement, parts, trouble))
        if self.at is not None:
            self.at(None)
        self.prepared, self.letters, self.habit = written_out(self.prepared, self.context, document.blocks)
        self.terms = [p for found in self.prepared.values() for _, parts, _ in found for p in parts]

    def flow(self, blocks: list[Block], errors: dict[int, str]) -> None:
        """Read what a stretch says of shapes, then sort its formulas, then read the rest of what it says."""
        if blocks[0].level:
            self.scopes.open(blocks[0].level, " ".join(blocks[0].words.split()))
        if self.at is not None:
            self.at(None)
        own = self.scopes.sections[-1]
        self.section, items, known = own.number, len(self.items), len(self.context.definitions)
        self.context = self.scopes.to_be_read(self.context)
        mentions: list[Mention] = []
        words: list[str] = []
        for block in blocks:
            words.append(joint(words, block))
            pieces = {id(f) for _, _, made_of in piecewise(block, self.said) for f in made_of}
            last: Formula | None = None
            for piece in block.pieces:
                if isinstance(piece, str):
                    words.append(without_otherwise(piece) if id(last) in pieces else piece)
                else:
                    words.append(self.mention(piece, mentions))
                    last = piece
        said = clauses("".join(words), mentions, self.context.lexicon)
        self.ledger.begin(own.number, self.context)
        read_prose(
            said,
            self.context,
            self.guard,
            heading=bool(blocks[0].level),
            enter=partial(self.ledger.read, own.facts),
        )
        if self.context.said_loss or self.context.said_cross_entropy:
            self.context.said_in.add(own.number)
        told = self.context.definitions
        told[known:] = [replace(d, section=self.section) for d in told[known:]]
        self.context = self.scopes.so_far(own.number)
        before = copied(self.context)
        self.ledger.begin(own.number, self.context)
        for block in blocks:
            self.formulas(block, errors)
        added(self.context, before, own.facts)
        behind = words_behind(blocks)
        for item in self.items[items:]:
            item.section, item.after = self.section, behind.get(id(item.formula), "")
        for mention in mentions:
            self.spoken.update(r.name for p in mention.parts for r in refs(p))

    def mention(self, formula: Formula, mentions: list[Mention]) -> str:
        """Let a formula stand in the prose as its statements."""
        words = ""
        self.ledger.places[id(formula)] = (self.section, len(mentions))
        for statement, parts, _ in self.prepared.get(id(formula), []):
            if parts:
                mentions.append(
                    Mention(parts, statement.relations, len(mentions), formula.latex, formula.line)
                )
                words += f" ⟦{len(mentions) - 1}⟧ "
                if statement.note.startswith("(") and statement.note.endswith(")"):
                    words += f"{statement.note} "  # B = softmax(W) (row by row)
        if not words:
            mentions.append(Mention((), (), len(mentions), formula.latex, formula.line))
            words = f" ⟦{len(mentions) - 1}⟧ "
        return words

    def formulas(self, block: Block, errors: dict[int, str]) -> None:
        so_far = ""
        pieces: set[int] = set()
        for head, branches, made_of in piecewise(block, self.said):
            named = head.function if isinstance(head, Call) else head
            if self.context.defined(named, function=isinstance(head, Call)) is None:
                first = made_of[0]
                params = tuple(a for a in head.args if isinstance(a, Ref)) if isinstance(head, Call) else None
                told = Definition(named, params, branches, first.line, first.latex, self.section)
                self.context.definitions.append(told)
                self.items += [Item(f, "definition") for f in made_of]
                pieces |= {id(f) for f in made_of}
        for piece in block.pieces:
            if id(piece) in pieces:
                continue
            if isinstance(piece, str):
                so_far = (so_far + piece)[-MOST_BEFORE:]
                self.since_display = (self.since_display + piece)[-MOST_BEFORE:]
                self.words_since = self.words_since or any(c.isalpha() for c in piece)
                continue
            before = so_far or self.before
            found = self.prepared.get(id(piece), [])
            trouble = self.guard(partial(self.formula, piece, found, errors.get(id(piece), ""), before))
            if trouble:
                self.unread(piece, trouble)
            self.ledger.enter_formula(self.context, piece, partial(lead_of, before))
            if piece.display:
                self.since_display = ""
        self.since_display += "\n" if self.since_display else ""
        if block.level:
            self.since_display = ""  # a heading is no sentence that the next formula goes on
        if block.words.strip():
            self.before = block.words.strip()[-MOST_BEFORE:]

    def said(self, formula: Formula) -> tuple[tuple[Term, ...], tuple[str, ...]] | None:
        """The sides and relations of a formula that is one statement."""
        found = self.prepared.get(id(formula), [])
        if formula.display or len(found) != 1 or found[0][2] or not found[0][1]:
            return None
        return found[0][1], found[0][0].relations

    def understand(self, statement: Statement, formula: Formula) -> None:
        if self.at is not None:
            self.at(formula)
        self.last_understood = self.understood(statement, formula)

    def understood(self, statement: Statement, formula: Formula) -> tuple[tuple[Term, ...], str]:
        if statement.error:
            return (), statement.error
        if begins_with_label(statement.parts):
            return (), "not understood: whether the bracket at its beginning is a label"
        if self.composes and is_power_of_function(formula.latex):
            return (), "not understood: whether the exponent of a function is a power of it"
        structure = Structure(self.context.lexicon, expand_macros(self.slopes(formula.latex), self.macros))
        try:
            equation = len(statement.parts) >= 2 and statement.relations[0] in ("=", ":=")
            if equation and (whole := stacked(statement.parts[1], structure)) is not None:
                rest = (structure.term(p) for p in statement.parts[2:])
                return (structure.term(statement.parts[0]), whole, *rest), ""
            if equation and len(statement.parts) == 2:
                alone = structure.function_alone(statement.parts[1])
                if alone is not None:  # g = tanh says g(·) = tanh(·)
                    head = structure.term(statement.parts[0])
                    if isinstance(head, Ref):
                        return (Call(head, (Ref("·"),)), Call(alone, (Ref("·"),))), ""
            if equation and statement.parts and is_inner_product(statement.parts[0]):
                raise NotUnderstoodError("which inner product this is")  # ⟨x, y⟩ = x^T M y says what it is
            return bind_sums(tuple(structure.term(p) for p in statement.parts)), ""
        except NotesError as error:
            return (), f"not understood: {error}"
        except RecursionError:
            return (), "unknown (limit): nested too deep"

    def formula(
        self,
        formula: Formula,
        prepared: list[Prepared],
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
            if _PROBABILITY.search(formula.latex):
                self.items.append(Item(formula, "prose"))
            else:
                self.unread(formula, error)
            return
        if self.at is not None:
            self.at(formula)
        if not prepared:
            self.items.append(Item(formula, "prose"))
        for k, (statement, parts, trouble) in enumerate(prepared):
            if not trouble and self.is_another_piece(parts, [s.note for s, _, _ in prepared[k + 1 : k + 2]]):
                self.unread(formula, "it is one of several cases")
                return
            if (trouble or len(prepared) == 1) and _PROBABILITY.search(formula.latex):
                self.items.append(Item(formula, "prose"))  # ŷ = P(y = 1 | x) says what ŷ means
                continue
            if trouble:
                symbols = formula.latex.strip() in _SIGNS or not (statement.relations or formula.display)
                if symbols:
                    self.items.append(Item(formula, "prose"))
                else:
                    self.unread(formula, trouble)
                continue
            self.statement(formula, statement, parts, before, last)
            last = None
        if prepared and prepared[-1][1]:
            self.last = prepared[-1][1][-1]
            if formula.display:
                self.last_display = self.last

    def is_another_piece(self, parts: tuple[Term, ...], following: Sequence[str]) -> bool:
        """``D = … if j = 0`` where D was defined before: one of the cases of D."""
        if len(parts) != 2 or not any(_CONDITION.match(note) for note in following):
            return False
        head = parts[0].function if isinstance(parts[0], Call) and not parts[0].primes else parts[0]
        return isinstance(head, Ref) and self.context.defined(head) is not None

    def unread(self, formula: Formula, reason: str) -> None:
        self.items.append(Item(formula, "claim", reason=reason, claiming=(True,)))
        self.context.unread.append(((formula.line, formula.column), formula.latex))

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
                self.unread(formula, "the formula continues another that is not there")
                return
            parts = (last, *parts)
        parts = without_logarithm(parts, relations, self.context)
        parts = given_by_entries(parts, relations, statement.parts)
        if not relations and len(parts) == 1 and (stated := stated_shape(parts[0])) is not None:
            parts, relations = stated, ("=",)
        if not relations or len(parts) < 2:
            self.items.append(Item(formula, "prose", parts, relations))
            return
        latex = expand_macros(self.slopes(formula.latex), self.macros)
        sides = tuple(latex[a:b].strip() for a, b in statement.spans)
        if len(sides) != len(parts) - statement.continues:
            sides = ("",) * len(parts)
        if statement.continues:
            sides = ("…", *sides)
        item = Item(
            formula,
            "claim",
            parts,
            relations,
            (),
            sides,
            len(self.context.definitions),
            words=before[-MOST_BEFORE:],
        )
        item.announced = self.since_display[-MOST_BEFORE:]
        branches = any(isinstance(n, Branches) for part in parts for n in walk(part))
        item.inside = "" if branches else statement.note  # the words in branches belong to them
        self.sort(item, formula, before, statement.shape)


_CONDITION = re.compile(r"\s*(?:if|when|whenever|for|otherwise)\b", re.I)
_PROBABILITY = re.compile(
    r"^[^=]{1,40}=\s*\\?(?:mathbb\{)?(?:P|p|Pr|Prob)\}?\s*(?:\\left)?\([^()]*(?:\||\\mid|\\vert)[^()]*\)\s*$"
)
_SIGNS = {"*", "\\cdot", "\\times", "\\odot", "\\circ", "·", "×", "⊙", "==", "≈", "\\approx", "∘"}
