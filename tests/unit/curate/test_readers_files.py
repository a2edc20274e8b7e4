from pathlib import Path

import pytest

from resonance.core.errors import InputError
from resonance.curate.readers_files import find_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.jsonl", "web/b.json.gz", "web/deep/c.PARQUET", "d.md", "e.jsonl.zst", "f.bin", ".hidden.jsonl", "_SUCCESS"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "data"


def test_a_folder_gives_its_files_by_relative_name_with_format_and_codec(folder: Path) -> None:
    found = {f.name: (f.format, f.codec) for f in find_files([str(folder)])}
    assert found == {
        "a.jsonl": ("json", ""),
        "web/b.json.gz": ("json", "gzip"),
        "web/deep/c.PARQUET": ("parquet", ""),
        "d.md": ("text", ""),
        "e.jsonl.zst": ("json", "zstd"),
        "f.bin": ("", ""),
    }


def test_names_do_not_depend_on_where_the_corpus_lies(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f.name for f in find_files([str(folder)])]
    monkeypatch.chdir(folder.parent)
    assert [f.name for f in find_files(["data"])] == names
    folder.rename(tmp_path / "moved")
    assert [f.name for f in find_files(["moved"])] == names
    assert [f.shown for f in find_files(["moved/a.jsonl"])] == ["moved/a.jsonl"]


def test_globs_name_files_from_their_fixed_part(folder: Path) -> None:
    assert [f.name for f in find_files([f"{folder}/*.jsonl"])] == ["a.jsonl"]
    assert [f.name for f in find_files([f"{folder}/**/*.gz"])] == ["web/b.json.gz"]
    assert [f.name for f in find_files([f"{folder}/w*"])] == ["web/b.json.gz", "web/deep/c.PARQUET"]


def test_a_name_with_glob_characters_that_exists_is_a_name(tmp_path: Path) -> None:
    (tmp_path / "a[1].jsonl").write_bytes(b"x")
    assert [f.name for f in find_files([str(tmp_path / "a[1].jsonl")])] == ["a[1].jsonl"]


def test_linked_folders_are_followed_and_circles_are_not(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a.txt").write_bytes(b"x")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "near").symlink_to(tmp_path / "far")
    (tmp_path / "far" / "back").symlink_to(tmp_path / "data")
    assert [f.name for f in find_files([str(tmp_path / "data")])] == ["near/a.txt"]


def test_a_file_that_two_inputs_reach_counts_once(folder: Path) -> None:
    assert len(find_files([str(folder / "web"), str(folder)])) == 6


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ([], "no input given"),
        (["{0}/nowhere"], "does not exist"),
        (["{0}/*.nothing"], "does not exist"),
        (["{0}/f.bin"], "no known extension; known are .jsonl"),
        (["s3://bucket/a.jsonl"], "mount it"),
        (["{0}/a.jsonl", "{0}/../other/a.jsonl"], "would share ids"),
        (["{0}/../empty"], "holds no files"),
        (["{0}/../table"], "is a Delta table"),
        (["{0}/f.*"], "no file of a known format"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(folder: Path, inputs: list[str], says: str) -> None:
    (folder.parent / "empty").mkdir()
    (folder.parent / "table" / "_delta_log").mkdir(parents=True)
    (folder.parent / "other").mkdir()
    (folder.parent / "other" / "a.jsonl").write_bytes(b"x")
    with pytest.raises(InputError, match=says) as caught:
        find_files([name.format(folder) for name in inputs])
    assert "\n" not in str(caught.value)
