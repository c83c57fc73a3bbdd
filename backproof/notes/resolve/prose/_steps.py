"""Steps of a descent in words: ``a step moves ⟦w⟧ by ⟦-αg⟧``, ``replaces ⟦w⟧ by ⟦w-αg⟧``, ``subtracts ⟦αg⟧ from ⟦w⟧``.

A step is told only if its sign is: *moves w by αg downhill* and *moves w by αg against the gradient* are not read.
"""

from __future__ import annotations

import re

from .._context import Context
from .._terms import Add, Call, Derivative, Div, Gradient, Mul, Number, Ref, Term, refs, walk
from ._accumulated import read_accumulated
from ._arithmetic import is_computed, read_phrase, words_of
from ._clause import Clause, rule

_MOVES = rule(
    r"(?:(?:moves?|changes?|updates?|shifts?|adjusts?|increments?) (?:the )?(?:(?:every |each |all )?(?:weights? |parameters? |numbers? |bias |biases |vector |matrix |value (?:of )?|point ))?(?P<who>{Q})|(?P<who3>{Q}) (?:is|are) (?:then )?(?:moved|changed|updated|shifted|adjusted|incremented)) by (?:the )?(?P<step>⟦[QVNEGD]\d+⟧)"
    r"(?P<along> times (?:the |its )*(?:partial )?(?:derivative|gradient)(?: of (?P<loss>{LQF}))?(?: (?:in|by|with respect to) (?:it|⟦\w\d+⟧))?)?"
    r"(?: times (?P<times>⟦[QVGD]\d+⟧))?(?:,? divided by (?P<over>⟦[QV]\d+⟧))?"
    r"(?:,? and (?:the )?(?:number |bias |weights? )?(?P<who2>{Q}) by (?P<step2>⟦[QVNEGD]\d+⟧))?"
)
_ADDS = rule(
    r"adds? (?P<step>⟦[VQND]\d+⟧) to (?:the )?(?:biases |bias |weights |weight |parameters? |old value )?(?P<who>{Q})"
)
_ADDS_IN_WORDS = rule(
    r"(?:adds?|accumulates) (?P<what>(?:[^⟦,;:]*⟦\w\d+⟧){1,3}) (?:to|in|into) (?:the )?(?:old |number |accumulator |sum |value |of )*(?P<who>{Q})"
)
_MINUS = rule(
    r"(?P<new>{Q}) (?:is|becomes|equals) (?P<old>{Q}) (?P<sign>minus|plus) (?P<rate>{Q}) times the (?:gradient|derivative) of (?P<loss>{L})"
)

_REPLACES = rule(
    r"(?:replaces?|overwrites?) (?:the )?(?:⟦X\d+⟧ (?:matrix |vector |array )?)?(?:(?:number|matrix|vector) )?(?:(?:every |each |all )?(?:old |current )?(?:values? (?:of )?)?(?:weights? |parameters? )?)?(?P<who>{Q})(?: \([^)]*\))? (?:by|with) (?:the )?(?P<new>⟦[QV]\d+⟧)(?:,? and (?:the )?(?:bias |weights? )?(?P<who2>{Q}) (?:by|with) (?P<new2>⟦[QV]\d+⟧))?"
)
_LESSENS = rule(
    r"(?:decreases|reduces|lowers|diminishes) (?:the )?(?:weight |parameter |bias )?(?P<who>{Q}) by "
    r"|(?P<who2>{Q}) (?:is (?:decreased|reduced|lowered|diminished)|decreases) by "
)
_SUBTRACTS = rule(
    r"(?:subtracts?|takes?) (?P<what>(?:[^⟦,;:]*⟦\w\d+⟧){1,4}) (?:away )?from (?:the )?(?:weight |parameter |bias |old |value |of )*(?P<who>{Q})"
)
_EACH = rule(
    r"(?:each|every|any|all) (?:the )?(?:weights?|parameters?)(?: and (?:bias|biases))? (?:is|are) (?:moved|changed|updated|shifted|adjusted) by "
    r"(?P<step>{V}) times (?:the |its )*(?:partial )?derivatives? of (?:the )?(?:loss |cost |error )?(?P<loss>{LE})"
)
# Words that turn a step around, or that say that its size alone is told.
_TURNED = re.compile(
    r"\b(?:down(?:hill|wards?)?|up(?:hill|wards?)|against|opposite|towards?|away|decreas\w*|descend\w*|lower\w*|reduc\w*|backwards?"
    r"|contrary|directions?|smaller|larger|minus|negative)\b"
)

