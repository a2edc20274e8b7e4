"""Equal questions are asked once of a batch, and answered as if each had been asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from resonance.assess.columns import All, Holds, Inverse
from resonance.assess.shared import Once, share_parts
from resonance.core.parts import Part

BATCH = pa.RecordBatch.from_pydict({"a": ["x", None, "y"], "b": [1, 2, None]})
ASKED: list[str] = []


@dataclass(frozen=True)
class Noted:
    """A question that notes that it was asked."""

    name: str

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        ASKED.append(self.name)
        return Holds(self.name)(batch)


def test_equal_parts_are_one_and_equal_questions_are_asked_once() -> None:
    parts = (
        ("first", Part("count", Noted("a"))),
        ("both", Part("count", All((Noted("a"), Noted("b"))))),
        ("again", Part("count", Noted("a"))),
        ("not", Part("count", Inverse(Noted("b")))),
        ("tally", Part("tally", Noted("a"))),
    )
    distinct, same = share_parts(parts)
    assert list(distinct) == ["first", "both", "not", "tally"]
    assert same == {"first": "first", "both": "both", "again": "first", "not": "not", "tally": "tally"}
    ASKED.clear()
    found = {name: part.gather(BATCH) for name, part in distinct.items()}
    assert sorted(ASKED) == ["a", "b"]
    assert {name: found[same[name]] for name, _ in parts} == {name: part.gather(BATCH) for name, part in parts}
    other = BATCH.slice(0, 1)
    assert [part.gather(other) for part in distinct.values()] == [part.gather(other) for _, part in parts if _ != "again"]


def test_what_is_asked_once_is_left_as_it_is() -> None:
    distinct, _ = share_parts((("one", Part("count", Inverse(Noted("a")))),))
    assert distinct["one"].of == Inverse(Noted("a"))
    assert not isinstance(distinct["one"].of, Once)
