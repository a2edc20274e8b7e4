"""Where values stand in texts, as Arrow lists: of each text and type one entry with its places. The values themselves stay out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from resonance.curate.kernels.privacy.find import Found

PLACES = pa.list_(pa.int32())
SPANS = pa.list_(pa.struct({"type": pa.string(), "starts": PLACES, "ends": PLACES}))


def list_spans(found: Found, names: Sequence[str], texts: Any) -> Any:
    """For each text a list of ``SPANS``, by type in the order of ``names``; null for a null text.

    Args:
        found: what was found in the texts.
        names: each type by number.
        texts: the Arrow array in which it was found.
    """
    groups = found.rows * len(names) + found.patterns
    order = np.argsort(groups, kind="stable")
    held, firsts = np.unique(groups[order], return_index=True)
    bounds = pa.array(np.append(firsts, len(groups)), pa.int32())
    ends = (pa.array(each[order], pa.int32()) for each in (found.first_points, found.last_points))
    places = (pa.ListArray.from_arrays(bounds, each) for each in ends)
    types = pa.DictionaryArray.from_arrays(pa.array(held % len(names), pa.int32()), pa.array(names, pa.string())).cast(pa.string())
    entries = pa.StructArray.from_arrays([types, *places], names=["type", "starts", "ends"])
    rows = np.searchsorted(held, np.arange(len(texts) + 1) * len(names)).astype(np.int32)
    return pa.ListArray.from_arrays(_mark_nulls(rows, texts), entries)


def _mark_nulls(rows: Any, texts: Any) -> Any:
    """Bounds of lists, null where a text is."""
    absent = np.append(texts.is_null().to_numpy(zero_copy_only=False), False)
    return pa.array(rows, pa.int32(), mask=absent)