# Words that say that more is done to a step, or to the old value, than what was read.
_QUALIFIED = re.compile(
    r"\b(?:scal(?:ed|ing)|multiplie[sd]|multiplying|times|after|divid\w*|averag\w*|summed|normali[sz]\w*|clipp\w*|clips?|plus|minus|then|half"
    r"|halved|twice|instead|except|unless|not|if|when|whenever|otherwise|until|decays?|shrinks?|per example|for (?:each|every) example)\b"
)

# A step along one example, or along what a factor has left.
_ESTIMATES = re.compile(
    r"\b(?:stochastic|sgd|on-?line|mini-?batch\w*|single example|one example|example at a time|estimat\w*|absorb\w*|goes into|swallow\w*"
    r"|ignor\w*|dropp?\w*|left out|omit\w*|factors?|constants?|proportional|momentum|adam|rmsprop|adagrad)\b"
)
# Methods whose steps are not along the gradient.
_METHODS = re.compile(
    r"\bclip\w*|\btak(?:es?|ing) (?:its|the) sign|\b(?:momentum|velocit\w+|adam\w*|rms-?prop\w*|ada-?grad\w*|ada-?delta|nesterov\w*|nag|newton\w*|lion|look-?ahead|corrected)\b|모멘텀|动量"
)
# A step that is denied, called wrong, or taken now and then tells nothing.
_WITHHELD = re.compile(
    r"\b(?:no|not|never|neither|nor|wrong\w*|mistak\w*|incorrect\w*|instead|only|except|unless|until|if|when|whenever|but"
    r"|some|others?|sometimes|(?:second|other|third) step|diverge\w*|fails?)\b"
)
# Another step behind that of an average: *then w is moved by*.
_ONE_AFTER = re.compile(r"(?:,|and)? then ")
_SEVERAL = re.compile(
    r"\b(?:shrinks?|multipl(?:y|ies)|scales|decays|(?:steps?|it|we) first|(?<!^)then|twice|(?:two|three|four|several|many|all|⟦\w\d+⟧) (?:\w+ )?(?:steps|updates|iterations))\b"
)


_WAY = r"(?:sub-?|steepest |batch )?(?:gradient )?(?:descent|ascent)"
_WITH_RATE = r",? with (?:the |a |an )*(?:constant |fixed )?(?:learning |step )?(?:rate|size|length|step) (?P<{}>⟦[QE]\d+⟧),?"
_WHAT = r"(?:the )?(?:[a-z-]+ ){{0,3}}?(?P<{}>{{LEV}})"
_DESCENT = rule(
    rf"(?P<way>{_WAY})(?: \([^)]*\))?(?:{_WITH_RATE.format('rate')})? (?:on|for|applied to|minimi[sz]es|of) {_WHAT.format('loss')}(?:{_WITH_RATE.format('rate2')})?"
    rf"|(?:mini|maxi)mi[sz](?:es?|ed|ing) {_WHAT.format('loss2')},? (?:by|with|using) (?P<way2>{_WAY})(?:{_WITH_RATE.format('rate3')})?"
)


# The rate of a descent, in letters or in numbers.
_RATE = rule(
    r"(?:gradient descent|descends?|steps? (?:of gradient descent|against the gradients?|down the gradients?))[^⟦;]{0,40}(?:with|at|using|and) (?:the |a |an )*(?:constant |fixed )?"
    r"(?:(?:learning |step )?(?:rate|size|length)|step) (?:of |is |= ?)?(?P<rate>⟦[QNE]\d+⟧)"
    r"|(?:learning rate|step size|step length) (?:of |is |= ?)?(?P<rate2>⟦[QNE]\d+⟧)"
)


