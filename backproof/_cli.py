"""The command line: a group that imports a command only when it is called, and the one place that tells errors.

`backproof --help` answers before NumPy or SymPy could be imported, so the short helps live here, in one table.
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from backproof._boundary import tell
from backproof._house import require_our_witnesses
from backproof._signals import ending
from backproof._version import __version__

__all__ = ["COMMANDS", "backproof"]

# section -> command -> what it is for. The module of a command is `backproof.commands.<name>`.
COMMANDS: dict[str, dict[str, str]] = {
    "See whether it holds": {
        "verify": "Let the three witnesses check every formula, model and network.",
        "check": "Check every formula of your notes.",
        "prove": "Prove or refute that two formulas are equal.",
        "gradcheck": "Check a gradient in a module of your own.",
    },
    "Learn why": {
        "list": "List what can be derived, plotted and verified.",
        "derive": "Show a derivation, step by step.",
        "graph": "Run the chain rule through a computation graph.",
        "plot": "Draw a function, the error of its slope, or the cost bowl.",
    },
    "Train": {
        "train": "Train the network on digits, breast_cancer, iris or a file.",
    },
}
HOME = {name: f"backproof.commands.{name}" for section in COMMANDS.values() for name in section}


class LazyGroup(click.Group):
    """A group whose commands are imported when they run, and whose errors are told in one paragraph."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(HOME)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in HOME:
            return None
        command: click.Command = importlib.import_module(HOME[cmd_name]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in HOME:
            close = difflib.get_close_matches(name, HOME, n=2, cutoff=0.5)
            hint = f"did you mean {' or '.join(close)}?" if close else f"the commands are {', '.join(HOME)}."
            raise click.UsageError(f"There is no command {name!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, HOME))
        for section, commands in COMMANDS.items():
            with formatter.section(section):
                formatter.write_dl([(name.ljust(width), text) for name, text in commands.items()])

    # Where the reader of a pipe went away Click would exit with 1, as if a check had failed. It knows such an error
    # by its number, so ours has none, and comes to the boundary of errors.
    def make_context(self, *args: Any, **options: Any) -> click.Context:
        try:
            return super().make_context(*args, **options)
        except BrokenPipeError as error:
            raise BrokenPipeError from error

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise BrokenPipeError from error

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **options: Any) -> Any:  # type: ignore[override]
        """Run, tell errors, and exit: 0 holds, 1 refuted or fails, 2 input or call at fault, 3 undecided."""
        options.pop("standalone_mode", None)
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # a terminal without ✓ shows ?, instead of an exception
        words = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(
                args=words, prog_name=prog_name or "backproof", standalone_mode=False, **options
            )
            sys.stdout.flush()
        except Exception as error:
            # Told to end in code that turns whatever comes into an error of its own, as that of worker pools does.
            code = ending[0] if ending else tell(error, debug="--debug" in words)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            code = 130  # what a shell expects of a process that was interrupted
        sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="backproof")
@click.option("--debug", is_flag=True, envvar="BACKPROOF_DEBUG", help="Show the traceback of an error.")
def backproof(debug: bool) -> None:
    """Tells whether the calculus behind your backprop is right: in your notes and in your code.

    Three witnesses that share no code are heard: SymPy derives, hand-vectorised NumPy computes, finite differences
    measure. A claim holds when all of them agree.

    \b
    backproof verify
    backproof derive softmax_cross_entropy
    backproof prove "diff(sigmoid(z), z) = sigmoid(z)*(1 - sigmoid(z))"

    Exit codes: 0 it holds, 1 something is refuted or fails, 2 the input or the call is at fault, 3 undecided.
    """
    require_our_witnesses()
