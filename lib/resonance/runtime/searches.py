"""Finds searches of rules by name or by file, with the policies that they are to improve."""

from __future__ import annotations

import yaml

from resonance.core.errors import ConfigError
from resonance.core.policy import Policy, write_policy
from resonance.core.search import Search, parse_search, read_incumbent
from resonance.runtime.policies import load_policy, parse_policy
from resonance.runtime.recipes import list_recipes, read_recipe


def load_search(given: str) -> tuple[Search, Policy]:
    """The search called ``given``, or written in the file ``given``, and the policy that it names.

    Raises:
        ConfigError: there is none, or one line that lists every problem with it.
    """
    content = read_recipe("searches", "search", given)
    incumbent = load_policy(read_incumbent(content, given))
    try:
        parse_policy(yaml.safe_load(write_policy(incumbent)), incumbent.title)
    except ConfigError:
        joined = f"policy {incumbent.title} is put together from those of several languages"
        raise ConfigError(f"search {given}: {joined}; search the thresholds of one of these") from None
    return parse_search(content, incumbent, given), incumbent


def known_searches() -> tuple[str, ...]:
    """Names of the searches that travel with the code."""
    return list_recipes("searches")
