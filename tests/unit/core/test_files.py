"""Odd names lead through a link; what lies there is the folder itself."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.volumes import refuse_appends

from resonance.core.errors import InputError, SetupError
from resonance.core.files import PLAIN, add_line, plain_path, refuse_escaped

ODD = (
    "run [v2]",
    "{a,b}",
    "*",
    "?",
    "back`tick",
    "out put 50% é",
    "数据",
    "a:b",
    "a#b",
    "a\\b",
    'quo"te',
    "new\nline",
    "~",
    "a\udcff",
)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


def test_a_plain_name_is_taken_as_it_is(tmp_path: Path, temporary: Path) -> None:
    assert plain_path(tmp_path / "not-there" / "a_b.c") == tmp_path / "not-there" / "a_b.c"
    assert not (tmp_path / "not-there").exists()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_leads_through_a_link_whatever_lies_below_it(tmp_path: Path, name: str) -> None:
    below = plain_path(tmp_path / name / "tables" / "raw")
    assert all(PLAIN.fullmatch(part) for part in below.parts[1:])
    below.mkdir(parents=True)
    assert (tmp_path / name / "tables" / "raw").is_dir()
    (tmp_path / name / "tables" / "raw").rmdir()
    below.mkdir()  # a folder that was removed can be made again under its plain name
    assert plain_path(tmp_path / name / "tables") == below.parent


def test_one_link_serves_all_folders_below_an_odd_name(tmp_path: Path, temporary: Path) -> None:
    for number in range(3):
        plain_path(tmp_path / "a b" / "scratch" / str(number))
    (home,) = temporary.iterdir()
    assert len(list(home.iterdir())) == 1


def test_threads_make_one_link_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        for number in range(30):
            odd = tmp_path / f"a b {number}"
            assert len(set(threads.map(plain_path, [odd] * 16))) == 1


def test_two_names_never_share_a_link(tmp_path: Path) -> None:
    assert plain_path(tmp_path / "a b") != plain_path(tmp_path / "a*b")


def test_the_parent_of_a_linked_folder_is_the_parent_of_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "far" / "in").mkdir(parents=True)
    (tmp_path / "near").symlink_to(tmp_path / "far" / "in")
    assert plain_path(tmp_path / "near" / ".." / "w") == tmp_path.resolve() / "far" / "w"


def test_where_another_user_holds_the_place_of_links_it_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain_path(tmp_path / "a b")
    uid = __import__("os").getuid()
    (tmp_path / "tmp" / f"resonance-{uid}").rename(tmp_path / "tmp" / "elsewhere")
    (tmp_path / "tmp" / f"resonance-{uid}").symlink_to(tmp_path / "tmp" / "elsewhere")
    with pytest.raises(SetupError, match="belongs to another user"):
        plain_path(tmp_path / "a b")


def test_what_delta_would_take_for_another_path_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a%20b").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "a%20b")
    for name in ("50% é", "%", "a%zz", "a%2", "a\u2028b"):
        refuse_escaped(tmp_path / name, "workspace")
    for name in ("a%20b", "near", "a%20b/w", "x%41", "a\nb", "a\tb/w", "a\x7fb", "a\\b"):
        with pytest.raises(InputError, match=r"(?s)workspace: .* holds '(%20|%41|\\\\|\\n|\\t|\\x7f)"):
            refuse_escaped(tmp_path / name, "workspace")


def test_where_the_temporary_folder_has_an_odd_name_links_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp [v2]").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp [v2]"))
    link = plain_path(tmp_path / "a b")
    assert all(PLAIN.fullmatch(part) for part in link.parts[1:])
    assert link.resolve() == tmp_path.resolve() / "a b"
    link.unlink()


@pytest.mark.parametrize(("left", "whole"), [(None, "c\n"), ("", "c\n"), ("a\n", "a\nc\n"), ("a\nb", "a\nb\nc\n")])
@pytest.mark.parametrize("adds", [True, False])
def test_a_line_is_added_after_one_that_was_cut_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, left: str | None, whole: str, adds: bool
) -> None:
    file = tmp_path / "log"
    if left is not None:
        file.write_text(left)
    if not adds:
        refuse_appends(monkeypatch, errno.ESPIPE)
    add_line(file, "c")
    assert file.read_text() == whole


def test_a_log_on_a_broken_disk_is_not_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log").write_text("a\n")
    refuse_appends(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        add_line(tmp_path / "log", "b")
    assert (tmp_path / "log").read_text() == "a\n"
