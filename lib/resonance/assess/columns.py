"""What parts gather from Arrow batches: flags, numbers and texts of rows, made from the columns that are named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Any

from resonance.assess.arrays import (
    ask_values,
    check_rule,
    code_texts,
    find_present,
    is_coded,
    read_numbers,
    read_texts,
    read_times,
)


@dataclass
class Rows:
    """A record batch, whose columns of few texts are coded once, however many ask for them."""

    batch: Any
    coded: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.batch, name)


def read_coded(batch: Any, name: str) -> Any:
    """A column's values: those of ``Rows`` as codes, where they are few texts."""
    if not isinstance(batch, Rows):
        return batch.column(name)
    if name not in batch.coded:
        batch.coded[name] = code_texts(batch.column(name))
    return batch.coded[name]


@dataclass(frozen=True)
class Column:
    """A column's values as texts, or as codes of them; null stays null."""

    name: str

    def __call__(self, batch: Any) -> Any:
        """The texts."""
        values = read_coded(batch, self.name)
        return values if is_coded(values) else read_texts(values)


@dataclass(frozen=True)
class Hashes:
    """A column of hashes, as it is."""

    name: str

    def __call__(self, batch: Any) -> Any:
        """The hashes."""
        return batch.column(self.name)


@dataclass(frozen=True)
class Holds:
    """Whether a column holds something: no null, no NaN, no blank text, nothing that stands for none."""

    name: str
    missing: tuple[str, ...] = ()

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        return ask_values(read_coded(batch, self.name), partial(find_present, missing=self.missing)).fill_null(False)


@dataclass(frozen=True)
class Lacks:
    """Whether a row lacks a value in one of several columns."""

    columns: tuple[Holds, ...]

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow.compute as pc

        return pc.invert(reduce(pc.and_, (column(batch) for column in self.columns)))


@dataclass(frozen=True)
class IsTrue:
    """Whether columns of flags are all true; null is not."""

    names: tuple[str, ...]

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        return reduce(pc.and_, (batch.column(name).cast(pa.bool_()).fill_null(False) for name in self.names))


@dataclass(frozen=True)
class IsAmong:
    """Whether a column's text is one of these; null is not."""

    name: str
    values: frozenset[str]

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        def ask(values: Any) -> Any:
            texts = read_texts(values)
            return pc.is_in(texts, value_set=pa.array(sorted(self.values), texts.type))

        return ask_values(read_coded(batch, self.name), ask).fill_null(False)


@dataclass(frozen=True)
class Inverse:
    """The other rows."""

    of: Any

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow.compute as pc

        return pc.invert(self.of(batch))


@dataclass(frozen=True)
class Keeps:
    """Whether a present value keeps the rules that the contract states of its column; null where nothing is present.

    A number is held to bounds, a text to its length, its pattern (RE2, over the whole text) and its list of values.
    """

    name: str
    rules: Mapping[str, Any]
    missing: tuple[str, ...] = ()

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        return ask_values(read_coded(batch, self.name), self.judge)

    def judge(self, values: Any) -> Any:
        """One flag a value."""
        import pyarrow as pa
        import pyarrow.compute as pc

        verdicts = [check_rule(values, rule, bound).fill_null(False) for rule, bound in sorted(self.rules.items())]
        return pc.if_else(find_present(values, self.missing), reduce(pc.and_, verdicts), pa.scalar(None, pa.bool_()))


@dataclass(frozen=True)
class Valid:
    """Whether there is a verdict at all."""

    of: Any

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        return self.of(batch).is_valid()


@dataclass(frozen=True)
class Matches:
    """Whether a column's text holds a match of a pattern (RE2); null is not."""

    name: str
    pattern: str

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow.compute as pc

        return pc.match_substring_regex(read_texts(batch.column(self.name)), self.pattern).fill_null(False)


@dataclass(frozen=True)
class Names:
    """Names of rows for which a flag is set: the evidence."""

    id: str
    flag: Any

    def __call__(self, batch: Any) -> Any:
        """The texts of their ids."""
        return read_texts(batch.column(self.id).filter(self.flag(batch), null_selection_behavior="drop"))


@dataclass(frozen=True)
class Seconds:
    """Seconds from one column of times to another, or to a moment; null where a time is missing or cannot be read.

    Args:
        until: a column, or seconds since 1970.
    """

    since: str
    until: str | float

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        import pyarrow.compute as pc

        end = read_times(batch.column(self.until)) if isinstance(self.until, str) else self.until
        return pc.subtract(end, read_times(batch.column(self.since)))


@dataclass(frozen=True)
class Aged:
    """A number of seconds where it is not below ``least``, else null: what lies in the future has no age."""

    of: Any
    least: float

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        seconds = self.of(batch)
        return pc.if_else(pc.greater_equal(seconds, self.least), seconds, pa.scalar(None, seconds.type))


@dataclass(frozen=True)
class Halved:
    """A number that halves with every ``half_life`` of another: 1 at zero and below, null where there is none."""

    of: Any
    half_life: float

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        import pyarrow.compute as pc

        ages = pc.max_element_wise(self.of(batch), 0.0, skip_nulls=False)
        return pc.power(2.0, pc.negate(pc.divide(ages, self.half_life)))


@dataclass(frozen=True)
class AtMost:
    """Whether a number is at most a bound; null is not."""

    of: Any
    bound: float

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow.compute as pc

        return pc.less_equal(self.of(batch), self.bound).fill_null(False)


@dataclass(frozen=True)
class All:
    """Whether all flags are set; null is not."""

    flags: tuple[Any, ...]

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow.compute as pc

        return reduce(pc.and_, (flag(batch).fill_null(False) for flag in self.flags))


@dataclass(frozen=True)
class Differ:
    """Whether two columns hold different texts; null is not."""

    one: str
    other: str

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow.compute as pc

        return pc.not_equal(read_texts(batch.column(self.one)), read_texts(batch.column(self.other))).fill_null(False)


@dataclass(frozen=True)
class Unreadable:
    """Whether a present text is no value of a logical type."""

    name: str
    kind: str
    missing: tuple[str, ...] = ()

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow.compute as pc

        values = batch.column(self.name)
        if self.kind in ("date", "timestamp"):
            read = read_times(values).is_valid()
        elif self.kind == "boolean":
            read = pc.match_substring_regex(read_texts(values), "(?i)^(true|false)$").fill_null(False)
        else:
            numbers = read_numbers(values)
            read = numbers.is_valid()
            if self.kind == "integer":
                read = pc.and_(read, pc.equal(numbers, pc.floor(numbers)).fill_null(False))
        return pc.and_(find_present(values, self.missing), pc.invert(read))
