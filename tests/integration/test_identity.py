"""Deliveries one after the other: each document keeps its id, a verdict touches one version, and nobody is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from resonance.cli import main
from resonance.testing import tiny_corpus

Curate = Callable[..., str]


@pytest.fixture
def curate(spark: SparkSession, engine_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: object) -> Curate:
    """One delivery into the workspace ``w``, exported to ``out``; what the command said."""
    monkeypatch.chdir(tmp_path)

    def command(batch: str, *more: str) -> str:
        asked = ("--workspace", "w", "--export", "out", "--engine", engine_name, "--set", f"batch={batch}", *more)
        main(["curate", batch, *asked])
        return str(capsys.readouterr().out)  # type: ignore[attr-defined]

    return command


def write(path: str, rows: list[dict[str, object]]) -> None:
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows))


def exported() -> list[dict[str, str]]:
    return [json.loads(line) for part in sorted(Path("out").glob("*.jsonl")) for line in part.open()]


def test_files_with_one_name_share_no_id_and_a_verdict_touches_its_own_document(curate: Curate) -> None:
    texts = [row["text"] for row in tiny_corpus(12)]
    write("october/part-0.jsonl", [{"text": text} for text in texts[:6]])
    write("november/part-0.jsonl", [{"text": "junk"}] * 3 + [{"text": text} for text in texts[6:9]])
    curate("october", "--rules", "gopher")
    curate("november", "--rules", "gopher")
    rows = exported()
    assert sorted(row["text"] for row in rows) == sorted(texts[:9])
    assert len({row["id"] for row in rows}) == 9


@pytest.mark.engine("embedded")  # `why` computes by it in this process, whatever engine wrote
def test_a_known_id_is_a_new_version_of_its_document(curate: Curate, capsys: pytest.CaptureFixture[str]) -> None:
    rows = tiny_corpus(12)
    esc = "with \x1b[31m colour"
    october = [{"id": f"d{n}", "text": rows[n]["text"]} for n in range(6)] + [{"id": esc, "text": rows[6]["text"]}]
    november = [{"id": "d0", "text": rows[7]["text"]}, {"id": "d1", "text": "junk"}, {"id": "d2", "text": rows[2]["text"]}]
    write("october/a.jsonl", october)
    write("november/b.jsonl", [*november, {"id": esc, "text": rows[8]["text"]}])
    expected = {rows[n]["text"] for n in (7, 2, 3, 4, 5, 8)}
    curate("october", "--rules", "gopher")
    said = curate("november", "--rules", "gopher")
    assert "  4 superseded: a later batch has their source and id" in said
    assert {row["text"] for row in exported()} == expected
    assert len(exported()) == len(expected)
    main(["why", "d1", "--workspace", "w"])
    told = capsys.readouterr().out
    assert "earlier   version of batch october: superseded by batch november" in told
    assert "(batch november," in told
    assert "cut       by judge: " in told
    main(["why", esc, "--workspace", "w"])
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert r"with \x1b[31m colour" in told

    curate("october", "--rules", "none")  # what came first stays first, whenever it is read again
    curate("november", "--rules", "none")
    assert {row["text"] for row in exported()} == expected | {"junk"}


def test_ids_that_each_file_counts_anew_are_told_at_once(curate: Curate) -> None:
    rows = tiny_corpus(12)
    for name in range(3):
        write(f"shards/{name}.jsonl", [{"id": n, "text": rows[4 * name + n]["text"]} for n in range(4)])
    said = curate("shards", "--rules", "none")
    assert (
        "  8 duplicate_key: another row has their source and id; where each file counts its ids anew, set ingest.id_scope=file"
        in said
    )
    assert "duplicate_key" not in curate("shards", "--rules", "none", "--set", "ingest.id_scope=file")
    assert sorted(row["text"] for row in exported()) == sorted(row["text"] for row in rows)


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
@pytest.mark.parametrize("scope", ["source", "file"])
def test_an_export_that_is_curated_again_holds_the_same_documents(
    curate: Curate, capsys: pytest.CaptureFixture[str], format: str, scope: str
) -> None:
    rows = tiny_corpus(6)
    mine = [{"text": row["text"], "url": f"u/{n}", "stars": n} | ({"id": n} if n % 2 else {}) for n, row in enumerate(rows)]
    write("october/a.jsonl", mine)
    more = ("--rules", "none", "--format", format, "--set", f"ingest.id_scope={scope}")
    curate("october", *more)
    first = read_parts("out")
    assert {row["text"]: (row["url"], row["stars"]) for row in first} == {row["text"]: (row["url"], row["stars"]) for row in mine}
    Path("out").rename("back")
    curate("back", *more, "--set", "batch=back", "--workspace", "again")
    assert read_parts("out") == first


def read_parts(folder: str) -> list[dict[str, object]]:
    """The rows of an export by id, without fields that are null."""
    found: list[dict[str, object]] = []
    for part in sorted(Path(folder).glob("part-*")):
        found += pq.read_table(part).to_pylist() if part.suffix == ".parquet" else map(json.loads, part.open())
    return sorted(({k: v for k, v in row.items() if v is not None} for row in found), key=lambda row: str(row["id"]))
