import hashlib

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from resonance.curate.identity import bucket, content_hash, doc_id


def test_ids_are_the_first_128_bits_of_sha256(spark: SparkSession) -> None:
    pairs = [("files", "a.jsonl:1"), ("ü", "文"), ("a", "bc"), ("ab", "c")]
    row = spark.createDataFrame(pairs, "source string, key string").select(
        doc_id(F.col("source"), F.col("key")).alias("id"), content_hash(F.col("key")).alias("content")
    )
    found = [(bytes(r["id"]), bytes(r["content"])) for r in row.collect()]
    assert found == [
        (hashlib.sha256(f"{source}\0{key}".encode()).digest()[:16], hashlib.sha256(key.encode()).digest()[:16])
        for source, key in pairs
    ]


def test_buckets_are_spread_over_their_range(spark: SparkSession) -> None:
    ids = spark.range(4_000).select(doc_id(F.lit("s"), F.col("id").cast("string")).alias("id"))
    found = [row[0] for row in ids.select(bucket(F.col("id"))).collect()]
    assert all(0 <= b < 4096 for b in found)
    assert len(set(found)) > 2_000
