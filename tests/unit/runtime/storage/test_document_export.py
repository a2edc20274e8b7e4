"""An export takes the place of nothing but an earlier one, and is there whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from resonance.core.errors import BusyError, InputError, ResonanceError
from resonance.core.files import LOCK
from resonance.core.settings import CleanSettings
from resonance.curate.signals.privacy import choose_mask
from resonance.runtime.resources import contract
from resonance.runtime.storage import export
from resonance.runtime.storage.export import MANIFEST, check_target, export_documents
from resonance.tables import DOCUMENTS, RAW
from resonance.testing import MemoryCatalog, documents_frame

ROWS = [("a", "s/x", "first text"), ("b", "s/x", 'second "text"\n of 数据'), ("c", "s/y", "third text")]
MASKED = {"to": "<EMAIL>", "more": [{"cc": "<EMAIL>"}, 3], "n": 1.5, "phone": "<PHONE>", "<EMAIL>": True}
Export = Callable[..., int]


def catalog(spark: SparkSession, rows: list[tuple[str, str, str]]) -> MemoryCatalog:
    filled = MemoryCatalog(spark)
    filled.write(DOCUMENTS, documents_frame(spark, rows or ROWS).limit(len(rows)), {"batch": "main"}, {})
    return filled


@pytest.fixture(scope="module")
def exported(spark: SparkSession) -> Export:
    whole = catalog(spark, ROWS)
    return lambda target, format="jsonl": export_documents(whole, target, format)


def texts(folder: Path) -> list[str]:
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return sorted(json.loads(line)["text"] for line in lines)


def check(target: Path, *inputs: Path | str, workspace: Path = Path("/nowhere/ws")) -> None:
    check_target(target, "jsonl", tuple(map(str, inputs)), workspace)


def held(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def parts(folder: Path, format: str) -> list[Path]:
    """The files of an export, in order; it holds its mark and nothing else besides. Engines make one or more of a few rows."""
    found = sorted(folder.glob(f"part-*.{format}"))
    assert [path.name for path in found] == [f"part-{number:05}.{format}" for number in range(max(len(found), 1))]
    assert held(folder) == {MANIFEST, *(path.name for path in found)}
    return found


@pytest.mark.parametrize("name", ["plain", "out put 50% é", "[v2]", "{a,b}", "*", "?", "back`tick", "数据", "a#b:c\\d"])
def test_it_lands_in_exactly_the_folder_that_was_named(exported: Export, tmp_path: Path, name: str) -> None:
    assert exported(tmp_path / "home" / name) == 3
    assert held(tmp_path / "home") == {name}
    assert parts(tmp_path / "home" / name, "jsonl")
    assert texts(tmp_path / "home" / name) == sorted(text for _, _, text in ROWS)


def test_parquet_holds_the_same_rows(exported: Export, tmp_path: Path) -> None:
    assert exported(tmp_path / "out", "parquet") == 3
    rows = [row for path in parts(tmp_path / "out", "parquet") for row in pq.read_table(path).to_pylist()]
    assert sorted(row["text"] for row in rows) == sorted(text for _, _, text in ROWS)
    assert {(row["id"], row["resonance"]["source"], row["resonance"]["slice"]) for row in rows} == {
        (key, "test", name) for key, name, _ in ROWS
    }


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_fields_are_masked_where_texts_are(spark: SparkSession, tmp_path: Path, format: export.Format) -> None:
    filled = catalog(spark, ROWS[:1])
    fields = {"to": "jane.doe@example.com", "more": [{"cc": "a@b.com"}, 3], "n": 1.5, "phone": 13912345678, "a@b.com": True}
    document = filled.read(DOCUMENTS).select("doc_id", "bucket", "batch", "source", "source_key", "slice")
    raw = document.withColumns({"path": F.lit("p"), "text": F.lit(None).cast("string"), "metadata": F.lit(json.dumps(fields))})
    schema = contract(RAW).schema
    rest = {field.name: F.lit(None).cast(field.dataType) for field in schema if field.name not in raw.columns}
    filled.write(RAW, raw.withColumns(rest).select(*schema.names), {"batch": "main"}, {})
    for mask, expected in ((None, fields), (choose_mask(CleanSettings(mask="placeholders")), MASKED)):
        assert export_documents(filled, tmp_path / "out", format, mask) == 1
        if format == "jsonl":
            row = json.loads((tmp_path / "out" / "part-00000.jsonl").read_text(encoding="utf-8"))
            assert {name: row[name] for name in expected} == expected
        else:
            row = pq.read_table(tmp_path / "out" / "part-00000.parquet").to_pylist()[0]
            assert {name: row[name] for name in expected if name != "more"} == {n: v for n, v in expected.items() if n != "more"}
            assert json.loads(row["more"]) == expected["more"]
    assert choose_mask(CleanSettings()) is None


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_no_rows_are_an_export_too(spark: SparkSession, tmp_path: Path, format: export.Format) -> None:
    assert export_documents(catalog(spark, []), tmp_path / "out", format) == 0
    part = tmp_path / "out" / f"part-00000.{format}"
    if format == "jsonl":
        assert part.read_bytes() == b""
    else:
        assert pq.read_table(part).column_names == ["id", "text", "resonance"]


def test_an_earlier_export_is_replaced_whatever_its_format_was(exported: Export, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir(mode=0o750)
    exported(target)
    assert target.stat().st_mode & 0o777 == 0o750
    check(target)
    exported(target, "parquet")
    assert held(tmp_path) == {"out"}
    assert parts(target, "parquet")
    (target / "part-00000.parquet").unlink()
    exported(target)
    assert len(texts(target)) == 3


def spark_left(folder: Path) -> None:
    for name in ("_SUCCESS", "precious.csv"):
        (folder / name).write_text("mine")


def changed(folder: Path) -> None:
    (folder / "part-00000.jsonl").write_text("mine")


def copied_mark(folder: Path) -> None:
    for path in folder.glob("*.jsonl"):
        path.rename(folder / "precious.csv")


def nested(folder: Path) -> None:
    (folder / "more" / "deep").mkdir(parents=True)


def linked(folder: Path) -> None:
    (folder / "part-00000.jsonl").rename(folder.parent / "mine.jsonl")
    (folder / "part-00000.jsonl").symlink_to(folder.parent / "mine.jsonl")


@pytest.mark.parametrize("disturb", [spark_left, changed, copied_mark, nested, linked])
def test_what_is_no_export_of_ours_is_refused_and_stays(exported: Export, tmp_path: Path, disturb: Callable[[Path], None]) -> None:
    target = tmp_path / "out"
    exported(target)
    disturb(target)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match="not as an export left it"):
        check(target)
    with pytest.raises(InputError, match="not as an export left it"):
        exported(target)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "manifest", ["", "[]", "{}", '{"made_by": 1, "files": []}', '{"made_by": 1, "files": {}}', "null", "\udcff"]
)
def test_a_manifest_that_is_not_ours_proves_nothing(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / MANIFEST).write_text(manifest, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match=MANIFEST):
        check(tmp_path / "out")


def test_a_manifest_that_names_files_elsewhere_deletes_none(exported: Export, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")
    exported(tmp_path / "out")
    path = tmp_path / "out" / MANIFEST
    manifest = json.loads(path.read_text())
    manifest["files"]["../mine.csv"] = export._state(tmp_path / "mine.csv")
    path.write_text(json.dumps(manifest))
    exported(tmp_path / "out")
    assert (tmp_path / "mine.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("target", "given", "says"),
    [
        ("file", "in", "is no folder"),
        ("nowhere", "in", "is no folder"),
        ("in", "in", "among the inputs"),
        ("in/out", "in", "among the inputs"),
        (".", "in", "in a workspace, or holds one"),
        ("in/out", "in/**/*.jsonl", "among the inputs"),
        ("near", "in", "among the inputs"),
        ("ws", "in", "in a workspace"),
        ("ws/out", "in", "in a workspace"),
        ("ws/tables/raw", "in", "in a workspace"),
        ("other/out", "in", "in a workspace"),
        ("holds/ws/..", "in", "in a workspace"),
        ("file/out", "in", "no folder can be made"),
        ("gs://bucket/out", "in", "mount it"),
        ("~no-such-user/out", "in", "without ~"),
    ],
)
def test_a_target_that_would_harm_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, given: str, says: str
) -> None:
    for folder in ("in", "ws/tables/raw", "other", "holds/ws"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("in/a.jsonl", "file", f"other/{LOCK}"):
        (tmp_path / name).write_bytes(b"{}")
    (tmp_path / "near").symlink_to(tmp_path / "in")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match=says) as caught:
        check(Path(target), given, workspace=tmp_path / ("holds/ws" if "holds" in target else "ws"))
    assert "\n" not in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("target", ["out", "in/../out", "empty", "deep/er/out", "link"])
def test_a_target_beside_the_inputs_is_taken(exported: Export, tmp_path: Path, target: str) -> None:
    for folder in ("in", "empty", "far"):
        (tmp_path / folder).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "far")
    (tmp_path / "in" / "a.jsonl").write_bytes(b"{}")
    check(tmp_path / target, tmp_path / "in", tmp_path / "in" / "*.jsonl")
    exported(tmp_path / target)
    assert len(texts(tmp_path / target)) == 3


def test_the_current_folder_is_not_taken_away_from_under_the_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="in use here"):
        check(Path())


def test_what_fails_leaves_the_earlier_export_and_nothing_else(
    exported: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported(tmp_path / "out")
    before = (tmp_path / "out" / "part-00000.jsonl").read_bytes()

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(export, "_collect_parts", fail)
    for target in ("out", "new"):
        with pytest.raises(KeyboardInterrupt):
            exported(tmp_path / target)
    assert held(tmp_path) == {"out"}
    assert (tmp_path / "out" / "part-00000.jsonl").read_bytes() == before


def stop_at(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a killed process stand where it is: nothing after this call happens, no cleaning either."""

    def die(*_: object) -> None:
        raise BaseException("killed")

    monkeypatch.setattr(export, "_clear", lambda *_: None)
    if call == "between":
        monkeypatch.setattr(Path, "rename", lambda self, to: die() if to.name == "out" else os.rename(self, to))
    else:
        monkeypatch.setattr(export, call, die)


