"""`backproof gradcheck MODULE:OBJECT`: check a gradient of the user's own. The one command that runs the user's code."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import click

EXIT = {"pass": 0, "fail": 1, "inconclusive": 3}
SWEEP_EXIT = {"fail": 1, "error": 2, "inconclusive": 3}  # the first that occurs


@click.command(name="gradcheck", short_help="Check a gradient in a module of your own.")
@click.argument("targets", metavar="MODULE:OBJECT...", nargs=-1, required=True)
@click.option("--seed", default=0, show_default=True, help="Seed of the probe points.")
@click.option(
    "--coordinates",
    default="all",
    show_default=True,
    help='"all", "stratified", or how many entries to check.',
)
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write the report as one HTML file."
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the report as JSON."
)
@click.option(
    "--jobs",
    default=1,
    show_default=True,
    help="Processes, -1 for all cores: of several targets so many at a time, of one target its entries shared out.",
)
@click.option(
    "--journal",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Of several targets: keep each result as it ends; the same call goes on where a killed one stopped.",
)
def command(
    targets: tuple[str, ...],
    seed: int,
    coordinates: str,
    html: Path | None,
    json_file: Path | None,
    jobs: int,
    journal: Path | None,
) -> None:
    """Check the gradient that OBJECT of MODULE describes.

    This imports and runs MODULE (a name, or a path that ends in .py): the one command that executes code you hand it.

    OBJECT is one of: a dict or an object with `loss`, `gradient` and `at`; a tuple (loss, gradient, at);
    or a function without arguments that returns one of these.

    \b
    backproof gradcheck my_layers.py:softmax_case
    backproof gradcheck mypackage.losses:huber --html report.html
    backproof gradcheck layers.py:conv layers.py:norm layers.py:attention --jobs -1 --journal sweep.jsonl

    Exit code: 0 pass, 1 fail, 3 inconclusive, 2 when the module or the call is at fault.
    """
    from backproof._files import check_writable

    check_writable(html, json_file, journal)
    which: Any = coordinates if coordinates in ("all", "stratified") else _count(coordinates)
    try:
        if len(targets) > 1:
            code = _sweep(targets, seed, which, html, json_file, jobs, journal)
        else:
            code = _one(targets[0], seed, which, html, json_file, jobs)
    except SystemExit as left:  # a module that leaves with 0 would look like a gradient that passes
        from backproof._errors import BackproofError

        if left.code == 128 + signal.SIGTERM:
            raise
        raise BackproofError(
            f"the code of {' or '.join(targets)} called sys.exit({'' if left.code is None else left.code}), "
            "so nothing was checked; expected a module that only defines its loss, gradient and point."
        ) from left
    click.get_current_context().exit(code)


def _one(
    target: str, seed: int, coordinates: Any, html: Path | None, json_file: Path | None, jobs: int
) -> int:
    import gradcheck
    from backproof._errors import BackproofError
    from backproof._files import write_atomically
    from backproof._terminal import console

    loss, gradient, at = _case(_load(target), target)
    try:
        report = gradcheck.check(loss, gradient, at, rng=seed, coordinates=coordinates, n_jobs=jobs)
    except gradcheck.GradcheckError:
        raise
    except Exception as error:
        place = _place_of_theirs(error)
        if place is None:
            raise
        raise BackproofError(
            f"the loss or the gradient of {target} raised {type(error).__name__}: {error} ({place})"
        ) from error
    if html is not None:
        from backproof.report import gradient_page

        write_atomically(html, gradient_page(report, loss, at, target))
    if json_file is not None:
        write_atomically(json_file, json.dumps(report.to_dict(), indent=2) + "\n")
    console().print(str(report), markup=False, soft_wrap=True)
    return EXIT[report.verdict]


def _place_of_theirs(error: Exception) -> str | None:
    """File and line where the user's code was, if the error came out of it: below the last frame of gradcheck."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    ours = [k for k, frame in enumerate(frames) if Path(frame.filename).parent.name == "gradcheck"]
    below = frames[ours[-1] + 1 :] if ours else []
    if not below or "numpy" in Path(below[0].filename).parts:
        return None
    return f"{Path(below[0].filename).name}, line {below[0].lineno}"


