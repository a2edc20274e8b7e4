"""Finds policies by name or by file, and checks them against the signal sets that there are."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from resonance.core.by_language import join_policies
from resonance.core.policy import Policy, Sets, parse
from resonance.runtime.recipes import find_recipe, list_recipes, read_file, read_recipe
from resonance.tables import SIGNAL_SETS, SIGNALS


def load_policy(given: str) -> Policy:
    """The policy called ``given``, or written in the file ``given``.

    Raises:
        ConfigError: there is none, or one line that lists every problem with it.
    """
    return parse_policy(read_recipe("policies", "policy", given), given)


def read_text(given: str) -> str:
    """The text of the policy called ``given``, or of the file ``given``.

    Raises:
        ConfigError: there is none, or it cannot be read.
    """
    return read_file(find_recipe("policies", "policy", given), "policy")


def parse_text(text: str, where: str) -> Policy:
    """The policy that a table keeps as YAML: one that was checked before it was kept.

    Raises:
        ConfigError: it names policies of languages that are not there.
    """
    content = yaml.safe_load(text)
    return parse_policy(content, where) if "languages" in content else Policy.model_validate(content)


def parse_policy(content: object, where: str) -> Policy:
    """The policy that ``content`` describes: its own rules, or those of the policies that it names for languages.

    Raises:
        ConfigError: one line that lists every problem with it, or with one of those.
    """
    if isinstance(content, Mapping) and "languages" in content:
        return join_policies(content, load_policy, where)
    return parse(content, readable_sets(), where)


def known_policies() -> tuple[str, ...]:
    """Names of the policies that travel with the code."""
    return list_recipes("policies")


def readable_sets() -> Sets:
    """The signal sets that policies may read, by name, in the order in which they are measured."""
    return {name: SIGNAL_SETS[name] for name in SIGNALS.tables}
