r"""A short formula in one line of Unicode, for people: ``\frac{\partial L}{\partial w}`` is ∂L/∂w.

It is shown beside the LaTeX and decides nothing; what it does not know it leaves alone.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 400  # characters of LaTeX; longer formulas do not fit on a line anyway
DEEPEST = 12

_TOKEN = re.compile(r"\\(?:[A-Za-z]+\*?|.)|:=|[\^_{}&]|\s+|.", re.DOTALL)
_SUPERSCRIPT = dict(
    zip(
        "0123456789+-=()inTlmkxyjLabcdefghoprstuvwz",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿᵀˡᵐᵏˣʸʲᴸᵃᵇᶜᵈᵉᶠᵍʰᵒᵖʳˢᵗᵘᵛʷᶻ",
        strict=True,
    )
)
_SUBSCRIPT = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_SIGNS = {
    "partial": "∂", "nabla": "∇", "cdot": "·", "times": "×", "odot": "⊙", "circ": "∘", "ast": "*", "star": "⋆",
    "otimes": "⊗", "oplus": "⊕", "pm": "±", "mp": "∓", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠",
    "ne": "≠", "approx": "≈", "equiv": "≡", "sim": "∼", "propto": "∝", "in": "∈", "notin": "∉", "subset": "⊂",
    "infty": "∞", "to": "→", "rightarrow": "→", "leftarrow": "←", "gets": "←", "Rightarrow": "⇒", "implies": "⇒",
    "iff": "⇔", "mapsto": "↦", "ldots": "…", "cdots": "⋯", "dots": "…", "vdots": "⋮", "sum": "∑", "prod": "∏",
    "int": "∫", "prime": "′", "top": "ᵀ", "intercal": "ᵀ", "ell": "ℓ", "lVert": "‖", "rVert": "‖", "Vert": "‖",
    "|": "‖", "lvert": "|", "rvert": "|", "vert": "|", "mid": "|", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊",
    "rfloor": "⌋", "forall": "∀", "exists": "∃", "coloneqq": "≔", "ll": "≪", "gg": "≫", "therefore": "∴",
    "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "{": "{", "}": "}", "%": "%", "$": "$", "#": "#",
    "_": "_", "&": "&",
}  # fmt: skip
_SPACES = {",": " ", ";": " ", ":": " ", " ": " ", "!": "", "quad": "  ", "qquad": "   ", "enspace": " "}
_DROPPED = {
    "left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "bigg", "Bigg", "displaystyle", "textstyle",
    "limits", "nolimits", "nonumber", "notag",
}  # fmt: skip
_WORDS = {
    "text", "mathrm", "operatorname", "mathbf", "mathit", "mathsf", "boldsymbol", "bm", "mbox", "textbf",
    "textrm", "rm", "boxed", "operatorname*", "mathtt", "pmb", "textit", "underbrace", "overbrace",
}  # fmt: skip
_FUNCTIONS = {
    "log", "ln", "exp", "sin", "cos", "tan", "tanh", "sinh", "cosh", "max", "min", "arg", "argmax", "argmin",
    "lim", "det", "tr", "Pr", "sup", "inf", "dim", "ker", "sigmoid", "softmax", "relu", "ReLU",
}  # fmt: skip
_ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "overline": "\u0304", "tilde": "\u0303",
    "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308",
}  # fmt: skip
_ALPHABETS = {"mathcal": "SCRIPT CAPITAL", "mathscr": "SCRIPT CAPITAL", "mathbb": "DOUBLE-STRUCK CAPITAL"}
_GREEK = {
    "varepsilon": "ε",
    "epsilon": "ϵ",
    "varphi": "φ",
    "phi": "ϕ",
    "vartheta": "ϑ",
    "lambda": "λ",
    "Lambda": "Λ",
}


class _Unknown(Exception):
    """Something that no line of Unicode shows."""


def unicode_of(latex: str) -> str | None:
    r"""The formula in one line of Unicode, or None where that would not show it.

    Examples
    --------
    >>> unicode_of(r"\frac{\partial L}{\partial w_1} = \frac{1}{m}\left(a - y\right) x^2")
    '∂L/∂w₁ = (1/m)(a − y) x²'
    >>> unicode_of(r"W^{[l]} \in \mathbb{R}^{n_l \times n_{l-1}}")
    'W^[l] ∈ ℝ^(nₗ × nₗ₋₁)'
    >>> unicode_of(r"\begin{pmatrix} 1 \end{pmatrix}") is None
    True
    """
    if len(latex) > LONGEST:
        return None
    reader = _Reader(_TOKEN.findall(latex))
    try:
        text = reader.group(0)
    except _Unknown:
        return None
    return _spaced(text)


def _spaced(text: str) -> str:
    """Spaces where a typesetter puts them."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"([(\[{]) | (?=[)\]},;])", lambda m: m[1] or "", text)
    text = re.sub(r"([,;])(?=\S)", r"\1 ", text)
    text = re.sub(r"(^|[=(\[,/·×*≈] ?)− ", r"\1−", text)
    return re.sub(r"\) (?=[⁰-ₜᵀ⁽])", ")", text).strip()


