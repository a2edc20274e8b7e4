"""Probes of aggregates and windows, each by its name."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from resonance.core.frames import find_quantiles, rank_rows
from tests.conformance.sources import Frames, Probe


def _small(f: Frames) -> DataFrame:
    """Doubles whose sums have one answer in any order, with nulls."""
    return f["groups"].select("id", "g", "k", "x", "b", F.when(F.col("l") < 100, F.col("l")).alias("l"), "d")


def _latest(f: Frames) -> DataFrame:
    """The idiom of histories: structs that are null whole, or not at all."""
    seen = F.col("loss").isNotNull()
    return (
        f["events"]
        .where("slice IS NOT NULL")
        .groupBy("doc_id")
        .agg(
            F.max(F.struct("step", "slice")).alias("latest"),
            F.min(F.when(seen, F.struct("step", "loss"))).alias("first"),
            F.max(F.when(seen, F.struct("step", "loss"))).alias("last"),
        )
    )


def _latest_fields(f: Frames) -> DataFrame:
    return _latest(f).select("doc_id", "latest.slice", "first.loss", F.col("last.loss").alias("last"), F.col("first").isNull())


def _never_seen(f: Frames) -> DataFrame:
    """Some groups hold no struct at all."""
    rare = F.when(F.col("loss") > 7.7, F.struct("step", "loss"))
    found = f["events"].groupBy("doc_id").agg(F.min(rare).alias("first"), F.max(rare).alias("last"))
    return found.select("doc_id", "first.loss", F.coalesce(F.col("last")["step"], F.lit(-1)).alias("step"))


def _forgotten(f: Frames) -> DataFrame:
    exposure = F.struct("step", "pos", F.lit(0).alias("n"), F.coalesce("right", F.lit(False)).alias("right"))
    together = (
        f["events"].groupBy("doc_id").agg(F.array_sort(F.collect_list(F.when(F.col("right").isNotNull(), exposure))).alias("order"))
    )

    def on(so_far, part):
        fell = (so_far["right"] & ~part["right"]).cast("int")
        return F.struct((so_far["falls"] + part["n"].cast("int") + fell).alias("falls"), part["right"].alias("right"))

    nothing = F.struct(F.lit(0).alias("falls"), F.lit(False).alias("right"))
    return together.select(
        "doc_id",
        F.aggregate("order", nothing, on, lambda so_far: so_far["falls"]).alias("falls"),
        F.get("order", F.lit(0))["right"].alias("first"),
        F.get("order", F.size("order") - 1)["right"].alias("last"),
    )


def _methods(f: Frames) -> DataFrame:
    found = f["events"].groupBy("run", "phase").agg(F.countDistinct("doc_id").alias("documents"))
    named = F.map_from_entries(F.collect_list(F.struct("phase", "documents")))
    return found.groupBy("run").agg(named.alias("by_phase"))


def _rolled(f: Frames) -> DataFrame:
    sums = f["events"].rollup("run", "slice").agg(F.count(F.lit(1)).alias("n"), F.sum("n_bytes").alias("bytes"))
    return sums.orderBy(F.desc("n"), F.asc_nulls_first("run"), F.asc_nulls_first("slice")).limit(9)


AGGREGATES: Mapping[str, Probe] = {
    "count": lambda f: f["events"].groupBy("slice").count(),
    "count of a column": lambda f: f["events"].groupBy("slice").agg(F.count("loss"), F.count(F.lit(1)), F.count("*")),
    "count_if": lambda f: f["events"].groupBy("run").agg(F.count_if("right"), F.count_if(F.col("loss") > 4)),
    "SQL count_if": lambda f: f["numbers"].selectExpr("count_if(NOT coalesce(d > 0, false))", "count_if(b)", "count(1)"),
    "countDistinct": lambda f: f["events"].groupBy("run").agg(F.countDistinct("slice"), F.countDistinct("doc_id")),
    "sum of doubles": lambda f: f["events"].groupBy("slice").agg(F.sum("loss").alias("nats")),
    "sum of whole numbers": lambda f: f["events"].groupBy("slice").agg(F.sum("n_bytes"), F.sum("epoch")),
    "sum of nothing": lambda f: f["none"].agg(F.sum("d"), F.sum("id"), F.coalesce(F.sum("id"), F.lit(0)), F.count(F.lit(1))),
    "sum of nulls": lambda f: _small(f).where("x IS NULL").groupBy("g").agg(F.sum("x"), F.coalesce(F.sum("x"), F.lit(0.0))),
    "groups of nothing": lambda f: f["none"].groupBy("s").agg(F.max("id"), F.count(F.lit(1))),
    "sum of conditions": lambda f: _small(f).groupBy("g").agg(F.sum(F.when(F.col("k") == F.lit(b"ab"), 1).otherwise(0)).alias("n")),
    "avg": lambda f: f["events"].groupBy("run").agg(F.avg("loss"), F.avg("epoch")),
    "avg of nothing": lambda f: f["none"].agg(F.avg("d"), F.max("s"), F.min("k"), F.first("id")),
    "NaN in sums and means": lambda f: f["groups"].groupBy("g").agg(F.sum("d").alias("s"), F.avg("d").alias("m")),
    "min and max of bytes": lambda f: f["ids"].groupBy("n").agg(F.min("k"), F.max("k"), F.min("o")),
    "min and max of texts": lambda f: f["texts"].groupBy("l").agg(F.min("s"), F.max("s"), F.max("t")),
    "min and max of doubles": lambda f: f["groups"].where("NOT isnan(d)").groupBy("g").agg(F.min("d"), F.max("d"), F.max("x")),
    "max of flags": lambda f: f["groups"].groupBy("g").agg(F.max("b"), F.min("b")),
    "max of whole numbers": lambda f: f["numbers"].groupBy("b").agg(F.max("l"), F.min("l"), F.max("i")),
    "min and max of times": lambda f: f["times"].agg(F.min("at"), F.max("at")),
    "min of structs": lambda f: (
        f["ids"].where("k IS NOT NULL").groupBy("n").agg(F.min(F.struct("k", "id")), F.max(F.struct("o", "id")))
    ),
    "min of structs with text": lambda f: (
        f["texts"].groupBy("l").agg(F.min(F.struct(F.concat_ws(":", "t", "id"), F.coalesce("s", F.lit("")))).alias("example"))
    ),
    "min of structs with a flag": lambda f: (
        f["ids"]
        .where("k IS NOT NULL")
        .groupBy("n")
        .agg(F.min(F.struct((F.col("o") != F.lit(b"ab")).alias("rank"), "k")).alias("first"))
    ),
    "structs that are null whole": _latest,
    "fields of structs that are null whole": _latest_fields,
    "fields of structs that no row has": _never_seen,
    "histories in their order": _forgotten,
    "min_by": lambda f: (
        f["events"]
        .where("loss IS NOT NULL")
        .groupBy("doc_id")
        .agg(F.min_by(F.struct(F.col("pos").alias("keeper"), "loss"), F.struct("step", "pos")).alias("first"))
    ),
    "max_by": lambda f: f["events"].groupBy("run").agg(F.max_by("slice", "pos"), F.max_by(F.struct("step", "pos"), "pos")),
    "first of equal values": lambda f: f["events"].groupBy("step").agg(F.first("step"), F.first("step") - F.floor(F.first("step"))),
    "collect_list sorted": lambda f: f["events"].groupBy("doc_id").agg(F.sort_array(F.collect_list("pos")).alias("all")),
    "collect_list of structs sorted": lambda f: (
        f["events"].groupBy("slice").agg(F.sort_array(F.collect_list(F.struct("step", "doc_id", "pos"))).alias("all"))
    ),
    "collect_list leaves null out": lambda f: _small(f).groupBy("g").agg(F.size(F.collect_list("x")), F.size(F.collect_list("l"))),
    "collect_set": lambda f: f["events"].groupBy("run").agg(F.sort_array(F.collect_set("slice"))),
    "names of all maps": lambda f: f["lists"].agg(F.array_sort(F.flatten(F.collect_set(F.map_keys("m")))).alias("names")),
    "map of lists": _methods,
    "bit_xor": lambda f: f["many"].agg(F.bit_xor(F.xxhash64("k", "s")).alias("x"), F.hex(F.bit_xor(F.xxhash64("l"))).alias("h")),
    "bit_xor by group": lambda f: (
        f["many"].groupBy("g").agg(F.count(F.lit(1)).alias("rows"), F.bit_xor(F.xxhash64("k", "l")).alias("digest"))
    ),
    "SQL bit_xor of nothing": lambda f: f["none"].agg(F.expr("coalesce(bit_xor(xxhash64(k, id)), 0)").alias("hash")),
    "sum of hashes": lambda f: f["many"].agg(F.sum(F.xxhash64("s", "k", "l", "d", "xs").cast("decimal(38,0)")).alias("total")),
    "sum of decimals by group": lambda f: f["numbers"].groupBy("b").agg(F.sum(F.col("l").cast("decimal(38,0)"))),
    "hashes of many": lambda f: f["many"].agg(*(F.bit_xor(F.xxhash64(c)).alias(c) for c in ("s", "k", "l", "d", "xs"))),
    "sha2 of many": lambda f: f["many"].agg(F.bit_xor(F.xxhash64(F.sha2(F.col("s").cast("binary"), 256))).alias("x")),
    "texts of many": lambda f: f["many"].agg(
        *(
            F.bit_xor(F.xxhash64("id", e)).alias(n)
            for n, e in {
                "lower": F.lower("s"),
                "length": F.length("s"),
                "octets": F.octet_length("s"),
                "part": F.substring("s", 3, 7),
                "index": F.substring_index("s", "é", -1),
                "hex": F.hex("s"),
                "said": F.concat_ws("/", "s", "l"),
            }.items()
        )
    ),
    "numbers of many": lambda f: f["many"].agg(
        *(
            F.bit_xor(F.xxhash64("id", e)).alias(n)
            for n, e in {
                "pmod": F.pmod("l", F.lit(4096)),
                "right": F.shiftright("l", 7),
                "and": F.col("l").bitwiseAND(F.lit(2**52 - 1)),
                "floor": F.floor(F.nanvl("d", F.lit(0.5))),
                "half": F.col("d") / 2,
                "sqrt": F.sqrt(F.abs("d")),
                "round": F.round("d"),
                "third": F.col("d") / 3,
                "double": F.col("l").cast("double"),
                "int": F.floor(F.nanvl("d", F.lit(0.0))).cast("int"),
            }.items()
        )
    ),
    "percentile": lambda f: f["events"].groupBy("slice").agg(find_quantiles(F.col("loss"), (0.025, 0.5, 0.975)).alias("q")),
    "percentile of whole numbers": lambda f: f["events"].agg(find_quantiles(F.col("n_bytes"), (0.0, 0.1, 0.5, 1.0)).alias("q")),
    "percentile of nothing": lambda f: f["none"].agg(find_quantiles(F.col("d"), (0.5,)).alias("q")),
    "percentile of nulls": lambda f: _small(f).where("x IS NULL").groupBy("g").agg(find_quantiles(F.col("x"), (0.5,)).alias("q")),
    "percentile of a condition": lambda f: f["events"].agg(
        find_quantiles(F.when(F.col("run") == "run1", F.col("loss")), (0.3,)).alias("q")
    ),
    "groups of null, empty and non-ASCII": lambda f: _small(f).groupBy("g").agg(F.sum("x"), F.count("l")),
    "groups of bytes": lambda f: f["groups"].groupBy("k").agg(F.count(F.lit(1)), F.max("id")),
    "groups of doubles, NaN and minus zero among them": lambda f: f["numbers"].groupBy("d").agg(F.count(F.lit(1)), F.max("id")),
    "groups of flags": lambda f: f["groups"].groupBy("b").agg(F.count(F.lit(1)), F.max("id")),
    "groups of structs' fields": lambda f: f["lists"].select("p.*").groupBy("a", "b").count(),
    "groups by an expression": lambda f: f["events"].groupBy("run", F.floor(F.col("pos") / 37).alias("stretch")).agg(F.sum("loss")),
    "rollup": lambda f: f["events"].rollup("run", "slice").agg(F.count(F.lit(1)).alias("n"), F.sum("n_bytes").alias("bytes")),
    "rollup by a name, ordered, limited": _rolled,
    "rollup counts": lambda f: f["groups"].rollup(F.coalesce(F.col("g"), F.lit("?")).alias("name")).count(),
    "aggregate of an aggregate": lambda f: (
        f["events"]
        .groupBy("doc_id", "run")
        .agg(F.avg("n_bytes").alias("m"))
        .groupBy("run")
        .agg(F.max("m"), F.count(F.lit(1)).cast("int"))
    ),
    "sum of a weighted value": lambda f: (
        f["events"].groupBy("run").agg((F.sum(F.col("loss") * F.col("epoch")) / F.sum("epoch")).alias("mean"))
    ),
    "where on an aggregate": lambda f: f["events"].groupBy("doc_id").count().where("count > 6").select("doc_id"),
    "distinct": lambda f: f["groups"].select("g", "b").distinct(),
    "distinct of NaN and minus zero": lambda f: f["numbers"].select("d").distinct(),
    "distinct of bytes": lambda f: f["groups"].select("k").distinct(),
    "distinct of arrays": lambda f: f["lists"].select("xs").distinct(),
    "dropDuplicates of equal rows": lambda f: f["events"].select("step", F.lit(1).alias("one")).dropDuplicates(["step"]),
}


def _over(f: Frames) -> DataFrame:
    group = Window.partitionBy("g")
    rows = f["groups"].where("k IS NOT NULL").select("id", "g", "k", "l")
    order = F.struct(F.lit(0).alias("priority"), (-F.coalesce("l", F.lit(0))).alias("longest"), "k")
    return rows.withColumns(
        {
            "cluster_id": F.min("k").over(group),
            "size": F.count(F.lit(1)).over(group).cast("int"),
            "keeper": F.min(order).over(group).getField("k"),
        }
    ).where("size > 1")


def _running(f: Frames) -> DataFrame:
    lower = Window.partitionBy("run").orderBy("step").rowsBetween(Window.unboundedPreceding, -1)
    counts = f["events"].groupBy("run", "step").count()
    return counts.select("run", "step", F.coalesce(F.sum("count").over(lower), F.lit(0)).alias("start"))


def _history(f: Frames) -> DataFrame:
    so_far = Window.partitionBy("run").orderBy("step").rowsBetween(Window.unboundedPreceding, 0)
    means = f["events"].groupBy("run", "step").agg(F.sum("loss").alias("nats"))
    history = F.collect_list("nats").over(so_far)
    moving = F.aggregate("history", F.get("history", F.lit(0)), lambda mean, now: mean * 0.5 + now * 0.5)
    return means.withColumn("history", history).select("run", "step", moving.alias("trend"))


def _moved(f: Frames) -> DataFrame:
    rows = f["ids"].select(F.col("k").alias("high"), F.col("o").alias("low")).where("high IS NOT NULL AND low IS NOT NULL")
    linked = rows.withColumn("smallest", F.min("low").over(Window.partitionBy("high")))
    stays = F.col("low") == F.col("smallest")
    made = linked.select(
        F.when(stays, F.col("high")).otherwise(F.col("low")).alias("high"), F.col("smallest").alias("low"), (~stays).alias("moved")
    )
    return made.groupBy("high", "low").agg(F.max("moved").alias("moved"))


def _neighbours(f: Frames) -> DataFrame:
    pair = lambda one, other: F.struct(F.col(one).alias("node"), F.col(other).alias("other"))  # noqa: E731
    smallest = F.least("node", F.min("other").over(Window.partitionBy("node")))
    return f["ids"].select(F.inline(F.array(pair("k", "o"), pair("o", "k")))).select("node", "other", smallest.alias("low"))


def _ranked(*within: str, order: tuple) -> Probe:
    def made(f: Frames) -> DataFrame:
        columns = [column() if callable(column) else column for column in order]
        return f["groups"].select("id", rank_rows(within, columns).alias("rank"))

    return made


WINDOWS: Mapping[str, Probe] = {
    "rank by bytes": _ranked("g", order=("k", "id")),
    "rank by text": _ranked("b", order=("g", "id")),
    "rank by doubles, NaN among them": _ranked("b", order=("d", "id")),
    "rank by doubles downwards": _ranked("b", order=(lambda: F.desc("d"), "id")),
    "rank by a flag": _ranked("g", order=("b", lambda: F.desc("id"))),
    "rank within bytes": _ranked("k", order=(lambda: F.desc("l"), "id")),
    "rank within two, NaN among them": _ranked("d", "b", order=("id",)),
    "rank by distance": _ranked("g", order=(lambda: F.abs(F.coalesce("x", F.lit(0.0)) - F.lit(0.3)), "id")),
    "rank by hash": _ranked("b", order=(lambda: F.xxhash64("k", "id"), "id")),
    "min, count and first of a cluster": _over,
    "running sum before a row": _running,
    "history of a moving mean": _history,
    "percent_rank": lambda f: (
        f["events"]
        .where("loss IS NOT NULL")
        .select("pos", F.percent_rank().over(Window.partitionBy("slice").orderBy("loss")).alias("p"))
    ),
    "percent_rank of one": lambda f: (
        f["events"].where("pos < 3").select("pos", F.percent_rank().over(Window.partitionBy("pos").orderBy("loss")).alias("p"))
    ),
    "avg over a group": lambda f: (
        f["events"]
        .groupBy("run", "slice")
        .agg(F.sum("loss").alias("n"))
        .select("run", "slice", F.avg("n").over(Window.partitionBy("run")))
    ),
    "smallest over a group": _moved,
    "least of a node and a window": _neighbours,
    "first in an order": lambda f: f["groups"].select(
        "id", F.first("k").over(Window.partitionBy("b").orderBy("id")).alias("keeper")
    ),
    "window over nothing": lambda f: f["none"].select("id", rank_rows(["s"], ["k"]).alias("rank")),
    "rank, then only the first": lambda f: (
        f["groups"].withColumn("place", rank_rows(["g"], [F.desc("x"), "id"])).where("place <= 2").select("g", "id", "place")
    ),
    "sum of two windows": lambda f: f["groups"].select(
        "id", (rank_rows(["g"], ["id"]) + F.count(F.lit(1)).over(Window.partitionBy("b"))).alias("n")
    ),
}
