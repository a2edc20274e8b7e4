"""Every set of signals that a text can be measured by: its columns, its kernel, and the plain Python that defines it.

A set's kernels are imported, and where they are new compiled, when that set is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Value = float | str | None

COUNTS = {
    "n_chars",
    "n_bytes",
    "n_tokens",
    "n_words",
    "n_lines",
    "n_line_languages",
    "stop_words",
    "c4_lorem_ipsum",
    "c4_curly_bracket",
    "c4_lines",
    "c4_sentences",
    "c4_javascript",
    "c4_javascript_v1",
    "c4_naughty_word",
}
"""Columns that hold whole numbers."""


@dataclass(frozen=True)
class Profile:
    """One set of signals.

    Args:
        name: value of the ``set`` column.
        version: rises when a definition changes, C4's line parameters included; thresholds are no part of it.
        columns: names of the signals; a name may mean something else in another profile.
        measure: the kernel, from an Arrow string array to a record batch of ``columns``; null where a signal is not defined.
        plainly: the definition, from one text to the values of ``columns``.
    """

    name: str
    version: int
    columns: tuple[str, ...]
    measure: Callable[[Any], Any]
    plainly: Callable[[str], Sequence[Value]]


def kind(column: str) -> Any:
    """The Arrow type of a signal's column."""
    if column in ("language", "language_2", "language_3", "line_language"):
        return pa.string()
    return pa.int32() if column in COUNTS else pa.float64()


def _numbers(columns: Sequence[str], measured: NDArray[np.float64], texts: Any) -> list[Any]:
    """Columns of a matrix as Arrow arrays of their types; null where a value is NaN and where there was no text."""
    absent = texts.is_null().to_numpy(zero_copy_only=False)
    arrays = []
    for number, column in enumerate(columns):
        values = np.ascontiguousarray(measured[:, number])
        missing = absent | np.isnan(values)
        arrays.append(pa.array(np.where(missing, 0, values), mask=missing).cast(kind(column)))
    return arrays


def _matrix(columns: Sequence[str], kernel: Callable[[Any], NDArray[np.float64]]) -> Callable[[Any], Any]:
    def measure(texts: Any) -> Any:
        return pa.RecordBatch.from_arrays(_numbers(columns, kernel(texts), texts), list(columns))

    return measure


NAMES = ("basics", "line_languages", "datatrove", "dolma", "dclm")
"""All sets, in the order in which they are measured."""


@cache
def profile(name: str) -> Profile:
    """The profile of one of ``NAMES``."""
    made = {"basics": _basics, "line_languages": _line_languages, "datatrove": _datatrove, "dolma": _dolma, "dclm": _dclm}
    return made[name]()


def profiles() -> tuple[Profile, ...]:
    """All of them, in the order of ``NAMES``."""
    return tuple(map(profile, NAMES))


def _basics() -> Profile:
    from resonance.curate.kernels.basics import basics

    def measure(texts: Any) -> Any:
        said = basics.heads(texts)
        labels = [pa.array([values[number] for values in said], kind(name)) for number, name in enumerate(basics.LANGUAGES)]
        return pa.RecordBatch.from_arrays([*_numbers(basics.NUMBERS, basics.numbers(texts), texts), *labels], basics.COLUMNS)

    return Profile("basics", basics.VERSION, basics.COLUMNS, measure, basics.plainly)


def _line_languages() -> Profile:
    from resonance.curate.kernels.basics import line_languages

    columns = line_languages.COLUMNS

    def measure(texts: Any) -> Any:
        said = line_languages.rows(texts)
        arrays = [pa.array([values[number] for values in said], kind(name)) for number, name in enumerate(columns)]
        return pa.RecordBatch.from_arrays(arrays, columns)

    return Profile("line_languages", line_languages.VERSION, columns, measure, line_languages.plainly)


def _datatrove() -> Profile:
    from resonance.curate.kernels.datatrove import datatrove, datatrove_kernel

    measure = _matrix(datatrove.COLUMNS, datatrove_kernel.measure)
    return Profile("datatrove", datatrove.VERSION, datatrove.COLUMNS, measure, datatrove.plainly)


def _dolma() -> Profile:
    from resonance.curate.kernels.dolma import dolma

    return Profile("dolma", dolma.VERSION, dolma.COLUMNS, _matrix(dolma.COLUMNS, dolma.measure), dolma.plainly)


def _dclm() -> Profile:
    from resonance.curate.kernels.dclm import dclm

    return Profile("dclm", dclm.VERSION, dclm.COLUMNS, _matrix(dclm.COLUMNS, dclm.measure), dclm.plainly)
