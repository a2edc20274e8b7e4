"""The program ``resonance``: runs one command; whatever goes wrong is one line."""

from __future__ import annotations

import inspect
import os
import sys
import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from io import TextIOWrapper

import typer
from rich.console import Console

from resonance.cli import options
from resonance.cli.commands import app
from resonance.core.errors import ResonanceError
from resonance.core.printable import escape_hidden

err = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; errors are one line, unless ``--debug`` is given. Called as a program, it ends when a signal says so."""
    from resonance.runtime.stop import SAYS, Stopped, leave, stoppable

    given = list(sys.argv[1:] if arguments is None else arguments)
    options.given[:] = given
    os.environ["RESONANCE_RUN"] = uuid.uuid4().hex  # what its processes say once is said once
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a sign shows another one
    flow_help(app)
    try:
        with stoppable() if arguments is None else nullcontext():
            code = app(args=given or ["--help"], prog_name="resonance", standalone_mode=False)
    except Stopped as stopped:
        leave(stopped.number)
    except ResonanceError as error:
        stop(error, given, str(error))
    except (typer.Exit, typer.Abort):
        raise SystemExit(1) from None
    except Exception as error:
        if hasattr(error, "format_message"):  # wrong usage: an unknown option, a missing argument
            stop(error, given, f"{error.format_message()}; see `resonance --help`", 2)
        stop(error, given, plainly(error))
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what extensions in Rust raise is no Exception
            raise
        stop(error, given, plainly(error))
    if code == 130:
        err.print(SAYS)
    if code:
        raise SystemExit(code)


def flow_help(commands: typer.Typer) -> None:
    """Let paragraphs of help fill the terminal's lines: those of docstrings end where lines of code do."""
    for command in commands.registered_commands:
        said = command.help or inspect.getdoc(command.callback) or ""
        command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in said.split("\n\n"))
    for group in commands.registered_groups:
        if group.typer_instance:
            flow_help(group.typer_instance)


def stop(error: BaseException, arguments: Sequence[str], message: str, code: int = 1) -> None:
    """Print one line and leave; with ``--debug`` raise the error itself."""
    if "--debug" in arguments:
        raise error
    shown = escape_hidden(" ".join(message.split()))
    err.print(f"error: {shown}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise SystemExit(code)


def plainly(error: BaseException) -> str:
    """An error that nobody foresaw in one line: what a user can do about it, or the cause without stack traces."""
    from resonance.runtime.engines.explain import explain_error, first_words

    known = explain_error(error, [folder for workspace in options.opened for folder in workspace.folders])
    if known is not None:
        return str(known)
    return f"{type(error).__name__}: {first_words(error)[:300]} (run again with --debug for the whole story)"