class _Reader:
    def __init__(self, parts: list[str]) -> None:
        self.parts, self.at = parts, 0

    def next(self) -> str:
        if self.at >= len(self.parts):
            raise _Unknown
        self.at += 1
        return self.parts[self.at - 1]

    def group(self, depth: int, closing: str = "") -> str:
        """Everything up to a closing brace, or to the end."""
        parts: list[str] = []
        while self.at < len(self.parts):
            part = self.next()
            if part == closing:
                return "".join(parts)
            if part == "}":
                raise _Unknown
            parts.append(self.one(part, depth))
        if closing:
            raise _Unknown
        return "".join(parts)

    def argument(self, depth: int) -> str:
        part = self.next()
        while part.isspace():
            part = self.next()
        if depth > DEEPEST:
            raise _Unknown
        return self.group(depth + 1, "}") if part == "{" else self.one(part, depth + 1)

    def one(self, part: str, depth: int) -> str:
        if part == "{":
            return self.argument_from_brace(depth)
        if part in "^_":
            return _script(self.argument(depth), part)
        if part.startswith("\\"):
            return self.command(part[1:], depth)
        if part == "&" or part.isspace():
            return " "
        return {
            "'": "′",
            "-": " − ",
            "−": " − ",
            "+": " + ",
            ":=": " ≔ ",
            "=": " = ",
            "*": "*",
            "~": " ",
        }.get(part, part)

    def argument_from_brace(self, depth: int) -> str:
        if depth > DEEPEST:
            raise _Unknown
        return self.group(depth + 1, "}")

    def command(self, name: str, depth: int) -> str:
        if name in _SPACES:
            return _SPACES[name]
        if name in _DROPPED:
            if self.at < len(self.parts) and self.parts[self.at] == "." and name in ("left", "right"):
                self.at += 1
            return ""
        if name in ("tag", "label", "color"):
            self.argument(depth)
            return ""
        if name in ("partial", "nabla"):
            while self.at < len(self.parts) and self.parts[self.at].isspace():
                self.at += 1
        if name in _SIGNS:
            wide = _SIGNS[name] in "≤≥≠≈≡∼∝∈∉⊂→←⇒⇔↦≔≪≫·×⊙∘⊗⊕±∓"
            return f" {_SIGNS[name]} " if wide else _SIGNS[name]
        if name in ("frac", "dfrac", "tfrac"):
            above, below = self.argument(depth), self.argument(depth)
            above = re.sub(r"^\s*([∂d][²³ⁿ]?) (?=\w)", r"\1", above)
            whole = f"{_bracketed(above)}/{_bracketed(below, below=True)}"
            if above.strip() in ("d", "∂"):
                return f"{whole} "
            # Beside what follows without a sign a quotient would be misread: 1/m (a − y).
            if above.strip()[:1] in ("d", "∂"):
                return f" {whole} " if self.is_followed() else f" {whole}"
            return f"({whole})" if self.is_followed() else whole
        if name == "sqrt":
            inside = self.argument(depth)
            return f"√{inside}" if len(inside) == 1 else f"√({inside.strip()})"
        if name in _WORDS:
            return self.argument(depth)
        if name in _FUNCTIONS:
            return f"{name} " if self.at < len(self.parts) and self.parts[self.at].isspace() else name
        if name in _ACCENTS:
            inside = self.argument(depth)
            if len(inside) != 1:
                raise _Unknown
            return unicodedata.normalize("NFC", inside + _ACCENTS[name])
        if name in _ALPHABETS:
            return "".join(_letter(char, _ALPHABETS[name]) for char in self.argument(depth))
        return _greek(name)

    def is_followed(self) -> bool:
        """Whether a factor follows right here."""
        rest = [
            t for t in self.parts[self.at :] if not t.isspace() and t not in ("\\,", "\\left", "\\;", "\\!")
        ]
        return bool(rest) and (
            rest[0] in "([{"
            or rest[0].isalnum()
            or (rest[0][:1] == "\\" and rest[0][1:] in ("sum", "big", "Big", "frac", "dfrac", "tfrac"))
        )


def _script(inside: str, mark: str) -> str:
    inside = inside.strip()
    table = _SUPERSCRIPT if mark == "^" else _SUBSCRIPT
    close = re.sub(r" ?([−+=,]) ?", r"\1", inside).replace("−", "-")
    word = re.fullmatch(r"[^\W\d_]{3,}", inside)
    if not word and all(char in table for char in close):
        return "".join(table[char] for char in close)
    if inside in ("′", "ᵀ", "*"):
        return inside
    layer = re.fullmatch(r"(\[[^\]]*\]) ?[Tᵀ]", inside)
    if layer is not None and mark == "^":
        return f"^{layer[1]}ᵀ"
    return mark + inside if word or re.fullmatch(r"\w|\[[^\]]*\]|\([^)]*\)", inside) else f"{mark}({inside})"


_ATOM = re.compile(r"[∂d]?[^\W\d_]+[^\w\s/(]*(?:\([^()]*\))?|\d+(?:\.\d+)?|\([^()]*\)")


def _bracketed(text: str, *, below: bool = False) -> str:
    text = text.strip()
    whole = _ATOM.fullmatch(unicodedata.normalize("NFC", text)) if below or re.search(r"[ /]", text) else True
    return text if whole or re.fullmatch(r"[∂d]\w*[^ /]*", text) else f"({text})"


def _letter(char: str, alphabet: str) -> str:
    try:
        return unicodedata.lookup(f"{alphabet} {char}") if char.isupper() else char
    except KeyError:
        return char


def _greek(name: str) -> str:
    if name in _GREEK:
        return _GREEK[name]
    case = "CAPITAL" if name[:1].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {case} LETTER {name.upper()}")
    except KeyError:
        raise _Unknown from None
