"""What to do first where a model falls short: a table under a name, by what falls short and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resonance.core.causes import ABSTAIN, CAUSES
from resonance.core.errors import ConfigError
from resonance.core.quotes import advise_quotes

if TYPE_CHECKING:
    from resonance.core.settings import TaskSettings

Metric = Literal["accuracy", "precision", "recall", "generalisation", "too_good", "loss"]
"""What may fall short."""
Act = Literal["repair", "adjust", "supplement", "model", "ask"]
"""What kind of work a move is: of data three kinds, of the model, or a question to people."""
Role = Literal["owner", "engineer", "modeller", "board"]
"""Whose work it is."""
OF_KIND: Mapping[str, tuple[str, ...]] = {"data": ("repair", "adjust", "supplement"), "model": ("model",), "annotation": ("ask",)}
"""Acts that the kind of a cause allows: no data is asked for where the model is at fault."""


class Move(BaseModel):
    """One row: what falls short, the cause, the statistic that decides, and what to do first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    falls_short: tuple[Metric, ...] = Field(min_length=1)
    cause: str
    statistic: str = Field(min_length=1)
    act: Act
    role: Role
    move: str = Field(min_length=1)


@dataclass(frozen=True)
class Moves:
    """Rows under a name, the likeliest first."""

    name: str
    version: int
    rows: tuple[Move, ...]

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name}@{self.version}"

    def find(self, cause: str, metric: str) -> Move:
        """The first row for a cause where ``metric`` falls short; where there is none, the first row for the cause."""
        mine = [row for row in self.rows if row.cause == cause]
        return next((row for row in mine if metric in row.falls_short), mine[0])

    def guess(self, metric: str) -> tuple[Move, ...]:
        """Rows where ``metric`` falls short, one for each cause, the likeliest first."""
        first: dict[str, Move] = {}
        for row in self.rows:
            if metric in row.falls_short:
                first.setdefault(row.cause, row)
        return tuple(first.values())


def find_metric(task: TaskSettings) -> Metric:
    """What falls short on a weak slice: the share of right labels, or the loss."""
    return "accuracy" if task.kind == "classification" else "loss"


def parse_moves(text: str, where: str) -> Moves:
    """The table that a YAML text holds.

    Args:
        text: YAML with a name, a version and rows.
        where: what the error calls it: its name or file.

    Raises:
        ConfigError: one line that lists every problem.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"moves {where} is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, Mapping) or not isinstance(content.get("moves"), list):
        raise ConfigError(f"moves {where}: must hold name, version and a list of moves")
    problems = [f"unknown key {key}" for key in content if key not in ("name", "version", "moves")]
    problems += [] if isinstance(content.get("name"), str) else ["name must be a text"]
    problems += [] if type(content.get("version")) is int and content["version"] > 0 else ["version must be a number from 1"]
    rows: list[Move] = []
    for at, given in enumerate(content["moves"], 1):
        try:
            rows.append(Move.model_validate(given))
        except ValidationError as error:
            problems += [
                f"move {at}: {'.'.join(map(str, e['loc'])) or 'row'}: {e['msg']}{advise_quotes(e)}" for e in error.errors()
            ]
    problems += list(_find_problems(rows))
    if problems:
        raise ConfigError(f"moves {where}: {'; '.join(problems)}")
    return Moves(content["name"], content["version"], tuple(rows))


def _find_problems(rows: list[Move]) -> list[str]:
    """What is wrong between rows and causes."""
    known = [name for name in CAUSES if name != ABSTAIN]
    problems = [f"unknown cause {row.cause}: there are {', '.join(known)}" for row in rows if row.cause not in known]
    for row in rows:
        allowed = OF_KIND[CAUSES[row.cause].kind] if row.cause in known else get_args(Act)
        if row.act not in allowed:
            problems.append(f"cause {row.cause} is none of {row.act}: its act is {' or '.join(allowed)}")
    lacking = [name for name in known if name not in {row.cause for row in rows}]
    return problems + ([f"no move for {', '.join(lacking)}"] if lacking else [])
