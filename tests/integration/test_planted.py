"""Persons and secrets are planted, commands run, and every byte that these left outside of the table ``raw`` is searched."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from resonance.cli import main
from resonance.core.pseudonyms import KEY
from resonance.testing import tiny_corpus
from tests.bench.privacy_items import HITS
from tests.conftest import SMALL

SECRET = "the key of this test, long enough"
BADGE = "badge: 'EMP-[0-9]{6}'"
OWN = ("badge", lambda rng: f"EMP-{rng.randrange(10**6):06}", ("the badge {} opens it",))
"""A pattern of the user's own, and what it finds."""
POLICY = "{name: masked, version: 1, mask: MASK, rules: [{rule: phone_book, set: privacy, signal: persons, above: 60}]}"


def plant(folder: Path, count: int) -> list[str]:
    """Writes prose with ``count`` values in it as rows of JSON, in texts and in other fields; the values.

    Badges are in names of fields of other rows too, which have no text: the reason why these are cut quotes such names.
    """
    kinds = (*HITS, OWN)
    rng, prose, values, rows = random.Random(11), tiny_corpus(60), [], []
    for number in range(count):
        kind, make, contexts = kinds[number % len(kinds)]
        value = make(rng)
        said = rng.choice(contexts).format(value)
        if kind == OWN[0]:
            rows.append({"id": f"bad-{number}", f"no text, but {said}": number})
        text = f"{prose[number % len(prose)]['text']}\n{said}\n{prose[(7 * number + 1) % len(prose)]['text']}"
        rows.append({"id": f"row-{number}", "text": text, "source": f"site-{number % 3}", "note": {"said": [said]}})
        values.append(max(value.split("\n"), key=len) if "\n" in value else value)
    lines = (json.dumps(row, ensure_ascii=bool(number % 2)) + "\n" for number, row in enumerate(rows))
    folder.mkdir()
    (folder / "rows.jsonl").write_text("".join(lines), encoding="utf-8")
    return values


def read_bytes(path: Path) -> Iterator[bytes]:
    """What a file holds: its bytes, and of Parquet every value of every column."""
    yield path.read_bytes()
    if path.suffix == ".parquet":
        for column in pq.read_table(path).columns:
            yield repr(column.to_pylist()).encode()


def write_forms(value: str) -> set[bytes]:
    """A value as files may hold it: plain, escaped in JSON, in base64 at any place of a longer text, in hexadecimal digits."""
    plain = value.encode()
    coded = {base64.b64encode(b"x" * shift + plain)[4 if shift else 0 : -4] for shift in range(3)}
    return {plain, json.dumps(value)[1:-1].encode(), plain.hex().encode(), *coded}


def find_leaks(folders: list[Path], values: list[str]) -> list[tuple[str, str]]:
    """Each value in each file that holds it, the files of ``raw`` apart."""
    forms = {value: write_forms(value) for value in values}
    leaks = []
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and "tables/raw/" not in path.as_posix()):
            held = b"\0".join(read_bytes(path))
            leaks += [(str(path), value) for value, each in forms.items() if any(form in held for form in each)]
    return leaks


def run(tmp_path: Path, mask: str, *settings: str, command: str = "curate") -> list[Path]:
    """The folders that a command fills; raw texts are kept."""
    (tmp_path / "policy.yaml").write_text(POLICY.replace("MASK", mask), encoding="utf-8")
    workspace, out = tmp_path / "workspace", tmp_path / "out"
    own = (*settings, "ingest.keep_raw=true", "ingest.source_field=source", f"clean.patterns={{{BADGE}}}")
    common = [f"--workspace={workspace}", *(f"--set={setting}" for setting in own)]
    if command == "curate":
        main(["curate", str(tmp_path / "in"), f"--rules={tmp_path / 'policy.yaml'}", f"--export={out}", *common])
        return [workspace, out]
    main(
        [
            "run",
            "--unchecked",
            f"--set=ingest.inputs=[{tmp_path / 'in'}]",
            f"--set=judge.policy={tmp_path / 'policy.yaml'}",
            *common,
        ]
    )
    return [workspace]


@pytest.mark.parametrize("mask", ["placeholders", "pseudonyms"])
def test_curated_tables_report_and_export_hold_no_planted_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mask: str) -> None:
    monkeypatch.setenv(KEY, SECRET)
    values = plant(tmp_path / "in", 160)
    folders = run(tmp_path, mask)
    assert find_leaks(folders, [*values, SECRET]) == []
    raw = tmp_path / "workspace" / "tables" / "raw"
    assert raw.stat().st_mode & 0o777 == 0o700
    kept = b"".join(part for path in raw.rglob("*.parquet") for part in read_bytes(path))
    assert sum(any(form in kept for form in write_forms(value)) for value in values) == len(values), "raw holds all of them"
    rows = [json.loads(line) for path in (tmp_path / "out").glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    assert len(rows) > 40
    assert all("<" in row["text"] and "<" in row["note"]["said"][0] for row in rows)


def test_a_report_of_texts_that_are_not_masked_hides_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = plant(tmp_path / "in", 64)
    workspace, _ = run(tmp_path, "none")
    assert find_leaks([workspace / "tables" / "documents"], values), "the search finds what is there"
    shown = [path for path in workspace.rglob("*") if path.is_file() and "tables" not in path.relative_to(workspace).parts]
    held = b"\0".join(path.read_bytes() for path in shown) + capsys.readouterr().out.encode()
    assert "report.html" in {path.name for path in shown}
    assert [value for value in values if any(form in held for form in write_forms(value))] == []


@pytest.mark.train
@pytest.mark.slow
def test_the_whole_loop_leaves_no_planted_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, SECRET)
    values = plant(tmp_path / "in", 500)
    folders = run(tmp_path, "pseudonyms", *SMALL[1:], "rounds=1", command="run")
    assert any((tmp_path / "workspace" / "checkpoints").rglob("*"))
    assert any((tmp_path / "workspace").rglob("mlflow*"))
    assert find_leaks(folders, [*values, SECRET]) == []
