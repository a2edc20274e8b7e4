"""Probes of whole frames: joins, unions, filters, rows made of one, orders; each by its name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from resonance.core.frames import add_group_values, leave_out, look_up, rank_rows
from tests.conformance.sources import Frames, Probe


def _keyed(f: Frames, key: str) -> tuple[DataFrame, DataFrame]:
    return f["left"].select(key, "n"), f["right"].select(key, "w")


def _joined(key: str, how: str) -> Probe:
    def made(f: Frames) -> DataFrame:
        left, right = _keyed(f, key)
        return left.join(right, key, how)

    return made


def _full_by_two(f: Frames) -> DataFrame:
    was = f["left"].select(F.col("k").alias("doc_id"), F.coalesce("s", F.lit("-")).alias("method"), F.col("n").alias("was"))
    found = f["right"].select(F.col("k").alias("doc_id"), F.coalesce("s", F.lit("-")).alias("method"), F.col("w").alias("is"))
    both = was.join(found, ["doc_id", "method"], "full_outer")
    return both.where(~F.col("was").cast("string").eqNullSafe(F.col("is")))


def _among_itself(f: Frames) -> DataFrame:
    waiting = f["ids"].select(F.col("k").alias("doc_id"), F.col("o").alias("other")).distinct()
    stays = waiting.select("other").join(waiting.select(F.col("doc_id").alias("other")), "other", "left_anti").distinct()
    goes = waiting.join(stays, "other", "left_semi").select("doc_id").distinct()
    return waiting.join(goes, "doc_id", "left_anti").join(goes.withColumnRenamed("doc_id", "other"), "other", "left_anti")


def _with_own_sums(f: Frames) -> DataFrame:
    rows = f["groups"]
    sums = rows.groupBy("g").agg(F.count(F.lit(1)).alias("n"))
    return rows.join(F.broadcast(sums), "g").select("id", "g", "n")


def _crossed(f: Frames) -> DataFrame:
    last = F.broadcast(f["events"].agg(F.max("epoch").alias("last")))
    return f["events"].crossJoin(last).where(F.col("epoch") * 2 <= F.col("last")).groupBy("epoch", "last").count()


def _large(f: Frames) -> DataFrame:
    rows = f["groups"].select("id", "g")
    large = rows.groupBy("g").count().where(F.col("count") >= 15).select("g", F.lit(True).alias("large"))
    named = F.when(F.col("large"), F.col("g")).otherwise(F.concat(F.lit("other/"), F.coalesce("g", F.lit("-"))))
    return rows.join(F.broadcast(large), "g", "left").withColumn("g", named.cast("string")).drop("large")


def _known(f: Frames) -> DataFrame:
    """Some of the keys of texts, each once."""
    return f["texts"].where("id % 3 <> 0").groupBy("t").agg(F.count(F.lit(1)).alias("n"), F.max("s").alias("last"))


def _not_measured(f: Frames) -> DataFrame:
    """A struct that a left join leaves null: its fields are null too."""
    measured = f["right"].select("k", F.struct(F.lit(1).alias("version"), "w", "d").alias("basics"))
    known = f["left"].select("k", "n").join(measured, "k", "left")
    said = F.coalesce(F.concat(F.lit("basics@"), F.col("basics")["version"].cast("string")), F.lit("not measured"))
    return known.select(
        "k", "n", said.alias("said"), F.col("basics")["d"] >= 0.5, (~F.coalesce(F.col("basics")["d"] >= 0.5, F.lit(False)))
    )


JOINS: Mapping[str, Probe] = {
    **{
        f"{how} join by {kind}": _joined(key, how)
        for kind, key in (("bytes", "k"), ("text", "s"))
        for how in ("inner", "left", "left_semi", "left_anti", "full", "full_outer", "right")
    },
    **{f"{how} join by double, NaN among them": _joined("d", how) for how in ("inner", "left_anti", "full")},
    "full join by two columns": _full_by_two,
    "anti and semi joins of a frame with itself": _among_itself,
    "join with sums of the same rows": _with_own_sums,
    "crossJoin with one row": _crossed,
    "left join that marks": _large,
    "join by a condition": lambda f: (
        f["left"].alias("a").join(f["right"].alias("b"), F.col("a.n") < F.length("b.s")).select("a.n", "b.w")
    ),
    "fields of a struct that a join leaves null": _not_measured,
    "join of nothing": lambda f: f["left"].join(f["none"].select("k"), "k", "left_anti").select("k", "n"),
    "left join with nothing": lambda f: f["left"].select("k", "n").join(f["none"].select("k", "id"), "k", "left"),
    "inner join with nothing": lambda f: f["left"].select("k").join(f["none"].select("k", "s"), "k"),
    "nothing joins left": lambda f: f["none"].select("k", "s").join(f["right"].select("k", "w"), "k", "left"),
    "full join with nothing": lambda f: f["left"].select("k", "n").join(f["none"].select("k", "s"), "k", "full_outer"),
    "semi join counts each row once": lambda f: f["left"].join(f["right"].select("k"), "k", "left_semi").select("k", "n"),
    "join then fill": lambda f: (
        f["left"]
        .select("k", "n")
        .join(f["right"].select("k", F.lit(True).alias("cut")).distinct(), "k", "left")
        .fillna(False, ["cut"])
    ),
    "look_up": lambda f: look_up(f["texts"], _known(f), ["t"]),
    "look_up that keeps": lambda f: look_up(f["texts"], _known(f), ["t"], keep=True),
    "look_up by bytes": lambda f: look_up(f["left"], f["right"].groupBy("k").agg(F.max("w").alias("w")), ["k"], keep=True),
    "look_up in nothing": lambda f: look_up(f["texts"].select("id", "s"), f["none"].select("s", "d"), ["s"], keep=True),
    "leave_out": lambda f: leave_out(
        f["texts"], f["right"].select(F.col("s").alias("t")).unionByName(_known(f).select("t")), ["t"]
    ),
    "leave_out by bytes": lambda f: leave_out(f["left"], f["right"], ["k"]),
    "leave_out nothing": lambda f: leave_out(f["left"].select("k", "n"), f["none"], ["k"]),
    "add_group_values": lambda f: add_group_values(
        f["groups"].where("g IS NOT NULL").select("id", "g", "k", "x"),
        ["g"],
        {"least": F.min("k"), "size": F.count(F.lit(1)).cast("int"), "sum": F.sum("x")},
        "size > 10",
    ),
    "add_group_values within two": lambda f: add_group_values(
        f["events"].select("pos", "run", "phase", "loss"), ["run", "phase"], {"most": F.max("loss"), "n": F.count("loss")}
    ),
    "joins of three": lambda f: (
        f["left"]
        .select("k", "n")
        .join(f["right"].select("k", "w"), ["k"], "left")
        .join(f["ids"].groupBy("k").agg(F.max("n").alias("most")), ["k"], "left")
    ),
}


ROWS: Mapping[str, Probe] = {
    "explode": lambda f: f["lists"].select("id", F.explode("xs").alias("x")),
    "explode of structs": lambda f: f["lists"].select("id", F.explode("ss").alias("s")).select("id", "s.*"),
    "posexplode": lambda f: f["lists"].select("id", F.posexplode("ws").alias("band", "hash")),
    "inline": lambda f: f["lists"].select(F.inline(F.filter("ss", lambda e: e.isNotNull()))),
    "inline with names": lambda f: (
        f["ids"]
        .select(
            F.inline(F.array(*(F.struct(F.col(one).alias("node"), F.col("o").alias("other")) for one in "ko"))).alias(
                "doc_id", "component"
            )
        )
        .distinct()
    ),
    "inline beside a column": lambda f: f["ids"].select(
        "id", F.inline(F.array(F.struct(F.col("k").alias("doc_id"), F.lit(None).cast("binary").alias("earlier"))))
    ),
    "explode of a list of all": lambda f: (
        f["events"]
        .groupBy("slice")
        .agg(F.sum("loss").alias("n"))
        .withColumn("slice", F.explode(F.array("slice", F.lit("*"))))
        .groupBy("slice")
        .agg(F.sum("n"))
    ),
    "explode of a sequence": lambda f: (
        f["numbers"]
        .withColumn("copies", F.when(F.col("i").between(1, 7), F.col("i")).otherwise(0))
        .where("copies > 0")
        .withColumn("copy", F.explode(F.expr("sequence(0, copies - 1)")))
        .select("id", "copy")
    ),
    "explode of cells": lambda f: (
        f["numbers"]
        .select(
            F.explode(
                F.array(
                    F.struct(F.lit("l").alias("of"), F.col("i").alias("bucket"), F.lit(None).cast("string").alias("name")),
                    F.struct(
                        F.lit("b").alias("of"), F.lit(None).cast("int").alias("bucket"), F.col("b").cast("string").alias("name")
                    ),
                )
            ).alias("cell")
        )
        .select("cell.*")
        .where("bucket IS NOT NULL OR name IS NOT NULL")
        .groupBy("of", "bucket", "name")
        .count()
    ),
    "explode of what a filter leaves": lambda f: f["numbers"].select(
        "id", F.explode(F.filter(F.array("i", "i"), lambda i: i > 5)).alias("other")
    ),
    "verdicts that are not null": lambda f: (
        f["numbers"]
        .select(
            "id",
            F.posexplode(
                F.array(
                    F.when(F.col("i") > 0, F.struct(F.lit("low").alias("rule"), F.col("d").alias("value"))),
                    F.when(F.col("b"), F.struct(F.lit("flag").alias("rule"), F.lit(None).cast("double").alias("value"))),
                )
            ).alias("place", "verdict"),
        )
        .where("verdict IS NOT NULL")
        .select("id", "place", "verdict.*")
    ),
    "unionByName in another order": lambda f: f["left"].select("k", "n").unionByName(f["ids"].select("n", "k")),
    "unionByName of a null column": lambda f: (
        f["left"]
        .select("k", F.lit(None).cast("string").alias("path"))
        .unionByName(f["right"].select("k", F.col("w").alias("path")))
    ),
    "unionByName of kinds of text": lambda f: (
        f["texts"]
        .select(F.substring_index("t", "/", -1).cast("string").alias("v"))
        .unionByName(f["right"].select(F.col("w").alias("v")))
    ),
    "unionByName of many": lambda f: reduce(
        DataFrame.unionByName, [f["events"].select(F.lit(n).alias("part"), "slice").distinct() for n in range(4)]
    ),
    "unionByName with structs": lambda f: (
        f["lists"]
        .select("p")
        .unionByName(f["ids"].select(F.struct(F.col("n").alias("a"), F.lit(None).cast("string").alias("b")).alias("p")))
    ),
    "unionByName with maps and lists": lambda f: f["lists"].select("m", "xs").unionByName(f["none"].select("m", "xs")),
    "unionByName of nothing": lambda f: f["none"].select("id", "s").unionByName(f["texts"].select("id", "s")),
    "where false": lambda f: f["groups"].where("false").select("id", "k"),
    "where null": lambda f: f["groups"].where(F.lit(None).cast("boolean")).select("id"),
    "where by a column that is left out": lambda f: f["groups"].select("id", "g").where("b").select("id"),
    "where by SQL": lambda f: f["groups"].where("g IS NOT NULL AND g NOT IN ('a', '') AND NOT (b IS NULL)").select("id"),
    "where by one name in a tuple": lambda f: f["groups"].where(f"g IN {('a', 'é')}").select("id"),
    "where not coalesce": lambda f: f["groups"].where("NOT coalesce(g = 'a' AND b, false)").select("id"),
    "slice as SQL": lambda f: f["groups"].where("`g` = 'a' AND `id` BETWEEN 3 AND 40").select("id"),
    "withColumns": lambda f: f["ids"].withColumns({"n": F.col("n") % 5 + 1, "k": F.coalesce("k", "o")}),
    "withColumn reads the column that it replaces": lambda f: (
        f["ids"].withColumn("n", F.coalesce("n", F.lit(0)) % 7).withColumn("n", F.col("n") * 2)
    ),
    "columns of words that SQL keeps": lambda f: (
        f["groups"].select(F.col("g").alias("set"), F.col("id").alias("order")).where("`set` = 'a'")
    ),
    "rename and drop": lambda f: f["ids"].withColumnRenamed("k", "doc_id").drop("o", "absent"),
    "structs apart": lambda f: f["lists"].select("id", "p.*"),
    "everything and one": lambda f: f["ids"].select("*", F.lit(0).alias("copy"), F.lit(1.0).alias("pi")),
    "repartition": lambda f: f["many"].repartition(7).select("id", "k"),
    "coalesce to one": lambda f: f["many"].coalesce(1).agg(F.count(F.lit(1)), F.sum("g")),
    "limit 0": lambda f: f["many"].limit(0).select("id"),
    "limit of equal rows": lambda f: f["many"].select(F.lit(1).alias("one")).limit(5),
    "cast of whole rows": lambda f: f["none"].select(F.col("id").cast("bigint"), F.col("m").cast("map<string,double>")),
    "range": lambda f: f.session.range(5).selectExpr("id", "id div 2 AS half", "pmod(id, 2) AS odd"),
    "replaced slice": lambda f: f["groups"].where("NOT coalesce(`g` = 'a', false)").unionByName(f["groups"].where("id < 3")),
    "struct of everything": lambda f: f["ids"].select(F.struct("*").alias("row")),
}

ORDERED: Mapping[str, Probe] = {
    "order by bytes": lambda f: f["groups"].orderBy("k", "id").select("id", "k"),
    "order by text": lambda f: f["texts"].orderBy("s", "id").select("id", "s"),
    "order by doubles, NaN last, null first": lambda f: f["groups"].orderBy("d", "id").select("id", "d"),
    "order downwards": lambda f: f["groups"].orderBy(F.desc("d"), "id").select("id", "d"),
    "order by desc of a column": lambda f: f["groups"].orderBy(F.col("g").desc(), F.col("id")).select("id", "g"),
    "order by nulls first": lambda f: f["groups"].orderBy(F.desc("id"), F.col("g").asc_nulls_first()).select("id"),
    "order and limit": lambda f: f["groups"].orderBy("g", F.desc("x"), "id").limit(7).select("id"),
    "order by hash and limit": lambda f: f["many"].orderBy(F.xxhash64("k"), "id").limit(9).select("id"),
    "order by flags": lambda f: f["groups"].orderBy("b", "id").select("id", "b"),
    "order by fields": lambda f: f["lists"].where("p IS NOT NULL").orderBy("p.b", "p.a", "id").select("id"),
    "order by a place that a window gave": lambda f: (
        f["groups"].withColumn("place", rank_rows(["g"], ["id"])).where("place <= 2").orderBy("g", "place").select("g", "id")
    ),
    "order of groups": lambda f: f["groups"].groupBy("g").count().orderBy(F.desc("count"), F.col("g").asc_nulls_first()),
    "order of a union": lambda f: f["ids"].select("n").unionByName(f["groups"].select(F.col("id").alias("n"))).orderBy("n"),
    "order by a column that is left out": lambda f: f["groups"].select("id").orderBy("g", "id"),
    "order by times": lambda f: f["times"].orderBy("at", "id").select("id", "at"),
}

RELATIONS: Mapping[str, Probe] = {**JOINS, **ROWS, **ORDERED}
