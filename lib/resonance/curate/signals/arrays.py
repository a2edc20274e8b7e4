"""What kernels measure as Arrow arrays of the types that signals are declared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from resonance.core.signal import Signal, Value

TYPES = {"int": pa.int32(), "double": pa.float64(), "string": pa.string()}


def build_struct(signals: Sequence[Signal], arrays: Sequence[Any]) -> Any:
    """A struct array with one field for each signal."""
    return pa.StructArray.from_arrays(list(arrays), [signal.name for signal in signals])


def build_numbers(signals: Sequence[Signal], measured: NDArray[np.float64], texts: Any) -> list[Any]:
    """One array for each column of a matrix; null where a value is NaN, and where there is no text."""
    absent = texts.is_null().to_numpy(zero_copy_only=False)
    arrays = []
    for number, signal in enumerate(signals):
        values = np.ascontiguousarray(measured[:, number])
        missing = absent | np.isnan(values)
        arrays.append(pa.array(np.where(missing, 0, values), mask=missing).cast(TYPES[signal.type]))
    return arrays


def build_measured(signals: Sequence[Signal], measured: NDArray[np.float64], texts: Any) -> Any:
    """The struct array of signals that are all numbers, from a matrix with a row for each text."""
    return build_struct(signals, build_numbers(signals, measured, texts))


def build_rare(signals: Sequence[Signal], rows: NDArray[np.int64], measured: NDArray[np.int64], texts: Any) -> Any:
    """The struct array of counts that few texts have: a row of ``measured`` for each text of ``rows``; others have 0, null none."""
    absent = texts.is_null().to_numpy(zero_copy_only=False)
    none = pa.array(np.zeros(len(texts), np.int32), mask=absent)
    arrays = [none] * len(signals)
    for number in np.flatnonzero(measured.any(axis=0)):
        values = np.zeros(len(texts), np.int32)
        values[rows] = measured[:, number]
        arrays[number] = pa.array(values, mask=absent)
    return build_struct(signals, arrays)


def build_values(signals: Sequence[Signal], rows: Sequence[Sequence[Value]]) -> list[Any]:
    """One array for each signal from the values of each text."""
    return [pa.array([values[number] for values in rows], TYPES[signal.type]) for number, signal in enumerate(signals)]
