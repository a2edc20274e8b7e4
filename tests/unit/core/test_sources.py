import os
import socket
from pathlib import Path

import pytest

from resonance.core.errors import InputError
from resonance.core.files import LOCK
from resonance.core.sources import find_files, find_states, is_workspace, reads_from, refuse_workspace


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
        "a.jsonl": ("jsonl", ""),
        "web/b.json.gz": ("json", "gzip"),
        "web/deep/c.PARQUET": ("parquet", ""),
        "d.md": ("text", ""),
        "e.jsonl.zst": ("jsonl", "zstd"),
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
        (["gs://bucket/a.jsonl"], "mount it"),
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


def names(*inputs: Path | str) -> list[str]:
    return [file.name for file in find_files([str(given) for given in inputs])]


@pytest.fixture
def endless(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "device.txt").symlink_to("/dev/zero")
    monkeypatch.chdir(folder)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.jsonl")
    return folder


ENDLESS = ("pipe.jsonl", "device.txt", "socket.jsonl")


def test_what_has_no_end_is_passed_over_in_a_folder_and_by_a_glob(endless: Path) -> None:
    assert not set(ENDLESS) & set(names(endless))
    assert names(endless / "*.jsonl") == ["a.jsonl"]


@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_end_is_refused_by_name(endless: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"{name} is a pipe, a socket or a device"):
        find_files([str(endless / name)])


@pytest.mark.parametrize("given", ["{0}", "{0}/*.jsonl", "{0}/round.jsonl"])
def test_a_link_that_leads_to_itself_is_said_in_one_line(tmp_path: Path, given: str) -> None:
    (tmp_path / "round.jsonl").symlink_to(tmp_path / "round.jsonl")
    with pytest.raises(InputError, match="symbolic links|does not exist"):
        find_files([given.format(tmp_path)])


def test_a_workspace_among_the_inputs_is_never_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = names(folder)
    for name in ("ws/tables/raw/_delta_log/0.json", f"ws/{LOCK}", "ws/events.jsonl", "ws/export/part-00000.jsonl"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    monkeypatch.chdir(folder)
    assert names(folder) == names(".") == before
    assert names("*") == names("**/*") == names("**") == before
    assert names(folder, folder / "ws") == before
    with pytest.raises(InputError, match="is a workspace, no source"):
        find_files(["ws"])


def test_a_workspace_cannot_be_made_in_a_folder_of_inputs(folder: Path) -> None:
    refuse_workspace([str(folder)], folder / "ws")
    refuse_workspace([str(folder / "a.jsonl"), "s3://bucket/x"], folder)
    with pytest.raises(InputError, match="cannot be input and workspace"):
        refuse_workspace([f"{folder}/web/.."], folder)
    assert not is_workspace(folder)


@pytest.mark.parametrize("given", ["{0}/texts[v2].jsonl", "~/texts[v2].jsonl", "file://{0}/texts[v2].jsonl", "file://{1}", "{0}"])
def test_a_change_is_seen_by_whatever_name_the_file_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "texts[v2].jsonl"
    inputs = [given.format(tmp_path, path.as_uri().removeprefix("file://"))]
    path.write_bytes(b"{}")
    before = find_states(inputs)
    assert find_states(inputs) == before
    with path.open("ab") as file:
        file.write(b"{}")
    assert find_states(inputs) != before


def test_a_new_version_of_a_table_is_a_change(folder: Path) -> None:
    log = folder / "table" / "_delta_log"
    log.mkdir(parents=True)
    (log / "0.json").write_bytes(b"{}")
    before = find_states([str(log.parent)])
    (log / "1.json").write_bytes(b"{}")
    assert len(find_states([f"file://{log.parent}"])) == len(before) + 1


@pytest.mark.parametrize(
    ("given", "target", "reads"),
    [
        ("in", "in", True),
        ("in", "in/out", True),
        ("in", "out", False),
        ("in/sub", "in", True),
        ("in/a.jsonl", "in", True),
        ("in/a.jsonl", "in/out", False),
        ("in/*.jsonl", "in", True),
        ("in/*.jsonl", "in/out", False),
        ("in/*/*.jsonl", "in/out", True),
        ("in/*/*.txt", "in/out", False),
        ("in/**/*.jsonl", "in/deep/out", True),
        ("in/*", "in/out", True),
        ("in/s*", "in/out", False),
        ("near", "in/out", True),
        (".", "out", True),
    ],
)
def test_it_is_known_what_would_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, target: str, reads: bool
) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "a.jsonl").write_bytes(b"{}")
    (tmp_path / "near").symlink_to(tmp_path / "in")
    monkeypatch.chdir(tmp_path)
    assert reads_from([given], Path(target), "part-00000.jsonl") == (given if reads else None)


def test_a_home_that_nobody_knows_is_said_in_one_line() -> None:
    with pytest.raises(InputError, match="without ~"):
        find_files(["~no-such-user/x.jsonl"])


def test_a_name_of_other_bytes_than_letters_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"a\xff.jsonl")).write_bytes(b"{}")
    with pytest.raises(InputError, match=r"a\\xff.jsonl' is not UTF-8; rename it"):
        find_files([str(tmp_path / os.fsdecode(b"a\xff.jsonl"))])
    with pytest.raises(InputError, match=r"cannot read .*a\\xff.jsonl: its name is not UTF-8; rename it"):
        find_files([str(tmp_path)])


@pytest.mark.parametrize("given", ["in", "in/*"])
def test_a_file_that_cannot_be_read_comes_with_its_fault_beside_the_others(tmp_path: Path, given: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / os.fsdecode(b"a\xff.jsonl")).write_bytes(b"{}")
    for name in ("gone.jsonl", "lost.csv"):
        (tmp_path / "in" / name).symlink_to(tmp_path / "nowhere")
    (tmp_path / "in" / "sound.jsonl").write_bytes(b"{}")
    found = {file.name: (file.format, file.fault) for file in find_files([str(tmp_path / given)])}
    assert found == {
        "a\\xff.jsonl": ("", "its name is not UTF-8; rename it"),
        "gone.jsonl": ("", "it is a link that leads nowhere: No such file or directory"),
        "lost.csv": ("", "it is a link that leads nowhere: No such file or directory"),
        "sound.jsonl": ("jsonl", ""),
    }
