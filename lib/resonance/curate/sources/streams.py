"""The bytes of a file, decompressed, in pieces: no file is held whole, and none unpacks without end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

import pyarrow as pa

from resonance.core.objects import is_elsewhere, open_bytes
from resonance.curate.sources.encodings import HEAD_BYTES
from resonance.curate.sources.row import Unit

CHUNK_BYTES = 256 << 10
UNPACKED_TIMES = 250
"""Text packs to a hundredth at most, machine logs included; what was made to fill a disk packs to a thousandth."""
UNPACKED_FREE = 1 << 30
"""Small files of one letter are no danger: so many bytes may come from any."""
ZSTD_WINDOW = 1 << 31
"""What ``zstd --long=31`` asks for, the most that zstd knows: a file that was packed so takes so much memory while it is read."""
ZSTD_PIECE = 2 << 10
"""Bytes that are unpacked at a time where windows are long: so many may become 64 MB."""


def chunks(unit: Unit) -> Iterator[bytes]:
    """The bytes of a file, decompressed. A broken stream yields all that comes before the break, then raises OSError."""
    if unit.codec:
        served, most = 0, max(UNPACKED_FREE, UNPACKED_TIMES * unit.stop)
        for chunk in _decompress(unit):
            served += len(chunk)
            if served > most:
                raise OSError(f"it unpacks to more than {UNPACKED_TIMES} times its size; unpack it first, if it is no bomb")
            yield chunk
        return
    with open_bytes(unit.path) as file:
        file.seek(max(unit.start - 1, 0))
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def read_head(stream: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes of a stream, ``HEAD_BYTES`` where there are as many, and the whole stream.

    A break among the first bytes is raised where the stream gets to it.
    """
    held, size, broken = [], 0, None
    try:
        for chunk in stream:
            held.append(chunk)
            size += len(chunk)
            if size >= HEAD_BYTES:
                break
    except OSError as error:
        broken = error
    return b"".join(held)[:HEAD_BYTES], chain(held, stream if broken is None else _raise(broken))


def _raise(error: OSError) -> Iterator[bytes]:
    raise error
    yield b""


def _decompress(unit: Unit) -> Iterator[bytes]:
    served = 0
    try:
        with _unpack(unit) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                served += len(chunk)
                yield chunk
    except OSError as error:
        if "too much memory" in str(error):
            yield from _skip(served, _decompress_long(unit))
            return
        yield _before_break(unit, served)
        raise


def _unpack(unit: Unit) -> pa.CompressedInputStream:
    packed = pa.PythonFile(open_bytes(unit.path), mode="r") if is_elsewhere(unit.path) else pa.OSFile(unit.path)
    return pa.CompressedInputStream(packed, unit.codec)


def _decompress_long(unit: Unit) -> Iterator[bytes]:
    """What zstd packed with a long window, frame by frame."""
    import zstandard

    frame = None
    with open_bytes(unit.path) as file:
        while piece := file.read(ZSTD_PIECE):
            while piece:
                frame = frame or zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
                try:
                    made = frame.decompress(piece)
                except zstandard.ZstdError as error:
                    raise OSError(str(error)) from None
                piece = frame.unused_data if frame.eof else b""
                frame = None if frame.eof else frame
                if made:
                    yield made
    if frame is not None:
        raise OSError("Truncated compressed stream")


def _skip(many: int, stream: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in stream:
        yield chunk[many:]
        many = max(many - len(chunk), 0)


def _before_break(unit: Unit, served: int) -> bytes:
    """What a broken stream still gives behind the ``served`` bytes: read anew, byte by byte at the end."""
    last = bytearray()
    with suppress(OSError), _unpack(unit) as stream:
        while served > 0 and (chunk := stream.read(min(CHUNK_BYTES, served))):
            served -= len(chunk)
        while byte := stream.read(1):
            last += byte
    return bytes(last)
