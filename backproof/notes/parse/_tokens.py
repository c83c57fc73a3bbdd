r"""LaTeX mathematics to tokens: one pass, no back-tracking, every token with its offset.

The noise that real notes carry is taken off here and nowhere else: colours, boxes, spacing, ``\left``,
doubled backslashes, ``\_``, tags and labels.
Scripts are not interpreted: whether ``^{[l]}`` is a layer, ``^T`` a transpose or ``^2`` a power needs the document.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from .._errors import LatexError, LimitError
from ._commands import read_command
from ._given import given_at
from ._symbols import (
    CLOSE,
    CONNECTIVES,
    FUNCTIONS,
    OPEN,
    PRODUCTS,
    RELATIONS,
    UNICODE,
)

# A display of 20,000 characters is no formula a person wrote; the limit keeps every later stage linear.
MAX_LENGTH = 20_000
MAX_DEPTH = 60


@dataclass(slots=True, unsafe_hash=True)  # thousands are made, and frozen ones take four times as long
class Token:
    """One token, never changed: its kind, its canonical text, and where it stands in the formula."""

    kind: str
    text: str
    at: int


_SCAN = re.compile(
    r"""(?P<space>[ \t\r\n]+)|(?P<comment>(?<!\\)%[^\n]*)
    |(?P<number>\d+(?:\{,\}\d+)+(?:\.\d+)?|\d+(?:,\d{3})+(?!\d)|\d+\.\d+|\d+|\.\d+)
    |(?P<row>\\\\(?:\s*\\\\)*(?:\\(?=\n))?\*?(?:\[[^\]\n]{0,12}(?:pt|em|ex|mm|cm)\])?|\\newline\b|\\cr\b)
    |(?P<command>\\(?:operatorname\*|tag\*|hspace\*|[A-Za-z]+|.))
    |(?P<dots>\.\.\.)
    |(?P<relation>:=|==|=:|=|<|>)
    |(?P<letters>np\.[A-Za-z]+(?=\s*(?:\\(?:left|big|Big|bigl|Bigl)\s*)?\()|[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z]+(?=\())?)
    |(?P<word>[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+[A-Za-z0-9]*|[^\W\d_a-zA-Z]+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


# The second stroke of ``||`` and of ``\\right|\\right|``.
_SECOND_STROKE = re.compile(r"\s*(?:\\(?:right|bigr|Bigr|big|Big)\s*)?\|")


def _opens_bar(token: Token) -> bool:
    return (token.kind, token.text) == ("OPEN", "|")


def tokenize(latex: str) -> list[Token]:
    r"""Split a formula into tokens.

    Parameters
    ----------
    latex : str
        The formula without its delimiters.

    Returns
    -------
    list of Token

    Raises
    ------
    LatexError
        An argument or a bracket is missing.
    LimitError
        The formula is longer or deeper than a person writes.

    Examples
    --------
    >>> [t.text for t in tokenize(r"\color{red}\frac{dL}{dz} = a-y")]
    ['frac', '{', 'dL', '}', '{', 'dz', '}', '=', 'a', '-', 'y']
    """
    if len(latex) > MAX_LENGTH:
        raise LimitError(f"the formula has {len(latex)} characters; at most {MAX_LENGTH} are read")
    text, offsets = _normalised(latex)
    scanner = Scanner(latex, text, offsets)
    return scanner.run()


# A container that doubles backslashes: no row ends where a command's name stands directly behind it.
_DOUBLED = re.compile(
    r"(?<!\\)\\(?=\\(?:frac|partial|sum|prod|cdot|times|odot|circ|sigma|left|right|text|mathrm|mathbf|log|exp|hat|sqrt|begin|end)\b)"
    r"|(?<=\\left)\\(?=\\[{}|])|(?<=\\right)\\(?=\\[{}|])"
)


def _normalised(latex: str) -> tuple[str, list[int]]:
    """Write Unicode mathematics as commands; keep for each character where it came from."""
    if latex.isascii() and not _DOUBLED.search(latex):
        return latex, list(range(len(latex) + 1))
    pieces: list[str] = []
    offsets: list[int] = []
    doubled = {m.start() for m in _DOUBLED.finditer(latex)}
    for at, char in enumerate(latex):
        if at in doubled:
            continue
        new = UNICODE.get(char)
        if new is None:
            new = char
            if ord(char) > 0x1D3FF or unicodedata.category(char) == "Cf":
                new = unicodedata.normalize("NFKC", char) if ord(char) > 0x1D3FF else ""
            elif 0xFF10 <= ord(char) <= 0xFF5A:  # full-width digits and letters
                new = unicodedata.normalize("NFKC", char)
        pieces.append(new)
        offsets.extend([at] * len(new))
    offsets.append(len(latex))
    return "".join(pieces), offsets


class Scanner:
    """The state of one scan: the text, a cursor, and the tokens so far."""

    def __init__(self, latex: str, text: str, offsets: list[int]) -> None:
        self.latex, self.text, self.offsets = latex, text, offsets
        self.tokens: list[Token] = []
        self.at = 0
        self.open_bars: list[tuple[int, str]] = []
        self.depth = 0

    def fail(self, message: str, at: int) -> LatexError:
        return LatexError(message, self.latex, self.offsets[min(at, len(self.offsets) - 1)])

    def add(self, kind: str, text: str, at: int) -> None:
        self.tokens.append(Token(kind, text, self.offsets[at]))

    def run(self) -> list[Token]:
        while self.at < len(self.text):
            match = _SCAN.match(self.text, self.at)
            if match is None:
                raise self.fail("this character cannot be read", self.at)
            start, self.at = self.at, match.end()
            self.take(str(match.lastgroup), match.group(), start)
        return self.tokens

    def take(self, kind: str, text: str, start: int) -> None:
        if kind in ("space", "comment"):
            return
        if kind == "number":
            self.add("NUMBER", self.number(text, start), start)
        elif kind == "row":
            self.add("ROW", "\\\\", start)
        elif kind == "dots":
            self.add("DOTS", "...", start)
        elif kind == "relation":
            self.add("REL", RELATIONS.get(text, "="), start)
        elif kind == "letters":
            self.add("LETTERS", text, start)
        elif kind == "word":
            self.add("NAME", _greek_letter(text), start)
        elif kind == "command":
            read_command(self, text, start)
        else:
            self.symbol(text, start)

    def number(self, text: str, start: int) -> str:
        """``800{,}000`` is a whole number, ``0{,}25`` a decimal; ``1{,}234`` could be either."""
        whole, *groups = text.split("{,}")
        if not groups:
            return text.replace(",", "")
        thousands = all(len(g.partition(".")[0]) == 3 for g in groups) and len(whole) <= 3 and whole[0] != "0"
        if thousands and len(groups) == 1 and groups[0] != "000":
            raise self.fail("whether the comma in this number separates thousands", start)
        if thousands:
            return whole + "".join(groups)
        if len(groups) > 1 or "." in groups[0]:
            raise self.fail("this number", start)
        return f"{whole}.{groups[0]}"

    def symbol(self, text: str, start: int) -> None:
        single = {"^": "SUP", "_": "SUB", "{": "LB", "}": "RB", "&": "AMP", ",": "COMMA", ";": "SEMI", "'": "PRIME",
                  "+": "SIGN", "-": "SIGN", "!": "FACTORIAL", "~": "SPACE"}.get(text)  # fmt: skip
        if text in OPEN:
            self.enter(start)
            self.add("OPEN", OPEN[text], start)
        elif text in CLOSE:
            self.leave()
            self.add("CLOSE", CLOSE[text], start)
        elif text == "|":
            self.bar("|", start)
        elif text in PRODUCTS:
            self.add("OP", PRODUCTS[text], start)
        elif single == "SPACE":
            return
        elif single is not None:
            if single == "LB":
                self.enter(start)
            elif single == "RB":
                self.depth -= 1
            self.add(single, text, start)
        elif text == ".":
            self.add("DOT", ".", start)
        elif text == ":":
            self.add("COLON", ":", start)
        elif text == '"' or text == "`" or text == "$" or text == "#":
            return
        else:
            raise self.fail(f"the character {text!r} has no meaning here", start)

    def enter(self, start: int) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise LimitError(f"brackets are nested more than {MAX_DEPTH} deep")

    def leave(self) -> None:
        """Close a bracket; a bar in it that nothing has closed stands between what a function takes."""
        if self.open_bars and self.open_bars[-1][0] == self.depth and (found := given_at(self.tokens)):
            bar, name, text = found
            self.tokens[bar] = Token("COMMA", self.tokens[bar].text, self.tokens[bar].at)
            self.tokens[name] = Token("NAME", text, self.tokens[name].at)
            self.open_bars.pop()
        self.depth -= 1

    def bar(self, text: str, start: int) -> None:
        """Pair bars: an open bar at the same depth is closed, otherwise one opens; ``||x||`` has bars of two strokes."""
        top = self.open_bars[-1] if self.open_bars and self.open_bars[-1][0] == self.depth else None
        last = self.tokens[-1] if self.tokens else None
        if text == "|" and top == (self.depth, "|") and last is not None and _opens_bar(last):
            self.tokens[-1] = Token("OPEN", "‖", last.at)
            self.open_bars[-1] = (self.depth, "||")
        elif text == "|" and top == (self.depth, "||"):
            second = _SECOND_STROKE.match(self.text, self.at)
            if second is not None:
                self.at = second.end()
                self.open_bars.pop()
                self.add("CLOSE", "‖", start)
            else:
                self.open_bars.append((self.depth, text))
                self.add("OPEN", text, start)
        elif top is not None and (top[1] == "|") == (text == "|"):
            self.open_bars.pop()
            self.add("CLOSE", text, start)
        else:
            self.open_bars.append((self.depth, text))
            self.add("OPEN", text, start)

    def underscore(self, start: int) -> None:
        """``weight\\_delta`` is one name of several letters; before a single letter or a brace a script begins.

        ``y\\_hat``, ``dA\\_prev`` are letters with a word below; ``grad\\_y\\_pred`` is one name again.
        """
        rest = re.match(r"[A-Za-z]{2,}|[A-Za-z]\w*(?:\\_\w+)+", self.text[self.at :])
        last = self.tokens[-1] if self.tokens else None
        if rest is not None and last is not None and last.kind in ("LETTERS", "WORD") and len(last.text) > 1:
            rest = re.match(r"[A-Za-z]\w*(?:\\_\w+)*", self.text[self.at :])
            assert rest is not None
        letter = last is not None and last.kind == "LETTERS" and re.fullmatch(r"d?[A-Za-z]", last.text)
        if rest is not None and letter and len(rest.group()) > 2:
            self.at += rest.end()
            self.tokens.extend(Token(kind, text, start) for kind, text in (("SUB", "_"), ("LB", "{")))
            self.add("WORD", rest.group().replace("\\_", "_"), start)
            self.add("RB", "}", start)
            return
        if rest is None or last is None or last.kind not in ("LETTERS", "WORD") or len(last.text) < 2:
            self.add("SUB", "_", start)
            return
        self.at += rest.end()
        self.tokens[-1] = Token("WORD", f"{last.text}_{rest.group()}".replace("\\_", "_"), last.at)

    def in_a_table(self) -> bool:
        """Whether an environment of branches is open, whose words hold conditions."""
        kinds = [t.kind for t in self.tokens if t.kind in ("BEGIN", "END") and t.text in _BRANCHES]
        return kinds.count("BEGIN") > kinds.count("END")

    def raised(self) -> bool:
        """Whether a superscript begins here."""
        kinds = [t.kind for t in self.tokens[-2:]]
        return kinds[-1:] == ["SUP"] or kinds == ["SUP", "LB"]

    def argument(self, start: int) -> str:
        """Take a braced argument (or one character) as raw text and step over it."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        if self.at >= len(self.text):
            raise self.fail("an argument is missing at the end", start)
        if self.text[self.at] == "[":
            end = self.text.find("]", self.at)
            if 0 <= end - self.at < 20:
                self.at = end + 1
                return self.argument(start)
        if self.text[self.at] != "{":
            self.at += 1
            return self.text[self.at - 1]
        depth, begin = 0, self.at + 1
        while self.at < len(self.text):
            char = self.text[self.at]
            depth += (char == "{") - (char == "}")
            self.at += 2 if char == "\\" else 1
            if depth == 0:
                return self.text[begin : self.at - 1]
        raise self.fail("a brace is opened and never closed", begin - 1)

    def quotient(self, sign: str, start: int) -> None:
        """``\\pdv{f}{x}`` and ``\\pdv{x}`` of the physics package, as the fraction that they print."""
        first = self.argument(start)
        following = self.text[self.at :].lstrip()
        second = self.argument(start) if following.startswith("{") else None
        top, bottom = (first, second) if second is not None else ("", first)
        self.inline(f"\\frac{{{sign}{top}}}{{{sign}{bottom}}}", start)

    def inline(self, content: str, start: int) -> None:
        """Scan text in place; its tokens stand where the command stood."""
        text, offsets = _normalised(content)
        inner = Scanner(content, text, offsets)
        self.tokens.extend(Token(t.kind, t.text, self.offsets[start]) for t in inner.run())

    def words(self, content: str, start: int) -> None:
        """A word in upright type is an identifier; several words are text."""
        if content.count("$") == 2 and not content.strip().startswith("$") and self.in_a_table():
            before, inside, after = content.split("$")  # \\text{if $i = j$}
            self.words(before, start)
            self.inline(inside, start)
            self.words(after, start)
            return
        word = content.strip().replace("\\_", "_").strip("$")
        if (
            (_MATHS.fullmatch(word) and not word.isalnum())
            or re.fullmatch(r"\\[A-Za-z]+", word)
            or re.fullmatch(r"[A-Za-z]{2,}\([A-Za-z](?:_[a-z0-9])?\)", word)
            or re.fullmatch(r"[A-Za-z]\w*\.T", word)
        ):
            self.inline(content, start)
        elif word in ("T", "⊤"):
            self.add("LETTERS", "T", start)
        elif word in FUNCTIONS:
            self.add("FUNC", word, start)
        elif re.fullmatch(r"d\s*[A-Za-z]*\d?", word):
            self.add("LETTERS", word.replace(" ", ""), start)
        elif re.fullmatch(r"[^\W\d][\w\-]*(?:\.[a-z]+)?", word) and word.lower() not in CONNECTIVES:
            rest = re.match(r"[a-z]{1,3}(?![A-Za-z])", self.text[self.at : self.at + 4])
            if rest is not None and word.isascii() and len(word) < 4:  # \text{ou}t is one name
                self.at += rest.end()
                self.add("LETTERS", word + rest.group(), start)
            else:
                self.add("WORD", word, start)
        elif re.fullmatch(r"\d+(\.\d+)?", word):
            self.add("NUMBER", word, start)
        elif word:
            self.add("TEXT", word, start)


_BRANCHES = {"cases", "dcases", "rcases", "array", "matrix"}
# Upright type that holds signs, or a keyword with its equals sign, is mathematics and not words.
_MATHS = re.compile(r"[^\w\s]+|[\w.]*\s*=\s*[\w.]*|[-+*/×·⊙=]\s*[\w.]+|[\w.]+\s*[-+*/×·⊙=]")


def _greek_letter(word: str) -> str:
    """α and alpha are one name; other scripts stay as they are."""
    if len(word) == 1:
        name = unicodedata.name(word, "")
        if name.startswith("GREEK SMALL LETTER "):
            return {"FINAL SIGMA": "sigma"}.get(name[19:], name[19:].lower().replace("lamda", "lambda"))
        if name.startswith("GREEK CAPITAL LETTER "):
            return name[21:].title().replace("Lamda", "Lambda")
    return word
