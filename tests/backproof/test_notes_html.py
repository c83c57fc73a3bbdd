"""The page of checked notes: a document as a reader sees it, formulas beside their verdicts; no network, no script."""

from __future__ import annotations

import html.parser
import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backproof.notes import check, report
from backproof.notes.report._rows import Rows

NOTES = Path(__file__).parent / "notes"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
VOID = {"meta", "br", "hr", "mspace"}


def page_of(text: str, name: str = "note.md") -> str:
    findings = tuple(finding.to_dict() for finding in check(text, name=name, timeout=20.0))
    return report.to_html([report.Checked(name, text, findings, 0.0)])


class Outline(html.parser.HTMLParser):
    """The tags and classes of a page, every address it would fetch, and whether its tags are closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.classes: list[str] = []
        self.tags: Counter[str] = Counter()
        self.fetches: list[str] = []
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.open: list[str] = []
        self.text: dict[str, str] = {}
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "class":
                self.classes.append(value or "")
            if name == "id":
                self.ids[value or ""] += 1
            if name.startswith("on"):
                self.handlers.append(name)
            if name in ("src", "href", "srcset", "data", "action"):
                (self.links if (value or "").startswith("#") else self.fetches).append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self.open:
            self.text[tag] = self.text.get(tag, "") + data


MARKDOWN = """# The *sigmoid*

Let $\\sigma(z) = \\frac{1}{1+e^{-z}}$; it costs $5 and `$code$`.

- its derivative is

  $$\\sigma'(z) = \\sigma(z)(1+\\sigma(z))$$

- and $\\sigma'(z) = \\sigma(z)(1-\\sigma(z))$ is right[^1]

> quoted **words** and $e^{2z}$

| at | value |
|----|-------|
| $z = 0$ | $\\sigma(0) = 0.5$ |

```python
a = "$x$ & <b>"
```

