"""From what Spark NLP says of a text to rows of spans: places in code points, one row for each kind."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress
from typing import Any

from resonance.annotate.signals import OF_ANNOTATIONS, Found, Spans
from resonance.core.annotation import Kind

SPANS = "array<struct<kind:string,begins:array<int>,lasts:array<int>,said:array<string>>>"
"""What a pipeline finds of a text: for each kind first and last unit of each span, as Java counts, and what is said of it."""
LARGEST = "\uffff"
"""The last character that Java counts as one; those above are two of its units."""


def place_points(text: str, units: Iterable[int]) -> list[int]:
    """Places in UTF-16 units, as Java counts, as places in code points."""
    if text.isascii() or max(text, default="") <= LARGEST:
        return list(units)
    wide = [at for at, character in enumerate(text) if character > LARGEST]
    behind = [at + number + 2 for number, at in enumerate(wide)]  # the unit behind both of each wide character
    return [unit - bisect_right(behind, unit) for unit in units]


@dataclass(frozen=True)
class SpreadSpans:
    """A kernel: from texts with ``spans`` to a row for each kind; a kind that found nothing in a text has empty lists.

    The first row of a text has its ``signals`` too, which are null in the others.

    Args:
        kinds: what is kept, in this order.
        keys: columns that are carried along.
    """

    kinds: tuple[Kind, ...]
    keys: tuple[str, ...]

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The rows of each batch."""
        import pyarrow as pa

        for batch in batches:
            rows = batch.num_rows
            found = [self._read(text, spans) for text, spans in zip(*map(batch.column, ("text", "spans")), strict=True)]
            kept = [index for index in range(rows) for _ in self.kinds]
            columns = {key: batch.column(key).take(pa.array(kept)) for key in self.keys}
            cells = list(zip(*((kind, *spans) for row in found for kind, spans in row.items()), strict=True)) or [()] * 4
            types = (pa.string(), pa.list_(pa.int32()), pa.list_(pa.int32()), pa.list_(pa.string()))
            arrays = (pa.array(cell, kind) for cell, kind in zip(cells, types, strict=True))
            columns |= dict(zip(("kind", "starts", "ends", "values"), arrays, strict=True))
            first = [index if kind == self.kinds[0] else None for index in range(rows) for kind in self.kinds]
            signals = OF_ANNOTATIONS.measure(found).take(pa.array(first, pa.int64()))
            yield pa.RecordBatch.from_pydict({**columns, "signals": signals})

    def _read(self, text: Any, spans: Any) -> Found:
        """What each kind says of one text. Spans that hold nothing, and sentences' own text, are left out."""
        whole, told = text.as_py(), {span["kind"]: span for span in spans.as_py()}
        found: dict[Kind, Spans] = {}
        for kind in self.kinds:
            begins, lasts, said = (told[kind][name] for name in ("begins", "lasts", "said"))
            filled = [last >= begin for begin, last in zip(begins, lasts, strict=True)]
            starts = place_points(whole, compress(begins, filled))
            ends = place_points(whole, (last + 1 for last in compress(lasts, filled)))
            found[kind] = Spans(starts, ends, [] if kind == "sentence" else list(compress(said, filled)))
        return found