@pytest.mark.parametrize("call", ["_collect_parts", "_replace", "between"])
def test_a_kill_leaves_no_half_export_and_the_next_one_clears_up(exported: Export, tmp_path: Path, call: str) -> None:
    exported(tmp_path / "out")
    with pytest.MonkeyPatch.context() as killed:
        stop_at(call, killed)
        with pytest.raises(BaseException, match="killed"):
            exported(tmp_path / "out")
    if call != "between":
        assert len(texts(tmp_path / "out")) == 3
    exported(tmp_path / "out")
    assert held(tmp_path) == {"out"}
    assert len(texts(tmp_path / "out")) == 3


def test_a_kill_between_the_two_renames_loses_no_export(exported: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exported(tmp_path / "out")
    with pytest.MonkeyPatch.context() as killed:
        stop_at("between", killed)
        with pytest.raises(BaseException, match="killed"):
            exported(tmp_path / "out")
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(export, "_collect_parts", lambda *_: (_ for _ in ()).throw(InputError("the next one fails")))
    with pytest.raises(InputError, match="the next one fails"):
        exported(tmp_path / "out")
    assert held(tmp_path) == {"out"}
    assert len(texts(tmp_path / "out")) == 3


def test_two_exports_to_one_folder_are_one_too_many(exported: Export, tmp_path: Path) -> None:
    with export._staging(tmp_path / "out", Path("out")), pytest.raises(BusyError, match="another process writes to"):
        exported(tmp_path / "out")
    exported(tmp_path / "out")


def test_a_folder_that_appears_meanwhile_is_not_replaced(exported: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    collect = export._collect_parts

    def meanwhile(*given: object) -> None:
        collect(*given)  # type: ignore[arg-type]
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "precious.csv").write_text("mine")

    monkeypatch.setattr(export, "_collect_parts", meanwhile)
    with pytest.raises(ResonanceError, match="not as an export left it"):
        exported(tmp_path / "out")
    assert held(tmp_path / "out") == {"precious.csv"}


def test_where_locks_are_not_known_it_goes_on(exported: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", unknown)
    assert exported(tmp_path / "out") == 3
