"""Finds the files that travel with the code: contracts and default configuration, in a checkout or in the wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from resonance.core.contract import Contract
from resonance.core.errors import ContractError
from resonance.core.table import Table


@cache
def folder(name: str) -> Path:
    """The folder ``data_contracts`` or ``conf``: packed into the wheel, or at the top of the checkout."""
    package = Path(__file__).parents[1]
    packed = package / "_data" / name
    return packed if packed.is_dir() else package.parents[1] / name


@cache
def contract(table: Table) -> Contract:
    """The contract of a table.

    Raises:
        ContractError: there is no such file, or it is no contract.
    """
    path = folder("data_contracts") / f"{table.name}.odcs.yaml"
    if not path.is_file():
        raise ContractError(f"table {table.name}: no contract at {path}")
    return Contract.parse(path.read_text(encoding="utf-8"))
