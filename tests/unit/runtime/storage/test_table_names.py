"""How SQL names the tables of a schema."""

from __future__ import annotations

import pytest

from resonance.runtime.storage.table_names import SchemaNames
from resonance.tables import DOCUMENTS


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("texts", "texts.documents"),
        ("main.texts", "main.texts.documents"),
        ("dev-main.texts", "`dev-main`.texts.documents"),
        ("数据.texts", "`数据`.texts.documents"),
        ("`dev.main`.texts", "`dev.main`.texts.documents"),
    ],
)
def test_parts_that_sql_would_misread_are_quoted_once(given: str, named: str) -> None:
    assert SchemaNames(given).name(DOCUMENTS) == named
