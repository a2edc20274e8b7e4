"""Layers YAML and the command line into one frozen configuration, before Spark starts.

Order: model defaults < conf/base.yaml < conf/env/<env>.yaml < conf/jobs/<job>.yaml < --conf FILE < --set key=value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from resonance.core.errors import ConfigError
from resonance.core.hashes import hash_text
from resonance.core.moves import parse_moves
from resonance.core.pseudonyms import name_key, read_key
from resonance.core.quotes import advise_quotes, describe_quotes
from resonance.core.settings import AssessSettings, CleanSettings, Config, ProposeSettings
from resonance.core.settings.control import MOVED
from resonance.core.weighting import Weighting
from resonance.runtime import resources
from resonance.runtime.annotations import read_recipes
from resonance.runtime.policies import load_policy, parse_policy
from resonance.runtime.recipes import find_recipe, read_file
from resonance.runtime.scorers import find_scorers
from resonance.runtime.weightings import load_weighting, parse_weighting
from resonance.tables import MEASURED, SIGNAL_SETS


def load(
    env: str = "local", job: str = "", files: Iterable[Path] = (), assignments: Iterable[str] = (), **overrides: object
) -> Config:
    """The configuration of a run.

    Args:
        env: name of a file in ``conf/env``.
        job: name of a file in ``conf/jobs``; jobs without one need no layer of their own.
        files: further YAML files, later ones win.
        assignments: ``section.key=value``, the value read as YAML.
        overrides: values by ``section__key`` that the command line sets itself.

    Raises:
        ConfigError: lists every unknown key and bad value.
    """
    conf = resources.folder("conf")
    environment = conf / "env" / f"{env}.yaml"
    if not environment.is_file():
        known = sorted(path.stem for path in (conf / "env").glob("*.yaml"))
        raise ConfigError(f"unknown environment {env!r}: choose one of {known}")
    merged: dict[str, Any] = {}
    own = conf / "jobs" / f"{job}.yaml"
    for path in (conf / "base.yaml", environment, *((own,) if own.is_file() else ()), *files):
        merged = _lay(merged, _read(path))
    for text in assignments:
        merged = _lay(merged, _assignment(text))
    for key, value in overrides.items():
        merged = _lay(merged, _nest_value(key.split("__"), value))
    try:
        return Config.model_validate(
            _read_annotations(_read_moves(_read_promises(_settle_policy(_choose_weighting(_read_scorers(merged))))))
        )
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {_say(e)}" for e in error.errors())
        raise ConfigError(f"configuration: {problems}") from None


def _read_scorers(merged: dict[str, Any]) -> dict[str, Any]:
    """The layers with the files of scorers that they name read."""
    clean = merged.get("clean")
    return {**merged, "clean": {**clean, **find_scorers(clean)}} if isinstance(clean, dict) else merged


def _settle_policy(merged: dict[str, Any]) -> dict[str, Any]:
    """The layers with the policy that they name read, and ``clean`` asked for what it needs, and for what the weighting reads.

    Where there are no rules and no weighting reads a signal, nothing is measured by default.
    """
    judge, clean = merged.get("judge"), merged.get("clean", {})
    if not isinstance(judge, dict) or "policy" not in judge or not isinstance(clean, dict):
        return merged
    given = judge["policy"]
    policy = load_policy(given) if isinstance(given, str) else parse_policy(given, "in judge.policy")
    weighed = _list_weighed(merged.get("decide"))
    asked = clean.get("sets", CleanSettings().sets if policy.rules else ())
    sets = {name: SIGNAL_SETS[name] for name in MEASURED.tables}
    if isinstance(asked, list | tuple):
        if unknown := [name for name in asked if name not in sets]:
            named = ", ".join(f"{name}{describe_quotes(name)}" for name in unknown)
            raise ConfigError(f"configuration: clean.sets: no signal set {named}; choose from {', '.join(sets)}")
        read = {*asked, *policy.sets, *weighed}
        asked = tuple(name for name in sets if name in read or sets[name].scored and clean.get(name) is not None)
    of_all = {*clean.get("sets", ()), *weighed}
    only = {name: languages for name, languages in policy.read_only_of.items() if name in sets and name not in of_all}
    needed = {"rewrite": policy.rewrite, "mask": policy.mask, "languages": only, **clean, "sets": asked}
    if needed["mask"] == "pseudonyms":
        needed["key_name"] = name_key(read_key())
    return {**merged, "judge": {**judge, "policy": policy}, "clean": needed}


def _list_weighed(decide: object) -> tuple[str, ...]:
    """The signal sets that the weighting reads."""
    chosen = decide.get("weighting") if isinstance(decide, dict) else None
    return chosen.parameters.sets if isinstance(chosen, Weighting) else ()


def _choose_weighting(merged: dict[str, Any]) -> dict[str, Any]:
    """The layers with the weighting that they name read."""
    decide = merged.get("decide")
    if not isinstance(decide, dict) or "weighting" not in decide or isinstance(decide["weighting"], Weighting):
        return merged
    given = decide["weighting"]
    chosen = load_weighting(given) if isinstance(given, str) else parse_weighting(given, "in decide.weighting")
    return {**merged, "decide": {**decide, "weighting": chosen}}


def _read_promises(merged: dict[str, Any]) -> dict[str, Any]:
    """The layers with the contract of the documents and the profile that they name read, as texts: an assessment parses them."""
    assess = merged.get("assess", {})
    if not isinstance(assess, dict):
        return merged
    contract, profile = assess.get("contract"), assess.get("profile") or assess.get("stage", AssessSettings().stage)
    own = resources.folder("data_contracts") / "documents.odcs.yaml"
    read = {"contract": read_file(Path(contract) if isinstance(contract, str) and contract else own, "contract")}
    if isinstance(profile, str):
        read["profile"] = read_file(find_recipe("profiles", "profile", profile), "profile")
    return {**merged, "assess": {**assess, **read}}


def _read_moves(merged: dict[str, Any]) -> dict[str, Any]:
    """The layers with the table of moves that they name read, as a text: what proposes work parses it."""
    propose = merged.get("propose", {})
    given = propose.get("moves", ProposeSettings().moves) if isinstance(propose, dict) else None
    if not isinstance(given, str):
        return merged
    text = read_file(find_recipe("moves", "table of moves", given), "table of moves")
    parse_moves(text, given)
    return {**merged, "propose": {**propose, "moves": text}}


def _read_annotations(merged: dict[str, Any]) -> dict[str, Any]:
    """The layers with the recipes of annotations that they name read, and the models that lie in their folder named by content."""
    given = merged.get("annotate")
    return {**merged, "annotate": read_recipes(given)} if isinstance(given, dict) else merged


def config_hash(config: Config) -> str:
    """A hash over all settings that results depend on."""
    return hash_text(json.dumps(config.effective(), sort_keys=True))


def _say(error: Mapping[str, Any]) -> str:
    if error["type"] == MOVED:
        return str(error["msg"])
    if error["type"] == "extra_forbidden":
        return "unknown key"
    return f"{error['msg']} (got {error['input']!r}){advise_quotes(error)}"


def _read(path: Path) -> dict[str, Any]:
    try:
        layer = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read configuration {path}: {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"configuration {path} is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(layer, dict):
        raise ConfigError(f"configuration {path} must hold keys and values")
    return layer


def _assignment(text: str) -> dict[str, Any]:
    key, separator, value = text.partition("=")
    if not separator or not key.strip():
        raise ConfigError(f"--set {text!r}: write section.key=value, for instance train.ranks=2")
    try:
        return _nest_value(key.strip().split("."), yaml.safe_load(value))
    except yaml.YAMLError:
        raise ConfigError(f"--set {text!r}: the value is no YAML") from None


def _nest_value(path: list[str], value: object) -> dict[str, Any]:
    for key in reversed(path):
        value = {key: value}
    return value  # type: ignore[return-value]


def _lay(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _lay(merged[key], value) if both else value
    return merged
