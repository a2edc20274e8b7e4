"""The field of an exported row that says which document it is, so that reading it again gives the same one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

FIELD = "resonance"
"""The name of the field."""
AS_JSON = {"resonance": "json"}
"""Marks a Parquet column whose values differ in kind from row to row: each is JSON text there."""
OWN = ("id", "text", FIELD)
"""Names that an exported row uses itself; another field of such a name gets an underscore."""


class Passport(NamedTuple):
    """Identity of a document; ``doc_id`` is in hex."""

    doc_id: str
    source: str
    source_key: str
    slice: str


def find_passport(values: Mapping[str, Any]) -> Passport | None:
    """The passport of a row that we exported; None where it has none, or one whose doc_id is not that of its source and key."""
    given = values.get(FIELD)
    if not isinstance(given, Mapping) or set(given) != set(Passport._fields):
        return None
    if not all(isinstance(value, str) and value for value in given.values()):
        return None
    found = Passport(**given)
    return found if found.doc_id == hash_identity(found.source, found.source_key) else None


def hash_identity(source: str, key: str) -> str:
    """The doc_id of a source and key, in hex: the plain definition of ``curate.identity.doc_id``."""
    return hashlib.sha256(f"{source}\0{key}".encode(errors="replace")).hexdigest()[:32]
