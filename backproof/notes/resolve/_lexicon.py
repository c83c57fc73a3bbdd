r"""The names of a document: which runs of letters are names, which names are functions, which scripts are layers.

Read once over all formulas before any of them is given a meaning, because an author who writes ``target`` or ``c1``
once as a whole means it everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..parse import Expr, Letters, Name, Num

# Words that name a function wherever they stand in a run of letters.
WORDS = {
    "log": "log", "ln": "log", "exp": "exp", "tanh": "tanh", "sinh": "sinh", "cosh": "cosh", "sech": "sech",
    "sin": "sin", "cos": "cos", "tan": "tan", "sqrt": "sqrt", "sigmoid": "sigmoid", "logistic": "sigmoid",
    "relu": "relu", "ReLU": "relu", "RELU": "relu", "Relu": "relu", "softmax": "softmax", "Softmax": "softmax",
    "sign": "sign", "sgn": "sign", "max": "max", "min": "min", "softplus": "softplus", "sum": "sum", "Sum": "sum",
    "np.sum": "np.sum", "np.dot": "np.dot", "np.exp": "exp", "np.log": "log", "np.multiply": "np.multiply",
    "np.tanh": "tanh", "dot": "np.dot", "diag": "diag", "tr": "trace", "Tr": "trace", "trace": "trace", "mean": "mean",
    "det": "det",
    "Sigmoid": "sigmoid", "Tanh": "tanh", "arctan": "arctan", "erf": "erf", "np.mean": "np.mean", "abs": "abs",
    "swish": "silu", "silu": "silu", "SiLU": "silu", "elu": "elu", "LeakyReLU": "leaky_relu", "coth": "coth",
    "np.max": "max", "np.maximum": "max", "np.square": "square",
    "np.power": "np.power", "np.sqrt": "sqrt", "np.abs": "abs", "np.matmul": "np.dot",
    "leaky": "leaky_relu", "vec": "vec", "Var": "Var",
    "rowsum": "rowsum", "colsum": "colsum",
    "onehot": "onehot", "OneHot": "onehot", "Onehot": "onehot", "one_hot": "onehot", "one-hot": "onehot",
}  # fmt: skip
_INDEX_LETTERS = {"i", "j", "k"}


@dataclass
class Lexicon:
    """What is known of the names of one document."""

    names: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    timed: set[str] = field(default_factory=set)
    layered: set[str] = field(default_factory=set)
    paired: set[str] = field(default_factory=set)
    pair_texts: set[str] = field(default_factory=set)
    limits: set[str] = field(default_factory=set)
    pairs_of: dict[str, set[str]] = field(default_factory=dict)
    shifted: set[str] = field(default_factory=set)
    firsts: set[str] = field(default_factory=set)
    sub_layered: set[str] = field(default_factory=set)
    squares: set[str] = field(default_factory=set)
    sets: set[str] = field(default_factory=set)
    indices: set[str] = field(default_factory=lambda: set(_INDEX_LETTERS))
    layers: set[str] = field(default_factory=set)
    letters: set[str] = field(default_factory=set)
    factors: set[str] = field(default_factory=set)
    summed: set[str] = field(default_factory=set)
    lettered: dict[str, set[str]] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    paren_layers: bool = False
    paren_steps: set[str] = field(default_factory=set)
    paren_timed: set[str] = field(default_factory=set)
    stepped: dict[str, set[str]] = field(default_factory=dict)
    states: set[str] = field(default_factory=set)
    pairs: set[str] = field(default_factory=set)
    grids: dict[str, set[str]] = field(default_factory=dict)
    commas: dict[str, set[str]] = field(default_factory=dict)
    windows: set[str] = field(default_factory=set)
    scripted: set[str] = field(default_factory=set)
    bold: set[str] = field(default_factory=set)
    raised: dict[str, set[str]] = field(default_factory=dict)
    bracketed: dict[str, set[str]] = field(default_factory=dict)
    neighbours: dict[str, set[str]] = field(default_factory=dict)
    layer_names: set[str] = field(default_factory=set)
    last_layer: str = ""
    delta_is_partial: bool = False
    prime_transposes: bool = False
    circle: bool = False
    distinct: bool = False
    numbered: set[str] = field(default_factory=set)
    perhaps_called: set[str] = field(default_factory=set)

    def segments(self, run: str) -> list[str]:
        """Split a run of letters into names: whole if the document uses it so, else by words, else letter by letter."""
        if len(run) == 1 or run in self.names or run in WORDS:
            return [run]
        if "." in run or len(run) > 40:
            return [run]
        best = self._split(run)
        return best if best is not None else [run]

    def _split(self, run: str) -> list[str] | None:
        """Cover the run with the fewest parts out of known names, function words and single letters."""
        table: list[list[str] | None] = [[]] + [None] * len(run)
        known = {n for n in self.names if len(n) > 1} | {w for w in WORDS if len(w) > 2}
        for end in range(1, len(run) + 1):
            for start in range(end):
                before, part = table[start], run[start:end]
                alone = len(part) == 1 and part.isalpha()
                seen = (
                    part in self.letters or part == "d" or (part in self.factors and part.isupper())
                )  # the X of WX
                named = part in known or (alone and (len(run) < 3 or seen))
                digit = bool(before) and part.isdigit() and start == end - 1
                if before is None or not (named or digit):
                    continue
                candidate = [*(before or []), part]
                current = table[end]
                if current is None or len(candidate) < len(current):
                    table[end] = candidate
        return table[-1]

    def is_known(self, name: str) -> bool:
        """Whether the document uses the name as one."""
        return name in self.names or name in WORDS


LOSSES = {
    "L",
    "J",
    "C",
    "E",
    "ell",
    "cal:L",
    "cal:J",
    "cal:C",
    "cal:E",
    "loss",
    "Loss",
    "cost",
    "Cost",
    "l",
    "error",
}


def is_loss(name: str) -> bool:
    """Whether a name is one that notes give to losses and costs: ``L``, ``J``, ``E_total``.

    Examples
    --------
    >>> is_loss("J"), is_loss("E_total"), is_loss("Z")
    (True, True, False)
    """
    base, bar, _ = name.partition("_")
    return name in LOSSES or (bool(bar) and base in LOSSES and base not in ("C", "l"))


def text_of(item: Expr) -> str:
    """What a symbol consists of; empty for what is none."""
    return item.run if isinstance(item, Letters) else item.text if isinstance(item, (Name, Num)) else ""


def last_name(base: Letters | Name, lexicon: Lexicon) -> str:
    """The name that stands directly before a bracket."""
    return base.text if isinstance(base, Name) else lexicon.segments(base.run)[-1]
