"""Tables that Spark alone keeps are named by a schema or by an address."""

from __future__ import annotations

import pytest

from resonance.core.errors import InputError
from resonance.core.settings import Config
from resonance.runtime.storage.table_names import SchemaNames, choose_names
from resonance.tables import DOCUMENTS


@pytest.mark.parametrize(
    ("given", "name", "place"),
    [
        ({"catalog": "main.texts"}, "main.texts.documents", None),
        ({"tables": "hdfs://node:8020/texts/"}, "delta.`hdfs://node:8020/texts/documents`", "hdfs://node:8020/texts/documents"),
        ({"tables": "hdfs://ha-1.b//a/b.c//"}, "delta.`hdfs://ha-1.b/a/b.c/documents`", "hdfs://ha-1.b/a/b.c/documents"),
    ],
)
def test_each_has_its_names(given: dict[str, str], name: str, place: str | None) -> None:
    names = choose_names(Config.model_validate(given))
    assert (names.name(DOCUMENTS), names.locate(DOCUMENTS)) == (name, place)


@pytest.mark.parametrize(
    "end", ["", "/", ":8020", ":8020/", "/a`b", "/a b", "/a*", "/{a,b}", "/a%20b", "/a\\b", "/é", ":x/a", "/a\n", "/a/../b", "/."]
)
def test_what_is_no_plain_folder_is_refused(end: str) -> None:
    with pytest.raises(InputError, match=r"(?s)^tables: hdfs://node.* is no address such as hdfs://node:8020/folder, of plain"):
        choose_names(Config(tables=f"hdfs://node{end}"))


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
