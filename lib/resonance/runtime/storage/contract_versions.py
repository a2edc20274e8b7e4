"""What a table of another version of its contract means: read with nulls, widened when it is written next, or refused."""

from __future__ import annotations

import re
from collections.abc import Sequence

from resonance.core.contract import Column, Contract
from resonance.core.errors import ContractError

ANEW = "make it anew from the sources with `resonance run --workspace ANOTHER`"


def find_absent(contract: Contract, columns: Sequence[str]) -> tuple[Column, ...]:
    """The columns of the contract that are not among a table's, none of them required.

    Raises:
        ContractError: a required one is not.
    """
    absent = tuple(column for column in contract.columns if column.name not in columns)
    if required := [column.name for column in absent if column.required]:
        raise ContractError(
            f"table {contract.name}: has no column {', '.join(required)} of contract {contract.version}; "
            f"an older version of resonance wrote it: {ANEW}"
        )
    return absent


def is_older(then: str, contract: Contract) -> bool:
    """Whether a table of contract version ``then`` is to be widened.

    Raises:
        ContractError: it is of another major version.
    """
    if numbers(then)[:1] != numbers(contract.version)[:1]:
        raise ContractError(refusal(contract, then))
    return numbers(then) < numbers(contract.version)


def refusal(contract: Contract, then: str) -> str:
    """Why a table of another version of its contract cannot be written, and what to do."""
    return f"table {contract.name}: it was made under contract {then}, this is {contract.version}: {ANEW}; nothing was written"


def numbers(version: str) -> list[int]:
    """The numbers of a version, to be compared."""
    return [int(number) for number in re.findall(r"\d+", version)]


def same_expression(one: str, other: str) -> bool:
    """Whether two rules say the same: engines add spaces to expressions."""
    return "".join(one.split()) == "".join(other.split())
