"""Compressed streams give every byte before a break, unpack long windows, and stop where they are bombs."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest
import zstandard

from resonance.core.settings import IngestSettings
from resonance.curate.sources import streams
from resonance.curate.sources.read import Read
from resonance.curate.sources.row import Fields, Unit
from resonance.curate.sources.streams import HEAD_BYTES, chunks, read_head


def unit(path: Path, codec: str, format: str = "jsonl") -> Unit:
    return Unit(str(path), path.name, path.name, format, codec, 0, path.stat().st_size, 0)


@pytest.mark.parametrize("codec", ["gzip", "zstd"])
def test_a_cut_stream_gives_every_byte_before_the_cut(tmp_path: Path, codec: str) -> None:
    words = Random(1)
    data = b"".join(json.dumps({"text": f"text {words.random()}"}).encode() + b"\n" for n in range(40_000))
    whole = gzip.compress(data) if codec == "gzip" else pa.compress(data, codec="zstd", asbytes=True)
    path = tmp_path / "cut"
    path.write_bytes(whole[: len(whole) // 2])
    got: list[bytes] = []
    with pytest.raises(OSError, match="Truncated"):
        got.extend(chunks(unit(path, codec)))
    served = b"".join(got)
    assert data.startswith(served)
    assert len(served) > len(data) // 3
    if codec == "gzip":
        assert served == zlib.decompressobj(31).decompress(path.read_bytes())


def test_a_stream_of_two_gzip_members_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "two.gz"
    path.write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))
    assert b"".join(chunks(unit(path, "gzip"))) == b"one\ntwo\n"


def pack_long(data: bytes, window_log: int) -> bytes:
    settings = zstandard.ZstdCompressionParameters(window_log=window_log, enable_ldm=True, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    return packer.compress(data) + packer.flush()


def test_long_windows_of_zstd_are_read_also_behind_short_ones_and_a_cut_is_told(tmp_path: Path) -> None:
    path, words = tmp_path / "long.zst", Random(2).randbytes(300_000)
    long = pack_long(words, 31)
    path.write_bytes(zstandard.compress(b"short ") + long + pack_long(b"more", 28))
    assert b"".join(chunks(unit(path, "zstd"))) == b"short " + words + b"more"
    path.write_bytes(long[:-1000])
    with pytest.raises(OSError, match="Truncated"):
        list(chunks(unit(path, "zstd")))


def test_a_window_beyond_the_limit_says_what_helps(tmp_path: Path) -> None:
    path = tmp_path / "longer.jsonl.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd\x00\xc8" + b"\1\0\0")  # a frame that asks for a window of 2**35 bytes
    (row,) = Read(Fields.of(IngestSettings())).rows(unit(path, "zstd"))
    assert row.rule == "broken_file"
    assert "compress it again with --long=31 or less" in (row.detail or "")


@pytest.mark.parametrize("codec", ["gzip", "zstd"])
def test_a_bomb_stops_at_the_limit_and_keeps_the_rows_before(tmp_path: Path, codec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "UNPACKED_FREE", 48 << 20)
    pack = gzip.compress if codec == "gzip" else zstandard.compress
    path = tmp_path / "bomb"
    path.write_bytes(pack(b'{"text": "before"}\n') + pack(bytes(16 << 20)) * 4)
    first, last = Read(Fields.of(IngestSettings())).rows(unit(path, codec))
    assert (first.text, last.rule, last.text) == ("before", "broken_file", None)
    assert "more than 250 times its size" in (last.detail or "")
    served: list[int] = []
    with pytest.raises(OSError, match="250 times"):
        served.extend(map(len, chunks(unit(path, codec))))
    assert (48 << 20) - streams.CHUNK_BYTES <= sum(served) <= 48 << 20
    path.write_bytes(pack(bytes(16 << 20)))
    assert sum(map(len, chunks(unit(path, codec)))) == 16 << 20, "small files are no danger"


def test_the_head_of_a_stream_is_of_one_size_whatever_the_chunks() -> None:
    data = Random(3).randbytes(2 * HEAD_BYTES)
    for step in (999, HEAD_BYTES, len(data)):
        head, stream = read_head(iter([data[start : start + step] for start in range(0, len(data), step)]))
        assert (head, b"".join(stream)) == (data[:HEAD_BYTES], data)
    assert read_head(iter([b"short"]))[0] == b"short"


def test_a_break_among_the_first_bytes_is_raised_behind_what_came_before() -> None:
    def breaks() -> Iterator[bytes]:
        yield b"before"
        raise OSError("broken")

    head, stream = read_head(breaks())
    assert (head, next(stream)) == (b"before", b"before")
    with pytest.raises(OSError, match="broken"):
        next(stream)
