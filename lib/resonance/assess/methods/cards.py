"""The dataset's card: whether it says what cards should say, and whether programs can read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from resonance.assess.books import read_entry, read_moment
from resonance.assess.methods.versions import SEMVER, say, say_share
from resonance.core.binding import Asked, Bound, UnmeasurableError

REQUIRED = ("@context", "@type", "conformsTo", "description", "license", "name", "url", "creator", "datePublished", "distribution")
RECOMMENDED = ("keywords", "publisher", "version", "dateCreated", "dateModified", "sameAs", "sdLicense", "inLanguage")
RESPONSIBLE = (
    *("dataCollection", "dataLimitations", "dataBiases", "dataUseCases", "dataSocialImpact", "personalSensitiveInformation"),
    "dataReleaseMaintenancePlan",
)
"""Fields of Croissant RAI 1.0; the limits of the data and how often it is updated are among them."""
FIELDS = (*REQUIRED, *RECOMMENDED, *RESPONSIBLE)
"""Croissant 1.1, "Dataset-level Information"."""
VERSIONS = tuple(f"http://mlcommons.org/croissant/{version}" for version in ("1.0", "1.1"))
DATES = ("datePublished", "dateCreated", "dateModified")
Node = Mapping[str, Any]


def bind_card(asked: Asked) -> Bound:
    """Fields that the card fills, of those that a card should have."""
    card = _read_card(asked)
    return say_share(sum(name in card for name in FIELDS), len(FIELDS), "a card has no fields")


def bind_card_validity(asked: Asked) -> Bound:
    """How few rules of Croissant the card breaks: errors keep programs from reading it, warnings do not."""
    card = _read_card(asked)
    errors, warnings = len(list(find_errors(card))), len(list(find_warnings(card)))
    return say(max(0.0, 1 - asked.params["per_error"] * errors - asked.params["per_warning"] * warnings), errors)


def find_errors(card: Node) -> Iterator[str]:
    """What keeps programs from reading a card, one claim each. Its fields have no prefix, and none is empty.

    These are the rules of Croissant 1.1; that a file has a hash, unless the dataset is live, is mlcroissant's.
    """
    yield from (f"{name} is missing" for name in REQUIRED if name not in card)
    if "@context" in card and not isinstance(card["@context"], Mapping):
        yield "@context is no object"
    if "@type" in card and not any(_name_type(kind) == "Dataset" for kind in _list(card["@type"])):
        yield "@type is not sc:Dataset"
    if "conformsTo" in card and not any(given in VERSIONS for given in _list(card["conformsTo"])):
        yield f"conformsTo is none of {', '.join(VERSIONS)}"
    yield from (f"{name} is no date" for name in DATES if name in card and read_moment(card[name]) is None)
    parts, rows = _list_nodes(card.get("distribution")), _list_nodes(card.get("recordSet"))
    fields = [field for each in rows for field in _list_fields(each)]
    embedded = [id(field) for each in rows if each.get("data") for field in _list_fields(each)]
    ids = Counter(str(node.get("@id")) for node in (*parts, *rows, *fields))
    yield from (f"@id {name} stands {many} times" for name, many in ids.items() if many > 1 and name != "None")
    for node in (*parts, *rows, *fields):
        name = str(node.get("@id") or "")
        if not name or any(sign.isspace() for sign in name):
            yield f"@id {name!r} is missing or holds white space"
    for part in parts:
        yield from _find_wrong_part(part, live=bool(card.get("isLiveDataset")))
    for field in fields:
        yield from _find_wrong_field(field, ids, needs_source=id(field) not in embedded)


def find_warnings(card: Node) -> Iterator[str]:
    """What a card should have and has not, or has in another form than is recommended."""
    yield from (f"{name} is missing" for name in (*RECOMMENDED, "citeAs") if name not in card)
    version = card.get("version")
    if isinstance(version, str) and not SEMVER.fullmatch(version):
        yield f"version {version} is not of the form major.minor.patch"


def _find_wrong_part(part: Node, *, live: bool) -> Iterator[str]:
    name, kind = part.get("@id"), next((_name_type(kind) for kind in _list(part.get("@type"))), "")
    if kind not in ("FileObject", "FileSet"):
        yield f"{name}: @type is neither cr:FileObject nor cr:FileSet"
        return
    if not part.get("encodingFormat"):
        yield f"{name}: encodingFormat is missing"
    if kind == "FileSet" and not part.get("includes"):
        yield f"{name}: includes is missing"
    if kind == "FileObject" and not part.get("containedIn"):
        if not part.get("contentUrl"):
            yield f"{name}: contentUrl is missing"
        if not live and not (part.get("sha256") or part.get("md5")):
            yield f"{name}: sha256 is missing"


def _find_wrong_field(field: Node, ids: Mapping[str, int], *, needs_source: bool) -> Iterator[str]:
    name, source = field.get("@id"), field.get("source")
    named = [source.get(name) for name in ("fileObject", "fileSet", "field", "recordSet")] if isinstance(source, Mapping) else []
    refs = [str(given.get("@id")) for given in (source, *named) if isinstance(given, Mapping) and "@id" in given]
    if not field.get("dataType") and not field.get("subField") and not refs:
        yield f"{name}: dataType is missing"
    if needs_source and not any(field.get(given) for given in ("source", "value", "subField")):
        yield f"{name}: source is missing"
    yield from (f"{name}: its source {ref} is not there" for ref in refs if ref not in ids)


def _read_card(asked: Asked) -> dict[str, Any]:
    """The fields that the card fills, without their prefix.

    Raises:
        UnmeasurableError: there is no card.
    """
    card = read_entry(asked, "card")
    if not isinstance(card, Mapping):
        raise UnmeasurableError("card: the file must hold one object, as Croissant has it")
    return {str(name).rpartition(":")[2]: value for name, value in card.items() if value not in (None, "", [], {})}


def _list(given: Any) -> Sequence[Any]:
    return given if isinstance(given, list) else [given]


def _list_nodes(given: Any) -> list[Node]:
    """What a property holds that should hold objects: what is none is an object of no type."""
    return [node if isinstance(node, Mapping) else {} for node in _list(given)] if given else []


def _list_fields(rows: Node) -> Iterator[Node]:
    """The fields of a set of records, and those within them."""
    for field in (*_list_nodes(rows.get("field")), *_list_nodes(rows.get("subField"))):
        yield field
        yield from _list_fields({"subField": field.get("subField")})


def _name_type(given: Any) -> str:
    """The last part of the name of a type: ``Dataset`` of ``sc:Dataset`` and ``https://schema.org/Dataset``."""
    return str(given).replace("/", ":").rpartition(":")[2]
