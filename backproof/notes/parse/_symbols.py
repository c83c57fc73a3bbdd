"""The symbols of LaTeX mathematics that the scanner knows, by what becomes of them."""

from __future__ import annotations

GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "varepsilon",
    "zeta",
    "eta",
    "theta",
    "vartheta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "varpi",
    "rho",
    "varrho",
    "sigma",
    "varsigma",
    "tau",
    "upsilon",
    "phi",
    "varphi",
    "chi",
    "psi",
    "omega",
    "Gamma",
    "Delta",
    "Theta",
    "Lambda",
    "Xi",
    "Pi",
    "Sigma",
    "Upsilon",
    "Phi",
    "Psi",
    "Omega",
    "ell",
    "hbar",
    "imath",
    "jmath",
    "partial",
    "nabla",
    "infty",
    "emptyset",
    "Re",
    "Im",
    "varnothing",
]
SAME = {"varepsilon": "epsilon", "varphi": "phi", "vartheta": "theta", "mid": "|", "vert": "|", "lvert": "|"}
FUNCTIONS = [
    "log",
    "ln",
    "exp",
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "tanh",
    "sinh",
    "cosh",
    "coth",
    "arctan",
    "arcsin",
    "arccos",
    "max",
    "min",
    "sup",
    "inf",
    "det",
    "argmax",
    "argmin",
    "arg",
    "dim",
    "gcd",
    "ker",
    "lim",
    "Pr",
    "sgn",
]
RELATIONS = {
    "=": "=", "==": "=", ":=": ":=", "\\coloneqq": ":=", "\\triangleq": ":=", "\\equiv": "≡", "\\approx": "≈",
    "\\simeq": "≈", "\\sim": "~", "\\propto": "∝", "<": "<", ">": ">", "\\lt": "<", "\\gt": ">", "\\le": "≤",
    "\\leq": "≤", "\\leqslant": "≤", "\\ge": "≥", "\\geq": "≥", "\\geqslant": "≥", "\\ne": "≠", "\\neq": "≠",
    "\\in": "∈", "\\notin": "∉", "\\doteq": "=", "\\ll": "≪", "\\gg": "≫", "\\subset": "⊂", "\\to": "→",
    "\\rightarrow": "→", "\\longrightarrow": "→", "\\mapsto": "→", "\\leftarrow": "←", "\\gets": "←",
    "\\Rightarrow": "⇒", "\\implies": "⇒", "\\Longrightarrow": "⇒", "\\Leftrightarrow": "⇒", "\\iff": "⇒",
    "\\Longleftrightarrow": "⇒",
    "\\therefore": "⇒", "\\because": "⇒", "\\longleftarrow": "←", "\\xrightarrow": "→", "\\Longleftarrow": "←",
}  # fmt: skip
PRODUCTS = {
    "*": "*", "\\ast": "*", "\\cdot": "·", "\\times": "×", "\\odot": "⊙", "\\circ": "∘", "\\bullet": "·",
    "\\otimes": "⊗", "\\star": "*", "\\div": "/", "/": "/", "@": "@", "\\cdotp": "·", "\\oslash": "⊘",
    "\\centerdot": "·", "\\slash": "/", "\\bigodot": "⊙", "\\bigcdot": "·", "\\bigotimes": "⊗",
}  # fmt: skip
UNICODE = {
    "−": "-", "–": "-", "·": "\\cdot ", "⋅": "\\cdot ", "∙": "\\cdot ", "×": "\\times ", "⊙": "\\odot ",
    "∘": "\\circ ", "≈": "\\approx ", "≠": "\\ne ", "≤": "\\le ", "≥": "\\ge ", "∂": "\\partial ",
    "∇": "\\nabla ", "∑": "\\sum ", "∏": "\\prod ", "√": "\\sqrt ", "∈": "\\in ", "→": "\\to ", "⇒": "\\Rightarrow ",
    "←": "\\leftarrow ", "∞": "\\infty ", "′": "'", "’": "'", "∗": "*", "＝": "=", "（": "(", "）": ")", "，": ",",
    "＋": "+", "÷": "\\div ", "…": "\\dots ", "⋯": "\\dots ", "ℓ": "\\ell ", "ᵀ": "^T", "⊤": "\\top ",
    "²": "^2", "³": "^3", "½": "\\frac{1}{2}", "：": ":", "；": ";", "∝": "\\propto ", "≡": "\\equiv ",
    "\u00a0": " ", "\u200b": "", "\u2009": " ", "\u3000": " ", "⟨": "\\langle ", "⟩": "\\rangle ", "‖": "\\| ",
    "ŷ": "\\hat{y}", "ℒ": "\\mathcal{L}", "ℰ": "\\mathcal{E}", "ℱ": "\\mathcal{F}", "ℋ": "\\mathcal{H}",
}  # fmt: skip
SPACES = {
    "\\,",
    "\\;",
    "\\:",
    "\\!",
    "\\ ",
    "~",
    "\\thinspace",
    "\\space",
    "\\nobreakspace",
    "\\thickspace",
    "\\medspace",
    "\\enspace",
    "\\negthinspace",
}
DROPPED = {
    "\\left", "\\right", "\\big", "\\Big", "\\bigg", "\\Bigg", "\\bigl", "\\bigr", "\\Bigl", "\\Bigr", "\\biggl",
    "\\biggr", "\\Biggl", "\\Biggr", "\\displaystyle", "\\textstyle", "\\scriptstyle", "\\limits", "\\nolimits",
    "\\nonumber", "\\notag", "\\rm", "\\bf", "\\it", "\\boldmath", "\\small", "\\large", "\\Large", "\\LARGE", "\\huge",
    "\\middle", "\\hfill", "\\mathstrut", "\\strut", "\\hline", "\\allowbreak", "\\nobreak", "\\normalsize", "\\tiny",
    "\\Box", "\\square", "\\blacksquare", "\\qed",
    "\\footnotesize", "\\scriptscriptstyle", "\\cr@", "\\mathop", "\\mathrel", "\\mathbin", "\\mathord", "\\centering",
}  # fmt: skip
# Commands dropped together with so many arguments.
DROPPED_ARGS = {
    "\\tag": 1, "\\tag*": 1, "\\label": 1, "\\hspace": 1, "\\hspace*": 1, "\\vspace": 1, "\\phantom": 1,
    "\\hphantom": 1, "\\vphantom": 1, "\\color": 1, "\\textcolor": 1, "\\colorbox": 1, "\\style": 1, "\\class": 1,
    "\\bbox": 0, "\\definecolor": 3, "\\mathchoice": 4, "\\eqref": 1, "\\ref": 1, "\\cssId": 1, "\\kern": 0,
}  # fmt: skip
TRANSPARENT = {
    "\\boxed", "\\fbox", "\\mathstrut", "\\smash", "\\mathclose", "\\mathopen", "\\mathinner", "\\cancel", "\\bcancel",
    "\\xcancel", "\\ensuremath", "\\underline", "\\mathpunct", "\\textstyle",
}  # fmt: skip
STYLES = {
    "\\mathbf": "bf", "\\boldsymbol": "bf", "\\bm": "bf", "\\mathcal": "cal", "\\mathscr": "cal", "\\mathbb": "bb",
    "\\mathfrak": "frak", "\\bold": "bf", "\\mathbold": "bf", "\\vb": "bf", "\\mat": "bf", "\\Bbb": "bb",
    "\\pmb": "bf", "\\textbf": "bf", "\\symbf": "bf", "\\mathsf": "sf",
}  # fmt: skip
ACCENTS = {
    "\\hat": "hat", "\\widehat": "hat", "\\bar": "bar", "\\overline": "bar", "\\tilde": "tilde", "\\vec": "vec",
    "\\widetilde": "tilde", "\\dot": "dot", "\\ddot": "ddot", "\\check": "check", "\\overrightarrow": "vec",
    "\\acute": "acute", "\\breve": "breve", "\\mathring": "ring",
}  # fmt: skip
WORDS = {
    "\\text", "\\mathrm", "\\operatorname", "\\operatorname*", "\\mathit", "\\textrm", "\\textit", "\\texttt",
    "\\mathtt", "\\mbox", "\\hbox", "\\textnormal", "\\textsf", "\\emph", "\\rm@", "\\mathnormal",
}  # fmt: skip
BIG = {
    "\\sum": "sum",
    "\\prod": "prod",
    "\\int": "int",
    "\\bigoplus": "int",
    "\\iint": "int",
    "\\oint": "int",
}
DOTS = {"\\dots", "\\ldots", "\\cdots", "\\vdots", "\\ddots", "\\dotsb", "\\dotsc", "...", "\\hdots"}
OPEN = {"(": "(", "[": "[", "\\{": "s", "\\lbrace": "s", "\\langle": "<", "\\lbrack": "[", "\\lfloor": "f",
         "\\lceil": "c", "\\lgroup": "("}  # fmt: skip
# A closing bracket carries the text of the bracket that it closes.
CLOSE = {")": "(", "]": "[", "\\}": "s", "\\rbrace": "s", "\\rangle": "<", "\\rbrack": "[", "\\rfloor": "f",
          "\\rceil": "c", "\\rgroup": "("}  # fmt: skip

CONNECTIVES = {
    "if", "and", "or", "where", "with", "for", "otherwise", "else", "when", "then", "since", "so", "thus", "because",
    "let", "is", "are", "as", "by", "hence", "therefore", "therefor", "but", "while", "all", "any", "each", "undefined",
}  # fmt: skip
