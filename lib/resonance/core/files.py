"""Folders by names that every engine takes for a path: not for a pattern, an address, or letters that a locale lacks."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import sys
import tempfile
import uuid
from pathlib import Path

from resonance.core.errors import InputError, SetupError
from resonance.core.objects import open_bytes

LOCK = ".resonance.lock"
"""The file that a writer of a workspace holds; it stays, and so also marks a folder as a workspace."""
PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
MISREAD = re.compile(r"%[0-9A-Fa-f]{2}|[\\\x00-\x1f\x7f]")
"""What delta-rs reads as another letter, as the end of a name, or not at all: its paths are those of addresses."""
NO_APPEND = (errno.ESPIPE, errno.ENOTSUP, errno.ENOSYS)
"""What a file system says where files are written once, in order, and nothing is added to them: a volume of a platform."""
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS)
"""What a file system says that makes no second name of a file."""
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def plain_path(folder: Path) -> Path:
    """``folder`` itself where all names in it are plain; else below a link of this user's that leads to the last one that is not.

    The link lies below the temporary folder; what it leads to is made where it is not there. Engines read ``*``, ``[a]`` and
    ``{a,b}`` in a path as patterns, ``%20`` and spaces as parts of an address, and ``..`` without a look at links.
    """
    whole = folder.absolute()
    if ".." in whole.parts:
        whole = whole.resolve()
    odd = [place for place, part in enumerate(whole.parts[1:], 2) if not PLAIN.fullmatch(part)]
    return _link(Path(*whole.parts[: odd[-1]])).joinpath(*whole.parts[odd[-1] :]) if odd else whole


def named_folder(given: Path | str, use: str) -> Path:
    """The folder that a user names for a ``use``, there or not yet, as an absolute path.

    Raises:
        InputError: it is an address, another user's home that nobody knows, or no folder.
    """
    if ADDRESS.match(str(given)) and not os.path.lexists(given):
        other = ", or keep tables there (--set tables=ADDRESS) and the rest in a folder" if use == "workspace" else ""
        raise InputError(f"{use}: {given} is no folder of this machine; mount it as one, and name it by its path{other}")
    try:
        folder = Path(given).expanduser().absolute()
    except RuntimeError as error:
        raise InputError(f"{use}: {given}: {error} Write the path without ~") from None
    refuse_unreadable(str(folder), use)
    if os.path.lexists(folder) and not folder.is_dir():
        raise InputError(f"{use}: {given} is no folder; name one that is there, or not yet")
    return folder


def refuse_escaped(folder: Path, use: str) -> None:
    """Raise InputError where a path holds ``%20``, a backslash or a newline: delta-rs follows all links, and then misreads it."""
    if found := MISREAD.search(os.path.realpath(folder)):
        raise InputError(f"{use}: {folder} holds {found[0]!r} in its path, which Delta misreads; rename it")


def refuse_unreadable(name: str, use: str) -> None:
    """Raise InputError where a name holds bytes that are no letters: engines, tables and logs hold names as text."""
    if fault := find_odd_bytes(name):
        raise InputError(f"{use}: the name '{show_name(name)}' {fault}")


def find_odd_bytes(name: str) -> str:
    """What is wrong with a name that holds bytes that are no letters, and what to do; empty where it holds none."""
    try:
        name.encode()
    except UnicodeEncodeError:
        coding = sys.getfilesystemencoding()
        advice = "rename it" if coding == "utf-8" else f"or not in this locale ({coding}): rename it, or set LC_ALL=C.UTF-8"
        return f"is not UTF-8; {advice}"
    return ""


def show_name(name: str) -> str:
    """A name as text, with ``\\xff`` for a byte that is no letter."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def hash_file(file: str | Path) -> str | None:
    """The SHA-256 of a file, or of an object by its address, in hexadecimal digits; None where it cannot be read."""
    try:
        with open_bytes(str(file)) as held:
            return hashlib.file_digest(held, "sha256").hexdigest()
    except OSError:
        return None


def add_line(file: Path, line: str) -> None:
    """Add a line to a file, after one that a full disk cut off too; where nothing can be added, the file is written anew."""
    try:
        with file.open("ab+") as held:
            broken = held.tell() > 0 and (held.seek(-1, os.SEEK_END), held.read(1))[1] != b"\n"
            held.write((b"\n" if broken else b"") + line.encode() + b"\n")
    except OSError as error:
        if not refuses_append(error):
            raise
        before = file.read_bytes() if file.exists() else b""
        file.write_bytes(before + (b"" if before.endswith(b"\n") or not before else b"\n") + line.encode() + b"\n")


def refuses_append(error: OSError) -> bool:
    """Whether a file system says by this error that nothing is added to its files."""
    return isinstance(error, io.UnsupportedOperation) or error.errno in NO_APPEND


def own_folder() -> Path:
    """A folder below the temporary one, or another of a plain name where that has none, that no other user can write.

    Raises:
        OSError: another user took its name.
    """
    places = [Path(os.path.realpath(place)) for place in (tempfile.gettempdir(), "/tmp", "/var/tmp")]
    plain = (place for place in places if all(map(PLAIN.fullmatch, place.parts[1:])) and os.access(place, os.W_OK))
    home = next(plain, places[0]) / f"resonance-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    if home.lstat().st_uid != os.getuid() or home.is_symlink():
        raise OSError(f"{home} belongs to another user")
    return home


def _link(odd: Path) -> Path:
    try:
        odd.mkdir(parents=True, exist_ok=True)
        home = own_folder()
        link = home / hashlib.sha256(os.fsencode(odd)).hexdigest()[:16]
        if not link.is_symlink():
            draft = home / f"{link.name}-{uuid.uuid4().hex}"  # threads of one process may make it at once
            draft.symlink_to(odd)
            draft.replace(link)
    except OSError as error:
        raise SetupError(f"the folder {odd} has a name that engines misread, and no link to it can be made: {error}") from error
    return link
