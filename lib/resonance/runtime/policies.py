"""Finds policies by name (those that travel with the code) or by file, and checks them against the signal sets that there are."""

from __future__ import annotations

from pathlib import Path

import yaml

from resonance.core.errors import ConfigError
from resonance.core.policy import Policy, Sets, parse
from resonance.runtime import resources
from resonance.tables import SIGNAL_SETS, SIGNALS


def load_policy(given: str) -> Policy:
    """The policy called ``given``, or written in the file ``given``.

    Raises:
        ConfigError: there is none, or one line that lists every problem with it.
    """
    path = _packed(given)
    where = given
    if path is None:
        path = Path(given)
        if not path.is_file() and path.suffix not in (".yaml", ".yml"):
            raise ConfigError(f"unknown policy {given!r}: choose one of {', '.join(known_policies())}, or give a YAML file")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read policy {where}: {getattr(error, 'strerror', None) or error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"policy {where} is no YAML: {' '.join(str(error).split())}") from None
    return parse(content, readable_sets(), where)


def known_policies() -> tuple[str, ...]:
    """Names of the policies that travel with the code."""
    return tuple(sorted(path.stem for path in (resources.folder("conf") / "policies").glob("*.yaml")))


def readable_sets() -> Sets:
    """The signal sets that policies may read, by name, in the order in which they are measured."""
    return {name: SIGNAL_SETS[name] for name in SIGNALS.tables}


def _packed(name: str) -> Path | None:
    path = resources.folder("conf") / "policies" / f"{name}.yaml"
    return path if name in known_policies() else None
