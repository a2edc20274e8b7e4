"""Finds weightings by name or by file, and checks the signal that they read against those that there are."""

from __future__ import annotations

from resonance.core.errors import ConfigError
from resonance.core.weighting import ByScore, Weighting, parse
from resonance.runtime.recipes import list_recipes, read_recipe
from resonance.tables import SIGNAL_SETS, SIGNALS


def load_weighting(given: str) -> Weighting:
    """The weighting called ``given``, or written in the file ``given``.

    Raises:
        ConfigError: there is none, or one line that lists every problem with it.
    """
    return parse_weighting(read_recipe("weightings", "weighting", given), given)


def parse_weighting(content: object, where: str) -> Weighting:
    """The weighting that ``content`` describes.

    Args:
        content: keys and values.
        where: what the error calls the weighting: its name or file.

    Raises:
        ConfigError: one line that lists every problem with it.
    """
    found = parse(content, where)
    if isinstance(found.parameters, ByScore) and (problem := _find_problem(found.parameters)):
        raise ConfigError(f"weighting {where}: parameters.signal: {problem}")
    return found


def _find_problem(parameters: ByScore) -> str:
    """What is wrong with the signal that a weighting reads; nothing where it is right."""
    name, _, signal = parameters.signal.partition(".")
    if name not in SIGNALS.tables:
        return f"no signal set {name}: choose from {', '.join(SIGNALS.tables)}"
    if signal not in (types := SIGNAL_SETS[name].types):
        return f"set {name} has no signal {signal}: there are {', '.join(types)}"
    is_label = types[signal] == "string"
    if is_label and not parameters.rates:
        return f"{parameters.signal} is a label: say by rates which part of the rate each label has"
    if parameters.rates and not is_label:
        return f"{parameters.signal} is a number: say least_at and full_at, not rates"
    labels = next(known.labels for known in SIGNAL_SETS[name].signals if known.name == signal)
    if labels and (wrong := [label for label in parameters.rates if label not in labels]):
        return f"{parameters.signal} has no label {', '.join(wrong)}: there are {', '.join(labels)}"
    return ""


def known_weightings() -> tuple[str, ...]:
    """Names of the weightings that travel with the code."""
    return list_recipes("weightings")
