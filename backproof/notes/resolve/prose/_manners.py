"""How signs multiply, how functions act, what labels are, what is held fixed, how a step moves."""

from __future__ import annotations

import re

from .._context import DENIED, Context, Definition, Doubt
from .._synonyms import NOT_PLAINLY, SAID, is_of_all
from .._terms import Call, Listing, Pow, Term, Transpose, indices
from ._clause import Clause, rule, sign_of
from ._labels import read_labels
from ._penalties import read_penalties
from ._roles import named_functions
from ._steps import read_steps

_ELEMENTWISE = (
    r"(?:element[- ]?wise|entry[- ]?wise|component[- ]?wise|coordinate[- ]?wise|point[- ]?wise|entry by entry|hadamard"
    r"|element by element|(?:on|to|at|in) (?:every|each|all|all the|single)(?: of the| of its)? ?(?:entry|entries|component|element|elements|components)"
    r"|원소별|요소별|성분별|아다마르)"
)
_SIGNS = re.compile(
    r"(?P<signs>(?:⟦S\d+⟧|(?:the )?(?:star|asterisk|dot|juxtaposition|circle|cross))(?:(?:, ?| and | or |,? )(?:⟦S\d+⟧|(?:the )?juxtaposition))*)(?: (?:between|of|for) (?:two )?(?:matrices|arrays|vectors|columns)(?: of (?:the same|one|equal) (?:shape|size)s?)?)?"
    r" ?(?:is|are|denotes?|means?|multipl\w+|stands? for|=|는|은)? ?(?:the |a |an |ordinary |usual |plain )*"
    rf"(?P<kind>{_ELEMENTWISE}(?: \(?hadamard\)?)?(?: product| multiplication| one)?(?: of two columns)?(?: 곱)?"
    r"|matrix(?: \w+)? ?(?:product|multiplication|multiply)?|dot product|inner product|행렬\s?곱"
    r"|products? (?:entry by entry|of (?:two )?(?:columns|arrays|vectors|matrices) entry by entry)|multiplies entry by entry"
    r"|multiplication|(?:ordinary |scalar |plain )?product|곱셈|divides entry by entry)"
    r"(?P<also>,? (?:and|,)? ?(?P<second>⟦S\d+⟧|juxtaposition) (?:the |is the |is |denotes the )?(?P<kind2>"
    rf"{_ELEMENTWISE}(?: product| one)?|matrix product|product entry by entry))?"
)
_ACTS = rule(
    r"(?P<who>{FQPE+}) ?(?:,|which|that)? ?(?:is|are|be|both|all|each)? ?(?:differentiable|smooth|arbitrary|given)? ?(?:functions? )?"
    r"(?:and )?(?:is |are )?(?:applied|acts?|acting|works?|operates?|taken|understood|computed|evaluated)? ?"
    + _ELEMENTWISE
)
_ACTS_FIRST = rule(
    _ELEMENTWISE
    + r" (?:hidden |output |differentiable |smooth )*(?:functions? |activations? |activation functions? |nonlinearity )?(?P<who>{FQ+})"
)
_EVERYTHING = re.compile(
    r"(?:functions?|activations?|nonlinearit\w+|powers?|squares?|quotients?|logarithms?|operations?)(?: and \w+)?(?: of \w+)?"
    rf"(?: (?:on|of) (?:arrays|vectors|matrices|columns))?(?: are| is| act| acts| work| being)?(?: all)?(?: taken| formed| applied| meant| understood)? {_ELEMENTWISE}|^{_ELEMENTWISE}$"
    rf"|(?P<all>(?:arrays of (?:the same|one|equal) shapes? with )?{_ELEMENTWISE} operations)"
)
# Words by which an adverb may speak of how things multiply, and words and kinds of what it otherwise speaks of.
_OF_PRODUCTS = re.compile(r"⟦S|product|multipl|juxtapos|operat|times|divi|곱|연산|乘|运算|運算")
_OF_FUNCTIONS = re.compile(
    r"⟦[FP]\d+⟧|tanh|sigmoid|relu|softplus|function|activation|exponential|logarithm|tangent|logistic|squares?\b|powers?\b"
    r"|roots?\b|nonlinear|함수"
)
_ADVERB = re.compile(_ELEMENTWISE)
_DERIVED = rule(
    r"(?P<who>{P+}|{D+}|(?:a|the) prime) (?:is|are|denotes?|means?|names?|marks?|for|stands for|differentiates?) ?(?:the |its |their )?"
    r"(?:derivatives?|(?:partial )?differentiation|도함수)?(?: of)?(?: {F})?(?: (?:in|by|with respect to) (?:⟦\w\d+⟧|its argument|the argument))?"
    r"(?:, taken (?:at|in) (?:each|every) entry of ⟦\w\d+⟧)?"
)
_WITH_DERIVATIVE = rule(r"(?:\(derivatives? |with (?:the )?derivatives? |derivative is )⟦[PQFU]\d+⟧\)?")
_BROADCAST = rule(
    r"(?:the |each |a |bias(?:es)? )*(?:columns? |rows? |number |bias )?{QL+}?,? ?(?:is|are|being|that is|which is|go(?:es)?)? ?(?:a column |a row |columns |rows )?"
    r"(?:that (?:is|are) )?(?:added|goes|go|repeated) (?:to|for|in|across) (?:all |every |each |the )*(?:columns?|rows?|entry|entries|it|its)(?: of (?:a row|{Q}))?"
)
_OPAQUE = rule(
    r"(?P<who>{FQL+}) (?:is|are|be|:)? ?(?:now |here |again )*(?:an? |any |some )*(?:differentiable|arbitrary|smooth|미분 ?가능|임의의"
    r"|any (?:scalar |given |other |general )*(?:cost|loss|error|objective|activation|function|nonlinearity))"
)
_OPAQUE_FIRST = rule(
    r"(?:differentiable|arbitrary|smooth|any|임의의) (?:scalar |given |other )*(?:(?:cost|loss|error|objective|activation) )?(?:functions? |activations? |activation functions? |loss |cost |error )?(?P<who>{FQL+})"
)


