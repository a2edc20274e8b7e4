"""Exports on HDFS: written into a folder beside the target, which then takes its name, as in a folder of this machine.

A rename there is whole or not at all, and fails where something has the name already: it decides which of two processes is first.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from resonance.core import hdfs
from resonance.core.errors import BusyError, InputError
from resonance.core.objects import Address, find_object, list_objects, parse_address, put_new
from resonance.runtime.storage.bucket_export import DAY, look_at


@dataclass(frozen=True)
class HdfsExport:
    """An export that is being made at an address.

    Args:
        manifest: name of the file that lists an export.
        made_by: what makes it, as the manifest says.
        earlier: when the manifest of the export was written that it takes the place of; None where there is none.
    """

    target: str
    manifest: str
    made_by: str
    earlier: str | None
    run: str

    @classmethod
    def begin(cls, target: str, manifest: str, made_by: str) -> HdfsExport:
        """An export that takes the place of what lies there, if that is an earlier one. What a killed process moved away comes
        back; what was written more than a day before the newest file beside the target is gone.
        """
        place = parse_address(target)
        above, _, own = place.key.rpartition("/")
        beside = {name: f"{above}/{name}".lstrip("/") for name in hdfs.list_names(place.bucket, above)}
        moved = [path for name, path in beside.items() if name.startswith(_lead("before", own))]
        if moved and own not in beside:
            hdfs.rename_path(place.bucket, moved.pop(), place.key)
        held = look_at(target, manifest, made_by)
        staged = [*moved, *(path for name, path in beside.items() if name.startswith(_lead("writing", own)))]
        times = {path: max((found.modified for found in list_objects(place._replace(key=path))), default=0) for path in staged}
        newest = max((*times.values(), *(found.modified for found in held.objects)), default=0)
        for path in (path for path, time in times.items() if time < newest - DAY):
            hdfs.remove_path(place.bucket, path)
        return cls(target, manifest, made_by, held.tag, uuid.uuid4().hex)

    @property
    def folder(self) -> str:
        """Where workers write."""
        return str(self._beside("writing").below("rows"))

    def publish(self, names: Sequence[str], format: str) -> None:
        """Have these files of the folder be the export, in this order, in place of the earlier one.

        Raises:
            BusyError: something was written there meanwhile.
            StorageError: the cluster cannot be written.
        """
        place, before = parse_address(self.target), self._beside("before")
        written, made = (self._beside("writing").below(name) for name in ("rows", "made"))
        for number, name in enumerate(names):
            hdfs.rename_path(place.bucket, written.below(name).key, made.below(f"part-{number:05d}.{format}").key)
        files = {found.key[len(made.key) + 1 :]: [found.size, found.tag] for found in list_objects(made)}
        content = json.dumps({"made_by": self.made_by, "whole": True, "files": files}, indent=1).encode()
        put_new(made.below(self.manifest), content)
        moved = hdfs.rename_path(place.bucket, place.key, before.key)
        try:
            self._refuse_other(before)
            if not hdfs.rename_path(place.bucket, made.key, place.key):
                raise BusyError(self._busy)
        except BaseException:
            if moved:
                hdfs.rename_path(place.bucket, before.key, place.key)
            raise
        hdfs.remove_path(place.bucket, before.key)

    def clear(self) -> None:
        """Remove what workers wrote."""
        staged = self._beside("writing")
        hdfs.remove_path(staged.bucket, staged.key)

    def _refuse_other(self, before: Address) -> None:
        """Raise where what was moved away is not the export that was there in the beginning."""
        about = find_object(before.below(self.manifest))
        if (None if about is None else about.tag) != self.earlier:
            raise BusyError(self._busy)
        try:
            look_at(str(before), self.manifest, self.made_by)
        except InputError:
            raise BusyError(self._busy) from None

    @property
    def _busy(self) -> str:
        return f"export: another process writes to {self.target}; run the command again at its end"

    def _beside(self, what: str) -> Address:
        place = parse_address(self.target)
        above, _, own = place.key.rpartition("/")
        return place._replace(key=f"{above}/{_lead(what, own)}{self.run}".lstrip("/"))


def _lead(what: str, own: str) -> str:
    """What the names begin with of folders beside a target of this name; readers pass over them."""
    return f"_resonance_{what}-{own}-"
