"""What the terminal says of a training: the learning curves, what they show, and how good the answers are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log
from typing import TYPE_CHECKING, Any

from backproof._datasets import Dataset
from backproof._terminal import printable
from backproof._training import Plan, Trained, class_names, untaught

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["report", "said_cost"]

# Classes of which the terminal has room for a confusion matrix; of more, each says what it was taken for.
MATRIX = 10
# What a network must do better than a constant answer, as a part of what there is to gain.
HARDLY = 0.05


def report(console: Console, plan: Plan, data: Dataset, trained: Trained, *, metrics: bool = False) -> None:
    """Print costs, scores and curves, what they show, and with ``metrics`` how each class was answered."""
    from rich.markup import escape

    # Of a table without a heading nobody but its owner knows which column is the label: say which was learned.
    label = f", label {data.label}" if data.label else ""
    kinds = f" of {len(data.classes)} classes" if label and data.classes else ""
    ran = len(trained.history.epochs)
    how = f"{plan.model}, {ran} epoch{'s' * (ran != 1)} of {plan.optimiser}, seed {plan.seed}"
    name = printable(data.name) + label
    console.print(f"[bold]{escape(name)}[/]{kinds}: {how}", highlight=False)
    console.print(_curves(data, trained))
    for sentence in _sentences(data, trained):
        console.print(escape(sentence), highlight=False)
    if metrics:
        names = class_names(data)
        answers = " and a column for each answer" if len(names) <= MATRIX else ""
        console.print(f"\nThe test examples, a line for each class{answers}:", highlight=False)
        console.print(_metrics(names, trained.answers(len(names))))


def said_cost(cost: float) -> str:
    """Print a cost, small and large ones with an exponent."""
    return f"{cost:.4f}" if 1e-3 <= cost < 1e6 or cost == 0 else f"{cost:.3g}"


def _curves(data: Dataset, trained: Trained) -> Any:
    from rich.table import Table

    history, regression = trained.history, data.loss == "mse"
    score = "R²" if regression else "accuracy"
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "cost", score, "learning curve of the cost, logarithmic"):
        table.add_column(heading, justify="right" if heading in ("cost", score) else "left")

    def said(value: float) -> str:
        return "undefined" if value != value else f"{value:.3f}" if regression else f"{value:.1%}"

    kept = trained.epoch
    training, validation, test = map(said, trained.scores)
    table.add_row("training", said_cost(kept.train_cost), training, sparkline(_logs(history.train_cost)))
    if kept.validation_cost is not None:
        curve = sparkline(_logs([c for c in history.validation_cost if c is not None]))
        table.add_row("validation", said_cost(kept.validation_cost), validation, curve)
    table.add_row("test", said_cost(trained.test_cost), f"[bold]{test}[/]", "never seen while training")
    return table


def _sentences(data: Dataset, trained: Trained) -> Iterator[str]:
    """Yield what the curves and the data show, a sentence each."""
    history, kept = trained.history, trained.epoch
    if kept.number < len(history.epochs):
        yield f"The network is that of epoch {kept.number}, where the validation cost was least."
    elif (since := history.overfits_since) is not None:
        least, last = history.validation_cost[since - 1], history.validation_cost[-1]
        yield (
            f"Overfitting: the validation cost was least after epoch {since}, {said_cost(least)}, and rose to "
            f"{said_cost(last)} while the training cost fell. Try --patience 10, --l2 or more examples."
        )
    elif hardly := _hardly_better(data, trained):
        yield f"Underfitting: {hardly} Try another --learning-rate, more --epochs or larger --hidden layers."
    elif history.underfits:
        yield "Underfitting: the cost was still falling when the training ended. Try more --epochs."
    if unknown := untaught(data, trained.parts):
        some = ", ".join(map(repr, unknown[:5])) + (", …" if len(unknown) > 5 else "")
        which = "it" if len(unknown) == 1 else "them"
        yield (
            f"No training example is of class {some}: the network cannot have learned {which}. "
            "Give more examples, or another --seed."
        )


def _hardly_better(data: Dataset, trained: Trained) -> str:
    """Say that a constant answer does as well on the training examples; nothing where it does not."""
    score = trained.scores[0]
    if data.loss == "mse":
        return (
            f"on the training examples R² is {score:.3f}; always answering their mean has 0."
            if score < HARDLY
            else ""
        )
    Y = trained.parts.train[1]
    shares = Y.mean(axis=1) if len(Y) > 1 else (Y.mean(), 1 - Y.mean())
    commonest = float(max(shares))
    if score >= commonest + HARDLY * (1 - commonest):
        return ""
    return (
        f"{score:.1%} of the answers to the training examples are right, and {commonest:.1%} would be, "
        "were all of them the commonest class."
    )


def _metrics(classes: Sequence[str], found: Any) -> Any:
    """Precision and recall of every class on the test examples, and the confusion matrix."""
    from rich.table import Table

    names, matrix = [_short(name) for name in classes], len(classes) <= MATRIX
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("class")
    for heading in ("examples", "precision", "recall", "F1"):
        table.add_column(heading, justify="right")
    for heading in [f"→ {name}" for name in names] if matrix else ["taken for"]:
        table.add_column(heading, justify="right" if matrix else "left")
    for k, row in enumerate(found.confusion):
        answers = [str(n) if n else "·" for n in row] if matrix else [_taken(row, k, names)]
        of_answers, of_examples = bool(found.confusion[:, k].sum()), bool(row.sum())
        table.add_row(
            names[k],
            str(row.sum()),
            f"{found.precision[k]:.1%}" if of_answers else "-",
            f"{found.recall[k]:.1%}" if of_examples else "-",
            f"{found.f1[k]:.3f}" if of_answers or of_examples else "-",
            *answers,
        )
    return table


def _taken(row: Any, k: int, names: Sequence[str]) -> str:
    wrong = [(-int(n), names[j]) for j, n in enumerate(row) if n and j != k]
    return ", ".join(f"{name} ({-n})" for n, name in sorted(wrong))


def _short(name: str) -> str:
    """A name from a file, at most 12 characters of it, as text that commands neither Rich nor the terminal."""
    from rich.markup import escape

    shown = printable(name.replace("\n", " "))
    return escape(shown if len(shown) <= 12 else f"{shown[:11]}…")


def _logs(costs: Sequence[float]) -> list[float]:
    return [log(max(cost, 1e-300)) for cost in costs]


def sparkline(values: Sequence[float], width: int = 40) -> str:
    """Draw numbers as a line of blocks, high is large: a learning curve for a terminal.

    Examples
    --------
    >>> sparkline([4.0, 2.0, 1.0, 0.0])
    '█▄▂▁'
    """
    blocks = "▁▂▃▄▅▆▇█"
    if len(values) > width:
        values = [values[i * len(values) // width] for i in range(width - 1)] + [values[-1]]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return "".join(blocks[min(7, int((v - low) / span * 7.999))] for v in values)
