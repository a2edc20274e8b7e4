"""Cards in the words of Croissant: the reference implementation reads what is written, and refuses what is called wrong."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlcroissant
import pytest
from pyspark.sql.types import StructType
from tests.unit.assess.conftest import NOW
from tests.unit.assess.quality import make_quality, make_results

from resonance.assess.assess import bind, read_params
from resonance.assess.card import describe_dataset
from resonance.assess.methods.cards import find_errors, find_warnings
from resonance.assess.operators import BY_ID
from resonance.core.adaq import GROUPS, METRICS
from resonance.core.binding import Asked
from resonance.core.dataset import DatasetContract, Promise
from resonance.core.files import hash_file
from resonance.core.records import Change, DataFile, Records
from resonance.report.assessment.card import MEASURED, write_card

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # rdflib's, of itself
ROWS = "id,站 名\n1,北京\n2,Ulm\n"
CONTRACT = DatasetContract(
    "stations",
    "1.0.0",
    "general",
    frozenset({"text"}),
    (Promise("id", "integer", description="the key"), Promise("站 名", "string")),
    declared={"licence_terms": {"name": "CC-BY-4.0", "text": "https://example.org/by"}, "languages": ["en", "zh"]},
    terms={
        "description": {"purpose": "Stations of two railways.", "limitations": "Two stations."},
        "team": [{"username": "ada", "name": "Ada", "role": "owner"}, {"name": "Bo", "role": "reader"}],
        "tags": ["rail"],
        "authoritativeDefinitions": [{"type": "home", "url": "https://example.org/stations"}],
        "slaProperties": [{"property": "frequency", "value": 7, "unit": "d"}],
    },
)
BOOKS = {
    "release_records": [
        {"version": "1.1.0", "published_at": "2026-02-01"},
        {"version": "1.0.0", "published_at": "2026-01-01"},
    ]
}
Card = dict[str, Any]


def make_card(folder: Path, *, contract: DatasetContract = CONTRACT, **books: Any) -> Card:
    """The card of a file of two rows, with measurements."""
    path = folder / "stations.csv"
    path.write_text(ROWS, encoding="utf-8")
    files = (DataFile(path.name, str(path), path.stat().st_size),)
    history = (Change(0, datetime(2026, 1, 15, tzinfo=UTC)), Change(1, NOW, changes_rows=False))
    known = Records(books={**BOOKS, **books}, files=files, hash_file=lambda name: hash_file(Path(name)), history=history)
    return json.loads(write_card(replace(make_quality(make_results(1)), card=describe_dataset(contract, known))))


def accept(card: Card) -> bool:
    """Whether the reference implementation can read a card."""
    try:
        return not mlcroissant.Dataset(copy.deepcopy(card)).metadata.issues.errors
    except (mlcroissant.ValidationError, ValueError):
        return False


def test_the_card_says_what_is_known_and_loads_the_rows(tmp_path: Path) -> None:
    card = make_card(tmp_path)
    assert (card["name"], card["description"], card["version"]) == ("stations", "Stations of two railways.", "1.1.0")
    assert (card["datePublished"], card["dateModified"]) == ("2026-02-01", "2026-01-15")
    assert (card["license"], card["url"], card["inLanguage"]) == (
        "https://example.org/by",
        "https://example.org/stations",
        ["en", "zh"],
    )
    assert [person["name"] for person in card["creator"]] == ["Ada"]
    assert (card["rai:dataLimitations"], card["rai:dataReleaseMaintenancePlan"]) == ("Two stations.", "A version every 7 d")
    assert card["distribution"][0]["sha256"] == hashlib.sha256(ROWS.encode()).hexdigest()
    (tmp_path / "card.jsonld").write_text(json.dumps(card), encoding="utf-8")
    read = mlcroissant.Dataset(str(tmp_path / "card.jsonld"))
    assert read.metadata.ctx.is_v1_1()
    assert read.metadata.issues.errors == set()
    rows = list(read.records("stations"))
    assert [(row["stations/id"], row["stations/%E7%AB%99%20%E5%90%8D"].decode()) for row in rows] == [(1, "北京"), (2, "Ulm")]


def test_several_files_are_one_set(tmp_path: Path) -> None:
    files = tuple(DataFile(f"part/{n}.parquet", f"/{n}", n) for n in range(2))
    card = describe_dataset(CONTRACT, Records(books=BOOKS, files=files, hash_file=lambda _: "0" * 64))
    assert [part["@id"] for part in card["distribution"]] == ["part/0.parquet", "part/1.parquet", "files"]
    assert card["recordSet"][0]["field"][0]["source"] == {"fileSet": {"@id": "files"}, "extract": {"column": "id"}}
    assert accept(card)
    assert list(find_errors(card)) == []
    card["distribution"][-1]["includes"] = []
    assert "files: includes is missing" in list(find_errors(card))
    assert not accept(card)


def test_what_people_wrote_stands(tmp_path: Path) -> None:
    written = {
        "@context": {"foaf": "http://xmlns.com/foaf/0.1/"},
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "description": "车站名录。",
        "citeAs": "",
        "rai:dataBiases": "Two railways only.",
        "distribution": [
            {"@type": "cr:FileObject", "@id": "s", "contentUrl": "s.csv", "encodingFormat": "text/csv", "md5": "0" * 32}
        ],
        MEASURED: [{"dqv:value": 7}],
    }
    card = make_card(tmp_path, card=written)
    assert (card["description"], card["rai:dataBiases"], card["distribution"]) == (
        "车站名录。",
        "Two railways only.",
        written["distribution"],
    )
    assert card["conformsTo"][0] == "http://mlcommons.org/croissant/1.1"
    assert card["@context"]["foaf"].startswith("http")
    assert card["recordSet"][0]["field"][0]["source"]["fileObject"] == {"@id": "s"}
    assert {"dqv:value": 7} not in card[MEASURED]
    assert accept(card)
    twice = {**written, "distribution": written["distribution"] * 2}
    assert "recordSet" not in make_card(tmp_path, card=twice), "nothing says which of several files holds the rows"


def test_each_score_is_a_measurement(tmp_path: Path) -> None:
    quality = make_quality(make_results(3))
    found = json.loads(write_card(quality))[MEASURED]
    values = {one["dqv:isMeasurementOf"]["@id"]: one["dqv:value"] for one in found}
    assert values.pop("adaq:grade") == quality.letter
    expected = {"adaq:total": quality.total.value, "adaq:coverage": quality.total.coverage}
    expected |= {f"adaq:group/{g.number}": quality.groups[g.number].value for g in GROUPS}
    expected |= {f"adaq:metric/{m.number}": quality.metrics[m.number].value for m in METRICS}
    expected |= {f"adaq:{result.operator}": result.score for result in quality.results}
    assert values == {name: value for name, value in expected.items() if value is not None}
    assert {one["prov:generatedAtTime"] for one in found} == {quality.made.isoformat()}
    nothing = [replace(result, state="not_measurable", score=None, score_lcb=None) for result in make_results(3)]
    bare = json.loads(write_card(make_quality(nothing)))[MEASURED]
    assert {one["dqv:isMeasurementOf"]["@id"] for one in bare} == {"adaq:coverage", "adaq:grade"}, (
        "what is not measured has no value"
    )


def drop(*path: Any) -> Callable[[Card], None]:
    def spoil(card: Card) -> None:
        *to, last = path
        for name in to:
            card = card[name]
        del card[last]

    return spoil


def put(value: Any, *path: Any) -> Callable[[Card], None]:
    def spoil(card: Card) -> None:
        *to, last = path
        for name in to:
            card = card[name]
        card[last] = value

    return spoil


FIELD = ("recordSet", 0, "field", 0)
BROKEN: dict[str, Callable[[Card], Any]] = {
    "@context is no object": put("https://schema.org", "@context"),
    "@type is not sc:Dataset": put("sc:CreativeWork", "@type"),
    "conformsTo is none of": put("http://mlcommons.org/croissant/9", "conformsTo"),
    "datePublished is no date": put("soon", "datePublished"),
    "@type is neither cr:FileObject nor cr:FileSet": put("sc:DataDownload", "distribution", 0, "@type"),
    "encodingFormat is missing": drop("distribution", 0, "encodingFormat"),
    "contentUrl is missing": drop("distribution", 0, "contentUrl"),
    "sha256 is missing": drop("distribution", 0, "sha256"),
    "@id 'a b' is missing or holds white space": put("a b", *FIELD, "@id"),
    "source is missing": lambda card: [field.pop("source") for field in card["recordSet"][0]["field"]],
    "its source gone.csv is not there": put("gone.csv", *FIELD, "source", "fileObject", "@id"),
}
"""What the reference implementation refuses too; of the fields that the standard requires, it asks for none."""


@pytest.mark.parametrize("claim", BROKEN)
def test_what_is_called_an_error_is_one(tmp_path: Path, claim: str) -> None:
    card = make_card(tmp_path)
    assert accept(card)
    assert list(find_errors(card)) == []
    BROKEN[claim](card)
    assert [error for error in find_errors(card) if claim in error]
    assert not accept(card)


def test_what_the_standard_requires_is_asked_for(tmp_path: Path) -> None:
    card = make_card(tmp_path)
    for name in ("description", "license", "name", "url", "creator", "datePublished", "distribution"):
        assert f"{name} is missing" in list(find_errors({key: value for key, value in card.items() if key != name}))
    twice = put("stations", *FIELD, "@id")
    twice(card)
    assert list(find_errors(card)) == ["@id stations stands 2 times"]
    drop(*FIELD, "dataType")(card)
    drop(*FIELD, "source")(card)
    card["recordSet"][0]["data"] = [{"stations": 1}]
    assert "stations: dataType is missing" in list(find_errors(card))


def ask(card: Any) -> tuple[float, float]:
    operator = BY_ID["card_validity"]
    asked = Asked(CONTRACT, StructType(), read_params(operator, CONTRACT), NOW, Records(books={"card": card}))
    finding = bind(operator, asked).judge({"rows": 1})
    assert finding is not None
    return finding.score, finding.raw


def test_validity_by_hand(tmp_path: Path) -> None:
    card = make_card(tmp_path)
    assert [*find_warnings(card)] == [
        f"{name} is missing" for name in ("publisher", "dateCreated", "sameAs", "sdLicense", "citeAs")
    ]
    assert ask(card) == (pytest.approx(1 - 5 * 0.02), 0)
    del card["creator"]
    assert ask(card | {"version": "二月版"}) == (pytest.approx(1 - 0.25 - 6 * 0.02), 1)
    assert ask({"name": "车站", "description": "名录"}) == (0.0, 8)
