"""How Spark names tables: by a schema of a catalog, or by the address that their folders lie below."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from resonance.core.errors import InputError
from resonance.core.objects import parse_address
from resonance.core.settings import Config
from resonance.core.table import Table

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Parts of names that SQL takes as they are."""
HDFS = re.compile(r"hdfs://[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?(?:/+(?!\.\.?(?:/|$))[A-Za-z0-9_.-]+)+/*")
"""Addresses of folders that statements of SQL hold as they are, and that nothing takes for a pattern."""


class TableNames(Protocol):
    """The names of the tables of a workspace."""

    def name(self, table: Table) -> str:
        """How SQL names the table."""
        ...

    def locate(self, table: Table) -> str | None:
        """Where the table lies; None where a catalog knows that."""
        ...


@dataclass(frozen=True)
class SchemaNames:
    """Tables of a schema: ``schema.table`` or ``catalog.schema.table``; what is given in backquotes is taken as it is."""

    schema: str

    def name(self, table: Table) -> str:
        """How SQL names the table."""
        if "`" in self.schema:
            return f"{self.schema}.{table.name}"
        return ".".join(part if PLAIN.fullmatch(part) else f"`{part}`" for part in (*self.schema.split("."), table.name))

    def locate(self, table: Table) -> None:
        """None: the catalog knows where the table lies."""


@dataclass(frozen=True)
class AddressNames:
    """Tables in folders below an address, of plain letters and without a slash too many; no catalog knows them."""

    address: str

    def name(self, table: Table) -> str:
        """How SQL names the table."""
        return f"delta.`{self.locate(table)}`"

    def locate(self, table: Table) -> str:
        """The whole address."""
        return f"{self.address}/{table.name}"


def choose_names(config: Config) -> TableNames:
    """The names of tables that Spark alone keeps: in a catalog where one is named, else at an address.

    Raises:
        InputError: tables cannot lie at that address.
    """
    if config.catalog is not None:
        return SchemaNames(config.catalog)
    if not HDFS.fullmatch(config.tables):
        plain = "of plain letters, digits, and -_."
        raise InputError(f"tables: {config.tables} is no address such as hdfs://node:8020/folder, {plain}")
    return AddressNames(str(parse_address(config.tables)))