_SPELLED = rule(
    r"{QFL},? ?\(?(?:is |are |which is |that is )?(?:also |sometimes |often )(?:written|typed|called|named|denoted)(?: as| by)? {QFL}\)?"
    r"|\((?:also )?(?:written|typed) {QFL}\)"
)
_INDEPENDENT = rule(
    r"(?:{Q+} ?(?:are|는|은|가|이) )?(?:all |mutually )?independent of (?:each other|one another)|(?:are |as )(?:all )?(?:mutually )?independent (?:inputs|variables)|independent (?:input )?variables|서로 독립\S*"
)
_SAME = rule(
    r"(?P<new>{QF}) (?:is|being|stands for|means|denotes) (?:just |only |simply )?(?:another (?:name|way to write) (?:of|for)|the same(?: thing| weight| number| matrix| vector| quantity| parameter| variable)? as|short for|the whole matrix) (?:the )?(?P<old>{QF})"
    r"|(?P<one>{QF}) and (?P<two>{QF}) (?:are|name|denote|mean) (?:both )?(?:the same|one and the same) (?:weights?|things?|numbers?|matrix|vectors?|quantity|quantities|parameters?|variables?|input|object)"
    r"|(?P<new2>{QF}) stands for the whole matrix (?P<old2>{QF})(?: here)?"
)
_NORM = rule(
    r"⟦[UVQ]\d+⟧ (?:is|denotes|means) (?:the )?(?:absolute value|(?:euclidean |frobenius |l2 |usual )*norm)|with the (?:euclidean|frobenius) norm"
)
_PHRASES = re.compile(
    r"⟦\w\d+⟧ (?:is|makes|denotes|means|builds|gives) (?:the |a )?(?:square )?diagonal matrix(?: (?:of|with|from|that has|made of|built from) (?:the )?(?:entries (?:of )?)?⟦\w\d+⟧(?: on (?:its|the) diagonal)?)?|"
    r"⟦[FV]\d+⟧ (?:is|denotes|means) (?:the |a )?(?:square )?matrix with (?:the )?(?:entries (?:of )?)?⟦\w\d+⟧ on (?:its|the) diagonal(?: and zeros? (?:elsewhere|off (?:it|the diagonal)))?|"
    r"(?:vectors?|columns?|rows?|lists?|arrays?) of (?:the )?(?:scores|logits|outputs|labels|targets)? ?(?:and )?(?:the )?probabilities|(?:takes?|taken|are|as|is|these|treated) (?:all |these |as |to be )*independent(?: variables| quantities| numbers)?|symmetric or not|not (?:necessarily )?symmetric|not all equal|non-?negative|(?:for |of |at |if |is |are |not |the )+negative (?:⟦\w\d+⟧|arguments?|inputs?|values?|numbers?|entries)"
    r"|(?:derivatives? of )?(?:the |an |its |every |each )*(?:element-?wise|entry-?wise|component-?wise) (?:activations?|nonlinearit(?:y|ies)|functions?)(?: functions?)?(?! ⟦)"
    r"|naive softmax|negative (?:words?|samples?|sampling|vectors?|examples?|ones?)|negatives(?= ⟦)|probability (?:vector|of (?:a |the )?class)|logistic regression|linear regression|softmax (?:regression|classifier|layer|output)s?|(?:sigmoid|logistic|relu|tanh) (?:neurons?|units?|activations?)"
    r"|(?:the |a )*hyperbolic tangents?|(?:the )?exponential(?: function)?|independent variables?|natural logarithm|learning rate ⟦\w\d+⟧|(?:other )?doubled backslash\w*|entry of its own"
    r"|(?:funci[oó]n|fun[cç][aã]o|fonction|funzione) sigm\w+|sigmoid(?:funktion|层|層|函数|函數|関数)"
    r"|(?:columns?|rows?|vectors?|arrays?) of (?:the same|one|equal) (?:lengths?|sizes?|shapes?)"
    r"|\bindependent (?:real )?(?:numbers|quantities|entries|parameters|coordinates|components|unknowns)\b"
    r"|(?:with|all|are|as) (?:column |row )?vectors (?:all )?of (?:the )?(?:length|size|dimension) ⟦[QI]\d+⟧"
    r"|(?:not |no )(?:the )?identity\b|affine (?:layers?|maps?|transformations?|functions? of)|(?:keeps? |the |corrected )*(?:running|moving) (?:means?|averages?)(?: of)?"
    r"|(?:gradient descent |descent )?with momentum|\bmomentum(?= (?:keeps?|in the form|updates?|term|method|optimi[sz]er|algorithm|step|rule)\b)|^(?:nesterov )?(?:momentum|weight[- ]decay|moving averages?|running (?:means?|averages?)|learning[- ]rate decay|(?:l2|l1) (?:penalty|regulari[sz]ation)): |(?:mean|small|constant) (?:time|batch|change)|standard (?:notation|form)|without loss of generality|nielsen's notation"
    r"|\b(?:never|nowhere) (?:zero|0|vanish\w*)\b|(?<!\bfor )\b(?:a|some) (?:very )?(?:small|tiny) (?:positive )?(?:constant |number |term )?⟦E\d+⟧"
)


