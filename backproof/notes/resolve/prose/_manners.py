"""How signs multiply, how functions act, what labels are, what is held fixed, how a step moves."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from .._context import Context, Definition
from .._terms import Call, Derivative, Index, Mul, Number, Pow, Ref, Term, Transpose, indices
from ._clause import Clause, named, rule, sign_of
from ._steps import read_steps

_ELEMENTWISE = (
    r"(?:element[- ]?wise|entry[- ]?wise|component[- ]?wise|coordinate[- ]?wise|point[- ]?wise|entry by entry|hadamard"
    r"|element by element|(?:on|to|at|in) (?:every|each|all|all the|single)(?: of the| of its)? ?(?:entry|entries|component|element|elements|components)"
    r"|원소별|요소별|성분별|아다마르)"
)
_SIGNS = re.compile(
    r"(?P<signs>(?:⟦S\d+⟧|(?:the )?(?:star|asterisk|dot|juxtaposition|circle|cross))(?:(?:, ?| and | or |,? )(?:⟦S\d+⟧|(?:the )?juxtaposition))*)"
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
_ACTS_FIRST = rule(_ELEMENTWISE + r" (?:functions? |activations? )?(?P<who>{FQ+})")
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
_ONE_HOT = rule(
    r"(?:{Q+} ?(?:is|are|,|holds?|has|have|은|는|:)? ?)?(?:an? |the |its |with |a )*(?:one[- ]?hot|원[- ]?핫)(?: (?:encoded|vectors?|columns?|rows?|labels?|targets?|label|target))*(?: {Q+})?"
)
_TO_ONE = re.compile(
    r"(?:sums?|adds?|adding|summing|totals?)(?: up)? to (?:1|one|⟦N(?P<n>\d+)⟧)\b"
    r"|exactly one (?:\S+ ){0,6}(?:1|one|⟦N\d+⟧)\b|합(?:이|은) 1|하나만 1"
)
_SUM_ONE = re.compile(rf"(?P<who>⟦Q\d+⟧)?[^.;⟦]{{0,40}}?(?:{_TO_ONE.pattern})")
_CONSTANT = rule(
    r"(?P<who>{QFVL+})?[^⟦]{0,30}?\b(?:constants?|상수|fixed|do(?:es)? not depend on (?:the |these |any )*\w+|independent of [a-z ]+)\b"
)
_START = rule(
    r"(?:constant|fixed|given|known|initial|zero)(?: (?:initial|hidden|start(?:ing)?))*(?: (?:state|value)s?)? {Q+}"
)
_OPAQUE = rule(
    r"(?P<who>{FQL+}) (?:is|are|be|:)? ?(?:now |here |again )*(?:an? |any |some )*(?:differentiable|arbitrary|smooth|미분 ?가능|임의의"
    r"|any (?:scalar |given |other |general )*(?:cost|loss|error|objective|activation|function|nonlinearity))"
)
_OPAQUE_FIRST = rule(
    r"(?:differentiable|arbitrary|smooth|any|임의의) (?:scalar |given |other )*(?:(?:cost|loss|error|objective|activation) )?(?:functions? |activations? |activation functions? |loss |cost |error )?(?P<who>{FQL+})"
)

_NAMED = {"softmax": "softmax", "logistic": "sigmoid", "sigmoid": "sigmoid", "tanh": "tanh", "hyperbolic tangent": "tanh",
          "relu": "relu", "rectifier": "relu", "identity": ""}  # fmt: skip
_NAMES = "|".join(sorted(_NAMED, key=len, reverse=True))
_ROWWISE = re.compile(
    r"⟦E\d+⟧,? (?:taken |applied |computed |acting |acts )?(?:in|for|along|over|on|to) (?:each|every) row|(?:softmax|소프트맥스)[^.;⟦]{0,40}(?:row[- ]?wise|row by row|(?:on |to |of |for |in )?(?:each|every) row|along (?:the )?rows|by rows)"
    r"|\((?:row by row|row[- ]?wise|by rows)\)|row[- ]?wise softmax|⟦\w\d+⟧,? (?:row by row|row[- ]?wise|by rows)"
)
_SYMMETRIC_KINDS = r"(?:covariance|gram|scatter|hessian|correlation|precision|fisher(?: information)?|positive[- ](?:semi-?)?definite)"
_SYMMETRIC = rule(
    r"(?P<who>{Q+}) (?:is|are|be|=) (?:an? |both |an? {X} )*(?:and )?(?:real )?symmetric|symmetric(?: matrix| matrices)? (?P<who2>{Q+})"
    r"|(?P<who3>{Q}) (?:is|be) (?:an? )?⟦X\d+⟧,? (?:and )?symmetric|(?:with|where|for|and) (?:an? |the )*(?:matrix )?(?P<who4>{Q}) symmetric"
    r"|(?P<who5>{Q}) (?:is|be|denotes|,) (?:an? |the |its |their |our )*(?:\w+ )?"
    + _SYMMETRIC_KINDS
    + r" matrix|"
    + _SYMMETRIC_KINDS
    + r" matrix (?P<who6>{Q})"
)
_IS_OF = rule(
    rf"(?:{{column}}|{{entries}})?(?P<heads>{{QE+}}) (?:is|are|be|=|equals) (?:the |a )*(?:row[- ]wise )?(?P<name>{_NAMES})(?: functions?| activations?)?"
    r" of (?:the )?(?:same row of (?:the )?|each row of (?:the )?)?(?:⟦X\d+⟧ matrix )?(?:(?:column|vector|row|scores?|logits?|matrix) )?(?:{column})?(?P<args>{Q+})"
)
_SAME_INDEX = rule(
    rf"(?:each|every|all) (?P<head>{{QF}}) (?:is|are) (?:the |a )*(?P<name>{_NAMES})(?: function)? of (?:the )?(?P<arg>{{QF}})"
    r" (?:with|of|carrying) the same (?:index|indices|subscript)"
)
_OF_PRE = rule(
    rf"(?P<who>{{Q+}})(?: ?(?:is|are|,))? ?(?:the |all |both |each )*(?P<name>{_NAMES})s?(?: functions?| activations?)?"
    rf"(?: and (?P<who2>{{Q+}}) (?:is |are )?(?:the )?(?P<name2>{_NAMES}))? of (?:its|their)(?: own)? pre-?activations?"
    rf"(?:,? (?:and )?(?P<who3>{{Q+}}) (?:is|are) (?:the )?(?P<name3>{_NAMES}|{{U}}) of (?:its|their) own)?"
)
_ENTRIES_OF = rule(
    r"(?P<small>{QF+}) ?(?:is|are|being|denotes?|denoting|be)? ?(?:an? |the |its |their |\(?single )*(?:⟦\w\d+⟧-?th )?(?:entries|entry|components?|elements?)"
    r"(?: ⟦\w\d+⟧)?(?: of (?:the )?(?:row |column |vector |matrix )?(?P<big>{Q+}))"
)
_VALUE = rule(
    r"(?P<who>{QD}) ?(?:is|are|has|have|has reached|takes?|had|의 현재 값은|의 값은|는|은|=)? ?(?:the |a )?(?:current )?(?:values? )?(?:of )?(?P<value>{N})(?! ?(?:or|and|,) ?⟦N)"
    r"|(?P<who3>{QD}) has the value (?P<value3>[-−]?\d*\.?\d+)(?![\w.])"
    r"|(?:the )?(?:current )?value of (?P<who2>{QD}) (?:is|be) (?P<value2>{N})"
)
_NAMED_VALUE = rule(
    r"(?P<what>{EFV}) has the value (?P<name>{Q})(?! ⟦)|(?P<name2>{Q}) is (?:another name for |short for |the name of )?(?:the )?(?:value|number|quantity) (?P<what2>{FV})"
)
_PRODUCT = rule(r"(?P<who>{DQ}) (?:is|equals|be) the product of (?P<factors>{EQDN+})")


def read_values(clause: Clause, context: Context) -> None:
    """Numbers that prose gives to quantities and derivatives, and what is said to be the product of what."""
    for match in clause.find(_PRODUCT):
        factors = tuple(("·", t) for t in clause.terms(match["factors"]))
        head = clause.terms(match["who"])[0]
        if len(factors) > 1:
            context.values.append((head, Mul(factors)))
            context.note("a product of given factors (prose)")
            clause.use(match)
    for match in clause.find(_NAMED_VALUE):
        body = clause.listed(match["what"] or match["what2"])[0].parts[0]
        name = clause.refs(match["name"] or match["name2"])[0]
        if context.defined(name) is None and not isinstance(body, Number):
            context.definitions.append(Definition(name, None, body, clause.line, f"{name} (prose)"))
            context.note(f"{name} is the value that the text names (prose)")
            clause.use(match)
    for match in clause.find(_VALUE):
        heads_, values = (
            clause.terms(match["who"] or match["who2"]),
            clause.terms(match["value"] or match["value2"]),
        )
        if match["who3"]:
            heads_, values = clause.terms(match["who3"]), [number_of(match["value3"])]
        if len(heads_) == 1 and len(values) == 1 and clause.mentions:
            give(heads_[0], values[0], clause, context)
            clause.use(match)


def number_of(text: str) -> Number:
    """A number in digits, with its decimals."""
    text = text.replace("−", "-")
    _, point, tail = text.partition(".")
    return Number(Fraction(text), len(tail) if point else -1)


_TRUE_CLASS = rule(
    r"(?P<one>{E}) (?:for|at|when|where) [^⟦]{0,30}(?:⟦I\d+⟧)?[^⟦]{0,20}(?:and|,) (?:all |the |every )*others? ?(?P<rest>{Q})? ?(?:is|are|=) (?:⟦N\d+⟧|0|zero)"
)


def give(head: Term, value: Term, clause: Clause, context: Context) -> None:
    """Keep the number that a quantity or a derivative has."""
    if isinstance(head, Derivative):
        context.values.append((head, value))
    elif (
        isinstance(head, Ref)
        and head.name not in context.lexicon.indices
        and not any(s.name for s in head.subs)
    ):
        context.definitions.append(Definition(head, None, value, clause.line, f"{head} (prose)", value=True))
        context.note(f"{head} is {value.value if isinstance(value, Number) else '…'} (prose)")


_ONES = rule(
    r"(?P<who>{QL+}) (?:is |are |, )?(?:the |a )*(?:all-ones )?(?:column|vector|row)(?: vector)? of (?:⟦\w\d+⟧ |\w+ )?ones"
)


def _named_functions(clause: Clause, context: Context) -> None:
    for match in clause.find(_ONES):
        context.ones.update(r.name for r in clause.refs(match["who"]))
        clause.use(match)
    for match in clause.find(_ROWWISE):
        context.softmax_rows = True
        context.note("softmax is taken along rows (prose)")
        clause.use(match)
    for match in clause.find(_SYMMETRIC):
        if re.search(r"\bnot\b", match.group()):
            continue
        for ref in clause.refs(
            match["who"] or match["who2"] or match["who3"] or match["who4"] or match["who5"] or match["who6"]
        ):
            context.symmetric.add(ref.name)
            context.note(f"{ref} is symmetric (prose)")
        clause.use(match)
    for match in clause.find(_OF_PRE):
        for who, name in (("who", "name"), ("who2", "name2"), ("who3", "name3")):
            told = match[name] or ""
            if told.startswith("⟦"):
                told = clause.listed(told)[0].latex.strip("\\ ")
            for ref in clause.refs(match[who]) if told in _NAMED else ():
                _activate(ref, _NAMED[told], clause, context)
        clause.use(match)
    for match in clause.find(_SAME_INDEX):
        head, arg = clause.refs(match["head"])[0], clause.refs(match["arg"])[0]
        context.same_index.append((head.name, _NAMED[match["name"]], arg.name))
        context.note(f"each {head.name} is {match['name']} of the {arg.name} with its index (prose)")
        clause.use(match)
    for match in clause.find(_IS_OF):
        heads, args = clause.refs(match["heads"]), clause.refs(match["args"])
        if match["name"] == "softmax" and len(heads) == len(args) == 1:
            heads, args = [_of_all(heads[0])], [_of_all(args[0])]
        if len(heads) != len(args) or any(h.subs or h.example is not None for h in heads):
            continue
        if re.search(r"\brows?\b|row-wise", match.group()):
            context.softmax_rows = True
        function = _NAMED[match["name"]]
        for head, arg in zip(heads, args, strict=True):
            body: Term = Call(Ref(function), (arg,)) if function else arg
            context.definitions.append(Definition(head, None, body, clause.line, f"{head} (prose)"))
            context.note(f"{head} is {match['name']} of {arg} (prose)")
        clause.use(match)
    for match in clause.find(_ENTRIES_OF):
        small, big = clause.refs(match["small"]), clause.refs(match["big"])
        if len(small) == len(big) and all(a.name != b.name for a, b in zip(small, big, strict=True)):
            for a, b in zip(small, big, strict=True):
                context.aliases[a.name] = b.name
                context.note(f"{a.name} are the entries of {b.name} (prose)")
            clause.use(match)


def _of_all(ref: Ref) -> Ref:
    """The whole of what has one entry named: the p_i are the softmax of the z_i."""
    return replace(ref, subs=()) if len(ref.subs) == 1 and ref.subs[0].name else ref


def _activate(ref: Ref, function: str, clause: Clause, context: Context) -> None:
    """``o_t is the logistic function of its pre-activation``, which has no name of its own."""
    inner = replace(ref, name=f"pre:{ref.name}")
    if function and context.defined(ref) is None:
        body = Call(Ref(function), (inner,))
        context.definitions.append(Definition(ref, None, body, clause.line, f"{ref} (prose)"))
        context.activated.add(ref.name)
        context.note(f"{ref} is {function} of its pre-activation (prose)")


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
    r"⟦\w\d+⟧ (?:is|makes|denotes|means|builds|gives) (?:the |a )?diagonal matrix(?: (?:of|with|from|that has|made of|built from) (?:the )?(?:entries (?:of )?)?⟦\w\d+⟧(?: on its diagonal)?)?|"
    r"(?:vectors?|columns?|rows?|lists?|arrays?) of (?:the )?(?:scores|logits|outputs|labels|targets)? ?(?:and )?(?:the )?probabilities|(?:takes?|taken|are|as|is|these|treated) (?:all |these |as |to be )*independent(?: variables| quantities| numbers)?|symmetric or not|not (?:necessarily )?symmetric|not all equal|non-?negative|(?:for |of |at |if |is |are |not |the )+negative (?:⟦\w\d+⟧|arguments?|inputs?|values?|numbers?|entries)"
    r"|negative (?:words?|samples?|vectors?|examples?|ones?)|probability (?:vector|of (?:a |the )?class)|logistic regression|linear regression|softmax (?:regression|classifier|layer|output)s?|(?:sigmoid|logistic|relu|tanh) (?:neurons?|units?|activations?)"
    r"|(?:the |a )*hyperbolic tangents?|(?:the )?exponential(?: function)?|independent variables?|natural logarithm|learning rate ⟦\w\d+⟧|(?:other )?doubled backslash\w*|entry of its own"
    r"|(?:columns?|rows?|vectors?|arrays?) of (?:the same|one|equal) (?:lengths?|sizes?|shapes?)"
    r"|(?:not |no )(?:the )?identity\b|affine (?:layers?|maps?|transformations?|functions? of)|(?:keeps? |the |corrected )*(?:running|moving) (?:means?|averages?)(?: of)?"
    r"|(?:gradient descent |descent )?with momentum|(?:mean|small|constant) (?:time|batch|change)|standard (?:notation|form)|without loss of generality|nielsen's notation"
    r"|\b(?:never|nowhere) (?:zero|0|vanish\w*)\b|(?<!\bfor )\b(?:a|some) (?:very )?(?:small|tiny) (?:positive )?(?:constant |number |term )?⟦E\d+⟧"
)


_TRANSPOSED = rule(r"(?P<who>⟦[QGV]\d+⟧) (?:is|denotes|means|for) (?:the )?transpose of (?P<of>⟦[QG]\d+⟧)")
_ALSO = rule(
    r"(?P<what>⟦E\d+⟧),? ?\(?(?:is |are )?also (?:called|written|named|denoted)(?: as| by)? (?P<name>{Q})"
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


def read_manners(clause: Clause, context: Context) -> None:
    """Take from a clause how products, functions, labels and steps are meant."""
    for match in clause.find(_ALSO):
        what, name = clause.refs(match["what"]), clause.refs(match["name"])
        if what and name and context.defined(name[0]) is None and what[0].subs == name[0].subs:
            context.definitions.append(Definition(name[0], None, what[0], clause.line, f"{name[0]} (prose)"))
            context.note(f"{name[0]} is another name of {what[0]} (prose)")
            clause.use(match)
    for match in clause.find(_SPELLED):
        named_ = clause.refs(match.group())
        if len(named_) == 2 and named_[0].name != named_[1].name:
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
    for pattern in (_NORM, _PHRASES):
        for match in clause.find(pattern):
            # What stands beside negative samples is none of them.
            context.has_negatives = context.has_negatives or match.group().startswith("negative ")
            clause.use(match)
    _named_functions(clause, context)
    _products(clause, context)
    _functions(clause, context)
    _labels(clause, context)
    read_steps(clause, context)
    for match in clause.find(_BROADCAST):
        clause.use(match)


def _products(clause: Clause, context: Context) -> None:
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
    if sign in (".*", "./"):
        return  # these say it themselves
    context.products[sign] = kind
    context.note(f"{sign or 'juxtaposition'} is the {kind} product (prose)")


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


_HOT_WORD = re.compile(r"one-?hot|multi-?label|sums? to\b|may (?:all |both )?be (?:one|1|⟦)|원-?핫", re.I)
_HOT_ROWS = re.compile(r"\brows? (?:of|in) ⟦\w\d+⟧[^⟦.]{0,12}one-hot|one-hot rows?")


# Labels of which this is said sum to anything.
_NOT_HOT = re.compile(
    r"\b(?:not|no|never|neither|nor|cannot|several|many|any number|multi-?label|multi-?hot)\b|n't\b|않|아니|여러",
    re.I,
)


def _labels(clause: Clause, context: Context) -> None:
    if any(clause.everywhere(_NOT_HOT)) and any(clause.everywhere(_HOT_WORD)):
        labels = {"y", "Y", "t", "T"}
        context.soft |= (clause.names & labels) or labels
    for match in clause.find(_TRUE_CLASS):
        hot = sorted({r.name for r in clause.refs(match["one"])})
        context.one_hot.update(hot)
        context.note(f"one-hot: {', '.join(hot)} (prose)")
        clause.use(match)
    context.hot_rows = context.hot_rows or any(clause.everywhere(_HOT_ROWS))
    for match in clause.find(_ONE_HOT):
        near = [r.name for r in clause.refs(match.group())]
        chosen = near or [n for n in ("y", "Y", "t", "T") if n in clause.names] or ["y", "Y", "t", "T"]
        context.one_hot.update(chosen)
        context.note(f"one-hot: {', '.join(chosen)} (prose)")
        clause.use(match)
    for match in clause.find(_SUM_ONE) if any(clause.everywhere(_TO_ONE)) else ():
        if match["n"]:
            first = clause.mentions[int(match["n"])].parts[0]
            if not (isinstance(first, Number) and first.value == 1):
                continue
        names = [r.name for r in clause.refs(match["who"] or clause.text)]
        context.one_hot.update(names)
        context.note(f"sums to one: {', '.join(names)} (prose)")
        clause.use(match)
    for match in clause.find(_CONSTANT):
        refs = clause.refs(match["who"])
        context.constants.update(r.name for r in refs)
        times = [r.time for r in refs if r.time is not None]
        if any(t.name for t in times):
            context.one_step = True
        elif any(t.offset == 0 for t in times):
            _begin(context)
        clause.use(match)
    for match in clause.find(_START):
        if any(r.time is not None and r.time == Index("", 0) for r in clause.refs(match.group())):
            _begin(context)
            clause.use(match)


def _begin(context: Context) -> None:
    """A constant h_0 is no step of the recursion."""
    context.first_step = 1
    context.note("the first step is step 1 (prose)")


def function_of(term: Term) -> Ref | None:
    """The function that a call calls."""
    return term.function if isinstance(term, Call) else named(term)
