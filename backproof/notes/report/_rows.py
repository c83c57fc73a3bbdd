"""A document's HTML built anew from a short list of tags, each block beside what was found in it.

Nothing of a stranger's markup is passed on: tags are ours, without attributes, and closed; text is escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backproof.notes.find import Formula
from backproof.notes.find._prepare import MARK
from backproof.notes.find._tags import TAG

if TYPE_CHECKING:
    from markupsafe import Markup

_CONTAINERS = frozenset(["ul", "ol", "li", "blockquote", "dl", "dt", "dd"])
_LEAVES = {
    "p": "p",
    "pre": "pre",
    "h1": "h3",
    "h2": "h4",
    "h3": "h5",
    "h4": "h6",
    "h5": "h6",
    "h6": "h6",
    "figcaption": "p",
}
_BREAKS = frozenset(
    [
        "div",
        "section",
        "article",
        "main",
        "header",
        "footer",
        "aside",
        "nav",
        "details",
        "summary",
        "figure",
        "body",
        "html",
        "form",
    ]
)
_INLINE = frozenset(
    ["em", "strong", "i", "b", "code", "sub", "sup", "s", "del", "u", "kbd", "small", "q", "cite"]
)
_CELLS = frozenset(["thead", "tbody", "tr", "th", "td"])
_SILENT = frozenset(
    [
        "script",
        "style",
        "head",
        "title",
        "textarea",
        "svg",
        "template",
        "noscript",
        "iframe",
        "object",
        "math",
    ]
)
DEEPEST = 40

_TOKEN = re.compile(rf"<!--|<[!?][^<>]*>|(?P<tag>{TAG.pattern})|[^<]+|<")


@dataclass
class Rows:
    """Builds the page's rows; ``formula`` sets one, ``beside`` says what was found in a block."""

    formulas: list[Formula]
    formula: Callable[[Formula, bool], str]
    beside: Callable[[list[Formula]], str]
    parts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    run: list[str] = field(default_factory=list)
    held: list[Formula] = field(default_factory=list)
    leaf: str = ""

    def build(self, text: str) -> Markup:
        """The rows of a document whose formulas are marks."""
        from markupsafe import Markup

        silent, at = "", 0
        while (match := _TOKEN.match(text, at)) is not None:
            found, at = match.group(), match.end()
            if found == "<!--":
                at = end + 3 if (end := text.find("-->", at)) >= 0 else len(text)
            elif match["tag"]:
                name, closes = match[2].lower(), found[1] == "/"
                if silent:
                    silent = "" if closes and name == silent else silent
                elif name in _SILENT and not closes:
                    silent = name
                else:
                    self.tag(name, closes, found)
            elif not silent and (found == "<" or found[0] != "<"):
                self.text(html.unescape(found))
        self.flush()
        self.close(0)
        return Markup("".join(self.parts))  # noqa: S704 - every part is a tag of ours or escaped

    def text(self, text: str) -> None:
        for k, part in enumerate(MARK.split(text)):
            if not k % 2:
                self.run.append(html.escape(part, quote=False))
                continue
            formula = self.formulas[int(part)]
            if formula.display and not self.in_table and self.leaf in ("", "p"):
                leaf = self.leaf
                self.flush()
                self.run.append(self.formula(formula, True))
                self.held.append(formula)
                self.flush(kind="display")
                self.leaf = leaf
            else:
                self.run.append(self.formula(formula, False))
                self.held.append(formula)

    @property
    def in_table(self) -> bool:
        return self.inline[:1] == ["table"]

    def tag(self, name: str, closes: bool, found: str) -> None:
        if name == "table":
            self.table(closes)
        elif self.in_table:
            if name in _CELLS | _INLINE:
                self.inside(name, closes)
            else:
                self.replaced(name, found)
        elif name in _CONTAINERS:
            self.flush()
            self.container(name, closes)
        elif name in _LEAVES:
            self.flush()
            self.leaf = "" if closes else _LEAVES[name]
        elif name in _BREAKS or name == "hr":
            self.flush()
            self.parts.append("<hr>" if name == "hr" else "")
        elif name in _INLINE:
            self.inside(name, closes)
        else:
            self.replaced(name, found)

    def replaced(self, name: str, found: str) -> None:
        """Tags that hold nothing."""
        if name == "br":
            self.run.append("<br>")
        elif name == "img":
            spoken = re.search(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", found)
            alt = html.unescape((spoken[1] or spoken[2] or "") if spoken else "")
            self.run.append(f'<span class="picture">picture{": " * bool(alt)}{html.escape(alt)}</span>')

    def inside(self, name: str, closes: bool) -> None:
        """Tags in a line of text, and those in a table."""
        if not closes and len(self.inline) < DEEPEST:
            self.inline.append(name)
            self.run.append(f"<{name}>")
        elif closes and name in self.inline:
            while (inner := self.inline.pop()) != name:
                self.run.append(f"</{inner}>")
            self.run.append(f"</{name}>")

    def container(self, name: str, closes: bool) -> None:
        if closes:
            if name in self.open:
                self.close(len(self.open) - 1 - self.open[::-1].index(name))
        elif len(self.open) < DEEPEST:
            if name == "li" and (not self.open or self.open[-1] not in ("ul", "ol")):
                if "li" not in self.open:
                    return
                self.close(len(self.open) - 1 - self.open[::-1].index("li"))
            self.open.append(name)
            self.parts.append(f"<{name}>")

    def close(self, depth: int) -> None:
        while len(self.open) > depth:
            self.parts.append(f"</{self.open.pop()}>")

    def table(self, closes: bool) -> None:
        if not closes and not self.in_table:
            self.flush()
            self.inline, self.run = ["table"], ["<table>"]
        elif closes and self.in_table:
            self.flush(kind="scroll")

    def flush(self, kind: str = "") -> None:
        """End a block: set it beside what was found in it."""
        held, run, self.held, self.run = self.held, self.run, [], []
        run += [f"</{tag}>" for tag in self.inline[::-1]]
        if self.in_table:
            self.inline.clear()
        self.run = [f"<{tag}>" for tag in self.inline]
        leaf, self.leaf = self.leaf, ""
        body = "".join(run)
        if not held and not re.sub(r"<[^>]*>", "", body).strip():
            return
        if kind:
            body = f'<div class="{kind}">{body}</div>'
        elif leaf or "li" not in self.open[-1:]:
            body = f"<{leaf or 'p'}>{body.strip() if leaf != 'pre' else body}</{leaf or 'p'}>"
        self.parts.append(f'<div class="row"><div class="text">{body}</div>{self.beside(held)}</div>\n')
