from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from resonance.core.settings import IngestSettings
from resonance.curate.sources import demo
from resonance.curate.sources.demo import Source, choose, list_sources, read_demo
from resonance.curate.sources.demo_texts import description, doc_strings, estimate, topics, whole_file
from resonance.curate.sources.row import ROW_SCHEMA

Checkpoint = Callable[[DataFrame, str], DataFrame]
LONG = "word " * 50
MODULE = f'''"""{LONG}"""
import os
class A:
    r"""{LONG} of a class"""
    def run(self):
        """{LONG} of a method"""
        def inner():
            """{LONG} inside"""
    def short(self):
        """Too short."""
if os.name:
    def twice(): """{LONG} first"""
else:
    async def twice():
        \'\'\'{LONG} second\'\'\'
try:
    pass
except OSError:
    def rare():
        """\\ud800{LONG} \\d"""
NO_DOC = """{LONG}"""
'''


def test_doc_strings_are_found_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(MODULE)
    found = {name: (line, text) for name, line, text in doc_strings(str(tmp_path / "m.py"))}
    assert set(found) == {"", "A", "A.run", "A.run.inner", "twice", "twice#2", "rare"}
    assert found["A.run"] == (5, f"{LONG} of a method")
    assert found["rare"][1].startswith("\ufffd")


def test_the_estimate_is_near(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(MODULE)
    assert estimate(str(tmp_path / "m.py")) == 5  # not the one in single quotes, nor the one behind a colon
    assert estimate(str(tmp_path / "none.py")) == 1


def test_descriptions_licences_and_topics(tmp_path: Path) -> None:
    (tmp_path / "METADATA").write_text("Metadata-Version: 2.1\nName: x\n\n# Grüße\n\nA package.\n", encoding="utf-8")
    assert [text for *_, text in description(str(tmp_path / "METADATA"))] == ["# Grüße\n\nA package.\n"]
    (tmp_path / "METADATA").write_text("Metadata-Version: 2.1\nName: x\n\nUNKNOWN\n")
    assert list(description(str(tmp_path / "METADATA"))) == []
    (tmp_path / "LICENSE").write_bytes(b"free \xff")
    assert list(whole_file(str(tmp_path / "LICENSE"))) == [("", None, "free \ufffd")]
    (tmp_path / "topics.py").write_text("# made by a tool\ntopics = {'assert': 'A', 'if': 'I'}\n")
    assert [name for name, *_ in topics(str(tmp_path / "topics.py"))] == ["assert", "if"]


def test_sources_name_no_machine_and_leave_us_and_tests_out() -> None:
    sources = list_sources()
    packages = {s.package for s in sources}
    assert {"python", "pyspark", "numpy"} <= packages
    assert "resonance-factory" not in packages
    assert not any(s.name.startswith("/") or ".." in s.name or "/tests/" in s.name for s in sources)
    assert not any("/lib/resonance/" in s.path for s in sources)
    assert len({(s.package, s.name) for s in sources}) == len({s.path for s in sources}) == len(sources)
    assert {s.kind for s in sources} == {"docstring", "readme", "licence", "topic"}


def modules(package: str, folders: int, files: int) -> list[Source]:
    return [
        Source(package, "1", "docstring", f"{package}/f{n}/{m}.py", f"/{package}/{n}/{m}")
        for n in range(folders)
        for m in range(files)
    ]


def test_every_package_gives_the_same_share_in_whole_folders() -> None:
    found = [*modules("large", 100, 5), *modules("small", 20, 5)]
    chosen = choose(found, {s.path: 2 for s in found}, wanted=300)
    by_package = {p: [s for s in chosen if s.package == p] for p in ("large", "small")}
    assert {p: len(of) for p, of in by_package.items()} == {"large": 125, "small": 25}
    assert len({s.name.rsplit("/", 1)[0] for s in chosen}) == 30
    assert choose(found[::-1], {s.path: 2 for s in found}, wanted=300) == chosen
    assert set(choose(found, {s.path: 2 for s in found}, wanted=10**6)) == set(found)
    assert choose(found, {s.path: 0 for s in found}, wanted=10) == []


def test_documents_are_read_in_spark_and_broken_files_quarantined(
    spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good.py").write_text(MODULE)
    (tmp_path / "bad.py").write_text(f'"""{LONG}"""\ndef (')
    (tmp_path / "LICENSE").write_text("free")
    files = {"good.py": "docstring", "bad.py": "docstring", "gone.py": "docstring", "LICENSE": "licence"}
    sources = [Source("p", "1.0", kind, name, str(tmp_path / name)) for name, kind in files.items()]
    monkeypatch.setattr(demo, "list_sources", lambda packages: sources)
    rows = read_demo(spark, IngestSettings(demo=True, demo_documents=100)).rows()
    assert rows.columns == [field.split()[0] for field in ROW_SCHEMA.split(", ")]
    found = rows.collect()
    assert {(row["key"], row["slice"]) for row in found if row["rule"] is None} == {
        *((f"good.py{name}", "p/docstring") for name in ("", ":A", ":A.run", ":A.run.inner", ":twice", ":twice#2", ":rare")),
        ("LICENSE", "p/licence"),
    }
    assert sorted((row["name"], row["rule"]) for row in found if row["rule"]) == [
        ("bad.py", "broken_file"),
        ("gone.py", "broken_file"),
    ]
    assert not any(str(tmp_path) in str(value) for row in found for value in row)
