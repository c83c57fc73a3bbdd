r"""Markdown: markdown-it-py finds the formulas, because code, lists, quotes and escapes are its trade.

Brackets ``\( \)`` and ``\[ \]``, which Markdown takes for escapes, are first written as dollars of the same width, so
that every line and column stays true.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from ..parse import find_macros
from ._formula import Block, Document, Formula
from ._scan import Lines


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": 40}).enable("table")
    parser.use(front_matter_plugin)
    parser.use(dollarmath_plugin, double_inline=True, allow_labels=True, allow_space=True, allow_digits=True)
    return parser.use(amsmath_plugin)


# Code in fences and spans, dollars, brackets: the first that starts wins.
_DELIMITED = re.compile(
    r"""(?P<fence>^[ ]{0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^[ ]{0,3}\2[^\n]*$|\Z))
    |(?P<code>(`+)(?!`).{1,5000}?(?<!`)\4(?!`))
    |(?P<dollars>(?<!\\)\$\$.{1,20000}?\$\$|(?<![\\$])\$(?!\$)(?:[^$\\\n]|\\.|\n(?!\s*\n)){1,5000}?\$)
    |(?P<square>\\?(?<!\\)\\\[(?P<s>.{1,4000}?)\\?\\\])
    |(?P<round>\\?(?<!\\)\\\((?P<r>(?:(?!\n\s*\n).){1,2000}?)\\?\\\))""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


def _dollars(text: str) -> str:
    if "\\]" not in text and "\\)" not in text:
        return text

    def write(match: re.Match[str]) -> str:
        found = match.group()
        if match.lastgroup == "square" or match.group("square"):
            mark = "$$"
        elif match.group("round"):
            mark = " $"
        else:
            return found
        inner = match.group("s") or match.group("r")
        pad = len(found) - len(inner) - 4
        left = pad // 2
        closing = "$$" if mark == "$$" else "$ "
        return " " * left + mark + inner + closing + " " * (pad - left)

    return _DELIMITED.sub(write, text)


def markdown_document(text: str) -> Document:
    """Find the formulas of a Markdown note."""
    source = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
    prepared = _dollars(source)
    walker = _Walker(prepared)
    for token in _parser().parse(prepared):
        walker.take(token)
    return Document(tuple(walker.blocks), find_macros(source), walker.front)


class _Walker:
    """Turns the token stream into blocks; the cursor finds inline formulas in the source, in order."""

    def __init__(self, text: str) -> None:
        self.text, self.lines = text, Lines(text)
        self.blocks: list[Block] = []
        self.front: dict[str, str] = {}
        self.level = 0
        self.cursor = 0

    def take(self, token: Token) -> None:
        kind = token.type
        if kind == "heading_open":
            self.level = int(token.tag[1])
        elif kind == "heading_close":
            self.level = 0
        elif kind == "inline":
            self.inline(token)
        elif kind in ("math_block", "math_block_label", "amsmath") or (
            kind == "fence"
            and token.info.strip().split(" ")[0].lower()
            in (
                "math",
                "latex",
                "tex",
                "katex",
            )
        ):
            self.block(token.content, token)
        elif kind == "html_block":
            self.html(token)
        elif kind == "front_matter":
            self.front = dict(re.findall(r"^(\w[\w-]*):[ \t]*(\S.*?)[ \t]*$", token.content, re.MULTILINE))

    def place(self, content: str, token: Token) -> tuple[int, int]:
        """Find the content in the source from the cursor on, within the lines of its block."""
        first = self.lines.starts[token.map[0]] if token.map else 0
        body = content.strip()
        head = body.split("\n", 1)[0].strip()
        at = self.text.find(head, max(self.cursor, first)) if head else -1
        if at < 0:
            return (token.map[0] + 1 if token.map else 1), 1
        self.cursor = at + len(head)
        return self.lines.place(at)

    def block(self, content: str, token: Token) -> None:
        body = content.strip()
        if body:
            line, column = self.place(content, token)
            self.blocks.append(Block((Formula(_unquoted(body), line, column, display=True),), line))

    def inline(self, token: Token) -> None:
        pieces: list[str | Formula] = []
        for child in token.children or ():
            if child.type in ("math_inline", "math_inline_double"):
                if child.content.strip():
                    line, column = self.place(child.content, token)
                    display = child.type == "math_inline_double"
                    pieces.append(Formula(_unquoted(child.content.strip()), line, column, display))
            elif child.type == "image":
                pieces.extend(self.image(child, token))
            elif child.type in ("text", "code_inline"):
                pieces.append(child.content)
            elif child.type in ("softbreak", "hardbreak"):
                pieces.append("\n")
            elif child.type == "html_inline":
                pieces.extend(self.pictures(child.content, token))
        if pieces:
            line = token.map[0] + 1 if token.map else 1
            self.blocks.append(Block(tuple(pieces), line, self.level))

    def image(self, child: Token, token: Token) -> list[str | Formula]:
        return [self.picture(str(child.attrs.get("src", "")), child.content, token)]

    def picture(self, source: str, alt: str, token: Token) -> Formula | str:
        """Read the LaTeX in the address of a picture; a picture without any stays a picture."""
        line = token.map[0] + 1 if token.map else 1
        body = image_latex(source)
        if body:
            return Formula(body, line, 1, display=True)
        if re.search(r"(?i)latex|equation|formula|math|eqn", source + " " + alt):
            return Formula(source, line, 1, display=True, image=True)
        return alt

    def pictures(self, html: str, token: Token) -> list[str | Formula]:
        return [self.picture(m, "", token) for m in re.findall(r"""<img[^>]*?src=["']([^"']+)["']""", html)]

    def html(self, token: Token) -> None:
        from ._html import html_blocks

        found = self.pictures(token.content, token)
        if found:
            self.blocks.append(Block(tuple(found), token.map[0] + 1 if token.map else 1))
        start = token.map[0] if token.map else 0
        for block in html_blocks(token.content):
            pieces = tuple(
                p if isinstance(p, str) else Formula(p.latex, p.line + start, p.column, p.display, p.image)
                for p in block.pieces
            )
            if not found:
                self.blocks.append(Block(pieces, block.line + start, block.level))


def image_latex(source: str) -> str | None:
    r"""Read the LaTeX that an image address carries, as in ``…/svg.latex?\frac{a}{b}``; None without any."""
    match = re.search(r"(?:latex\?|math\?|[?&](?:tex|math|latex|from|chl)=)(.+)$", source, re.DOTALL)
    if match is None or not match.group(1).strip():
        return None
    body = unquote(match.group(1)).replace("&space;", " ")
    body = re.sub(r"\\(?:inline|dpi\{\d+\}|bg_\w+|fn_\w+|large|Large|huge)\b", " ", body)
    return body.strip() or None


def _unquoted(latex: str) -> str:
    """Take the marks of a block quote off the lines of a display."""
    return re.sub(r"^[ \t]*>[ \t]?", "", latex, flags=re.MULTILINE) if "\n>" in latex else latex
