"""Files of reports: their names say which form they have."""

from __future__ import annotations

from pathlib import Path

import pytest

from resonance.core.errors import InputError
from resonance.report.files import check_file, write_file

ENDS = (".html", ".md", ".json")


def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path: Path) -> None:
    assert [check_file(f"report{end.upper()}", "assess", ENDS).suffix for end in ENDS] == [".HTML", ".MD", ".JSON"]
    with pytest.raises(InputError, match=r"^assess: .* its name must end in \.html, \.md, \.json$"):
        check_file("report.pdf", "assess", ENDS)
    with pytest.raises(InputError, match="^report: cannot write .*report.md: there is no folder .*none$"):
        check_file(tmp_path / "none" / "report.md", "report", ENDS)
    with pytest.raises(InputError, match="^report: cannot write .*: No such file or directory$"):
        write_file("", tmp_path / "none" / "report.md", "report")
