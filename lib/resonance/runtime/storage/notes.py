"""What every commit of a table says of itself: who made it, with which code, in which run and why."""

from __future__ import annotations

import getpass
import json
import os
import uuid
from collections.abc import Mapping

from resonance.core.packages import name_software

PROCESS = uuid.uuid4().hex
"""The run of commits that no step makes: all of one process are one."""


def sign_note(note: Mapping[str, object]) -> dict[str, object]:
    """The note of a commit with its author and code; where the writer names no reason or run, its job and this process."""
    own = {"author": name_author(), "code": name_software(), "run": PROCESS}
    return {**own, **({"reason": note["job"]} if "job" in note else {}), **note}


def write_note(note: Mapping[str, object], **more: object) -> str:
    """A note as logs hold it: JSON, signed."""
    return json.dumps({**sign_note(note), **more}, sort_keys=True)


def name_author() -> str:
    """Who runs this process: the name of the user, its number where it has no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run a user that its system does not list
        return f"user {os.getuid()}"