_TRANSPOSED = rule(
    r"(?P<who>⟦[QGV]\d+⟧) (?:is|denotes|means|for) (?:the )?transpose of (?:the )?(?:number |column |row |vector |matrix )?(?P<of>⟦[QG]\d+⟧)"
)
_KRONECKER = rule(r"(?P<who>{Q}),? (?:is|denotes|means|being) (?:the |a )?kronecker")
_ALSO = rule(
    r"(?P<what>⟦E\d+⟧),? ?\(?(?:is |are )?also (?:called|written|named|denoted)(?: as| by)? (?P<name>{Q})"
)


# What stands on top of each other in ``[h_{t-1}, x_t]``.
_JOINED = rule(
    r"(?P<who>⟦Q\d+⟧) (?:is|means|denotes|stands for|for) (?:the )?(?:vertical |column )?(?:concatenation|stack)"
    r"(?: of (?:the |both |these )*(?:two )?(?:(?:columns?|vectors)|{Q+}))?|concatenat(?:ion|ed)(?: vector| column)? (?P<who2>⟦Q\d+⟧)"
)


def _same(clause: Clause, context: Context) -> None:
    """``w is another name of W``: what no formula defines is spelled as what one does."""
    for match in clause.find(_SAME):
        texts = match["new"] or match["new2"] or match["one"], match["old"] or match["old2"] or match["two"]
        new, old = (clause.refs(t)[0] for t in texts)
        if match["one"] and indices(new) and not indices(old):
            new, old = old, new
        if (
            new.name != old.name
            and context.defined(new) is None
            and (new.layer == old.layer or not indices(new))
        ):
            if new.subs == old.subs:
                context.spellings[new.name] = old.name
            elif not indices(new):
                context.short[new.name] = old
            else:
                continue
            context.note(f"{new} is another name of {old} (prose)")
            clause.use(match)


