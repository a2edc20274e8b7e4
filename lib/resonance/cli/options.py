"""Options that commands share, stated once: a command asks for an open workspace, and gets the options that open it."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer
from rich.console import Console

if TYPE_CHECKING:
    from resonance.app import OpenWorkspace

out = Console()
opened: list[OpenWorkspace] = []
"""What commands of this process work on."""
given: list[str] = []
"""The arguments of the command that this process carries out."""

SHARED: dict[str, tuple[Any, object]] = {
    "conf": (
        Annotated[list[Path] | None, typer.Option("--conf", metavar="FILE", help="YAML laid over the defaults; may be repeated.")],
        None,
    ),
    "assign": (
        Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One setting, for instance train.ranks=1.")],
        None,
    ),
    "workspace": (
        Annotated[Path | None, typer.Option("--workspace", metavar="DIR", help="Folder of tables, checkpoints and reports.")],
        None,
    ),
    "engine": (
        Annotated[
            Literal["embedded", "spark"] | None,
            typer.Option(
                "--engine",
                help="What computes: embedded, in this process, the usual choice on one machine; spark for clusters, catalogs, and "
                "joins larger than memory (needs Java). Both write the same tables; where neither is named, a cluster or catalog "
                "chooses spark.",
            ),
        ],
        None,
    ),
    "env": (Annotated[str, typer.Option("--env", help="Named environment: a file in conf/env.")], "local"),
    "debug": (Annotated[bool, typer.Option("--debug", help="Show stack traces and the JVM's log.")], False),
}


def on_workspace(*, computes: bool = True) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator: the command's first parameter becomes an open workspace, by the shared options that it gains.

    Args:
        computes: whether the command has the option ``--engine``.
    """

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(command, include_extras=True, localns={"OpenWorkspace": object})
        first, *own = inspect.signature(command).parameters.values()
        shared = {name: option for name, option in SHARED.items() if computes or name != "engine"}
        given = {parameter.name for parameter in own}

        @wraps(command)
        def run(**values: Any) -> None:
            chosen = {name: values[name] if name in given else values.pop(name) for name in shared}
            command(open_shared(**chosen), **values)

        parameters = [parameter.replace(annotation=hints[parameter.name]) for parameter in own]
        parameters += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
            for name, (kind, default) in shared.items()
            if name not in given
        ]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return with_options


def open_shared(
    conf: list[Path] | None,
    assign: list[str] | None,
    workspace: Path | None,
    env: str,
    debug: bool,
    engine: Literal["embedded", "spark"] | None = None,
) -> OpenWorkspace:
    """The workspace that shared options name; imported late, so that ``--help`` is quick."""
    from resonance.app import OpenWorkspace

    command = shlex.join(["resonance", *given])
    workspace_of = OpenWorkspace(
        workspace, env=env, conf=conf or (), assignments=assign or (), engine=engine, console=out, debug=debug, command=command
    )
    opened.append(workspace_of)
    return workspace_of
