"""Where the embedded engine answers otherwise than Spark: a line a difference, and how the product does without.

Each entry is a probe that must differ. One that no longer does fails the suite: then its way round may go, and the entry too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from resonance.core.frames import map_batches, pluck_field
from tests.conformance.arrow import MADE, made, spelled
from tests.conformance.files import loaded, written
from tests.conformance.sources import Frames


@dataclass(frozen=True)
class Difference:
    """One difference.

    Args:
        probe: makes a frame, or a value that is no frame.
        happens: what the embedded engine does.
        instead: how the product does without.
        issue: where others tell of it.
    """

    probe: Callable[[Frames], Any]
    happens: str
    instead: str
    issue: str = ""


def _select(source: str, *columns: Callable[[], Column]) -> Callable[[Frames], DataFrame]:
    return lambda f: f[source].select("id", *(column() for column in columns))


WORKED_OUT = "such rows do not come: contracts refuse NaN and infinity"
EACH = "fields that are never null; tests/architecture names the modules that compare structs"
OVERFLOWS = "sums of hashes are decimals"
TEXT = "no double is stored as text"
UNUSED = "not used"

KNOWN: Mapping[str, Difference] = {
    "isnan of null": Difference(_select("numbers", lambda: F.isnan("d")), "null, for false", "nanvl, which keeps null"),
    "least and largest of doubles, NaN among them": Difference(
        lambda f: f["numbers"].groupBy("b").agg(F.min("d"), F.max("d")),
        "whatever comes first, for NaN as the largest: silent, and another answer in other parts",
        WORKED_OUT,
    ),
    "percentile of doubles, NaN among them": Difference(
        lambda f: f["numbers"].agg(F.percentile("d", 0.9)), "an error or another number, for NaN as the largest", WORKED_OUT
    ),
    "minus zero in an order": Difference(
        lambda f: f["numbers"].select("id", F.row_number().over(Window.partitionBy("b").orderBy("d", "id"))),
        "before zero, for equal to it",
        "no order by a signed double without an id behind it decides what stays",
    ),
    "minus zero among literals": Difference(
        _select("numbers", lambda: F.col("d").isin(1.0, 0.5, 2.5, 0.25) | (F.col("d") == 0)), "not equal to zero", UNUSED
    ),
    "least of structs with null fields": Difference(
        lambda f: f["numbers"].groupBy("b").agg(F.min(F.struct("i", "l")), F.max(F.struct("i", "l"))),
        "null fields compare as equal or as the largest, for the smallest: silent",
        EACH,
        "apache/datafusion 24915, 24948",
    ),
    "largest of an array of structs with null fields": Difference(
        _select("lists", lambda: F.array_max("ss"), lambda: F.array_sort("ss")), "null fields are the largest: silent", EACH
    ),
    "field of a struct that is null, as handed over": Difference(
        lambda f: f["gaps"].select("id", "p.a").unionByName(f["gaps"].select("id", pluck_field(F.col("ss"), "n")[0].alias("a"))),
        "what lies below the null, 0 or empty, for null: silent, in frames of Python and of kernels, not of files",
        "rows of kernels go through files before a field is read",
        "lakehq/sail 2060, apache/datafusion 25120",
    ),
    "field of a struct that is null, as a kernel made it": Difference(
        lambda f: map_batches(f["many"].select(F.col("id").cast("int").alias("id")), made, MADE).select("id", "set.n"),
        "what lies below the null, for null: silent",
        "rows of kernels go through files before a field is read",
        "lakehq/sail 2060",
    ),
    "field of an array of structs": Difference(
        _select("lists", lambda: F.col("ss")["w"]), "an error: the name is taken for a place", "frames.pluck_field"
    ),
    "a guard around a comparison": Difference(
        _select("numbers", lambda: F.when(F.col("i") != 0, F.lit(1.0) / F.col("i") > 0.5)),
        "an error, division by zero: the CASE becomes an AND, and both sides are computed",
        "guards stand around numbers, or nullif takes the zero away",
        "apache/datafusion 25136",
    ),
    "a guard by AND": Difference(
        lambda f: f["numbers"].where("i <> 0 AND 1 / i > 0.5").select("id"),
        "an error: both sides are computed",
        "F.when around numbers, or nullif",
        "apache/datafusion 8927",
    ),
    "rank by bytes in the usual frame": Difference(
        _select("ids", lambda: F.row_number().over(Window.partitionBy("n").orderBy("k"))),
        "an error: ranges of bytes",
        "frames.rank_rows writes the frame out",
    ),
    "bytes equal to bytes of Python": Difference(
        lambda f: f["ids"].where(F.col("k") == b"ab").select("id"), "an error of the Connect client", "F.lit, isin or hex"
    ),
    "get from the largest place": Difference(
        _select("numbers", lambda: F.get(F.array(F.lit(1)), "i")), "an error, for null", UNUSED
    ),
    "union of int and bigint": Difference(
        lambda f: f["ids"].select(F.col("n").alias("v")).unionByName(f["numbers"].select(F.col("l").alias("v"))),
        "is said to be int; a checkpoint of it cannot be read back",
        "Contract.conform casts; jobs cast before they unite",
    ),
    "union with a column without a type": Difference(
        lambda f: f["left"].select(F.lit(None).alias("v")).unionByName(f["right"].select(F.col("w").alias("v"))),
        "is said to be void; a checkpoint of it cannot be read back",
        "F.lit(None).cast(…)",
    ),
    "int for a double": Difference(lambda f: f.session.createDataFrame([(1,)], "d double"), "is taken, for an error", "float(…)"),
    "sum over the end of bigint": Difference(
        lambda f: f["numbers"].where("l > 0").agg(F.sum("l")), "begins anew from below, for an error: silent", OVERFLOWS
    ),
    "addition over the end of bigint": Difference(
        lambda f: f["numbers"].where("l > 0").select("id", F.col("l") + F.col("l")), "begins anew, for an error: silent", OVERFLOWS
    ),
    "double as text": Difference(_select("numbers", lambda: F.col("d").cast("string")), "1e-7, for 1.0E-7", TEXT),
    "double as JSON": Difference(lambda f: f["numbers"].select(F.to_json(F.struct("d"))), "0.0001, for 1.0E-4", TEXT),
    "time as JSON": Difference(lambda f: f["times"].select(F.to_json(F.struct("at"))), "microseconds, for milliseconds", UNUSED),
    "nulls in JSON": Difference(
        lambda f: f["ids"].select(F.to_json(F.struct("id", "n"), {"ignoreNullFields": "false"})), "left out: silent", UNUSED
    ),
    "round to two digits": Difference(
        lambda f: f.session.createDataFrame([(1.005,), (2.675,)], "x double").select(F.round("x", 2)), "1.0, for 1.01", UNUSED
    ),
    "natural logarithm": Difference(
        _select("numbers", lambda: F.log(F.when(F.col("i") > 0, F.col("i"))), lambda: F.log1p(F.when(F.abs("d") < 3, F.abs("d")))),
        "the last digit differs, as of other transcendental functions",
        "log1p places bars of pictures; nothing else is asked for, and no identity",
    ),
    "xxhash64 of decimals": Difference(
        _select("numbers", lambda: F.xxhash64(F.col("l").cast("decimal(38,0)"))), "another hash: silent", "no decimal is hashed"
    ),
    "bytes that are no text": Difference(_select("ids", lambda: F.col("k").cast("string")), "an error, for U+FFFD", "hex"),
    "part of bytes": Difference(_select("ids", lambda: F.substring("k", 1, 2)), "an error", "hex, part, unhex"),
    "text from before its start": Difference(
        _select("texts", lambda: F.substring("s", -3, 2)), "more than there is of a shorter text", UNUSED
    ),
    "array_contains, nulls among them": Difference(
        lambda f: f["lists"].selectExpr("id", "array_contains(xs, 1)"), "false, for null", UNUSED
    ),
    "arrays_overlap with nothing": Difference(
        _select("lists", lambda: F.arrays_overlap("xs", F.array(F.lit(None).cast("bigint")))), "null, for false", UNUSED
    ),
    "approximate percentiles": Difference(
        lambda f: f["events"].agg(F.percentile_approx("n_bytes", 0.4)),
        "a double by t-digest; a list of shares is an error",
        "frames.find_quantiles",
    ),
    "random numbers": Difference(lambda f: f["many"].select("id", F.rand(1)), "others", "core.chance: hashes of ids"),
    "local checkpoint": Difference(lambda f: f["ids"].localCheckpoint(), "an error", "Scratch"),
    "file of a row": Difference(
        lambda f: f["ids"].select(F.length(F.input_file_name()) > 0).distinct(), "an error", "kernels read files, and tell"
    ),
    "a bare kernel yields another type": Difference(
        lambda f: f["ids"].select("id").mapInArrow(spelled, "id int"),
        "is cast or read as null, for an error: silent",
        "frames.map_batches checks",
    ),
    "file with large lists": Difference(
        loaded("xs array<bigint>", pa.table({"xs": pa.array([[1], None], pa.large_list(pa.int64()))})),
        "an error",
        "tables hold files of engines and of delta-rs; sources are read by kernels",
    ),
    "file with a dictionary": Difference(
        loaded("s string", pa.table({"s": pa.array(["a", None, "a"]).dictionary_encode()})),
        "an error",
        "tables hold files of engines and of delta-rs; sources are read by kernels",
    ),
    "names of columns that nobody named": Difference(
        lambda f: f["texts"].selectExpr("s IN ('a')", "s IS NULL").columns, "in_list, for the expression", "every column is named"
    ),
    "an empty frame as files": Difference(
        lambda f: [path.suffix for path in written(f, f["none"]).glob("*.parquet")],
        "leaves no file, for one with a schema",
        "load_parquet is told the schema",
    ),
}
"""By what is asked."""