def _sweep(
    targets: tuple[str, ...],
    seed: int,
    coordinates: Any,
    html: Path | None,
    json_file: Path | None,
    jobs: int,
    journal: Path | None,
) -> int:
    """Check several targets, with a progress bar; one line each, and the likeliest cause of what fails."""
    import gradcheck
    from backproof._errors import BackproofError
    from backproof._files import write_atomically
    from backproof._terminal import console, progress_bar

    if html is not None:
        raise BackproofError("--html is the report of one target; for several use --json.")
    cases = [
        gradcheck.Case(t, *_case(_load(t), t), {"coordinates": coordinates}) for t in dict.fromkeys(targets)
    ]
    with progress_bar() as bar:
        task = bar.add_task("checking", total=len(cases))
        results = gradcheck.sweep(
            cases,
            rng=seed,
            n_jobs=jobs,
            journal=journal,
            progress=lambda result, done, total: bar.update(
                task, completed=done, description=result.name[-40:]
            ),
        )
    width = max(len(r.name) for r in results)
    for r in results:
        causes = r.report.get("diagnosis") or [{"message": r.report.get("error", "")}]
        why = "" if r.verdict == "pass" else f"  {causes[0]['message']}"
        console().print(f"{r.name:{width}}  {r.verdict}{why}", markup=False, soft_wrap=True)
    if json_file is not None:
        data = [{"name": r.name, "verdict": r.verdict, "report": r.report} for r in results]
        write_atomically(json_file, json.dumps(data, indent=2) + "\n")
    verdicts = {r.verdict for r in results}
    return next((code for verdict, code in SWEEP_EXIT.items() if verdict in verdicts), 0)


def _count(text: str) -> int:
    from backproof._errors import BackproofError

    if not text.isdecimal() or int(text) == 0:
        raise BackproofError(f'--coordinates is {text!r}; expected "all", "stratified" or a positive number.')
    return int(text)


def _load(target: str) -> Any:
    import importlib
    import importlib.util
    import sys

    from backproof._errors import BackproofError

    module_name, colon, attribute = target.rpartition(":")
    if not colon or not module_name or not attribute:
        raise BackproofError(
            f"{target!r} is no MODULE:OBJECT; expected for example my_layers.py:case or package.module:case."
        )
    try:
        if module_name.endswith(".py"):
            path = Path(module_name)
            if not path.is_file():
                raise BackproofError(
                    f"{module_name} is no file; expected a Python file, or a module's name without .py."
                )
            spec = importlib.util.spec_from_file_location(path.stem, path)
            if spec is None or spec.loader is None:
                raise BackproofError(f"{module_name} cannot be loaded as a Python module.")
            sys.path.insert(0, str(path.parent.resolve()))
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        else:
            sys.path.insert(0, str(Path.cwd()))
            module = importlib.import_module(module_name)
    except (BackproofError, KeyboardInterrupt):
        raise
    except Exception as error:  # whatever the user's module raises is told as theirs, with its kind and place
        raise BackproofError(
            f"{module_name} raised {type(error).__name__} while it was imported: {error}"
        ) from error
    value = module
    for part in attribute.split("."):
        if not hasattr(value, part):
            import difflib

            near = difflib.get_close_matches(part, [n for n in vars(module) if n[0] != "_"], 3)
            hint = f"; did you mean {', '.join(near)}?" if near else "."
            raise BackproofError(f"{module_name} has no object {attribute!r}{hint}")
        value = getattr(value, part)
    return value


def _case(value: Any, target: str) -> tuple[Any, Any, Any]:
    from backproof._errors import BackproofError

    for _ in range(2):  # the object itself, or what calling it returns
        if isinstance(value, dict) and {"loss", "gradient", "at"} <= set(value):
            return value["loss"], value["gradient"], value["at"]
        if isinstance(value, tuple) and len(value) == 3:
            return value[0], value[1], value[2]
        if all(hasattr(value, name) for name in ("loss", "gradient", "at")):
            return value.loss, value.gradient, value.at
        if not callable(value):
            break
        try:
            value = value()
        except Exception as error:  # the user's own, told with its kind
            raise BackproofError(
                f"{target} was called without arguments and raised {type(error).__name__}: {error}"
            ) from error
    raise BackproofError(
        f"{target} is of type {type(value).__name__}; expected a dict or object with loss, gradient and at, "
        "a tuple (loss, gradient, at), or a function without arguments that returns one."
    )
