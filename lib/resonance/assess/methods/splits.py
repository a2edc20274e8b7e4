"""What one grouping of the rows tells: rows of each split, ids in two of them, and how much the largest hosts hold."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.assess.arrays import spell_value
from resonance.assess.mappings import cap, down
from resonance.core.binding import Asked, Bound, Finding, UnmeasurableError
from resonance.core.frames import map_batches
from resonance.core.parts import State

HOST = r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/@?#]*@)?(?P<host>[^/:?#@\s]+)"
SECOND = ("ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org")
"""Names below a country's under which hosts are registered; a host is then registered by three of its names."""


def bind_splits(asked: Asked) -> Bound:
    """How full declared splits are; 0 where an id is in two of them."""
    split, id = asked.column("split"), asked.column("id")
    goals = read_splits(asked.declared("splits"))

    def count_splits(rows: DataFrame) -> Mapping[str, Any]:
        known = rows.select(F.col(f"`{id}`").alias("id"), F.col(f"`{split}`").cast("string").alias("split"))
        pairs = known.where("split IS NOT NULL").groupBy("split", "id").agg(F.count(F.lit(1)).alias("n"))
        sizes = pairs.groupBy("split").agg(F.sum("n").alias("n")).where(F.col("split").isin(list(goals))).collect()
        twice = pairs.where("id IS NOT NULL").groupBy("id").agg(F.count(F.lit(1)).alias("splits")).where("splits > 1")
        return {"sizes": {row["split"]: row["n"] for row in sizes}, "twice": twice.count()}

    def judge(state: State) -> Finding:
        reached = [cap(state["sizes"].get(name, 0), goal) for name, goal in goals.items()]
        mean = math.fsum(reached) / len(reached)
        return Finding(0.0 if state["twice"] else mean, mean)

    return Bound(judge, own=count_splits)


def read_splits(given: Any) -> dict[str, float]:
    """The least rows of each declared split.

    Raises:
        UnmeasurableError: they are not numbers of at least 1, by name.
    """
    goals = list(given.values()) if isinstance(given, Mapping) else []
    if not goals or any(isinstance(goal, bool) or not isinstance(goal, int | float) or not 1 <= goal < math.inf for goal in goals):
        raise UnmeasurableError("splits in adaqDeclared must hold the least rows of each split, such as {train: 1000, test: 100}")
    return {spell_value(name): float(goal) for name, goal in given.items()}


def bind_hosts(asked: Asked) -> Bound:
    """The share of tokens that the largest hosts hold, mapped; of rows whose address names a host."""
    uri = asked.column("source_uri")
    tokens, text = asked.column_or_none("n_tokens"), asked.column_or_none("text")
    if tokens is None and text is None:
        raise UnmeasurableError("no column plays the role n_tokens or text: name one in adaqRoles of the contract")
    size = F.col(f"`{tokens}`").cast("double") if tokens else F.octet_length(F.col(f"`{text}`")).cast("double")
    low, high, top = (asked.params[name] for name in ("lo", "hi", "top"))

    def count_hosts(rows: DataFrame) -> Mapping[str, Any]:
        addresses = rows.select(F.col(f"`{uri}`").cast("string").alias("uri"), size.alias("size"))
        hosts = (
            map_batches(addresses, Hosts(), "host string, size double")
            .groupBy("host")
            .agg(F.sum("size").alias("size"), F.count(F.lit(1)).alias("n"))
        )
        (whole,) = hosts.agg(F.count(F.lit(1)).alias("hosts"), F.sum("size").alias("size"), F.sum("n").alias("n")).collect()
        many = math.ceil(top * whole["hosts"])
        largest = hosts.select("size").where("size IS NOT NULL").orderBy(F.desc("size")).limit(max(1, many)).collect()
        return {"size": whole["size"] or 0.0, "named": whole["n"] or 0, "largest": math.fsum(row["size"] for row in largest)}

    def judge(state: State) -> Finding | None:
        if not state["size"]:
            return None
        share = min(1.0, state["largest"] / state["size"])
        return Finding(down(share, low, high), share, state["named"])

    return Bound(judge, own=count_hosts)


@dataclass(frozen=True)
class Hosts:
    """From addresses and sizes to registered hosts and sizes, on a worker."""

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The rows whose address names a host."""
        import pyarrow as pa
        import pyarrow.compute as pc

        for batch in batches:
            found = pc.extract_regex(batch.column("uri").cast(pa.string()), HOST)
            hosts = pc.struct_field(found, "host").dictionary_encode()
            names = pa.array([find_registered(name) for name in hosts.dictionary.to_pylist()], pa.string())
            columns = [names.take(hosts.indices), batch.column("size")]
            yield pa.RecordBatch.from_arrays(columns, names=["host", "size"]).filter(columns[0].is_valid())


def find_registered(host: str) -> str:
    """The part of a host's name that is registered: the last two of its names, three below a country's own; a number is whole."""
    names = host.lower().strip(".").split(".")
    if re.fullmatch(r"[\d.]+", host) or len(names) < 3:
        return ".".join(names)
    return ".".join(names[-3 if len(names[-1]) == 2 and names[-2] in SECOND else -2 :])
