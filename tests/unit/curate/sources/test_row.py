import csv
import json
import zlib
from datetime import date

import pytest

from resonance.core.expression import NO_MORE, Hidden
from resonance.core.settings import IngestSettings, TaskSettings
from resonance.curate.sources.row import BATCH_ROWS, Fields, Row, Unit, broken, in_batches, json_of, quarantine_row, row_of

UNIT = Unit("/data/web/a.jsonl", "web/a.jsonl", "data/web/a.jsonl", "json", "", 0, 1, 0)


def read(values: dict[str, object], **settings: object) -> Row:
    return row_of(values, UNIT, 3, Fields.of(IngestSettings.model_validate(settings)))


def told(row: Row, hidden: Hidden = NO_MORE) -> str:
    """The detail of a row as tables hold it."""
    (batch,) = in_batches([row], hidden)
    return str(batch.column("detail")[0].as_py())


def test_the_key_is_the_rows_own_id_or_url_else_none() -> None:
    assert read({"text": "t", "id": 7, "url": "u"}).key == "7"
    assert read({"text": "t", "id": "", "url": "u"}).key == "u"
    assert read({"text": "t"}).key is None
    assert read({"text": "t", "id": "a", "name": "b"}, id_field="name").key == "b"
    assert read({"text": "t", "id": {"b": 1, "a": 2}}).key == '{"a": 2, "b": 1}'


def test_a_named_id_that_a_row_lacks_cuts_it() -> None:
    row = read({"text": "t", "id": "a"}, id_field="name")
    assert (row.rule, row.line) == ("missing_id", 3)


def test_the_slice_is_its_field_else_the_source_else_the_top_folder() -> None:
    named = {"text": "t", "site": "s", "topic": "p"}
    assert read(dict(named), slice_field="topic", source_field="site").slice == "p"
    assert read(dict(named), source_field="site").slice == "s"
    assert read({"text": "t", "topic": None}, slice_field="topic").slice == "web"
    assert read(dict(named)).source == "files"


def test_other_fields_become_metadata_and_none_is_lost() -> None:
    row = read({"text": "t", "id": "a", "url": "u", "site": "s", "n": 1}, source_field="site")
    assert json.loads(row.metadata or "") == {"url": "u", "site": "s", "n": 1}
    assert (row.source, row.key) == ("s", "a")


def test_metadata_is_strict_json_whatever_it_holds() -> None:
    held = {"f": float("nan"), "b": b"\xff", "d": date(2024, 1, 2), "s": "\ud800", "l": [float("inf"), {"x": 1.5}]}
    said = json_of(held) or ""
    said.encode()
    assert json.loads(said, parse_constant=pytest.fail) == {
        "f": None,
        "b": "\ufffd",
        "d": "2024-01-02",
        "s": "\ufffd",
        "l": [None, {"x": 1.5}],
    }


def test_nul_never_reaches_a_key_or_source() -> None:
    row = read({"text": "t", "id": "a\0b", "site": "s\0"}, source_field="site")
    assert (row.key, row.source) == ("a\ufffdb", "s\ufffd")


def test_details_name_fields_and_stay_short() -> None:
    row = read({f"field{n}": "secret" for n in range(100)})
    assert row.rule == "missing_text"
    assert len(told(row)) <= 200
    assert "secret" not in told(row)


def test_details_hide_persons_in_names_of_fields_before_they_are_cut_off() -> None:
    row = read({"jane.doe@example.com": 1, "b": 2})
    assert told(row) == "field 'text' is null or missing among: b, ********************"
    long = quarantine_row(UNIT, 1, "broken_file", "x" * 190 + " jane.doe@example.com")
    assert told(long) == "x" * 190 + " " + "*" * 9


def test_details_hide_what_the_patterns_of_the_user_find() -> None:
    badge = Hidden((("badge", "EMP-[0-9]{6}"),))
    row = read({"EMP-123456 of Jane": 1, "b": 2})
    assert told(row, badge) == "field 'text' is null or missing among: ********** of Jane, b"
    long = quarantine_row(UNIT, 1, "broken_file", "x" * 194 + " EMP-123456")
    assert told(long, badge) == "x" * 194 + " " + "*" * 5
    task = TaskSettings(kind="classification", labels=("good", "bad"))
    fields = Fields.of(IngestSettings(), task, badge)
    flawed = row_of({"text": "t", "label": "z" * 35 + "EMP-123456"}, UNIT, 1, fields)
    assert told(flawed, badge) == f"label '{'z' * 35}*****…' is none of task.labels", "before it is shortened"


def test_details_hide_names_where_a_model_looks_for_them() -> None:
    named = Hidden(names=True)
    task = TaskSettings(kind="classification", labels=("good", "bad"))
    flawed = row_of({"text": "t", "label": "经理张伟说好。"}, UNIT, 1, Fields.of(IngestSettings(), task, named))
    assert told(flawed, named) == "label '经理**说好。' is none of task.labels"
    assert told(read({"李娜在中国银行工作。": 1}), named) == "field 'text' is null or missing among: **在****工作。"
    assert "李娜在中国银行" in told(read({"李娜在中国银行工作。": 1})), "only where the user asks for it"


@pytest.mark.parametrize(
    ("error", "said"), [(csv.Error("x"), "csv.Error"), (zlib.error("x"), "zlib.error"), (ValueError("x"), "ValueError")]
)
def test_an_error_that_nobody_foresaw_is_called_so_that_it_can_be_sought(error: Exception, said: str) -> None:
    assert broken(UNIT, error).detail == f"{said} while it was read"


def test_batches_are_bounded_in_bytes_and_rows() -> None:
    rows = [Row("s", str(n), "n", "p", n, "s", "x" * 3_000_000) for n in range(20)]
    sizes = [batch.nbytes for batch in in_batches(iter(rows))]
    assert len(sizes) > 2
    assert max(sizes) < 32 << 20
    short = [Row("s", str(n), "n", "p", n, "s", "x") for n in range(BATCH_ROWS + 1)]
    assert [batch.num_rows for batch in in_batches(iter(short))] == [BATCH_ROWS, 1]
