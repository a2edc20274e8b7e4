"""However many operators there are, the rows are read once; strata and partitions change nothing."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from tests.unit.assess.conftest import COMPUTED, NOW, RECORDS, TYPES, make_rows

from resonance.assess.assess import bind_operators
from resonance.assess.measure import MOST_BYTES, MOST_ROWS, gather, measure, merge_strata
from resonance.core.arrow import join_batches
from resonance.core.binding import Bound
from resonance.core.errors import InputError
from resonance.core.frames import load_parquet
from resonance.tables import SIGNAL_SETS
from resonance.testing import ScanCounter, find_scans


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    """The ten rows twelve times over."""
    schema = ", ".join(f"{name} {'double' if name == 'size' else 'string'}" for name in TYPES)
    return spark.createDataFrame([tuple(row.values()) for _ in range(12) for row in make_rows()], schema)


@pytest.fixture(scope="module")
def bounds(rows: DataFrame, contract) -> dict[str, Bound]:
    found, refused = bind_operators(COMPUTED, rows, contract, NOW, RECORDS)
    assert refused == {}
    return found


def test_all_operators_and_all_strata_are_one_reading(rows, bounds, tmp_path):
    counter = ScanCounter(tmp_path)
    watched = counter.watch(rows)
    assert len(bounds) > 35
    measure(watched, bounds, text="text")
    assert counter.rows() == 120
    measure(watched, bounds, ["source", "lang"], "text")
    assert counter.rows() == 240, "strata cost no further reading"
    for id in list(bounds)[:3]:
        measure(watched, {id: bounds[id]}, text="text")
    assert counter.rows() == 600, "and three queries are three readings: the counter counts"


def test_a_reading_takes_the_columns_of_its_operators_alone(spark, rows, bounds, tmp_path):
    rows.write.parquet(str(tmp_path / "rows"))
    stored = load_parquet(spark, [str(tmp_path / "rows")], rows.schema)
    chosen = {id: bounds[id] for id in ("class_evenness", "controlled_vocabulary_rate")}
    assert find_scans(gather(stored, chosen)) == [{"label", "code"}]
    assert find_scans(gather(stored, {"source_evenness": bounds["source_evenness"]}, ["lang"])) == [{"source", "lang"}]


def test_strata_merge_to_the_whole_in_any_partitioning(rows, bounds):
    whole = measure(rows, bounds, text="text")
    assert list(whole) == [()]
    assert all(state["rows"] == 120 for state in whole[()].values())
    for some in (rows.coalesce(1), rows.repartition(7, "id")):
        assert measure(some, bounds, text="text") == whole
        strata = measure(some, bounds, ["source", "domain"], "text")
        assert set(strata) == {("a", "rail"), ("b", "rail"), ("b", "power"), ("c", "power"), ("c", None)}
        assert merge_strata(strata, bounds) == whole[()]
    assert {stratum: found["class_evenness"]["values"] for stratum, found in measure(rows, bounds, ["lang"], "text").items()} == {
        ("en",): {"yes": 60},
        ("zh",): {"yes": 36, "no": 24},
    }


def test_nothing_has_no_strata_and_unknown_ones_are_refused(rows, bounds):
    assert measure(rows.where("false"), bounds, text="text") == {}
    assert merge_strata({}, bounds) == {}
    with pytest.raises(InputError, match=r"^assess: no column colour to make strata of; there are id, text"):
        measure(rows, bounds, by=["colour"])


def test_small_batches_are_joined_and_a_large_one_stays() -> None:
    numbers = pa.array(range(200_000))
    whole = pa.RecordBatch.from_arrays([numbers], ["n"])
    small = [whole.slice(start, 1_000) for start in range(0, 200_000, 1_000)]
    joined = list(join_batches([*small, whole], MOST_ROWS, MOST_BYTES))
    assert [batch.num_rows for batch in joined] == [65_000, 65_000, 65_000, 5_000, 200_000]
    assert pa.concat_batches(joined[:-1]).column("n").equals(numbers)
    wide = pa.RecordBatch.from_arrays([pa.array(["x" * (3 << 20)])], ["text"])
    assert [batch.num_rows for batch in join_batches([wide] * 5, MOST_ROWS, MOST_BYTES)] == [2, 2, 1], "bytes bind too"
    assert list(join_batches([], MOST_ROWS, MOST_BYTES)) == []


def test_no_operator_reads_a_signal_that_is_left_out_for_speed(bounds) -> None:
    asked = "".join(repr(part) for bound in bounds.values() for part in bound.parts.values())
    read = set(re.findall(r"'(\w+)\.(\w+)'", asked))
    texts = pa.array(["One line of some words stands here.\nAnother line of words stands there.\n" * 9])
    for each in SIGNAL_SETS.values():
        if each.brief is not None:
            whole, brief = each.measure(texts).to_pylist()[0], each.brief(texts).to_pylist()[0]
            left_out = {name for name, value in whole.items() if value is not None and brief[name] is None}
            told = {name for set, name in read if set == each.name}
            assert left_out, each.name
            assert told, each.name
            assert not left_out & told
            assert {name: whole[name] for name in told} == {name: brief[name] for name in told}
