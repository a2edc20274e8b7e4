"""Chance that is the same on every machine: uniform numbers from hashes of ids, never from a generator's state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column


def hash_columns(columns: Sequence[str], seed: int, *purpose: str) -> Column:
    """A 64-bit hash of columns and the seed; numbers for different purposes do not depend on each other."""
    return F.xxhash64(*(F.col(name) for name in columns), F.lit(seed).cast("bigint"), *(F.lit(word) for word in purpose))


def uniform(hash: Column) -> Column:
    """A number strictly between 0 and 1 from the upper 52 bits of a hash (with 53 it could round to 1)."""
    upper = F.shiftright(hash, 12).bitwiseAND(F.lit(2**52 - 1))  # an unsigned shift; that of the embedded engine fails at -2**63
    return (upper + F.lit(0.5)) / F.lit(4503599627370496.0)


def is_logged(share: float) -> Column:
    """Whether the events of a row's ``doc_id`` are kept, at this share of documents: the same ones in every phase and round."""
    return uniform(hash_columns(["doc_id"], 0, "log")) < share
