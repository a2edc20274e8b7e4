"""Of the largest clusters the least similar pairs are found, with their sources and texts."""

from __future__ import annotations

from pyspark.sql import Row, SparkSession

from resonance.report.sections.pairs import find_largest, pair_texts


def test_the_largest_clusters_of_each_method_with_their_least_similar_document(spark: SparkSession) -> None:
    rows = [
        ("verified", b"k", size, f"k{size}".encode(), f"{size}-{n}".encode(), 0.9 - n / 10)
        for size in range(2, 8)
        for n in range(size)
    ]
    rows += [("verified", b"k", size, f"k{size}".encode(), f"k{size}".encode(), None) for size in range(2, 8)]
    rows += [("verified", b"k", 9, b"k9", b"unknown", None), ("verified", b"k", 9, b"k9", b"known", 0.1)]
    rows += [("exact", b"k", 2, b"k1", id, None) for id in (b"k1", b"z", b"y")]
    schema = "method string, cluster_id binary, size int, keeper binary, doc_id binary, similarity double"
    found = find_largest(spark.createDataFrame(rows, schema))
    assert [(r["method"], r["size"], bytes(r["doc_id"]), r["similarity"] and round(r["similarity"], 1)) for r in found] == [
        ("exact", 2, b"y", None),
        ("verified", 9, b"unknown", None),
        ("verified", 7, b"7-6", 0.3),
        ("verified", 6, b"6-5", 0.4),
    ]
    texts = {bytes(row["doc_id"]): Row(source="s", text="t") for row in found} | {b"k7": Row(source="k", text=None)}
    (pair,) = pair_texts(found, texts)
    assert (pair.stays, pair.stays_source, pair.stays_text, pair.goes, pair.goes_text) == (
        b"k7".hex(),
        "k",
        None,
        b"7-6".hex(),
        "t",
    )
