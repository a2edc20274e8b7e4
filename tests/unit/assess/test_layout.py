"""Names, partitions and manifests: worked out by hand, never better by a defect, and clear about rules that are none."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql.types import StringType, StructField, StructType
from tests.unit.assess.conftest import NOW

from resonance.assess.assess import bind
from resonance.assess.operators import BY_ID
from resonance.core.binding import Asked, UnmeasurableError
from resonance.core.dataset import DatasetContract
from resonance.core.records import DataFile, Records

FILES = ("day=1/站=a/0.parquet", "day=1/站=b/0.parquet", "站=a/day=2/0.parquet", "day=2/0.csv")
RULES: dict[str, Any] = {
    "table": "[a-z]+",
    "columns": "[a-z_]+",
    "files": r".*\.parquet",
    "version": "semver",
    "partitions": ["day", "站"],
    "manifest": True,
}
MANIFEST = [{"path": name, "sha256": "ab"} for name in (*FILES[:3], "gone.parquet")]
COLUMNS = ("id", "name", "Zeit", "名称")


def ask(rules: Any = RULES, *, files: Any = FILES, manifest: Any = MANIFEST, version: str = "1.0.0") -> float:
    known = None if files is None else [DataFile(name, f"/data/{name}", 1) for name in files]
    hashes = {f"/data/{name}": "ab" if name != FILES[1] else "cd" for name in FILES}
    contract = DatasetContract("trips", version, "general", frozenset(), (), declared={"naming_rules": rules})
    schema = StructType([StructField(name, StringType()) for name in COLUMNS])
    records = Records(books={"archive_manifest": manifest}, files=known, hash_file=hashes.get)
    finding = bind(BY_ID["naming_layout_conformance"], Asked(contract, schema, {}, NOW, records)).judge({"rows": 1})
    assert finding is not None
    return finding.score


EXPECTED = {
    "table": 1.0,
    "columns": 2 / 4,
    "files": 3 / 4,
    "version": 1.0,
    "partitions": 2 / 4,  # one has them in another order, one has one of two
    "manifest": 2 / 5,  # one has another hash, one is not listed, one is gone
}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_by_hand(rule: str) -> None:
    assert ask({rule: RULES[rule]}) == EXPECTED[rule]


def test_all_rules_are_one_share() -> None:
    assert ask() == (1 + 2 + 3 + 1 + 2 + 2) / (1 + 4 + 4 + 1 + 4 + 5)
    assert ask({"version": "semver"}, version="二") == 0
    assert ask({"partitions": "day"}, files=["day=1/x.csv"]) == 1


def test_a_defect_never_raises_the_score() -> None:
    last = ask()
    for place in range(len(MANIFEST)):
        score = ask(manifest=[{**entry, "sha256": "0"} if n <= place else entry for n, entry in enumerate(MANIFEST)])
        assert score <= last
        last = score
    assert ask(version="first") < ask()


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([], "must hold rules among table, columns, files, version, partitions, manifest"),
        ({"colour": "red"}, "must hold rules among"),
        ({"version": "calver"}, "version must be semver"),
        ({"columns": "("}, "columns is no pattern of RE2"),
    ],
)
def test_rules_that_are_none_are_named(rules: Any, said: str) -> None:
    with pytest.raises(UnmeasurableError, match=said):
        ask(rules)


def test_what_is_missing_is_named() -> None:
    for rule in ("files", "partitions", "manifest"):
        with pytest.raises(UnmeasurableError, match="assess a file or folder by its path"):
            ask({rule: RULES[rule]}, files=None)
    with pytest.raises(UnmeasurableError, match="nothing that they could be held against"):
        ask({"files": "x"}, files=[])
