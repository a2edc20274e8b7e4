"""Runs of words: how many differ, how many are new, how evenly words are used; how many texts follow a template or share lines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import functions as F

from resonance.assess.columns import Column, Valid
from resonance.assess.mappings import up
from resonance.assess.methods.tables import open_other
from resonance.assess.methods.uniqueness import hash_words
from resonance.assess.ngrams import Among, Drawn, Lines, Sizes, Skeleton
from resonance.core.binding import Asked, Bound, Finding, UnmeasurableError
from resonance.core.frames import map_batches
from resonance.core.parts import SCALE, Part, State

HASH = "hash of the text"
SURE = 1.96
"""Standard errors on either side of an estimate that make a 95 % interval."""


@dataclass(frozen=True)
class Evenness:
    """How evenly a text of enough words uses them, mapped to 0 at ``lo`` nats and 1 at ``hi``; null for all others."""

    lo: float
    hi: float
    least: int

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        rise = pc.divide(pc.subtract(batch.column("words.word_entropy"), self.lo), self.hi - self.lo)
        mapped = pc.min_element_wise(pc.max_element_wise(rise, 0.0, skip_nulls=False), 1.0, skip_nulls=False)
        enough = pc.greater_equal(batch.column("words.n_words"), self.least).fill_null(False)
        return pc.if_else(enough, mapped, pa.scalar(None, pa.float64()))


def bind_word_entropy(asked: Asked) -> Bound:
    """The mean over texts of enough words of how evenly they use them. Texts with fewer say nothing."""
    column, given = asked.column("text"), asked.params
    uses = Evenness(given["lo"], given["hi"], int(given["min_tokens"]))
    parts = {"score": Part("sum", uses), "texts": Part("count", Valid(uses))}

    def judge(state: State) -> Finding | None:
        if not state["texts"]:
            raise UnmeasurableError(f"no text has {int(given['min_tokens'])} words")
        mean = state["score"] / SCALE / state["texts"]
        return Finding(min(1.0, mean), mean, state["texts"])

    return Bound(judge, parts, frozenset({column}), signals=frozenset({"words"}))


def bind_distinctness(asked: Asked) -> Bound:
    """Distinct runs of words, of all runs of a sample of so many words, mapped."""
    given = asked.params
    bound, most = draw(asked), int(given["sample_tokens"])

    def judge(state: State) -> Finding | None:
        rows, level = cut_sample(state["sample"], most), state["sample"]["level"]
        runs = sum(max(0, size - int(given["n"]) + 1) for _, size, _ in rows)
        if not runs:
            return None
        kept = len({mark for _, _, marks in rows for mark in marks})
        share, error = estimate_share(kept, level, runs)
        low = up(max(0.0, share - error), given["lo"], given["hi"])
        return Finding(up(share, given["lo"], given["hi"]), share, lcb=low)

    return replace(bound, judge=judge)


def bind_novelty(asked: Asked) -> Bound:
    """Runs of words of a sample that the texts of a table of reference have not, of all of them."""
    table, column = asked.fields("reference_index")
    other, n = open_other(asked, str(table), [str(column)]), int(asked.params["n"])
    bound, most = draw(asked), int(asked.params["sample_tokens"])

    def list_marks(state: State) -> frozenset[int]:
        return frozenset(mark for _, _, marks in cut_sample(state["sample"], most) for mark in marks)

    def look_up(state: State) -> Mapping[str, Any]:
        texts = other.select(F.col(f"`{column}`").cast("string").alias("text"))
        found = map_batches(texts, Among(list_marks(state), n), "mark bigint").distinct()
        return {"known": sorted(row["mark"] for row in found.collect())}

    def judge(state: State) -> Finding | None:
        marks = list_marks(state)
        if not marks:
            return None
        share = 1 - len(marks.intersection(state["known"])) / len(marks)
        error = SURE * math.sqrt(share * (1 - share) / len(marks)) if state["sample"]["level"] else 0.0
        return Finding(share, share, lcb=max(0.0, share - error))

    return replace(bound, judge=judge, look_up=look_up)


def bind_templates(asked: Asked) -> Bound:
    """Rows whose text follows no template that many rows follow, of all rows with a text."""
    column, most = asked.column("text"), asked.params["max_rows"]
    parts = {"skeletons": Part("thinned", Skeleton(column)), "texts": Part("count", Valid(Column(column)))}

    def judge(state: State) -> Finding | None:
        if not state["texts"]:
            return None
        level, counts = state["skeletons"]["level"], state["skeletons"]["counts"].values()
        free = [count for count in counts if count <= most]
        share = min(1.0, sum(free) * 2**level / state["texts"])
        error = SURE * math.sqrt((2**level - 1) * 2**level * sum(count * count for count in free)) / state["texts"]
        return Finding(share, share, state["texts"], lcb=max(0.0, share - error))

    return Bound(judge, parts, frozenset({column}))


def bind_lines(asked: Asked) -> Bound:
    """Characters of lines that few texts of one source have, of those of all lines; a line counts once for each of its texts."""
    column, source, most = asked.column("text"), asked.column("source_id"), asked.params["max_documents"]
    lines = Lines(column, source)
    parts = {
        "lines": Part("thinned", lines),
        "characters": Part("sum", Sizes(lines)),
        "texts": Part("count", Valid(Column(column))),
    }

    def judge(state: State) -> Finding | None:
        whole, level = state["characters"] // SCALE, state["lines"]["level"]
        if not whole:
            return None
        counts = state["lines"]["counts"].items()
        free = [(int(line) >> 48) * count for line, count in counts if count <= most]
        share = min(1.0, sum(free) * 2**level / whole)
        error = SURE * math.sqrt((2**level - 1) * 2**level * sum(size * size for size in free)) / whole
        return Finding(share, share, state["texts"], lcb=max(0.0, share - error))

    return Bound(judge, parts, frozenset({column, source}))


def draw(asked: Asked) -> Bound:
    """A sample of texts with their runs of words."""
    column, n = asked.column("text"), int(asked.params["n"])
    parts = {"sample": Part("drawn", Drawn(column, HASH, n))}
    return Bound(lambda _: None, parts, frozenset({column}), {HASH: hash_words(column)}, frozenset({"words"}))


def cut_sample(sample: State, most: int) -> list[tuple[int, int, list[int]]]:
    """The first rows of a sample until they have so many words."""
    rows, size = [], 0
    for hash, many, marks in sample["rows"]:
        if size >= most:
            break
        rows.append((hash, many, marks))
        size += many
    return rows


def estimate_share(kept: int, level: int, runs: int) -> tuple[float, float]:
    """The share of distinct runs, where one in ``2 ** level`` of them was kept; and half the width of its 95 % interval.

    That is 1.7 % of the share at level 5, where a third of a million runs are distinct.
    """
    share = min(1.0, kept * 2**level / runs)
    return share, SURE * math.sqrt((2**level - 1) * 2**level * kept) / runs
