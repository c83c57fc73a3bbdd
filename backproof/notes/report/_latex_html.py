r"""LaTeX prose as HTML: sections, lists, emphasis, theorems, tables; what it does not know it leaves out.

The formulas are marks already; what comes out is read once more and built anew (`_rows.py`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from backproof.notes.find._latex import HEADINGS, Verbatim, braced
from backproof.notes.find._prepare import CODE, LAST

_TOKEN = re.compile(
    r"\\(?P<edge>begin|end)\{(?P<name>[A-Za-z]+)\*?\}(?:\[(?P<option>[^\[\]]*)\])?|\\(?P<command>[A-Za-z]+)\*?|\\(?P<sign>.)"
    r"|(?P<blank>\n[ \t]*\n\s*)|(?P<quotes>``|'')|(?P<dash>-{2,3})|(?P<tie>~)|(?P<cell>&)|[{}]"
    rf"|{CODE}(?P<code>\d+){LAST}",
    re.DOTALL,
)
_FORMATS = {
    "emph": "em",
    "textit": "em",
    "textbf": "strong",
    "texttt": "code",
    "underline": "u",
    "textsc": "small",
}
_DROPPED = {
    "label", "vspace", "hspace", "index", "bibliography", "bibliographystyle", "usepackage", "pagestyle", "setlength",
    "includegraphics", "input", "include", "hypersetup", "newtheorem", "graphicspath", "date", "author",
}  # fmt: skip
_LISTS = {
    "itemize": "ul",
    "enumerate": "ol",
    "description": "ul",
    "quote": "blockquote",
    "quotation": "blockquote",
}
_STATEMENTS = (
    "theorem",
    "lemma",
    "proposition",
    "corollary",
    "definition",
    "proof",
    "remark",
    "example",
    "exercise",
    "note",
)
_SIGNS = {
    "%": "%",
    "$": "$",
    "&": "&amp;",
    "#": "#",
    "_": "_",
    "{": "{",
    "}": "}",
    "\\": "<br>",
    " ": " ",
    ",": " ",
    "-": "",
    "/": "",
}


def latex_html(text: str, codes: Sequence[Verbatim] = ()) -> str:
    r"""Prose of a LaTeX source as HTML.

    Examples
    --------
    >>> latex_html(r"\section{The \emph{loss}} A \textbf{mean}.")
    '<h2>The <em>loss</em></h2> A <strong>mean</strong>.'
    >>> latex_html(r"\begin{itemize}\item one \item two \end{itemize}")
    '<ul><li> one <li> two </ul>'
    """
    parts: list[str] = []
    tables = 0
    at = 0
    while (match := _TOKEN.search(text, at)) is not None:
        parts.append(html.escape(text[at : match.start()], quote=False))
        at = match.end()
        if match["edge"]:
            opens, name = match["edge"] == "begin", match["name"]
            if name in ("tabular", "tabularx", "array"):
                tables += 1 if opens else -(tables > 0)
                at = braced(text, at) if opens else at
                parts.append("<table><tr><td>" if opens else "</td></tr></table>")
            else:
                parts.append(_edge(name, opens, match["option"]))
        elif match["command"]:
            said, at = _command(match["command"], text, at)
            parts.append(said)
        elif match["sign"] == "\\" and tables:
            parts.append("</td></tr><tr><td>")
        elif match["sign"]:
            parts.append(_SIGNS.get(match["sign"], ""))
        elif match["code"]:
            found = codes[int(match["code"])]
            code = html.escape(found.code.strip("\n"), quote=False)
            parts.append(f"<pre>{code}</pre>" if found.alone else f"<code>{code}</code>")
        elif match["blank"]:
            parts.append("<p>")
        elif match["cell"] and tables:
            parts.append("</td><td>")
        else:
            parts.append({"``": "“", "''": "”", "--": "–", "---": "—", "~": "\xa0"}.get(match.group(), ""))
    parts.append(html.escape(text[at:], quote=False))
    return "".join(parts)


def _edge(name: str, opens: bool, option: str | None) -> str:
    if name in _LISTS:
        return f"<{_LISTS[name]}>" if opens else f"</{_LISTS[name]}>"
    if name.lower() in _STATEMENTS:
        title = f"{name.capitalize()} ({html.escape(option)})" if option else name.capitalize()
        return f"<blockquote><p><strong>{title}.</strong> " if opens else "</blockquote>"
    return "<div>" if opens else "</div>"


def _command(name: str, text: str, at: int) -> tuple[str, int]:
    """What a command puts in the text, and where the text goes on."""
    begin = re.compile(r"\s*(?:\[[^\[\]]*\]\s*)?(?=\{)").match(text, at)
    end = braced(text, begin.end()) if begin else at
    inside = text[begin.end() + 1 : end - 1] if begin and end > begin.end() else None
    if name in HEADINGS and inside is not None:
        level = min(HEADINGS[name], 6)
        return f"<h{level}>{latex_html(inside)}</h{level}>", end
    if name in _FORMATS and inside is not None:
        return f"<{_FORMATS[name]}>{latex_html(inside)}</{_FORMATS[name]}>", end
    if name == "footnote" and inside is not None:
        return f" <small>({latex_html(inside)})</small>", end
    if name in ("ref", "eqref", "autoref", "cref", "Cref", "cite", "citep", "citet") and inside is not None:
        return f"[{html.escape(inside)}]", end
    if name == "item":
        label = re.compile(r"\s*\[([^\[\]]*)\]").match(text, at)
        return (
            "<li>" + (f"<strong>{latex_html(label[1])}</strong> " if label else "")
        ), label.end() if label else at
    if name in _DROPPED and inside is not None:
        return "", end
    return {"ldots": "…", "dots": "…", "par": "<p>", "LaTeX": "LaTeX", "TeX": "TeX", "ss": "ß", "S": "§"}.get(
        name, ""
    ), at
