"""Folders of every format, whole and broken, through the engine; fields come back from an export whatever format they came in."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from resonance.cli import main
from resonance.core.job import Turn
from resonance.core.settings import CleanSettings, IngestSettings, TaskSettings
from resonance.curate.ingest import ingest
from resonance.testing import tiny_corpus

Checkpoint = Callable[[DataFrame, str], DataFrame]
CHINESE = "今天天气很好，我们去公园散步，回家以后学习了两个小时。"
PAGE = "<html><head><title>A title</title></head><body><p>Words of {}.</p></body></html>"
DOCX_LINKS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r" Target="word/document.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
)
DOCX_BODY = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    "<w:p><w:r><w:t>{}</w:t></w:r></w:p></w:body></w:document>"
)
PDF = b"""%PDF-1.4
1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Kids [3 0 R] /Count 1 >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>
endobj
4 0 obj
<< /Length 44 >>
stream
BT /F1 12 Tf 72 720 Td (Words of a PDF.) Tj ET
endstream
endobj
5 0 obj
<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>
endobj
trailer << /Root 1 0 R >>
"""


def write_docx(text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", DOCX_LINKS)
        archive.writestr("word/document.xml", DOCX_BODY.format(text))
    return made.getvalue()


def write_record(url: str, body: bytes) -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nContent-Type: application/http; msgtype=response\r\n"
    return f"{head}Content-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"


def write_archive(broken: int) -> bytes:
    members = [gzip.compress(write_record(f"http://a/{n}", PAGE.format(f"capture {n}").encode())) for n in range(5)]
    members[broken] = members[broken][:50] + bytes(30) + members[broken][80:]
    return b"".join(members)


FILES = {
    "a.html": PAGE.format("a page").encode(),
    "b.htm.gz": gzip.compress(PAGE.format("a packed page").encode()),
    "c #1 100% é\n数据.html": PAGE.format("an odd name").encode(),
    "d.pdf": PDF,
    "e.docx": write_docx("Words of a DOCX."),
    "f.warc.gz": write_archive(broken=2),
    "g.md": CHINESE.encode("gb18030"),
    "h.jsonl": json.dumps({"text": CHINESE}, ensure_ascii=False).encode("utf-16"),
    "i.csv": f"text,kind\n{CHINESE},csv\n".encode("gb18030"),
    "j.json": json.dumps([{"text": CHINESE}, {"text": f"{CHINESE}!"}, {"body": ""}], ensure_ascii=False, indent=2).encode(
        "gb18030"
    ),
    "k.json": json.dumps({"text": "Words of an object.", "id": "object"}, indent=2).encode(),
    "no.html": b"<html><head><title>x</title></head></html>",
    "no.pdf": PDF.replace(b"(Words of a PDF.) Tj", b""),
    "no.docx": write_docx(" " * (33 << 20)),
    "no.warc": b"no archive",
    "no.zip": write_docx("nested"),
    "no.csv": b'text,kind\nfine,x\n"never closed,x\n',
}


def test_a_folder_of_every_format_is_read_and_each_fault_costs_its_own_rows(
    spark: SparkSession, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    settings = IngestSettings(inputs=(str(tmp_path),), min_slice_documents=1)
    own = {"cleaning": CleanSettings(), "task": TaskSettings(), "turn": Turn("b"), "spark": spark, "checkpoint": checkpoint}
    raw, rejects, *_ = ingest(settings=settings, **own)
    rows = {row["source_key"].removeprefix("b/"): row for row in raw.collect()}
    assert {name: row["text"] for name, row in rows.items()} == {
        "a.html": "Words of a page.",
        "b.htm.gz": "Words of a packed page.",
        "c #1 100% é\n数据.html": "Words of an odd name.",
        "d.pdf": "Words of a PDF.",
        "e.docx": "Words of a DOCX.",
        **{f"http://a/{n}": f"Words of capture {n}." for n in (0, 1, 3, 4)},
        "g.md": CHINESE,
        "h.jsonl:1": CHINESE,
        "i.csv:2": CHINESE,
        "j.json:1": CHINESE,
        "j.json:2": f"{CHINESE}!",
        "object": "Words of an object.",
        "no.csv:2": "fine",
    }
    encodings = {name: json.loads(rows[name]["metadata"])["encoding"] for name in ("g.md", "h.jsonl:1", "i.csv:2", "j.json:1")}
    assert encodings == {"g.md": "gb18030", "h.jsonl:1": "utf-16-le", "i.csv:2": "gb18030", "j.json:1": "gb18030"}
    assert {row["path"].removeprefix(f"{tmp_path}/"): row["rule"] for row in rejects.collect()} == {
        "f.warc.gz:3": "broken_record",
        "j.json:3": "missing_text",
        "no.html": "no_text",
        "no.pdf": "no_text",
        "no.docx": "unpacks_too_large",
        "no.warc:1": "broken_record",
        "no.zip": "unknown_format",
        "no.csv:3": "invalid_csv",
    }


def write_rows(folder: Path, format: str) -> list[dict[str, str]]:
    """Rows of three fields besides their text, in a file of a format; the rows."""
    folder.mkdir()
    texts = [row["text"] for row in tiny_corpus(4)]
    rows = [{"body": text, "name": f"n{n}", "licence": "CC0", "note": f'第{n}, "x"'} for n, text in enumerate(texts)]
    if format == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), folder / "rows.parquet")
    elif format == "csv":
        with open(folder / "rows.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_fields_that_no_setting_names_come_back_from_an_export(
    spark: SparkSession, engine_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = write_rows(tmp_path / "in", format)
    fields = ("--set", "ingest.text_field=body", "--set", "ingest.id_field=name")
    asked = ("--workspace", "w", "--export", "out", "--engine", engine_name, "--rules", "none", *fields)
    main(["curate", "in", *asked])
    found = [json.loads(line) for part in sorted(Path("out").glob("*.jsonl")) for line in part.open(encoding="utf-8")]
    expected = [{"text": row["body"].strip(), **{k: v for k, v in row.items() if k != "body"}} for row in rows]
    assert sorted(({k: row.get(k) for k in expected[0]} for row in found), key=lambda row: str(row["name"])) == expected


def test_what_is_known_of_pages_comes_back_from_an_export(
    spark: SparkSession, engine_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    pages = [write_record(f"http://a/{n}", f"<title>T{n}</title><p>{row['text']}".encode()) for n, row in enumerate(tiny_corpus(3))]
    Path("in/a.warc.gz").write_bytes(b"".join(map(gzip.compress, pages)))
    main(["curate", "in", "--workspace", "w", "--export", "out", "--engine", engine_name, "--rules", "none"])
    found = [json.loads(line) for part in sorted(Path("out").glob("*.jsonl")) for line in part.open(encoding="utf-8")]
    said = sorted((row["url"], row["title"], row["mime"]) for row in found)
    assert said == [(f"http://a/{n}", f"T{n}", "text/html") for n in range(3)]
