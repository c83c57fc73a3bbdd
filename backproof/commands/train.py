"""`backproof train`: the network of the notes on real data, with progress, curves and a checkpoint."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from backproof._datasets import BUILT_IN


@click.command(name="train", short_help="Train the network on digits, breast_cancer, iris or a file.")
@click.option(
    "--data",
    "source",
    required=True,
    metavar="NAME|FILE",
    help=f"One of {', '.join(BUILT_IN)}; or a file: a table (.csv, .tsv, .txt, .data), an archive (.npz), IDX (MNIST).",
)
@click.option(
    "--label",
    help="The label's column of a table, by name or number [default: the one called label, target or class, else the last].",
)
@click.option(
    "--model",
    type=click.Choice(["mlp", "conv"]),
    default="mlp",
    show_default=True,
    help="Fully connected, or convolutional for pictures.",
)
@click.option("--hidden", metavar="N,N,…", help="Sizes of the hidden layers [default: 128; conv: 64].")
@click.option("--activation", default="relu", show_default=True, help="Of the hidden layers.")
@click.option(
    "--epochs", type=click.IntRange(min=1), help="Passes over the training examples [default: 60; conv: 30]."
)
@click.option("--learning-rate", type=float, help="[default: 0.002; conv: falling to 0].")
@click.option(
    "--schedule",
    type=click.Choice(["constant", "staircase", "cosine"]),
    help="How the learning rate falls: not, in steps, or along a half-wave to 0 [default: constant; conv: cosine].",
)
@click.option(
    "--schedule-every",
    metavar="STEPS",
    type=click.IntRange(min=1),
    help="Of a staircase: how long a stair is.",
)
@click.option(
    "--schedule-factor", type=float, help="Of a staircase: the factor at each stair [default: 0.5]."
)
@click.option("--schedule-final", type=float, help="Of cosine: the factor at the last step [default: 0].")
@click.option(
    "--warm-up",
    metavar="STEPS",
    type=click.IntRange(min=1),
    help="Rise for so many steps before the schedule.",
)
@click.option("--batch-size", type=click.IntRange(min=1), help="[default: 32]")
@click.option("--optimiser", help="sgd, momentum, nesterov, rmsprop, adam or adamw [default: adam].")
@click.option(
    "--clip-norm",
    type=float,
    help="Shorten gradients to this length, all parameters together [default: none].",
)
@click.option("--l1", default=0.0, show_default=True, help="Weight of the penalty λ/m Σ |W|.")
@click.option("--l2", default=0.0, show_default=True, help="Weight of the penalty λ/(2m) Σ W².")
@click.option("--weight-decay", type=float, help="Of adamw: W ← W − α decay W at each step [default: 0.01].")
@click.option(
    "--label-smoothing",
    default=0.0,
    show_default=True,
    help="s: labels become (1 − s) y + s/K, of K classes.",
)
@click.option(
    "--class-weights",
    metavar="W,W,…",
    help="Factor on the loss of each class, in their order or as NAME=W,… [default: 1 each].",
)
@click.option(
    "--patience",
    type=click.IntRange(min=1),
    help="Stop when the validation cost has not fallen for so many epochs, and go back to the best one.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of the split, the weights and the shuffling.",
)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Written after every epoch, whole or not at all.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on from the checkpoint; ends with the same bits as an uninterrupted run "
    "(cosine, and so conv: with the same --epochs).",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the trained network as .npz, for data as it stands in the file.",
)
@click.option(
    "--metrics",
    is_flag=True,
    help="Print precision and recall of every class, and the confusion matrix, on the test examples.",
)
@click.option(
    "--plot",
    "plot_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the learning curves to a .png, .svg or .pdf.",
)
@click.option(
    "--pictures",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the filters and the misclassified pictures.",
)
def command(source: str, label: str | None, model: str, **options: Any) -> None:
    """Train a network; 70% of the examples teach, 10% validate, and 20% are only looked at when all is done.

    An archive with x_test and y_test is tested on these, and one with x_val and y_val validated on those.

    \b
    backproof train --data digits
    backproof train --data digits --model conv --metrics --plot curves.png --pictures mistakes.png
    backproof train --data breast_cancer --class-weights malignant=2 --label-smoothing 0.05 --l1 1e-3
    backproof train --data digits --optimiser adamw --schedule cosine --warm-up 100 --clip-norm 1 --patience 10
    backproof train --data mine.csv --hidden 32,16 --checkpoint run.npz
    backproof train --data mine.csv --hidden 32,16 --checkpoint run.npz --resume

    Ctrl-C ends the training after what was finished; with a checkpoint nothing finished is lost.
    """
    # Before NumPy comes: on products this small a second thread of OpenBLAS mostly waits, ten times as long on a
    # busy machine, and the order of its sums would depend on the number of cores. Whoever set a number keeps it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    from backproof import _training
    from backproof._datasets import load_dataset
    from backproof._errors import BackproofError
    from backproof._terminal import console, progress_bar
    from backproof._training_report import report, said_cost

    _check_outputs(options)
    data = load_dataset(source, label)
    plan = _plan(model, options)
    checkpoint: Path | None = options["checkpoint"]
    _agree(checkpoint, options["resume"])
    if options["metrics"] and data.loss == "mse":
        raise BackproofError(f"{data.name} has no classes, but numbers to fit: no --metrics beside R².")
    if options["pictures"] and data.image_shape is None:
        raise BackproofError(f"{data.name} holds no pictures; --pictures needs some, such as --data digits.")
    with progress_bar() as bar:
        task = bar.add_task("epoch", total=plan.epochs)

        def on_epoch(epoch: Any) -> None:
            side = (
                f"  validation {said_cost(epoch.validation_cost)}"
                if epoch.validation_cost is not None
                else ""
            )
            bar.update(task, completed=epoch.number, description=f"cost {said_cost(epoch.train_cost)}{side}")

        try:
            trained = _training.run(plan, data, checkpoint, on_epoch)
        except _training.TrainingDiverged as error:
            if options["save"]:
                error.network.save(options["save"])
            kept = (
                f"They are in {options['save']}."
                if options["save"]
                else "Add --save FILE to have them in a file."
            )
            raise BackproofError(f"{error} {kept}") from error
        except KeyboardInterrupt:
            kept = f"; go on with --checkpoint {checkpoint} --resume" if checkpoint else ""
            click.echo(f"Interrupted{kept}.", err=True)
            click.get_current_context().exit(130)
    report(console(), plan, data, trained, metrics=options["metrics"])
    _files(options, data, plan, trained)


def _plan(model: str, options: dict[str, Any]) -> Any:
    from backproof._errors import BackproofError
    from backproof._training import DEFAULTS, Plan

    given = {k: v for k, v in options.items() if v is not None}
    if "hidden" in given:
        sizes = [part.strip() for part in given["hidden"].split(",") if part.strip()]
        if not all(s.isdecimal() and int(s) > 0 for s in sizes):
            raise BackproofError(f"--hidden is {given['hidden']!r}; expected sizes such as 32,16.")
        given["hidden"] = tuple(map(int, sizes))
    chosen = {**DEFAULTS[model], **given}
    return Plan(
        model=model,
        patience=options["patience"],
        **{k: chosen[k] for k in Plan.__dataclass_fields__ if k in chosen and k != "patience"},
    )


def _check_outputs(options: dict[str, Any]) -> None:
    """Find out before the training, not after it, that its results have nowhere to go."""
    from backproof._files import check_writable

    check_writable(options["checkpoint"], options["save"])
    if options["plot_file"] or options["pictures"]:
        from backproof import plots

        plots.check_picture(options["plot_file"], options["pictures"])


def _agree(checkpoint: Path | None, resume: bool) -> None:
    """Neither overwrite a checkpoint by accident nor pretend to resume from nothing."""
    from backproof._errors import BackproofError

    if resume and checkpoint is None:
        raise BackproofError("--resume needs --checkpoint FILE: the checkpoint to go on from.")
    if resume and checkpoint is not None and not checkpoint.exists():
        raise BackproofError(
            f"{checkpoint} does not exist, so there is nothing to resume; leave --resume out to start."
        )
    if checkpoint is not None and checkpoint.exists() and not resume:
        raise BackproofError(
            f"{checkpoint} exists; add --resume to go on from it, or remove it to start anew."
        )


def _files(options: dict[str, Any], data: Any, plan: Any, trained: Any) -> None:
    from backproof import plots
    from backproof._training import split

    if options["save"]:
        trained.for_raw_data().save(options["save"])
    if options["plot_file"]:
        plots.save(
            plots.plot_learning(trained.history.to_dict(), f"{data.name}, {plan.model}, seed {plan.seed}"),
            options["plot_file"],
        )
    if options["pictures"]:
        X, Y = split(data, plan.seed).test
        figure = plots.plot_pictures(trained.network, X, Y, data.image_shape, data.classes)
        plots.save(figure, options["pictures"])
