"""Finds scorers by their file, and names them by what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resonance.core.errors import ConfigError
from resonance.core.scorer import KINDS, name_content, read_content, unpack_scorer
from resonance.core.settings import CleanSettings, ScorerFile
from resonance.tables import SIGNAL_SETS


def find_scorer(given: str, kind: str) -> ScorerFile:
    """The scorer in the file ``given``.

    Raises:
        InputError: it cannot be read, or is none.
        ConfigError: it measures another signal set than ``kind``.
    """
    path = Path(given).expanduser().absolute()
    content = read_content(str(path))
    found = unpack_scorer(content, given).kind
    if found != kind:
        raise ConfigError(f"configuration: clean.{kind}: {given} is a scorer for {found}; name it by clean.{found}")
    return ScorerFile(path=str(path), name=name_content(content))


def find_scorers(clean: Mapping[str, Any]) -> dict[str, ScorerFile]:
    """The scorers whose files these settings name, by the signal set that each measures."""
    return {kind: find_scorer(clean[kind], kind) for kind in KINDS if isinstance(clean.get(kind), str)}


def refuse_unscored(settings: CleanSettings) -> None:
    """Raise ConfigError where a set is to be measured by a scorer, and none is named: no rule would let a text pass."""
    for name in settings.sets:
        if SIGNAL_SETS[name].scored and name not in settings.scorers:
            raise ConfigError(
                f"signal set {name} is measured by what `resonance score fit --kind {name}` wrote: name its file by "
                f"--set clean.{name}=FILE"
            )
