"""Arrow arrays as flags, numbers, times and texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

FIRST, FEW = 1_000, 50
"""Of so many values so many are distinct at most, where they are coded."""


def check_rule(values: Any, rule: str, bound: Any) -> Any:
    """Whether values keep one rule; null where they are null, false where they are of another kind than the rule asks for."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if rule in ("minimum", "maximum"):
        numbers = read_numbers(values)
        return pc.greater_equal(numbers, float(bound)) if rule == "minimum" else pc.less_equal(numbers, float(bound))
    if rule == "enum" and (pa.types.is_floating(values.type) or pa.types.is_decimal(values.type)):
        return pc.is_in(read_numbers(values), value_set=read_numbers(pa.array(sorted({spell_value(value) for value in bound}))))
    texts = read_texts(values)
    if rule == "enum":
        return pc.is_in(texts, value_set=pa.array(sorted({spell_value(value) for value in bound}), texts.type))
    if rule == "pattern":
        return pc.match_substring_regex(texts, f"^(?:{bound})$")
    lengths = pc.utf8_length(texts)
    return pc.greater_equal(lengths, int(bound)) if rule == "minLength" else pc.less_equal(lengths, int(bound))


def spell_value(value: object) -> str:
    """A value of a contract as Arrow spells it in texts."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def find_present(values: Any, missing: Sequence[str] = ()) -> Any:
    """Whether values are there: no null, no NaN, no blank text, none of ``missing``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = values.is_valid()
    if pa.types.is_floating(values.type):
        found = pc.and_(found, pc.invert(pc.is_nan(values)).fill_null(False))
    if is_text(values.type):
        texts = read_texts(values)
        found = pc.and_(found, pc.greater(pc.binary_length(pc.utf8_trim_whitespace(texts)), 0).fill_null(False))
    if missing:
        texts = read_texts(values)
        found = pc.and_(found, pc.invert(pc.is_in(texts, value_set=pa.array(sorted(missing), texts.type))))
    return found


def code_texts(values: Any) -> Any:
    """Values as codes of the distinct ones, where these are texts and few of the first; else as they are."""
    import pyarrow.compute as pc

    if not is_text(values.type) or len(values) <= FIRST or len(pc.unique(values.slice(0, FIRST))) > FEW:
        return values
    return values.dictionary_encode()


def ask_values(values: Any, question: Callable[[Any], Any]) -> Any:
    """The answer for each value, asked once for each distinct one of those that ``code_texts`` coded; null for their nulls."""
    return question(values.dictionary).take(values.indices) if is_coded(values) else question(values)


def read_plainly(values: Any) -> Any:
    """Values that ``code_texts`` may have coded, as they were."""
    return values.dictionary.take(values.indices) if is_coded(values) else values


def is_coded(values: Any) -> bool:
    """Whether values are codes of distinct ones."""
    import pyarrow.types as kinds

    return bool(kinds.is_dictionary(values.type))


def find_matches(texts: Any, pattern: str) -> Any:
    """Which texts hold a match of a pattern (RE2), as NumPy's flags."""
    import pyarrow.compute as pc

    return pc.match_substring_regex(texts, pattern).fill_null(False).to_numpy(zero_copy_only=False)


def read_texts(values: Any) -> Any:
    """Values as texts: bytes as hexadecimal digits, whole numbers in decimal, lists and structs as Python shows them."""
    import pyarrow as pa
    import pyarrow.types as kinds

    if kinds.is_string(values.type) or kinds.is_large_string(values.type):
        return values
    if kinds.is_binary(values.type) or kinds.is_large_binary(values.type) or kinds.is_fixed_size_binary(values.type):
        return pa.array([None if value is None else value.hex() for value in values.to_pylist()], pa.string())
    if kinds.is_nested(values.type):
        return pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())
    return values.cast(pa.string())


def read_numbers(values: Any) -> Any:
    """Values as doubles; null for what is no number."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.types as kinds

    if is_text(values.type):
        return pa.array(pd.to_numeric(values.to_pandas(), errors="coerce").astype("float64"), pa.float64(), from_pandas=True)
    if kinds.is_integer(values.type) or kinds.is_floating(values.type) or kinds.is_decimal(values.type):
        return values.cast(pa.float64(), safe=False)
    return pa.nulls(len(values), pa.float64())


def read_times(values: Any) -> Any:
    """Times and dates as seconds since 1970; null for texts that are no time in the form of ISO 8601. No zone is UTC."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    if is_text(values.type):
        found = pd.to_datetime(values.to_pandas(), errors="coerce", utc=True, format="ISO8601").dt.tz_convert(None)
        values = pa.array(found.to_numpy().astype("datetime64[us]"), pa.timestamp("us"))
    if kinds.is_date(values.type):
        values = values.cast(pa.timestamp("us"))
    if not kinds.is_timestamp(values.type):
        return pa.nulls(len(values), pa.float64())
    return pc.divide(values.cast(pa.timestamp("us", values.type.tz)).cast(pa.int64()).cast(pa.float64(), safe=False), 1e6)


def is_text(kind: Any) -> bool:
    """Whether an Arrow type is one of text."""
    import pyarrow.types as kinds

    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))
