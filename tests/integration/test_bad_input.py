"""Issue section "bad input": each fault is one clear line, or a quarantined row with its reason; the good rows stay."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from resonance.core.errors import InputError
from resonance.core.job import Turn
from resonance.core.settings import CleanSettings, IngestSettings, ScoreSettings, TaskSettings
from resonance.curate.ingest import ingest
from resonance.curate.judge import judge
from resonance.curate.one_pass import ingest_and_clean
from resonance.runtime.conf import load
from resonance.runtime.policies import known_policies

Checkpoint = Callable[[DataFrame, str], DataFrame]
Curated = tuple[list[str], dict[str, str]]
PROSE = "The people of the town have seen that the house is to be sold with all that is in it. " * 5


def line(text: object) -> bytes:
    return json.dumps({"text": text}).encode() + b"\n"


def curate(spark: SparkSession, checkpoint: Checkpoint, *inputs: Path, **more: object) -> Curated:
    """Texts of the documents, and the rule of each reject by what it names."""
    raw, documents, *_, rejects, _, _, _ = ingest_and_clean(
        settings=IngestSettings.model_validate({"inputs": tuple(map(str, inputs)), **more}),
        cleaning=CleanSettings(),
        quality=ScoreSettings(),
        task=TaskSettings(),
        turn=Turn("b"),
        spark=spark,
        checkpoint=checkpoint,
    )
    keys = {bytes(row["doc_id"]): row["source_key"].removeprefix("b/") for row in raw.select("doc_id", "source_key").collect()}
    cut = {row["path"] or keys[bytes(row["doc_id"])]: row["rule"] for row in rejects.collect()}
    texts = sorted(row["text"] for row in documents.collect())
    return texts, {name.removeprefix(f"{inputs[0]}/"): rule for name, rule in cut.items()}


def test_every_fault_in_one_folder_costs_its_own_rows_only(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    faults = (line(None), line(""), line(" \0 "), b'{"text": "\xff"}\n', b'{"text": \n', b'{"body": 1}\n')
    (tmp_path / "a.jsonl").write_bytes(line("good a") + b"".join(faults) + b'{"text": "\\ud800 b"}\n')
    (tmp_path / "b.jsonl").write_bytes(b"")
    whole = gzip.compress(b"".join(line(f"row {n} {n * 7919 % 104729}") for n in range(5_000)))
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) * 2 // 3])
    (tmp_path / "no.jsonl.gz").write_bytes(b"this is no gzip")
    (tmp_path / "no.parquet").write_bytes(b"this is no parquet")
    (tmp_path / "no.jsonl.zst").write_bytes(b"this is no zstd")
    (tmp_path / "no.txt").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "no.exe").write_bytes(b"MZ")
    (tmp_path / "unreadable.jsonl.gz").symlink_to("/proc/self/mem")  # opens, and fails to read, whoever asks
    texts, cut = curate(spark, checkpoint, tmp_path)
    rows = [text for text in texts if text.startswith("row")]
    assert 3_000 < len(rows) < 5_000
    assert set(rows) == {f"row {n} {n * 7919 % 104729}" for n in range(len(rows))}
    assert set(texts) - set(rows) == {"good a", "\ufffd b"}
    assert cut == {
        "a.jsonl:2": "missing_text",
        "a.jsonl:3": "empty",
        "a.jsonl:4": "empty",
        "a.jsonl:5": "invalid_utf8",
        "a.jsonl:6": "invalid_json",
        "a.jsonl:7": "missing_text",
        "cut.jsonl.gz": "broken_file",
        "no.jsonl.gz": "broken_file",
        "no.parquet": "broken_file",
        "no.jsonl.zst": "broken_file",
        "unreadable.jsonl.gz": "broken_file",
        "no.txt": "invalid_utf8",
        "no.exe": "unknown_format",
    }


def test_a_line_of_100_mb_is_cut_and_measured(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    with (tmp_path / "a.jsonl").open("wb") as file:
        file.write(line("before") + b'{"text": "')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n' + line("behind"))
    own = {"turn": Turn("b"), "spark": spark, "checkpoint": checkpoint, "task": TaskSettings(), "cleaning": CleanSettings()}
    raw, rejects, *_ = ingest(settings=IngestSettings(inputs=(str(tmp_path),)), **own)
    assert {row["source_key"]: row["text"] for row in raw.collect()} == {"b/a.jsonl:1": "before", "b/a.jsonl:3": "behind"}
    (cut,) = rejects.collect()
    assert (cut["rule"], cut["value"], cut["threshold"]) == ("too_long", 100_000_012.0, 20_000_000.0)


ODD = ("plain {}", "50%20 {}", "c#{}", "line\nbreak {}", "数据-é-{}", "q'\"{}", "-{}", "[{}]*?", "tab\t{}", "{}\\")
"""Names that a path, an address, a pattern or a shell would take for something else."""


def test_small_files_of_odd_names_and_large_ones_add_up(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    texts = {}
    for number in range(200):
        name = ODD[number % len(ODD)].format(number)
        texts[name] = f"The text of file {number}."
        if number // len(ODD) % 2:
            (tmp_path / f"{name}.json").write_bytes(line(texts[name]))
        else:
            (tmp_path / f"{name}.txt").write_text(texts[name])
    large = "".join(f"This is sentence {number} of a large text.\n" for number in range(9_000))
    (tmp_path / "large.txt").write_text(large)
    (tmp_path / "large.jsonl").write_bytes(line(large) + b"".join(map(line, large.split("\n")[:-1])))
    (tmp_path / "large.jsonl.gz").write_bytes(gzip.compress(b"".join(line(f"packed {number}") for number in range(9_000))))
    found, cut = curate(spark, checkpoint, tmp_path, max_text_bytes=300_000)
    assert cut == {"large.txt": "too_long", "large.jsonl:1": "too_long"}
    assert len(found) == 200 + 9_000 + 9_000
    assert set(texts.values()) <= set(found)


@pytest.mark.parametrize("name", known_policies())
def test_an_empty_text_and_one_of_a_word_have_their_reasons_under_every_policy(
    spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path, name: str
) -> None:
    (tmp_path / "a.jsonl").write_bytes(line("") + line("word") + line("{") + line(PROSE))
    config = load(judge__policy=name)
    raw, documents, signals, *_, rejects, _, _, _ = ingest_and_clean(
        settings=IngestSettings(inputs=(str(tmp_path),)),
        cleaning=config.clean,
        quality=config.score,
        task=config.task,
        turn=Turn("b"),
        spark=spark,
        checkpoint=checkpoint,
    )
    keys = {bytes(row["doc_id"]): row["source_key"].removeprefix("b/") for row in raw.collect()}
    judged, _ = judge(documents, signals, settings=config.judge, turn=Turn("b"))
    assert [(keys[bytes(row["doc_id"])], row["rule"]) for row in rejects.collect()] == [("a.jsonl:1", "empty")]
    cut = {keys[bytes(row["doc_id"])] for row in judged.collect()}
    assert cut - {"a.jsonl:4"} == (set() if name == "none" else {"a.jsonl:2", "a.jsonl:3"})  # the same sentence five times
    assert judged.where("rank = 1").count() == len(cut)


def test_one_document_is_a_corpus(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(PROSE)
    assert curate(spark, checkpoint, tmp_path / "one.txt") == ([PROSE.strip()], {})


REFUSED = {
    "all_null": (
        {"a.jsonl": line(None) * 3},
        {},
        "3 are missing_text, as .*a.jsonl:1 .field 'text' is null.*; set ingest.text_field",
    ),
    "column": ({"a.jsonl": line("x")}, {"text_field": "body"}, "field 'body' is null or missing among: text"),
    "id": ({"a.jsonl": line("x")}, {"id_field": "name"}, "missing_id, .*; set ingest.id_field"),
    "array": ({"a.jsonl": b"[1]"}, {}, "invalid_json, .*not an object; .*one JSON object a line"),
    "empty": ({"a.jsonl": b""}, {}, "holds no rows"),
    "blank": ({"a.jsonl": b"\n\n", "b.jsonl.gz": gzip.compress(b"")}, {}, "holds no rows"),
    "broken": ({"a.jsonl.gz": b"no gzip"}, {}, "1 are broken_file"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_inputs_without_one_usable_row_are_refused_in_one_line(
    spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path, fault: str
) -> None:
    files, more, says = REFUSED[fault]
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=says) as caught:
        curate(spark, checkpoint, tmp_path, **more)
    assert "\n" not in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_parquet_without_the_column_is_refused_before_it_is_read(
    spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    pq.write_table(pa.table({"body": ["x"]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="no column 'text' among body; set ingest.text_field"):
        curate(spark, checkpoint, tmp_path)


@pytest.mark.parametrize("others", ["a.jsonl", "b.csv", "b.parquet"])
def test_a_table_without_the_column_costs_its_own_rows_where_other_files_are_read(
    spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path, others: str
) -> None:
    (tmp_path / "a.csv").write_text("k,v\n1,2\n")
    pq.write_table(pa.table({"k": [1]}), tmp_path / "a.parquet")
    if others.endswith("parquet"):
        pq.write_table(pa.table({"text": ["good"]}), tmp_path / others)
    else:
        (tmp_path / others).write_bytes(line("good") if others.endswith("jsonl") else b"text\ngood\n")
    texts, cut = curate(spark, checkpoint, tmp_path)
    assert texts == ["good"]
    assert cut == {"a.csv:2": "missing_text", "a.parquet:1": "missing_text"}


def test_an_empty_table_is_named_as_empty(spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"")
    with pytest.raises(InputError, match="holds no rows"):
        curate(spark, checkpoint, tmp_path)
