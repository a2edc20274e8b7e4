"""The files that reports are written to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from resonance.core.errors import InputError
from resonance.core.sources import lies_in


def check_file(file: str | Path, command: str, ends: Collection[str]) -> Path:
    """The file of a report, where its name says which form it has and its folder is there.

    Args:
        file: its path.
        command: what the error calls who writes it.
        ends: how its name may end.

    Raises:
        InputError: its name ends otherwise, or there is no such folder.
    """
    if Path(file).suffix.lower() not in ends:
        raise InputError(f"{command}: cannot write a report to {file}: its name must end in {', '.join(ends)}")
    return check_folder(file, command)


def check_folder(file: str | Path, command: str) -> Path:
    """A file that is to be written, where its folder is there: asked before the work whose outcome it is to hold.

    Raises:
        InputError: there is no such folder.
    """
    if not Path(file).parent.is_dir():
        raise InputError(f"{command}: cannot write {file}: there is no folder {Path(file).parent}")
    return Path(file)


def refuse_read(file: Path, command: str, read: Iterable[object]) -> None:
    """Refuse to write over what is read.

    Args:
        file: what is to be written.
        command: what the error calls who writes it.
        read: paths of what is read; others, such as frames, are passed over.

    Raises:
        InputError: the file is one of them, or lies in one.
    """
    for path in (Path(each) for each in read if isinstance(each, str | Path)):
        if lies_in(file, path):
            raise InputError(f"{command}: cannot write {file}: it is, or lies in, {path}, which is read; name another file")


def write_file(content: str, file: Path, command: str) -> None:
    """Write what a command was asked for.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        file.write_text(content, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{command}: cannot write {file}: {error.strerror}") from None
