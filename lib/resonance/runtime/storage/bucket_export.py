"""Exports in buckets, where nothing can be renamed: a manifest says which objects are one, and changes in one request.

Workers write below a folder that readers of sources pass over. What is whole is copied by the storage under its own names, beside
the earlier export; this goes when all copies are there.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from resonance.core.buckets import reads_below
from resonance.core.errors import BusyError, InputError
from resonance.core.objects import (
    SECOND,
    Address,
    Found,
    copy_object,
    find_object,
    is_address,
    is_elsewhere,
    list_objects,
    open_bytes,
    parse_address,
    put_object,
    remove_objects,
)

STAGED = "_resonance_writing-"
"""What a folder of parts begins with that no export holds yet."""
DAY = 24 * 3600 * SECOND


@dataclass(frozen=True)
class Held:
    """What lies at the address of an export: objects of an earlier one, the tag of its manifest, and staged parts."""

    tag: str | None
    objects: Sequence[Found]
    staged: Sequence[Found]


def check_address(target: str, name: str, inputs: Sequence[str], tables: str, manifest: str, made_by: str) -> None:
    """Raise unless an export may be written at this address, of a bucket or of HDFS; a part of it is called so.

    Raises:
        InputError: it lies among the inputs or the tables, or holds what is no earlier export of ours.
        StorageError: the bucket, or the cluster, cannot be read.
    """
    address = parse_address(target)
    if not address.key:
        whole = "bucket" if is_address(target) else "cluster"
        raise InputError(f"export: {target} is a whole {whole}; name a folder in it")
    if is_elsewhere(tables) and _is_inside(address, parse_address(tables)) | _is_inside(parse_address(tables), address):
        raise InputError(f"export: {target} lies among the tables ({tables}), or holds them; name another folder")
    if given := next((given for given in inputs if is_elsewhere(given) and reads_below(given, address, name)), None):
        raise InputError(f"export: {target} lies among the inputs ({given}), or holds them; name another folder")
    look_at(target, manifest, made_by)


def look_at(target: str, manifest: str, made_by: str) -> Held:
    """What lies there, in a bucket or on HDFS.

    Raises:
        InputError: something is no earlier export of ours, or was changed since.
        StorageError: the bucket, or the cluster, cannot be read.
    """
    address = parse_address(target)
    about = find_object(address.below(manifest))
    ours = None if about is None else _read_files(address.below(manifest), made_by)
    parts, staged = [], []
    for found in list_objects(address):
        name = found.key[len(address.key) + 1 :]
        if name.startswith(STAGED):
            staged.append(found)
        elif ours is not None and name in ours and ours[name] in (None, [found.size, found.tag]):
            parts.append(found)
        elif ours is None or name != manifest:
            raise InputError(f"export: {target} holds {name!r}, which is not as an export left it; name an empty or a new folder")
    return Held(None if about is None else about.tag, parts, staged)


@dataclass(frozen=True)
class BucketExport:
    """An export that is being made at an address.

    Args:
        manifest: name of the object that lists an export.
        made_by: what makes it, as the manifest says.
    """

    target: str
    manifest: str
    made_by: str
    held: Held
    run: str

    @classmethod
    def begin(cls, target: str, manifest: str, made_by: str) -> BucketExport:
        """An export that takes the place of what lies there, if that is an earlier one. What was staged more than a day before the
        newest object, by the storage's clock, is gone: nobody writes it any more.
        """
        held = look_at(target, manifest, made_by)
        begun = cls(target, manifest, made_by, held, uuid.uuid4().hex)
        now = max((found.modified for found in (*held.objects, *held.staged)), default=0)
        old = [found.key for found in held.staged if found.modified < now - DAY]
        remove_objects(parse_address(target).bucket, old)
        return begun

    @property
    def folder(self) -> str:
        """Where workers write."""
        return str(parse_address(self.target).below(f"{STAGED}{self.run}"))

    def publish(self, names: Sequence[str], format: str) -> None:
        """Have these objects of the folder be the export, in this order, in place of the earlier one.

        Raises:
            BusyError: another process has published one meanwhile.
            StorageError: the bucket cannot be written.
        """
        address, staged = parse_address(self.target), parse_address(self.folder)
        parts = {f"part-{place:05d}-{self.run[:8]}.{format}": name for place, name in enumerate(names)}
        old = {found.key[len(address.key) + 1 :]: None for found in self.held.objects}
        tag = self._write_manifest(dict.fromkeys(parts) | old, self.held.tag)
        for part, name in parts.items():
            copy_object(staged.below(name), address.below(part).key)
        remove_objects(address.bucket, [found.key for found in self.held.objects])
        made = {part: find_object(address.below(part)) for part in parts}
        self._write_manifest({part: [about.size, about.tag] for part, about in made.items() if about}, tag)

    def clear(self) -> None:
        """Remove what workers wrote."""
        staged = parse_address(self.folder)
        remove_objects(staged.bucket, [found.key for found in list_objects(staged)])

    def _write_manifest(self, files: Mapping[str, Any], over: str | None) -> str:
        whole = None not in files.values()
        content = json.dumps({"made_by": self.made_by, "whole": whole, "files": files}, indent=1).encode()
        try:
            return put_object(parse_address(self.target).below(self.manifest), content, over)
        except FileExistsError:
            raise BusyError(f"export: another process exports to {self.target}; run the command again at its end") from None


def _read_files(manifest: Address, made_by: str) -> dict[str, Any] | None:
    """The objects of an export by its manifest, each with its size and tag, or None while it is being replaced; None where the
    manifest is none of ours.
    """
    with suppress(OSError, ValueError, KeyError, TypeError), open_bytes(str(manifest)) as file:
        said = json.load(file)
        return dict(said["files"]) if said["made_by"] == made_by else None
    return None


def _is_inside(one: Address, other: Address) -> bool:
    """Whether an address is another one, or below it."""
    same = (one.scheme, one.bucket) == (other.scheme, other.bucket)
    return same and f"{one.key}/".startswith(f"{other.key}/" if other.key else "")