[^1]: a footnote with $z$
"""


def test_a_markdown_note_is_rendered_and_not_shown_as_source() -> None:
    page = page_of(MARKDOWN)
    outline = Outline(page)

    assert {"h3", "em", "ul", "li", "blockquote", "strong", "table", "pre", "code"} <= set(outline.tags)
    assert "The sigmoid" in outline.text["h3"]
    assert 'a = "$x$ & <b>"' in outline.text["pre"]
    assert "$5" in outline.text["main"]
    assert "$code$" in outline.text["code"]
    assert "$$" not in outline.text["main"]
    assert "a footnote with" in outline.text["main"]
    assert "f refuted" in outline.classes
    assert "f proved" in outline.classes


def test_every_claim_stands_on_the_page_once_and_leads_to_what_is_said_of_it() -> None:
    outline = Outline(page_of(MARKDOWN))
    claims = [k for k, f in enumerate(check(MARKDOWN, timeout=20.0)) if f.verdict != "none"]

    for number in claims:
        assert outline.ids[f"d0-{number}"] == 1
        assert outline.ids[f"d0-{number}-said"] == 1
        assert f"#d0-{number}-said" in outline.links
    assert all(outline.ids[link[1:]] == 1 for link in outline.links)


def test_beside_a_refutation_stand_its_counterexample_and_its_correction_and_beside_a_proof_how() -> None:
    text = Outline(page_of(MARKDOWN)).text

    assert re.search(r"refuted.*at.*z = .*left.*right.*likely", text["aside"], re.DOTALL)
    assert "by normal form" in text["details"]


LATEX = r"""\documentclass{article}
\newcommand{\dd}[2]{\frac{d #1}{d #2}}
\begin{document}
\section{The \emph{chain} rule}
Let $y = x^2$. % a comment with $no$
\begin{itemize}
\item \textbf{first}: $\dd{y}{x} = 2x$
\item second: \begin{equation} \dd{y}{x} = 3x \end{equation}
\end{itemize}
\begin{theorem}[Leibniz] It holds. \end{theorem}
\begin{verbatim}
code with $dollars$ & <tags>
\end{verbatim}
\begin{tabular}{cc} a & $x$ \\ b & $x^2$ \end{tabular}
\end{document}
"""


def test_a_latex_source_is_rendered_with_its_macros_lists_code_and_tables() -> None:
    page = page_of(LATEX, "note.tex")
    outline = Outline(page)

    assert outline.tags["li"] >= 2
    assert outline.tags["td"] >= 4
    assert "The chain rule" in outline.text["h4"]
    assert "first" in outline.text["strong"]
    assert "Theorem (Leibniz)." in outline.text["strong"]
    assert "code with $dollars$ & <tags>" in outline.text["pre"]
    assert "a comment" not in page
    assert "newcommand" not in page
    assert 'class="latex"' not in page  # every formula could be set


def test_a_notebook_shows_its_cells_with_their_code() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "Let $y = x^2$."]},
        {"cell_type": "code", "source": ["print('$x$' < 3)"]},
        {"cell_type": "markdown", "source": ["$$\\frac{dy}{dx} = 3x$$"]},
    ]
    outline = Outline(page_of(json.dumps({"cells": cells}), "note.ipynb"))

    assert "cell 1cell 2cell 3" in outline.text["h6"]
    assert "print('$x$' < 3)" in outline.text["pre"]
    assert "cell 3, line 1" in outline.text["aside"]


def test_a_page_is_rendered_from_a_page_without_its_markup() -> None:
    text = "<body style='x'><h1>T</h1><div><p onclick='x'>Let \\(y=x^2\\)</p><p>\\[\\frac{dy}{dx}=3x\\]</p></div></body>"
    outline = Outline(page_of(text, "note.html"))

    assert "T" in outline.text["h3"]
    assert outline.handlers == []
    assert "f refuted" in outline.classes


EVIL = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))", "![x](http://evil.example/x.png)", "<iframe src='http://evil.example'></iframe>",
    "</main></body></html>", "<style>body{display:none}</style>", "<svg onload=alert(1)>", "<!--", "<p title='",
    "$\\text{<img src=x onerror=alert(1)>}$", "$x</math><script>alert(1)</script>$",
    "<math><mtext><script>alert(1)</script>",
    "$\\href{javascript:alert(1)}{x}$", "$\\unknown{<b onmouseover=x>}$", "<table><tr><td>", "<li></ul>", "&lt;script&gt;",
    "`<script>`", "    <script>alert(1)</script>", "<link rel=stylesheet href=http://evil.example>",
    "\\begin{align}<b>\\end{align}",
    "<details open ontoggle=alert(1)>", "<form action=http://evil.example><input autofocus onfocus=alert(1)>",
]  # fmt: skip


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("name", ["note.md", "note.html", "note.tex"])
def test_what_a_note_holds_is_shown_and_not_obeyed(evil: str, name: str) -> None:
    outline = Outline(page_of(f"Some words.\n\n{evil}\n\n$$1 + 1 = 3$$\n\nmore", name))

    assert not {"script", "img", "iframe", "svg", "link", "form", "input", "object", "embed"} & set(
        outline.tags
    )
    assert outline.tags["style"] == 1
    assert outline.tags["html"] == outline.tags["body"] == outline.tags["main"] == 1
    assert outline.fetches == []
    assert outline.handlers == []


PIECES = st.sampled_from([
    "<p>", "</p>", "<li>", "<ul>", "</ul>", "<ol>", "</li>", "<table>", "<tr>", "<td>", "</td>", "</table>", "<em>", "</em>",
    "<b>", "<div>", "</div>", "<h1>", "</h1>", "<pre>", "</pre>", "<br>", "<hr>", "text", "\ue0000\ue001", "\ue0001\ue001",
    "&lt;",
    "<script>", "</script>", "<blockquote>", "</blockquote>", "<", "<!--", "-->", "<code>", "</code>", "<dl>", "<dd>", " ",
])  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_markup_comes_out_with_its_tags_closed_in_order(markup: str) -> None:
    from backproof.notes.find import Formula

    formulas = [Formula("a", 1, 1), Formula("b", 1, 2, display=True)]

    built = Rows(formulas, lambda f, display: f"<i>{f.latex}</i>", lambda found: "").build(markup)

    outline = Outline(str(built))
    allowed = "p li ul ol table tr td em b div h3 pre br hr blockquote code dl dd i"
    assert set(outline.tags) <= set(allowed.split())


def test_a_document_that_could_not_be_read_is_told_on_the_page() -> None:
    page = report.to_html([report.Checked("gone.md", "", (), 0.0, error="No such file: gone.md")])

    assert "No such file: gone.md" in page


def chromium(page: Path, *flags: str) -> str:
    common = [
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--hide-scrollbars",
        "--disable-background-networking", "--disable-component-update", f"--user-data-dir={page.parent / 'user'}",
    ]  # fmt: skip
    answer = subprocess.run(
        [str(CHROMIUM), *common, *flags, page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return answer.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine to open the page in")
@pytest.mark.parametrize("width", [360, 1400])
def test_chromium_draws_every_note_without_a_scroll_bar_below(tmp_path: Path, width: int) -> None:
    documents = []
    for path in sorted(NOTES.iterdir()):
        text = path.read_text(encoding="utf-8")
        findings = tuple(finding.to_dict() for finding in check(text, name=path.name, timeout=20.0))
        documents.append(report.Checked(path.name, text, findings, 0.0))
    page = report.to_html(documents)
    # What the browser measures is written into the title; the page itself holds no script.
    probe = """<script>document.fonts.load('16px "STIX Two Math"').then(fonts => { document.title = [
        document.documentElement.scrollWidth, document.querySelectorAll('math').length,
        getComputedStyle(document.querySelector('math')).fontFamily, fonts.length].join('|') })</script>"""
    (tmp_path / "page.html").write_text(page.replace("</body>", f"{probe}</body>"), encoding="utf-8")

    dom = chromium(
        tmp_path / "page.html", "--dump-dom", "--virtual-time-budget=5000", f"--window-size={width},900"
    )

    title = re.search(r"<title>(.*?)</title>", dom)
    assert title is not None
    wide, formulas, font, is_loaded = html.unescape(title[1]).split("|")
    assert int(wide) <= max(width, 500)  # no window of Chromium is narrower than 500
    assert int(formulas) == page.count("<math")
    assert "STIX Two Math" in font
    assert is_loaded == "1"
