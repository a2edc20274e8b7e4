"""PDFium in a process of its own: a file that makes it crash, loop or fill memory ends that process, and costs its own row only.

PDFium is not safe in threads either, and both engines may read several files at a time in one process.
"""

from __future__ import annotations

import json
import os
import re
import select
import struct
import sys
import threading
import time
from contextlib import suppress
from typing import IO, Any

from resonance.core.processes import start_python, take_output

SECONDS = 300.0
"""A page takes milliseconds: what takes longer than this goes round in circles."""
MEMORY = 4 << 30
"""Bytes of address space that the process may ask for."""
PIECE = 1 << 20
HYPHEN = re.compile("[\x02\ufffe]\n?")
"""What stands for a hyphen that only the end of a line put there."""
DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)?(\d\d)?)?([Z+-])?(?:(\d\d)'?(\d\d)?)?")
PASSWORD = 4
_idle: list[PdfProcess] = []
_lock = threading.Lock()


class PdfProcess:
    """A process that reads one file after another, until its input ends."""

    def __init__(self) -> None:
        self._process = start_python("from resonance.curate.sources.pdf_process import serve; serve()")

    def ask(self, asked: dict[str, Any], seconds: float) -> dict[str, Any]:
        """What the process says of a file.

        Raises:
            EOFError: it ended.
            TimeoutError: it took too long.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()
        until = time.monotonic() + seconds
        (size,) = struct.unpack("<q", _receive(self._process.stdout, 8, until))
        said: dict[str, Any] = json.loads(_receive(self._process.stdout, size, until))
        return said

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        self._process.wait()


def ask_pdf(path: str, most_pages: int, most_bytes: int, seconds: float = SECONDS) -> dict[str, Any]:
    """What a PDF file holds: ``text`` and ``about``, or the ``rule`` that cuts it with ``detail``, ``value`` and ``threshold``."""
    with _lock:
        process = _idle.pop() if _idle else PdfProcess()
    try:
        said = process.ask({"path": path, "pages": most_pages, "bytes": most_bytes}, seconds)
    except BaseException as error:
        process.close()
        if isinstance(error, TimeoutError):
            return {"rule": "broken_file", "detail": f"PDFium had not read it after {seconds:,.0f} seconds"}
        if isinstance(error, EOFError):
            return {"rule": "broken_file", "detail": "the process in which PDFium read it crashed, or ran out of memory"}
        raise
    with _lock:
        _idle.append(process)
    return said


def serve() -> None:
    """The life of the process."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    made = take_output()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        said = json.dumps(read_pdf(asked["path"], asked["pages"], asked["bytes"]), ensure_ascii=True).encode()
        made.write(struct.pack("<q", len(said)) + said)
        made.flush()


def read_pdf(path: str, most_pages: int, most_bytes: int) -> dict[str, Any]:
    """As ``ask_pdf``, in this process."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == PASSWORD:
            return {"rule": "encrypted", "detail": "it asks for a password"}
        return {"rule": "broken_file", "detail": "PDFium finds no PDF in it that it can read"}
    pages = len(document)
    if pages > most_pages:
        return _cut("too_many_pages", pages, most_pages, "more pages than a document may have")
    texts, size = [], 0
    for number in range(pages):
        try:
            text = document[number].get_textpage().get_text_range(errors="replace")
        except pypdfium2.PdfiumError:
            return {"rule": "broken_file", "detail": f"page {number + 1} of {pages} cannot be read"}
        texts.append(HYPHEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip())
        size += len(texts[-1].encode("utf-8", "replace")) + 2
        if size > most_bytes:
            return _cut("too_long", size, most_bytes, "more bytes than ingest.max_text_bytes")
    known = document.get_metadata_dict()
    about = {"title": known["Title"], "date": read_date(known["CreationDate"]), "pages": pages}
    document.close()
    return {"text": "\n\n".join(filter(None, texts)), "about": about}


def read_date(said: str) -> str | None:
    """A date as PDF writes it (ISO 32000-1, 7.9.4) in the form of ISO 8601; None where it is none."""
    found = DATE.match(said)
    if found is None:
        return None
    year, month, day, hour, minute, second, sign, hours, minutes = found.groups()
    date = f"{year}-{month or '01'}-{day or '01'}"
    zone = "" if sign is None else "Z" if sign == "Z" or hours is None else f"{sign}{hours}:{minutes or '00'}"
    return f"{date}T{hour}:{minute or '00'}:{second or '00'}{zone}" if hour else date


def _cut(rule: str, value: float, threshold: float, detail: str) -> dict[str, Any]:
    return {"rule": rule, "value": float(value), "threshold": float(threshold), "detail": detail}


def _receive(pipe: IO[bytes], size: int, until: float) -> bytes:
    held = bytearray()
    while len(held) < size:
        ready, _, _ = select.select([pipe], [], [], max(until - time.monotonic(), 0))
        if not ready:
            raise TimeoutError
        piece = os.read(pipe.fileno(), min(size - len(held), PIECE))
        if not piece:
            raise EOFError
        held += piece
    return bytes(held)