def read_steps(clause: Clause, context: Context) -> None:
    """Take from a clause what a step changes."""
    context.estimates = context.estimates or any(clause.everywhere(_ESTIMATES))
    context.other_method = context.other_method or any(clause.everywhere(_METHODS))
    read = read_accumulated(clause, context)
    for match in clause.find(_RATE):
        if (terms := clause.terms(match["rate"] or match["rate2"])) and context.rate is None:
            context.rate = terms[0]
            if isinstance(terms[0], Number):
                context.given.add(terms[0].value)
        at = max(clause.text.rfind(w, match.start(), match.end()) for w in ("learning", "step", "rate"))
        clause.used.append((at, match.end()))
    if _SEVERAL.search(_unread(clause)) and not (read and _ONE_AFTER.search(clause.text)):
        return
    if _WITHHELD.search(clause.text):
        return
    _moved(clause, context)
    _replaced(clause, context)
    for match in clause.find(_DESCENT):
        rates = clause.terms(next((r for k in ("rate", "rate2", "rate3") if (r := match[k])), None))
        said = clause.terms(match["loss"] or match["loss2"])
        rate = rates[0] if rates else context.rate
        down = "descent" in (match["way"] or match["way2"])
        if rate is not None and said and (down or match["way"]) and not isinstance(rate, Number):
            loss: Term = said[0].function if isinstance(said[0], Call) else said[0]
            _descends(rate, loss if down else Add(((-1, loss),)), context)
    for match in clause.find(_EACH):
        step, losses = clause.terms(match["step"])[0], clause.refs(match["loss"])
        if isinstance(step, Add) and len(step.terms) == 1 and losses:
            sign, rate = step.terms[0]
            if sign < 0 and isinstance(rate, Ref):
                _descends(rate, losses[0], context)
                clause.use(match)
    for match in clause.find(_ADDS):
        target, added = clause.refs(match["who"]), clause.terms(match["step"])
        plain = not _TURNED.search(clause.text, match.end()) and not _qualified(clause, match.end())
        if target and added and plain and re.search(r"\bstep|update|descent", clause.text):
            context.steps[target[0].name] = added[0]
            context.note(f"a step adds to {target[0]} what the text says (prose)")
            clause.use(match)
    for match in clause.find(_ADDS_IN_WORDS):
        words_ = [w.group() for w in words_of(re.sub(r"\bnew (?=⟦|gradient)", "", match["what"]))]
        phrase = read_phrase(words_, 0, clause.mentions)
        plain = not _TURNED.search(clause.text, match.end()) and not _qualified(clause, match.end())
        if phrase is not None and phrase.end == len(words_) and is_computed(phrase.term) and plain:
            _tell(clause.refs(match["who"])[0], phrase.term, context)
            clause.use(match)
    for match in clause.find(_MINUS):
        new, factor, of = (clause.terms(match[k])[0] for k in ("new", "rate", "loss"))
        if not isinstance(new, Ref):
            continue
        sign = -1 if match["sign"] == "minus" else 1
        slope = Derivative(of, (Ref(new.name, new.layer, None, new.subs),), True)
        step = Add(((sign, Mul((("", factor), ("", slope)))),))
        context.steps[new.name] = step
        context.note(f"a step of {new.name} is along the gradient of {of} (prose)")
        clause.use(match)


def _unread(clause: Clause) -> str:
    """The text of a clause without what has been understood of it."""
    text = clause.text
    for a, b in clause.used:
        text = text[:a] + " " * (b - a) + text[b:]
    return text


def _descends(rate: Term, loss: Term, context: Context) -> None:
    context.descends = (rate, loss)
    up = isinstance(loss, Add) and len(loss.terms) == 1
    shown = loss if isinstance(loss, Ref) else "what the text says"
    context.note(f"steps go {'up' if up else 'down'} the gradient of {shown} with rate {rate} (prose)")


