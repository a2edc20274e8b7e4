"""Inputs in buckets: an address of a folder, an object or a pattern becomes objects, each with its name below the input."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from resonance.core.errors import InputError
from resonance.core.objects import Address, Found, find_object, list_objects, parse_address

LOG = "_delta_log"
"""The folder of a Delta table that holds its log."""


class InBucket(NamedTuple):
    """Objects that an address leads to: below ``root``, which the user wrote as ``shown``."""

    root: Address
    shown: str
    objects: list[Found]

    def name(self, found: Found) -> str:
        """The name of one of them, relative to the input."""
        return found.key[len(self.root.key) :].lstrip("/")


def find_in_bucket(given: str) -> InBucket:
    """The objects below an address, or the one of this key, or those that it names as a pattern; none that are hidden, or only
    stand for a folder (nothing in them, and no extension).

    Raises:
        InputError: it names no bucket, or a table lies in it.
        StorageError: the bucket cannot be read.
    """
    address, shown = parse_address(given), given.rstrip("/")
    inside = list(list_objects(address))
    if not inside and (one := find_object(address)) is not None:
        return InBucket(_above(address, 1), shown.rpartition("/")[0], [one])
    parts = address.key.split("/")
    fixed = next((place for place, part in enumerate(parts) if glob.has_magic(part)), None)
    if inside or fixed is None:
        return _leave_out_hidden(InBucket(address, shown, inside), ())
    root = _above(address, len(parts) - fixed)
    return _leave_out_hidden(InBucket(root, "/".join(shown.split("/")[: 3 + fixed]), list(list_objects(root))), parts[fixed:])


def list_log(given: str) -> list[tuple[str, int]]:
    """The files of the log of a Delta table at this address, with their sizes; none where no table is there.

    Raises:
        StorageError: the bucket cannot be read.
    """
    found = list_objects(parse_address(given), LOG)
    return [(about.key.rpartition("/")[2], about.size) for about in found if about.key.endswith(".json")]


def reads_below(given: str, folder: Address, name: str) -> bool:
    """Whether an input of this address lies in a folder of a bucket or of HDFS, or would read a file of this name there."""
    address = parse_address(given)
    if (address.scheme, address.bucket) != (folder.scheme, folder.bucket):
        return False
    asked, place = list(filter(None, address.key.split("/"))), folder.key.split("/")
    fixed = next((number for number, part in enumerate(asked) if glob.has_magic(part)), len(asked))
    if asked[:fixed][: len(place)] == place:
        return True
    return asked[:fixed] == place[:fixed] and matches([*place[fixed:], name], asked[fixed:])


def matches(names: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a pattern names these folders and this file, or a folder of them; ``**`` is any number of folders."""
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(matches(names[skipped:], pattern[1:]) for skipped in range(len(names) + 1))
    return bool(names) and fnmatchcase(names[0], pattern[0]) and matches(names[1:], pattern[1:])


def _leave_out_hidden(found: InBucket, pattern: Sequence[str]) -> InBucket:
    named = [(about, found.name(about).split("/")) for about in found.objects]
    asked = [(about, parts) for about, parts in named if matches(parts, pattern)]
    if table := next((parts for _, parts in asked if LOG in parts), None):
        place = "/".join([found.shown, *table[: table.index(LOG)]])
        raise InputError(f"ingest: {place} is a Delta table, whose folder also holds deleted rows; give it as an input of its own")
    texts = [(about, parts) for about, parts in asked if about.size or "." in parts[-1]]
    return found._replace(objects=[about for about, parts in texts if not any(part.startswith((".", "_")) for part in parts)])


def _above(address: Address, many: int) -> Address:
    return address._replace(key="/".join(address.key.split("/")[:-many]))
