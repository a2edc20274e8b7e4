"""The card of a dataset in the words of Croissant 1.1: what people wrote of it, and what its contract, files and history say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from resonance.assess.books import read_moment
from resonance.core.dataset import DatasetContract, Promise
from resonance.core.formats import BY_EXTENSION
from resonance.core.records import DataFile, Records

CROISSANT = "http://mlcommons.org/croissant/1.1"
RESPONSIBLE = "http://mlcommons.org/croissant/RAI/1.0"
OWN = ("annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract", "field",
       "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5",
       "parentField", "path", "readLines", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "sdVersion",
       "separator", "source", "subField", "transform", "unArchive", "value")  # fmt: skip
"""Words of Croissant's own, of which schema.org has none or another."""
CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "dqv": "http://www.w3.org/ns/dqv#",
    "prov": "http://www.w3.org/ns/prov#",
    "adaq": "urn:adaq:",
    **{word: f"cr:{word}" for word in OWN},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
}
"""Croissant 1.1, appendix 1, and the vocabularies of quality (DQV), of provenance (PROV-O) and of these metrics."""
TYPES = {
    "string": "sc:Text",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "timestamp": "sc:DateTime",
    "time": "sc:Time",
}
"""The type of a field by the logical type of its column; all others are texts."""
UNKNOWN = "application/octet-stream"
SET = "files"
"""What the files of a dataset are called together."""


def describe_dataset(contract: DatasetContract, records: Records) -> dict[str, Any]:
    """The card of a dataset, without measurements.

    What the declared card says stands as it is; the rest is taken from the contract, the records of releases, the history and the
    files, whose hashes are computed. What nobody said is left out.
    """
    kept = records.books.get("card")
    written: Mapping[str, Any] = kept if isinstance(kept, Mapping) else {}
    own = written.get("@context")
    filled = {str(name).rpartition(":")[2] for name, value in written.items() if value not in (None, "", [], {})}
    made = {**_describe_whole(contract, records), **_describe_parts(contract, records, written.get("distribution"))}
    return {
        "@context": {**CONTEXT, **(own if isinstance(own, Mapping) else {})},
        "@type": "sc:Dataset",
        "conformsTo": [CROISSANT, RESPONSIBLE],
        **{name: value for name, value in made.items() if value and name.rpartition(":")[2] not in filled},
        **{name: value for name, value in written.items() if name not in ("@context", "@type", "conformsTo", "dct:conformsTo")},
    }


def _describe_whole(contract: DatasetContract, records: Records) -> dict[str, Any]:
    terms, declared = contract.terms, contract.declared
    said = terms.get("description")
    about = said if isinstance(said, Mapping) else {"purpose": said}
    licence = declared.get("licence_terms")
    named = licence if isinstance(licence, Mapping) else {}
    text = str(named.get("text") or "")
    released, version = _find_release(records)
    changes = [change.at for change in records.history or () if change.changes_rows]
    languages = declared.get("languages")
    return {
        "name": terms.get("name") or contract.table,
        "description": about.get("purpose"),
        "license": text if "://" in text else named.get("name"),
        "url": next(iter(_list_urls(terms.get("authoritativeDefinitions"))), None),
        "creator": [{"@type": "sc:Person", "name": name} for name in _list_owners(terms.get("team"))],
        "datePublished": released,
        "dateModified": changes[-1].date().isoformat() if changes else None,
        "version": version or contract.version,
        "keywords": terms.get("tags"),
        "inLanguage": list(map(str, languages)) if isinstance(languages, list) else None,
        "rai:dataLimitations": about.get("limitations"),
        "rai:dataUseCases": about.get("usage"),
        "rai:dataReleaseMaintenancePlan": _describe_frequency(terms.get("slaProperties")),
    }


def _describe_parts(contract: DatasetContract, records: Records, written: Any) -> dict[str, Any]:
    """The files and, where one file or set of files has the rows, the fields; files that people wrote down stand for ours."""
    parts = written or _describe_files(records)
    source = _find_source(parts if isinstance(parts, list) else [parts])
    fields = [_describe_column(contract.table, column, source) for column in contract.columns if source]
    rows = {"@type": "cr:RecordSet", "@id": quote(contract.table), "name": contract.table, "field": fields}
    return {"distribution": parts, "recordSet": [rows] if fields else []}


def _describe_files(records: Records) -> list[dict[str, Any]]:
    files = [_describe_file(file, records) for file in records.files or ()]
    if len(files) < 2:
        return files
    several = {
        "@type": "cr:FileSet",
        "@id": SET,
        "encodingFormat": sorted({file["encodingFormat"] for file in files}),
        "includes": sorted({f"*{PurePosixPath(file['name']).suffix}" for file in files}),
    }
    return [*files, several]


def _find_source(parts: Sequence[Any]) -> dict[str, Any]:
    """The one set of files, or else the one file, that holds the rows; nothing where that is not plain."""
    for kind, name in (("FileSet", "fileSet"), ("FileObject", "fileObject")):
        found = [part for part in parts if isinstance(part, Mapping) and str(part.get("@type")).endswith(kind)]
        if found:
            return {name: {"@id": found[0].get("@id")}} if len(found) == 1 else {}
    return {}


def _describe_file(file: DataFile, records: Records) -> dict[str, Any]:
    known = BY_EXTENSION.get(PurePosixPath(file.name).suffix.lower())
    return {
        "@type": "cr:FileObject",
        "@id": quote(file.name),
        "name": file.name,
        "contentUrl": quote(file.name),
        "contentSize": f"{file.size} B",
        "encodingFormat": known.media if known else UNKNOWN,
        "sha256": records.hash_file(file.path) if records.hash_file is not None else None,
    }


def _describe_column(table: str, column: Promise, source: Mapping[str, Any]) -> dict[str, Any]:
    described = {
        "@type": "cr:Field",
        "@id": f"{quote(table)}/{quote(column.name)}",
        "name": column.name,
        "description": column.description,
        "dataType": TYPES.get(column.type, "sc:Text"),
        "source": {**source, "extract": {"column": column.name}},
    }
    return {name: value for name, value in described.items() if value}


def _find_release(records: Records) -> tuple[str | None, str | None]:
    """The day and the version of the newest release on record."""
    entries = records.books.get("release_records")
    known = [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []
    dated = [(at, str(entry.get("version") or "")) for entry in known if (at := read_moment(entry.get("published_at"))) is not None]
    if not dated:
        return None, None
    at, version = max(dated)
    return at.date().isoformat(), version


def _list_urls(given: Any) -> Iterator[str]:
    yield from (str(entry["url"]) for entry in given or () if isinstance(entry, Mapping) and entry.get("url"))


def _list_owners(given: Any) -> Iterator[str]:
    members: Sequence[Any] = (given.get("members") if isinstance(given, Mapping) else given) or ()
    known = [member for member in members if isinstance(member, Mapping) and member.get("name")]
    yield from (str(member["name"]) for member in known if member.get("role") == "owner")


def _describe_frequency(given: Any) -> str | None:
    """The promised interval of releases, in words."""
    known = [term for term in given or () if isinstance(term, Mapping) and term.get("property") == "frequency"]
    return f"A version every {known[0].get('value')} {known[0].get('unit') or ''}".rstrip() if known else None
