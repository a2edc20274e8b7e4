"""Ids of documents as NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray


def ids_of(column: pa.ChunkedArray | pa.Array) -> NDArray[np.bytes_]:
    """Ids of 16 bytes, shape (n,), in an array that sorts as they do."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return np.frombuffer(whole.cast(pa.binary(16)).buffers()[1], "S16", len(whole), 16 * whole.offset)
