"""Names and places: whether tables, columns and files are called and laid out as the contract rules, and files are as they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from resonance.assess.books import read_book
from resonance.assess.methods.versions import SEMVER, say_share
from resonance.core.binding import Asked, Bound, UnmeasurableError
from resonance.core.dataset import FIELDS
from resonance.core.records import DataFile

PATTERNS = ("table", "columns", "files")
"""Rules that are patterns (RE2) of whole names."""
RULES = FIELDS["naming_rules"]
SAMPLE = 1_000
"""Objects whose hash is recomputed."""
NO_FILES = "nothing is known of the dataset's files: assess a file or folder by its path"


def bind_layout(asked: Asked) -> Bound:
    """Rules of names, versions, partitions and the manifest that are kept, of all that are checked: one for each name or file."""
    given = asked.declared("naming_rules")
    if not isinstance(given, Mapping) or not given or not set(given) <= set(RULES):
        raise UnmeasurableError(f"naming_rules in adaqDeclared must hold rules among {', '.join(RULES)}")
    verdicts = [verdict for rule, value in given.items() for verdict in _check_rule(asked, str(rule), value)]
    return say_share(sum(verdicts), len(verdicts), "naming_rules in adaqDeclared: there is nothing that they could be held against")


def bind_snapshots(asked: Asked) -> Bound:
    """Objects of a sample, by the hash of their names, that still have the SHA-256 that is on record."""
    entries = read_book(asked, "raw_objects")
    if not all(entry.get("path") and entry.get("sha256") for entry in entries):
        raise UnmeasurableError("raw_objects: each entry must hold path and sha256")
    chosen = sorted(entries, key=lambda entry: sha256(str(entry["path"]).encode()).digest())[:SAMPLE]
    return say_share(sum(_matches(asked, entry) for entry in chosen), len(chosen), "raw_objects list no object")


def _check_rule(asked: Asked, rule: str, value: Any) -> Iterator[bool]:
    """One verdict for each name or file that a rule speaks of."""
    if rule in PATTERNS:
        names = {"table": [asked.contract.table], "columns": asked.schema.names}.get(rule)
        yield from _match(rule, value, [file.name for file in _list_files(asked)] if names is None else names)
    elif rule == "version":
        if value != "semver":
            raise UnmeasurableError("naming_rules in adaqDeclared: version must be semver")
        yield SEMVER.fullmatch(asked.contract.version) is not None
    elif rule == "partitions":
        keys = [str(key) for key in value] if isinstance(value, list) else [str(value)]
        for file in _list_files(asked):
            yield [part.partition("=")[0] for part in file.name.split("/")[:-1] if "=" in part] == keys
    else:
        listed = {str(entry.get("path")): entry for entry in read_book(asked, "archive_manifest")}
        files = {file.name: file for file in _list_files(asked)}
        for name in sorted({*listed, *files}):
            yield name in listed and name in files and _matches(asked, {**listed[name], "path": files[name].path})


def _match(rule: str, pattern: Any, names: Sequence[str]) -> list[bool]:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        found: list[bool] = pc.match_substring_regex(pa.array(list(names), pa.string()), f"^(?:{pattern})$").to_pylist()
    except pa.ArrowInvalid:
        raise UnmeasurableError(f"naming_rules in adaqDeclared: {rule} is no pattern of RE2") from None
    return found


def _list_files(asked: Asked) -> Sequence[DataFile]:
    if asked.records.files is None:
        raise UnmeasurableError(NO_FILES)
    return asked.records.files


def _matches(asked: Asked, entry: Mapping[str, Any]) -> bool:
    """Whether a file can be read and has the hash that is on record."""
    found = None if asked.records.hash_file is None else asked.records.hash_file(str(entry["path"]))
    return found is not None and found == str(entry.get("sha256")).lower()
