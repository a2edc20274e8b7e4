"""Reads the few texts that a section shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Row
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pyspark.sql import Column, DataFrame

    from resonance.core.expression import Hidden
    from resonance.report.facts.shared import Facts

HEAD = 240
"""Characters of a text that a start has."""
MARGIN = 400
"""So many more are read, so that what is cut off in the middle is still known for what it is."""


def read_texts(documents: DataFrame, ids: Collection[bytes], characters: Column, facts: Facts) -> dict[bytes, Row]:
    """Source and start of the text of some documents, by id, persons and secrets hidden. One scan.

    Args:
        documents: the table.
        ids: documents that are asked for; those that are not in the table have no entry.
        characters: how many characters of a text are read.
        facts: say whether texts are read; else ``text`` is null.
    """
    if not ids:
        return {}
    text = F.col("text").substr(F.lit(1), characters + F.lit(MARGIN)) if facts.texts_shown else F.lit(None).cast("string")
    asked = documents.where(F.col("doc_id").isin(sorted(ids)))
    known = asked.select("doc_id", "source", text.alias("text"), characters.alias("characters")).collect()
    hidden = hide_persons([row["text"] for row in known], facts.hidden)
    return {
        bytes(row["doc_id"]): Row(doc_id=row["doc_id"], source=row["source"], text=said and said[: row["characters"]])
        for row, said in zip(known, hidden, strict=True)
    }


def hide_persons(texts: Sequence[str | None], hidden: Hidden) -> list[str | None]:
    """Texts as they may be shown: each sign of what names a person, opens a door or is ``hidden`` besides is replaced."""
    from resonance.curate.signals.privacy import hide_values

    return hide_values(texts, hidden) if any(texts) else list(texts)


def read_starts(documents: DataFrame, ids: Collection[bytes], facts: Facts) -> dict[bytes, str]:
    """The first ``HEAD`` characters of some texts, by id; empty unless texts are shown. One scan."""
    rows = read_texts(documents, ids, F.lit(HEAD), facts) if facts.texts_shown else {}
    return {id: row["text"] for id, row in rows.items()}
