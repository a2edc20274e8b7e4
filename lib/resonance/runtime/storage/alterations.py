"""What SQL is told so that a table keeps its contract: one that is made, and one of an older minor version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyspark.sql.types import StructType

from resonance.core.contract import Contract, Rule
from resonance.runtime.storage.conditions import quote_text, write_properties
from resonance.runtime.storage.contract_versions import find_absent, same_expression
from resonance.runtime.storage.log import promises


def widen_table(contract: Contract, schema: StructType, properties: Mapping[str, str]) -> Iterator[str]:
    """What lets a table of this schema and these properties take all rows that the contract allows."""
    if absent := find_absent(contract, schema.names):
        yield f"ADD COLUMNS ({', '.join(f'`{c.name}` {c.type} COMMENT {quote_text(c.meaning)}' for c in absent)})"
    optional = {column.name for column in contract.columns if not column.required}
    for field in schema.fields:
        if field.name in optional and not field.nullable:
            yield f"ALTER COLUMN `{field.name}` DROP NOT NULL"
    for rule in contract.rules:
        if not same_expression(properties.get(f"delta.constraints.{rule.name.lower()}", ""), rule.expression):
            yield from _replace_rule(rule)


def write_creation(name: str, contract: Contract) -> str:
    """What makes a table that keeps its contract, unless it is there."""
    columns = ", ".join(
        f"`{column.name}` {column.type}{' NOT NULL' if column.required else ''} COMMENT {quote_text(column.meaning)}"
        for column in contract.columns
    )
    clustered = f" CLUSTER BY (`{contract.cluster_by}`)" if contract.cluster_by else ""
    told = f"COMMENT {quote_text(contract.meaning)} TBLPROPERTIES ({write_properties(promises(contract))})"
    return f"CREATE TABLE IF NOT EXISTS {name} ({columns}) USING delta{clustered} {told}"


def _replace_rule(rule: Rule) -> tuple[str, ...]:
    """What holds a rule in its new form: all rows pass it first, and one form holds at any time."""
    both = f"{rule.name}_widen_older"
    return (
        f"DROP CONSTRAINT IF EXISTS {both}",
        f"ADD CONSTRAINT {both} CHECK ({rule.expression})",
        f"DROP CONSTRAINT IF EXISTS {rule.name}",
        f"ADD CONSTRAINT {rule.name} CHECK ({rule.expression})",
        f"DROP CONSTRAINT {both}",
    )
