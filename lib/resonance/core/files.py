"""Folders by names that every engine takes for a path: not for a pattern, an address, or letters that a locale lacks."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from resonance.core.errors import SetupError

PLAIN = re.compile(r"[A-Za-z0-9_./-]+")


def plain_path(folder: Path) -> Path:
    """``folder`` itself where its name is plain; else a link of this user's, below the temporary folder, that leads to it;
    a folder that such a link leads to is made where it is not there.

    Engines read ``*``, ``[a]`` and ``{a,b}`` in a path as patterns, ``%20`` and spaces as parts of an address.
    """
    whole = folder.absolute()
    if PLAIN.fullmatch(str(whole)):
        return whole
    home = Path(tempfile.gettempdir()).resolve() / f"resonance-{os.getuid()}"
    try:
        home.mkdir(mode=0o700, exist_ok=True)
        about = home.lstat()
        if about.st_uid != os.getuid() or home.is_symlink():
            raise OSError(f"{home} belongs to another user")
        whole.mkdir(parents=True, exist_ok=True)
        link = home / hashlib.sha256(os.fsencode(whole)).hexdigest()[:16]
        if not link.is_symlink():
            draft = home / f"{link.name}-{os.getpid()}"
            draft.symlink_to(whole)
            draft.replace(link)
    except OSError as error:
        raise SetupError(f"the folder {whole} has a name that engines misread, and no link to it can be made: {error}") from error
    return link
