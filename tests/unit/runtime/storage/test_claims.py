"""Claims that are answered without an engine are answered as the engine answers them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from resonance.core.frames import load_parquet, parse_schema
from resonance.runtime import resources
from resonance.runtime.storage import claims
from resonance.runtime.storage.claims import find_broken
from resonance.tables import TABLES

RULES = sorted({rule.expression for table in TABLES for rule in resources.contract(table).rules})
KINDS = {column.name: column.type for table in TABLES for column in resources.contract(table).columns}
SCHEMA = "file bigint, n int, m bigint, s string, b binary, o boolean, x double, l array<bigint>"
ARROW = pa.schema(
    [
        ("file", pa.int64()),
        *(("n", pa.int32()), ("m", pa.int64()), ("s", pa.string()), ("b", pa.binary())),
        *(("o", pa.bool_()), ("x", pa.float64()), ("l", pa.list_(pa.int64()))),
    ]
)
VALUES = {
    "n": (None, 0, 1, 2, 4095, 4096, -1),
    "m": (None, 0, 1, 2**40, -(2**63)),
    "s": (None, "", "a", "b", "数", "A", "a "),
    "b": (None, b"", b"a", bytes(16), "数".encode()),
    "o": (None, True, False),
    "x": (None, 0.0, float("nan"), 1.0),
    "l": (None, [], [1], [1, 2]),
}
ANSWERED = (
    "n >= 0 AND n < 4096",
    "n > 2 OR m <= 1",
    "n <> m",
    "s = 'a'",
    "s <> '数'",
    "NOT s IN ('a', 'b')",
    "`n` BETWEEN 0 AND 2",
    "octet_length(b) = 16 or octet_length(s) <= 1",
    "n IS NULL OR (b IS NOT NULL AND o)",
    "NOT (n = 1 OR m = 1) AND n IS NOT NULL",
    "NOT o",
    "l IS NOT NULL",
    "x IS NULL AND l IS NOT NULL",
)
LEFT = (
    *("x >= 0", "l[0] >= 0", "size(l) > 0", "s >= 'a'", "o = (n = 1)", "n + 1 > 0", "n > 1.5", "n > -1", "length(s) > 0", "1 = 1"),
    *(
        "s = 'it''s'",
        "s = 'a\\\\b'",
        "nobody = 1",
        "n = 's'",
        "n",
        "n >",
        "n IN (1",
        "octet_length(n) = 1",
        "n = 1 m = 1",
        "",
        "N = 1",
    ),
)


def write_rows(folder: Path, seed: int, rows: int) -> Path:
    random, path = Random(seed), folder / f"{seed}.parquet"
    made = [{"file": seed} | {name: random.choice(values) for name, values in VALUES.items()} for _ in range(rows)]
    pq.write_table(pa.Table.from_pylist(made, ARROW), path)
    return path


@pytest.mark.parametrize("claim", ANSWERED)
def test_the_engine_says_the_same(spark: SparkSession, tmp_path: Path, claim: str) -> None:
    files = [write_rows(tmp_path, seed, 1 + seed % 3) for seed in range(40)]
    frame = load_parquet(spark, [str(file) for file in files], parse_schema(SCHEMA))
    broken = {row["file"] for row in frame.where(f"NOT coalesce({claim}, false)").select("file").collect()}
    assert 0 < len(broken) < len(files)
    assert {seed for seed, file in enumerate(files) if find_broken([file], {"it": claim})["it"]} == broken


@pytest.mark.parametrize("claim", LEFT)
def test_what_engines_may_read_otherwise_is_left_to_them(tmp_path: Path, claim: str) -> None:
    assert find_broken([write_rows(tmp_path, 0, 3)], {"it": claim}) == {}


def test_one_file_of_several_breaks_a_claim(tmp_path: Path) -> None:
    files = [write_rows(tmp_path, seed, 1) for seed in range(20)]
    assert find_broken(files, {"a": "n IS NULL", "b": "n > 0 AND x > 0", "c": "n IS NULL OR n IS NOT NULL"}) == {
        "a": True,
        "c": False,
    }


def test_a_large_file_is_left_to_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [write_rows(tmp_path, seed, 3) for seed in range(2)]
    monkeypatch.setattr(claims, "MOST_ROWS", 5)
    assert find_broken(files, {"it": "n >= 0"}) == {}
    assert find_broken(files[:1], {"it": "n >= 0"}).keys() == {"it"}


def test_most_rules_of_contracts_are_answered(tmp_path: Path) -> None:
    kinds = {"int": pa.int32(), "bigint": pa.int64(), "string": pa.string(), "binary": pa.binary(), "boolean": pa.bool_()}
    narrow = {name: kinds[kind.lower()] for name, kind in KINDS.items() if kind.lower() in kinds}
    path = tmp_path / "one.parquet"
    pq.write_table(pa.table({name: pa.nulls(1, kind) for name, kind in narrow.items()}), path)
    assert len(find_broken([path], {rule: rule for rule in RULES})) > 25
