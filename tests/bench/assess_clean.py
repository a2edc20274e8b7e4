"""Grades of ten real tables in which nobody knows a defect.

python -m tests.bench.assess_clean [--only NAME,...] [--no-result]

Each contract is the draft of `resonance assess --suggest`, completed by what is published of the table: its source, licence and
makers, the meaning of its columns, its key and its label. What nobody published is not declared; what it would have fed is then not
measured. Grades are written down whatever they are, with the operators that stand below .9 and those that could not be measured.
"""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pandas as pd
import yaml
from rich.console import Console
from rich.table import Table
from sklearn import datasets as scikit

import resonance
from tests.bench.assess_datasets import list_licences
from tests.bench.assess_flights import read_nycflights
from tests.bench.places import write_result

NOW = datetime(2026, 12, 1, tzinfo=UTC)
LOW = 0.9
"""Operators below it are causes of what is no A."""
ABSENT = {
    4: "a table of facts has no task",
    21: "a table of facts has no task",
    9: "a table of facts has no terms of a field",
    29: "it is a public record",
    11: "it is finished: nothing is collected any more",
    13: "it is finished: no release is promised",
}


@dataclass(frozen=True)
class Clean:
    """A table, and what is published of it."""

    name: str
    read: Callable[[], pd.DataFrame]
    source: str
    licence: str
    key: str = ""
    label: str = ""
    domain: str = ""
    entity: str = ""
    time: str = ""
    units: Mapping[str, str] = field(default_factory=dict)


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


TABLES = (
    Clean("iris", lambda: read_scikit("iris"), "Fisher 1936, UCI", "CC-BY-4.0", label="class"),
    Clean("wine", lambda: read_scikit("wine"), "Forina 1991, UCI", "CC-BY-4.0", label="class"),
    Clean("breast-cancer", lambda: read_scikit("breast_cancer"), "Wolberg 1995, UCI", "CC-BY-4.0", label="class"),
    Clean("diabetes", lambda: read_scikit("diabetes"), "Efron 2004", "BSD-3-Clause"),
    Clean("airports", lambda: read_nycflights()["airports"], "OpenFlights", "CC0-1.0", key="faa", domain="tzone"),
    Clean("planes", lambda: read_nycflights()["planes"], "FAA registry", "CC0-1.0", key="tailnum", domain="engine"),
    Clean("weather", read_weather, "ASOS", "CC0-1.0", entity="origin", domain="origin", time="time_hour", units={"temp": "F"}),
    Clean("characters", read_characters, "Unicode", "Unicode-3.0", key="code", domain="category"),
    Clean("time-zones", read_zones, "IANA", "CC0-1.0", key="zone", domain="region", units={"january": "h", "july": "h"}),
    Clean("packages", read_packages, "their own metadata", "CC0-1.0", key="package"),
)


def complete_draft(draft: str, clean: Clean, rows: pd.DataFrame) -> dict[str, Any]:
    """The drafted contract with what is published of the table."""
    contract: dict[str, Any] = yaml.safe_load(draft)
    given = {one["property"]: one for one in contract["customProperties"]}
    roles = {"id": clean.key, "label": clean.label, "domain": clean.domain, "entity": clean.entity, "ts": clean.time}
    given["adaqRoles"]["value"].update({role: name for role, name in roles.items() if name})
    given["adaqRoles"]["value"].update({"source_id": "source", "licence": "licence", "created_at": clean.time})
    given["adaqRoles"]["value"] = {role: name for role, name in given["adaqRoles"]["value"].items() if name}
    extra = [*(["labelled"] if clean.label else []), *(["time-series"] if clean.time else [])]
    given["adaqModalities"]["value"] = sorted({"structured", *extra})
    known = {role: sorted(rows[name].dropna().unique()) for role, name in roles.items() if name and role in ("label", "domain")}
    ledger = {clean.source: {"basis": "open licence", "evidence": clean.source, "origin": "public", "licence": clean.licence}}
    declared = given["adaqDeclared"]
    declared["value"] = {
        **(declared["value"] or {}),
        "source_ledger": ledger,
        "licence_terms": {"name": clean.licence, "text": clean.licence, "uses": "any", "contact": clean.source},
        **({"attributes": shown} if (shown := [name for name in (clean.label, clean.domain) if name]) else {}),
        **({"labels": known["label"]} if clean.label else {}),
        **({"domain_taxonomy": known["domain"]} if clean.domain else {}),
    }
    contract["customProperties"].append(
        {
            "property": "adaqNotApplicable",
            "vendor": "adaq",
            "value": [{"metric": number, "reason": reason, "approvedBy": "bench"} for number, reason in ABSENT.items()],
        }
    )
    for column in contract["schema"][0]["properties"]:
        name = column["name"]
        column["description"] = f"{name.replace('_', ' ')} of the {clean.name} table, as {clean.source} publishes it"
        column["examples"] = [json.loads(rows[name].dropna().iloc[:1].to_json(orient="values", date_format="iso"))[0]]
        if name == clean.key:
            column["unique"] = True
        if name in clean.units:
            column["customProperties"] = [{"property": "unit", "value": clean.units[name]}]
    return contract


def assess_table(w: Any, clean: Clean, folder: Path) -> dict[str, Any]:
    """What an assessment says of a table, and why it is no A."""
    rows = clean.read().assign(source=clean.source, licence=clean.licence)
    data, file, out = (folder / f"{clean.name}.{kind}" for kind in ("parquet", "odcs.yaml", "json"))
    rows.to_parquet(data, index=False, coerce_timestamps="us")
    contract = complete_draft(w.suggest(data), clean, rows)
    file.write_text(yaml.safe_dump(contract, sort_keys=False, allow_unicode=True), encoding="utf-8")
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