def _kronecker(clause: Clause, context: Context) -> None:
    """Which names are the Kronecker symbol; where one is said not to be, none is taken for it."""
    if "kronecker" not in clause.text:
        return
    if re.search(r"\b(?:not|no|never|unlike|instead)\b", clause.text):
        context.kronecker.add(DENIED)
    context.kronecker.update(r.name for m in clause.everywhere(_KRONECKER) for r in clause.refs(m["who"]))


def read_manners(clause: Clause, context: Context) -> None:
    """Take from a clause how products, functions, labels and steps are meant."""
    _kronecker(clause, context)
    plainly = not NOT_PLAINLY.search(clause.text)
    for match in [m for rule_ in (_ALSO, _SPELLED, _SAME) for m in clause.find(rule_)]:
        if not plainly or not is_of_all(clause.text, match):
            words = " ".join(re.sub(r"⟦\w+⟧", " ", match.group()).split())
            context.doubt(Doubt(words, clause.names, about_loss=True))
            clause.use(match)
    for match in (m for said in SAID for m in clause.find(said)):
        both = clause.refs(match.group())
        if (
            both[: len(both) // 2] == both[len(both) // 2 :]
        ):  # the formulas have been written with one of them
            clause.use(match)
    for match in clause.find(_ALSO):
        what, name = clause.refs(match["what"]), clause.refs(match["name"])
        if what and name and context.defined(name[0]) is None and what[0].subs == name[0].subs:
            context.definitions.append(Definition(name[0], None, what[0], clause.line, f"{name[0]} (prose)"))
            context.note(f"{name[0]} is another name of {what[0]} (prose)")
            clause.use(match)
    for match in clause.find(_SPELLED):
        named_ = clause.refs(match.group())
        if len(named_) == 2 and named_[0].name != named_[1].name and not indices(named_[1]):
            context.spellings[named_[1].name] = named_[0].name
            context.note(f"{named_[1].name} is another spelling of {named_[0].name} (prose)")
            clause.use(match)
        elif len(named_) == 2 and named_[0] == named_[1]:
            clause.use(match)  # two ways to type what is one name here
        elif len(named_) == 2 and not indices(named_[1]):
            context.short[named_[1].name] = named_[0]
            context.note(f"{named_[1]} is short for {named_[0]} (prose)")
            clause.use(match)
    _same(clause, context)
    for match in clause.find(_INDEPENDENT):
        context.independent = True
        context.note("the inputs are independent of each other (prose)")
        clause.use(match)
    for match in clause.find(_TRANSPOSED):
        if clause.terms(match["who"]) == [Transpose(t) for t in clause.terms(match["of"])]:
            clause.use(match)
    for match in clause.find(_JOINED):
        mention = clause.listed(match["who"] or match["who2"])[0]
        if isinstance(mention.parts[0], Listing) and len(mention.parts) == 1:
            clause.use(match)
    for pattern in (_NORM, _PHRASES):
        for match in clause.find(pattern):
            # What stands beside negative samples is none of them.
            context.has_negatives = context.has_negatives or (
                match.group().startswith("negative") and "non" not in match.group()
            )
            clause.use(match)
    named_functions(clause, context)
    _products(clause, context)
    _functions(clause, context)
    read_labels(clause, context)
    read_penalties(clause, context)
    read_steps(clause, context)
    for match in clause.find(_BROADCAST):
        clause.use(match)


# In which order a product of matrices is written: *the factor with the largest index stands on the left*.
_LARGE = r"(?:larger|largest|later|latest|last|higher|highest|newer|newest|bigger)"
_SMALL = r"(?:smaller|smallest|earlier|earliest|first|lower|lowest|older|oldest)"
_FALLING = rule(
    rf"{_LARGE}(?: ⟦\w\d+⟧| [a-z]+){{0,6}} (?:left|first)\b|{_SMALL}(?: ⟦\w\d+⟧| [a-z]+){{0,6}} (?:right|last)\b|(?:order of |with )?(?:falling|decreasing|descending) (?:order|index|indices|⟦I\d+⟧)|from right to left"
)
_RISING = rule(
    rf"{_SMALL}(?: ⟦\w\d+⟧| [a-z]+){{0,6}} left\b|{_LARGE}(?: ⟦\w\d+⟧| [a-z]+){{0,6}} right\b|(?:order of |with )?(?:rising|increasing|ascending) (?:order|index|indices|⟦I\d+⟧)"
)
_ORDERED = rule(
    r"products? (?:is|are|means?|stands? for) (?:ordered|written|meant|taken|read)?(?: as| like| in the order)? ?⟦\w(?P<shown>\d+)⟧"
)
_NUMBERED = re.compile(r"[_[{(]\{?(\d)\b")
_A_PRODUCT = re.compile(r"\bproducts?\b|\bfactors?\b")


def _products(clause: Clause, context: Context) -> None:
    if any(clause.everywhere(_A_PRODUCT)):
        falls = [f for pattern, f in ((_FALLING, True), (_RISING, False)) for _ in clause.find(pattern)]
        for match in clause.find(_ORDERED):
            numbers = [int(n) for n in _NUMBERED.findall(clause.mentions[int(match["shown"])].latex)]
            if len(numbers) > 1 and numbers in (sorted(numbers), sorted(numbers, reverse=True)):
                falls.append(numbers[0] > numbers[-1])
                clause.use(match)
        if len(set(falls)) == 1:
            context.products_fall = falls[0]
            context.note(f"products of matrices have {'falling' if falls[0] else 'rising'} indices (prose)")
    for match in clause.find(_SIGNS):
        signs = [s for m in clause.listed(match["signs"]) if (s := sign_of(m.latex)) is not None]
        words = {"star": "*", "asterisk": "*", "dot": "·", "juxtaposition": "", "circle": "∘", "cross": "×"}
        signs += [words[w] for w in re.findall(r"[a-z]+", match["signs"]) if w in words]
        for sign in signs:
            _product(context, sign, match["kind"])
        if match["also"]:
            found = clause.listed(match["second"])
            sign = (sign_of(found[0].latex) or "") if found else ""
            _product(context, sign, match["kind2"])
        clause.use(match)


def _product(context: Context, sign: str, words: str) -> None:
    if re.search(_ELEMENTWISE + r"|entry by entry", words):
        kind = "elementwise"
    elif re.search(r"matrix|dot product|inner product|행렬", words):
        kind = "matrix"
    else:
        kind = "any"
    if sign == "" and kind == "elementwise":
        kind = "alike"  # Wx beside it is a matrix product still
    if sign in (".*", "./"):
        return  # these say it themselves
    context.products[sign] = kind
    shown = "elementwise" if kind == "alike" else kind
    context.note(f"{sign or 'juxtaposition'} is the {shown} product (prose)")


def _functions(clause: Clause, context: Context) -> None:
    for pattern in (_ACTS, _ACTS_FIRST):
        for match in clause.find(pattern):
            context.elementwise.update(r.name for r in clause.refs(match["who"]))
            clause.use(match)
    for match in clause.find(_EVERYTHING):
        if match["all"] or match.group().startswith("operations"):
            context.all_elementwise = True
            for sign in ("", "·", "×", "*"):
                context.products.setdefault(sign, "elementwise")
            context.note("operations on arrays are taken entry by entry (prose)")
        clause.use(match)
    if not any(clause.everywhere(_OF_PRODUCTS)):
        for match in clause.find(_ADVERB):
            before = clause.text[max(0, match.start() - 70) : match.start()]
            if _OF_FUNCTIONS.search(before) or any(map(_is_applied, clause.terms(before))):
                clause.use(match)
    for pattern in (_DERIVED, _WITH_DERIVATIVE):
        for match in clause.find(pattern):
            if re.search(r"deriv|differen|도함수", match.group()):
                clause.use(match)
    for pattern in (_OPAQUE, _OPAQUE_FIRST):
        for match in clause.find(pattern):
            context.opaque.update(r.name for r in clause.refs(match["who"]))
            clause.use(match)


def _is_applied(term: Term) -> bool:
    """Whether a term is a function's value or a power, which arrays have entry by entry."""
    return isinstance(term, (Call, Pow))
