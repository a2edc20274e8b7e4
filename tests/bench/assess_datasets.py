"""Real datasets with contracts that say what is known of them, for the experiments on assessment.

Documentation of installed packages, every twentieth flight from New York in 2013, and questions about Python functions that their
doc strings answer. What nobody promised of a dataset is not in its contract: the operators that ask for it are then not measurable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

Contract = dict[str, Any]
WORDS = (
    "function method class module package object array list dict tuple string integer float bool parameter argument return returns",
    "value default type exception error raise raises key index file path call callable instance attribute None True False optional",
)
TERMS = {
    "terms": " ".join(WORDS).split(),
    "deprecated": ["unicode string", "long integer", "dictionary object"],
    "forbidden": [],
}
"""Words of programming, and of programming in a language that is no more."""
SUPPORT = {
    "support": [
        {"channel": "issues", "url": "https://example.org/issues"},
        {"channel": "maintainers", "url": "https://example.org/maintainers", "scope": "escalation"},
    ],
    "slaProperties": [{"property": "responseTime", "value": 3, "unit": "d"}],
    "team": {"name": "bench", "members": [{"username": "bench", "role": "owner"}]},
}


@dataclass(frozen=True)
class Dataset:
    """A table, its contract, the moment at which it is assessed, and tables that it refers to."""

    name: str
    rows: pd.DataFrame
    contract: Contract
    now: datetime
    beside: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """The files of the table, as Parquet, and of the contract; tables that it refers to lie beside them."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self.beside.items():
            rows.to_parquet(folder / f"{name}.parquet", index=False)
        data, contract = folder / f"{self.name}.parquet", folder / f"{self.name}.odcs.yaml"
        self.rows.to_parquet(data, index=False, coerce_timestamps="us")
        contract.write_text(yaml.safe_dump(self.contract, sort_keys=False, allow_unicode=True), encoding="utf-8")
        return data, contract


def make_contract(
    name: str,
    stage: str,
    modalities: list[str],
    roles: Mapping[str, str],
    declared: Mapping[str, Any],
    columns: list[Mapping[str, Any]],
    quality: list[Mapping[str, Any]] | None = None,
    absent: Mapping[int, str] | None = None,
) -> Contract:
    """A contract in the form of ODCS 3.2."""
    given = {
        "adaqStage": stage,
        "adaqModalities": modalities,
        "adaqRoles": dict(roles),
        "adaqDeclared": dict(declared),
        "adaqNotApplicable": [
            {"metric": number, "reason": reason, "approvedBy": "bench"} for number, reason in (absent or {}).items()
        ],
    }
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": name,
        "name": name,
        "version": "1.0.0",
        "status": "active",
        "customProperties": [{"property": key, "value": value, "vendor": "adaq"} for key, value in given.items()],
        **SUPPORT,
        "schema": [{"name": name, "properties": columns, "quality": quality or []}],
    }


def describe_column(name: str, kind: str, words: str, example: object, **given: Any) -> dict[str, Any]:
    """A column of a contract."""
    unit = given.pop("unit", None)
    own = {"customProperties": [{"property": "unit", "value": unit}]} if unit else {}
    return {"name": name, "logicalType": kind, "description": words, "examples": [example], **given, **own}


def choose_parameter(operator: str, **params: Any) -> dict[str, Any]:
    """A quality rule that sets parameters of an operator."""
    return {"type": "custom", "engine": "adaq", "implementation": {"operator": operator, "params": params}}


def state_invariant(name: str, words: str) -> dict[str, Any]:
    """A quality rule that every row must keep."""
    return {"name": name, "type": "custom", "engine": "delta", "implementation": words}


def list_licences() -> dict[str, str]:
    """The licence of each installed package, as an SPDX id where its metadata has one."""
    known = {"MIT License": "MIT", "Apache Software License": "Apache-2.0", "BSD License": "BSD-3-Clause"}
    found = {"python": "PSF-2.0"}
    for package in metadata.distributions():
        name = re.sub(r"[-_.]+", "-", (package.metadata["Name"] or "").lower())
        classified = [line.rpartition(" :: ")[2] for line in package.metadata.get_all("Classifier") or () if "License" in line]
        expression = package.metadata.get("License-Expression") or next((known[each] for each in classified if each in known), "")
        found[name] = expression.split(" ")[0] if expression else ""
    return found


def list_values(values: list[str]) -> list[dict[str, str]]:
    """Values as ODCS lists them."""
    return [{"value": value} for value in values]
