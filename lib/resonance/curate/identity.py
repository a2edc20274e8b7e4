"""Who a document is: ids made of content alone, as Spark expressions; and the hash of texts in a Python pass."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F

BUCKETS = 4096
HASH_BYTES = 16


def doc_id(source: Column, key: Column) -> Column:
    """First 128 bits of sha256(source, NUL, key). ``source`` holds no NUL, so that no two pairs read the same."""
    return _first_128_bits(F.concat(source, F.lit("\0"), key))


def content_hash(text: Column) -> Column:
    """First 128 bits of sha256 of the UTF-8 text."""
    return _first_128_bits(text)


def hashes(texts: Any) -> Any:
    """``content_hash`` of each text of an Arrow string array; null for a null."""
    from resonance.curate.kernels.text.scan import spans

    data, starts, ends = spans(texts)
    view = memoryview(data.data)
    digests = [sha256(view[start:end]).digest()[:HASH_BYTES] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return pa.array(digests, pa.binary(), mask=texts.is_null().to_numpy(zero_copy_only=False))


def bucket(id: Column) -> Column:
    """The bucket of an id, 0 to 4095: tables are clustered by it."""
    return F.pmod(F.xxhash64(id), F.lit(BUCKETS)).cast("int")


def _first_128_bits(value: Column) -> Column:
    return F.unhex(F.substring(F.sha2(value.cast("binary"), 256), 1, 32))