def _moved(clause: Clause, context: Context) -> None:
    """``a step moves W by …``, and what it moves b by."""
    for match in clause.find(_MOVES):
        for who, words in (("who" if match["who"] else "who3", "step"), ("who2", "step2")):
            head, said = clause.terms(match[who]), clause.listed(match[words])
            if len(head) == 1 and isinstance(head[0], Ref) and said and len(said[0].parts) == 1:
                step = said[0].parts[0]
                negative = is_negative(step)
                if match["along"]:
                    losses = clause.terms(match["loss"])
                    if not losses and context.last_loss is not None:
                        losses = [context.last_loss]
                    if not losses:
                        continue
                    by = Ref(head[0].name, head[0].layer, None, head[0].subs)
                    step = Mul((("", step), ("·", Derivative(losses[0], (by,), True))))
                if who != "who2":
                    for factor in clause.terms(match["times"]):
                        step = Mul((("", step), ("·", factor)))
                    for divisor in clause.terms(match["over"]):
                        step = Div(step, divisor)
                turned = not negative and _TURNED.search(clause.text, match.end())
                if turned or _qualified(clause, match.end()) or _holds_old(step, head[0]) or not refs(step):
                    continue
                _tell(head[0], step, context)
                slopes = any(isinstance(t, (Derivative, Gradient)) for t in walk(step))
                if not negative and (slopes or context.descent):
                    context.unsigned.add(head[0].name)
                clause.use(match)


def _replaced(clause: Clause, context: Context) -> None:
    """``replaces w by w - αg``, ``decreases w by α times g``, ``subtracts αg from w``."""
    for match in clause.find(_REPLACES):
        if _qualified(clause, match.end()):
            continue
        for who, new in (("who", "new"), ("who2", "new2")):
            for head, told in zip(clause.refs(match[who]), clause.listed(match[new]), strict=False):
                _tell(head, Add(((1, told.parts[0]), (-1, _plain(head)))), context)
        clause.use(match)
    for match in clause.find(_LESSENS):
        head = clause.refs(match["who"] or match["who2"])[0]
        words = words_of(clause.text[match.end() :])
        phrase = read_phrase([w.group() for w in words], 0, clause.mentions)
        if phrase is None or is_negative(phrase.term) or not refs(phrase.term):
            continue
        if _qualified(clause, match.end() + words[phrase.end - 1].end()):
            continue
        rest = clause.text[match.end() + words[phrase.end - 1].end() :]
        if re.match(r"\s*(?:$|[,:)(]|and\b|in (?:each|every|one) step|per step|where\b|with\b)", rest):
            _tell(head, Add(((-1, phrase.term),)), context)
            clause.used.append((match.start(), len(clause.text) - len(rest)))
    for match in clause.find(_SUBTRACTS):
        words_ = [w.group() for w in words_of(re.sub(r"\bnew (?=⟦)", "", match["what"]))]
        phrase = read_phrase(words_, 0, clause.mentions)
        read = phrase is not None and phrase.end == len(words_) and not _qualified(clause, match.end())
        if phrase is not None and read and refs(phrase.term) and not is_negative(phrase.term):
            _tell(clause.refs(match["who"])[0], Add(((-1, phrase.term),)), context)
            clause.use(match)


def _qualified(clause: Clause, end: int) -> bool:
    return _QUALIFIED.search(clause.text, end) is not None


def _tell(head: Ref, step: Term, context: Context) -> None:
    context.steps[head.name] = step
    context.note(f"a step moves {head} by what the text says (prose)")


def _plain(head: Ref) -> Ref:
    return Ref(head.name, head.layer, None, head.subs, head.time)


def is_negative(term: Term) -> bool:
    """Whether a term begins with a minus."""
    match term:
        case Add(((sign, _),)):
            return sign < 0
        case Add(terms):
            return terms[0][0] < 0
        case Mul(((_, first), *_)) | Div(first, _):
            return is_negative(first)
        case Number(value):
            return value < 0
    return False


def _holds_old(step: Term, head: Ref) -> bool:
    """``updates w by w - αg`` tells the new value, where ``by -αg`` tells the step: which one is open."""
    return isinstance(step, Add) and len(step.terms) > 1 and any(t == head for _, t in step.terms)
