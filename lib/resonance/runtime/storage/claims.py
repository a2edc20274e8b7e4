"""What contracts claim of every row, asked of the narrow columns of a small file: no engine plans a query for some rows.

Claims are conditions in Spark SQL. Only those are answered whose words mean the same everywhere: comparisons of whole numbers,
equal strings, lengths in bytes, nulls, AND, OR and NOT. Spark's answer counts, so all others are the engine's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MOST_ROWS = 100_000
"""Files of more rows are the engine's."""
WORD = r"""
    \s*(?:(?P<text>'[^'\\]*')
    |(?P<number>\d{1,18}(?![\w.]))
    |(?P<name>[A-Za-z_]\w*|`[^`]+`)
    |(?P<sign><>|<=|>=|[=<>(),]))
"""
TOKENS = re.compile(WORD, re.VERBOSE)
COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": pc.equal,
    "<>": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
LIKE_BYTES = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)


class UnknownWordError(Exception):
    """A claim says something that is the engine's to answer."""


def find_broken(files: Sequence[Any], claims: Mapping[str, str]) -> dict[str, bool]:
    """Whether a row of these files breaks a claim, by the claim's name: for the claims that can be answered here.

    ``files`` are paths, or what pyarrow reads besides. A row for which a claim is null breaks it.
    """
    if sum(pq.read_metadata(file).num_rows for file in files) > MOST_ROWS:
        return {}
    answered: dict[str, bool] = {}
    for name, claim in claims.items():
        try:
            answered[name] = any(not _holds(file, claim) for file in files)
        except UnknownWordError:
            continue
    return answered


def _holds(file: Any, claim: str) -> bool:
    parser = _Claim(file, claim)
    found = parser.read()
    return bool(pc.all(pc.fill_null(found, False)).as_py())


class _Claim:
    """Reads a claim from left to right, and answers each part of it as an array of one value a row."""

    def __init__(self, file: Any, claim: str) -> None:
        self._file = pq.ParquetFile(file)
        self._names = set(self._file.schema_arrow.names)
        self._left = _split(claim)

    def read(self) -> Any:
        """The claim, true, false or null for each row."""
        found = self._any_of()
        if self._left or not isinstance(found, pa.ChunkedArray):
            raise UnknownWordError(" ".join(self._left) or "no column")
        return self._check(found, pa.types.is_boolean)

    def _any_of(self) -> Any:
        found = self._all_of()
        while self._take("OR"):
            found = pc.or_kleene(self._check(found, pa.types.is_boolean), self._check(self._all_of(), pa.types.is_boolean))
        return found

    def _all_of(self) -> Any:
        found = self._maybe_not()
        while self._take("AND"):
            found = pc.and_kleene(self._check(found, pa.types.is_boolean), self._check(self._maybe_not(), pa.types.is_boolean))
        return found

    def _maybe_not(self) -> Any:
        return pc.invert(self._check(self._maybe_not(), pa.types.is_boolean)) if self._take("NOT") else self._compared()

    def _compared(self) -> Any:
        value = self._value()
        if self._take("IS"):
            wanted = not self._take("NOT")
            self._expect("NULL")
            return pc.is_null(value) if wanted else pc.is_valid(value)
        if self._take("IN"):
            self._expect("(")
            found = _compare("=", value, self._value())
            while self._take(","):
                found = pc.or_kleene(found, _compare("=", value, self._value()))
            self._expect(")")
            return found
        if self._take("BETWEEN"):
            low = _compare(">=", value, self._value())
            self._expect("AND")
            return pc.and_kleene(low, _compare("<=", value, self._value()))
        sign = next((sign for sign in COMPARE if self._take(sign)), None)
        return value if sign is None else _compare(sign, value, self._value())

    def _value(self) -> Any:
        if self._take("("):
            found = self._any_of()
            self._expect(")")
            return found
        if not self._left:
            raise UnknownWordError("nothing")
        word = self._left.pop(0)
        if word.startswith("'"):
            return pa.scalar(word[1:-1])
        if word.isdigit():
            return pa.scalar(int(word))
        if word == "octet_length":
            self._expect("(")
            held = self._column(self._left.pop(0) if self._left else "")
            self._expect(")")
            return pc.binary_length(self._check(held, *LIKE_BYTES))
        return self._column(word)

    def _column(self, word: str) -> Any:
        name = word.strip("`")
        if name not in self._names:
            raise UnknownWordError(word)
        return self._file.read([name]).column(name)

    def _check(self, found: Any, *kinds: Callable[[Any], bool]) -> Any:
        if not any(is_kind(found.type) for is_kind in kinds):
            raise UnknownWordError(str(found.type))
        return found

    def _take(self, word: str) -> bool:
        if self._left and self._left[0].upper() == word:
            self._left.pop(0)
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise UnknownWordError(self._left[0] if self._left else "nothing")


def _compare(sign: str, one: Any, other: Any) -> Any:
    """Whole numbers in any order; strings only for being equal, as orders of strings are the engine's."""
    both = (one.type, other.type)
    if all(map(pa.types.is_integer, both)) or (sign in ("=", "<>") and all(map(_is_text, both))):
        return COMPARE[sign](one, other)
    raise UnknownWordError(sign)


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _split(claim: str) -> list[str]:
    words, place, claim = [], 0, claim.strip()
    while place < len(claim):
        found = TOKENS.match(claim, place)
        if found is None:
            raise UnknownWordError(claim[place:])
        words.append(found[found.lastgroup or 0])
        place = found.end()
    return words
