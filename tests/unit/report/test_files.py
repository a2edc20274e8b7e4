"""Files of reports: their names say which form they have."""

from __future__ import annotations

from pathlib import Path

import pytest

from resonance.core.errors import InputError
from resonance.report.files import check_file, refuse_read, write_file

ENDS = (".html", ".md", ".json")


def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path: Path) -> None:
    assert [check_file(f"report{end.upper()}", "assess", ENDS).suffix for end in ENDS] == [".HTML", ".MD", ".JSON"]
    with pytest.raises(InputError, match=r"^assess: .* its name must end in \.html, \.md, \.json$"):
        check_file("report.pdf", "assess", ENDS)
    with pytest.raises(InputError, match="^report: cannot write .*report.md: there is no folder .*none$"):
        check_file(tmp_path / "none" / "report.md", "report", ENDS)
    with pytest.raises(InputError, match="^report: cannot write .*: No such file or directory$"):
        write_file("", tmp_path / "none" / "report.md", "report")


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "data" / "day=1").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "data")
    for file in (tmp_path / "data", tmp_path / "data" / "day=1" / "a.json", tmp_path / "link" / "a.json"):
        with pytest.raises(
            InputError, match=r"^assess: cannot write .*: it is, or lies in, .*data, which is read; name another file$"
        ):
            refuse_read(file, "assess", (object(), str(tmp_path / "data")))
    refuse_read(tmp_path / "data.json", "assess", (tmp_path / "data", tmp_path / "none" / "x"))
