"""Examples of use: whether what people are told to ask of a dataset can be asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame

from resonance.assess.methods.shares import judge_share
from resonance.core.binding import Asked, Bound, UnmeasurableError


def bind_examples(asked: Asked) -> Bound:
    """Declared examples that run and give a row: what each selects, of rows for which its condition holds. No other code is run."""
    given = asked.declared("examples")
    if not isinstance(given, list) or not given or not all(isinstance(each, Mapping) and each.get("select") for each in given):
        raise UnmeasurableError("examples in adaqDeclared must list examples, each with expressions in select, and may be where")
    found = [(_list(each["select"]), str(each.get("where") or "true")) for each in given]

    def run_examples(rows: DataFrame) -> Mapping[str, Any]:
        return {"good": sum(gives_row(rows, select, where) for select, where in found)}

    return Bound(lambda state: judge_share(state["good"], len(found)), own=run_examples)


def gives_row(rows: DataFrame, select: list[str], where: str) -> bool:
    """Whether expressions can be worked out over the rows for which a condition holds, and there is one."""
    try:
        return bool(rows.where(where).selectExpr(*select).limit(1).collect())
    except Exception:  # whatever an engine says of it: an example that fails is what is counted
        return False


def _list(given: Any) -> list[str]:
    return [str(each) for each in given] if isinstance(given, list) else [str(given)]
