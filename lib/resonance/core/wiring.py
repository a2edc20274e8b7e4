"""Reads off a job's function what it must be handed, and refuses a function that its job does not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any, get_args, get_origin, get_type_hints

from resonance.core.errors import WiringError
from resonance.core.settings import Config, Settings

TOOLS = ("turn", "seed", "spark", "catalog", "folder", "checkpoint", "left", "records", "site")
"""What a function may ask for by name, besides frames and settings."""


@dataclass(frozen=True)
class Wiring:
    """What a function takes by keyword.

    Args:
        sections: sections of the configuration, by the parameter that each is handed to, in the order of parameters.
        tools: names of the tools.
    """

    sections: Mapping[str, str]
    tools: tuple[str, ...]


def find_sections() -> dict[type, str]:
    """Sections of the configuration by the class of their settings."""
    classes = ((field.annotation, name) for name, field in Config.model_fields.items())
    return {cls: name for cls, name in classes if isinstance(cls, type) and issubclass(cls, Settings)}


def read_wiring(job: str, run: Callable[..., Any], reads: Sequence[str], writes: int) -> Wiring:
    """What ``run`` takes by keyword. Frames are its positional parameters; a settings class names the section that it is for.

    Args:
        job: what errors call the job.
        run: its function.
        reads: names of the tables that it is handed, in order.
        writes: how many tables its frames replace.

    Raises:
        WiringError: the function takes other frames, returns another number of them, or asks for what there is not.
    """
    parameters = signature(run).parameters.values()
    hints = get_type_hints(run)
    frames = [p.name for p in parameters if p.kind is not Parameter.KEYWORD_ONLY]
    if frames != list(reads):
        raise WiringError(f"job {job} reads {_list(reads)}, but its function takes {_list(frames)}: name parameters as tables")
    returned = _count_frames(hints.get("return"))
    if returned not in (writes, None):
        raise WiringError(f"job {job} writes {writes} tables, but its function returns {returned} frames")
    known, sections, tools = find_sections(), {}, []
    for parameter in (p for p in parameters if p.kind is Parameter.KEYWORD_ONLY):
        section = known.get(hints.get(parameter.name, object))
        if section is not None:
            sections[parameter.name] = section
        elif parameter.name in TOOLS:
            tools.append(parameter.name)
        else:
            raise WiringError(
                f"job {job} asks for {parameter.name}, which is neither a section of the configuration nor one of {_list(TOOLS)}"
            )
    return Wiring(sections, tuple(tools))


def _count_frames(returned: Any) -> int | None:
    """Frames of a return annotation; None where it does not say how many."""
    if returned is type(None):
        return 0
    if get_origin(returned) is not tuple:
        return None if returned is None else 1
    frames = get_args(returned)
    return None if Ellipsis in frames else len(frames)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "no frame"
